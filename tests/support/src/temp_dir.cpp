#include <koine_test/temp_dir.hpp>

#include <cerrno>
#include <string>
#include <system_error>

#include <stdlib.h>

namespace koine_test {

temp_dir::temp_dir() {
    std::string name = std::filesystem::temp_directory_path() / "koine-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
        throw std::filesystem::filesystem_error{"mkdtemp", name, std::error_code{errno, std::generic_category()}};
    path_ = name;
}

temp_dir::~temp_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace koine_test
