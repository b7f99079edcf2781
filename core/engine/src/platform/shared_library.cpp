#include "platform/shared_library.hpp"

#include <dlfcn.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace koine::platform {

library_file inspect_library(const std::string& path, std::string& fault) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        fault = std::generic_category().message(errno);
        return errno == ENOENT || errno == ENOTDIR ? library_file::absent : library_file::refused;
    }
    if (!S_ISREG(found.st_mode)) {
        fault = S_ISDIR(found.st_mode) ? "it is a directory" : "it is not a regular file";
        return library_file::refused;
    }
    const std::string directory = path.substr(0, path.rfind('/') + 1);
    struct stat around {};
    if ((found.st_mode & S_IWOTH) != 0)
        fault = "everyone may write to it";
    else if (::stat(directory.c_str(), &around) != 0 || (around.st_mode & S_IWOTH) != 0)
        fault = "everyone may write to its directory";
    return fault.empty() ? library_file::usable : library_file::refused;
}

void* open_library(const std::string& path, std::string& fault) {
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) {
        const char* const words = ::dlerror();
        fault = words == nullptr ? "it cannot be loaded" : words;
        if (std::string_view{fault}.substr(0, path.size() + 2) == path + ": ") fault.erase(0, path.size() + 2);
    }
    return library;
}

void* find_symbol(void* library, const char* name) noexcept {
    return ::dlsym(library, name);
}

bool has_raised_privileges() noexcept {
    return ::getauxval(AT_SECURE) != 0;
}

}  // namespace koine::platform
