// What makes a shared library a dialect that can be loaded at run time. One source of
// libkoine_dialect_<name>.so has a line
//
//     KOINE_DIALECT_PLUGIN(my_dialect, "my_driver")
//
// outside of all namespaces. Unlike a driver, a dialect is a C++ class: it is built with the same
// version of Koine as the program and with a compatible compiler and standard library. Both are
// checked by text before anything of C++ is touched.
#pragma once

#include <cstdint>
#include <string>  // defines which standard library this is

#include <koine/dialect.hpp>
#include <koine/version.hpp>

#define KOINE_DIALECT_TEXT_OF(x) #x
#define KOINE_DIALECT_TEXT(x) KOINE_DIALECT_TEXT_OF(x)
#if defined(_LIBCPP_VERSION)
#define KOINE_DIALECT_LIBRARY "libc++ ABI " KOINE_DIALECT_TEXT(_LIBCPP_ABI_VERSION)
#elif defined(_GLIBCXX_DEBUG)
#define KOINE_DIALECT_LIBRARY "libstdc++ in debug mode, cxx11 ABI " KOINE_DIALECT_TEXT(_GLIBCXX_USE_CXX11_ABI)
#else
#define KOINE_DIALECT_LIBRARY "libstdc++, cxx11 ABI " KOINE_DIALECT_TEXT(_GLIBCXX_USE_CXX11_ABI)
#endif

namespace koine {
inline namespace v1 {

// Has static storage in the plugin, which is never unloaded.
struct dialect_plugin {
    // These three are read by every version of Koine, and stay as they are.
    std::uint32_t struct_size;
    const char* koine_version;     // KOINE_VERSION
    const char* standard_library;  // KOINE_DIALECT_LIBRARY
    // These only if the three fit.
    const char* default_driver;  // serves URLs that name no driver
    const dialect* (*make)();    // a new dialect, to be deleted by the caller; may throw
};

}  // namespace v1
}  // namespace koine

// The function a dialect plugin exports, and nothing else.
#define KOINE_DIALECT_PLUGIN(type, default_driver)                                                                     \
    extern "C" __attribute__((visibility("default"))) const koine::dialect_plugin* koine_dialect_init() {              \
        static const koine::dialect_plugin plugin{sizeof(koine::dialect_plugin), KOINE_VERSION, KOINE_DIALECT_LIBRARY, \
                                                  default_driver, []() -> const koine::dialect* { return new type; }}; \
        return &plugin;                                                                                                \
    }
