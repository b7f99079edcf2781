// Drivers and dialects in files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <koine/driver_abi.h>
#include <koine/plugin_path.hpp>

namespace koine {
inline namespace v1 {

class dialect;

namespace detail {

// "libkoine_driver_<name>.so": `kind` is "driver" or "dialect".
std::string plugin_file_name(std::string_view kind, std::string_view name);
// The first such file of the directories, or empty if there is none. Throws usage_error
// (errc::bad_plugin) for one that may not be loaded: the search does not go on behind it. The name
// must follow plain_name_rule.
std::string find_plugin_file(const plugin_path& where, std::string_view kind, std::string_view name);

struct loaded_dialect {
    std::shared_ptr<const koine::dialect> dialect{};
    std::string default_driver{};
};

// Load a file for good. Throw usage_error: errc::usage for a path that is not absolute,
// errc::bad_plugin, which names the file, for everything else.
koine_driver load_driver_file(const std::string& path);
loaded_dialect load_dialect_file(const std::string& path);

}  // namespace detail
}  // namespace v1
}  // namespace koine
