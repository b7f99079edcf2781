// Shared libraries that are loaded at run time: the one place that knows how.
#pragma once

#include <string>

namespace koine::platform {

enum class library_file : unsigned char { absent, refused, usable };

// Whether `path` can be a plugin: a regular file that not everyone may write to, nor to its
// directory. Where it is refused, `fault` says why.
library_file inspect_library(const std::string& path, std::string& fault);

// Loads the library with every symbol bound at once and none visible to others. It stays for good,
// since what it gave out may live in any object or thread. Null with `fault` set if it cannot be
// loaded.
void* open_library(const std::string& path, std::string& fault);

// Null if the library has no such symbol.
void* find_symbol(void* library, const char* name) noexcept;

// Whether the process has rights that the one who set its environment may lack.
bool has_raised_privileges() noexcept;

}  // namespace koine::platform
