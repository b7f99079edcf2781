// A directory for one test.
#pragma once

#include <filesystem>

namespace koine_test {

// Makes an empty directory below $TMPDIR (or /tmp); the destructor removes it with all that is in
// it. Throws std::filesystem::filesystem_error if it cannot be made.
class temp_dir {
public:
    temp_dir();
    ~temp_dir();
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_{};
};

}  // namespace koine_test
