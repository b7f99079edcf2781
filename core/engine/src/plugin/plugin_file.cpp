#include "plugin/plugin_file.hpp"

#include <exception>
#include <utility>

#include <koine/dialect.hpp>
#include <koine/dialect_plugin.hpp>
#include <koine/error.hpp>

#include "platform/shared_library.hpp"
#include "plugin/driver_table.hpp"
#include "plugin/plugin_name.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& fault) {
    error_info info;
    info.code = errc::bad_plugin;
    info.outcome = outcome::not_sent;
    info.message = path + ": " + fault;
    throw_error(std::move(info));
}

// The function `symbol` of the library `path`, which is loaded for it.
void* load_function(const std::string& path, const char* symbol, std::string_view kind) {
    if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos)
        throw_usage("a plugin is loaded by an absolute path, not by '" + path + "'");
    std::string fault;
    if (platform::inspect_library(path, fault) != platform::library_file::usable) refuse(path, fault);
    void* const library = platform::open_library(path, fault);
    if (library == nullptr) refuse(path, fault);
    void* const function = platform::find_symbol(library, symbol);
    if (function == nullptr) refuse(path, "it is no " + std::string{kind} + " for Koine: it has no function " + symbol);
    return function;
}

bool same(const char* text, std::string_view expected) noexcept {
    return text != nullptr && text == expected;
}

std::string shown(const char* text) {
    return text == nullptr ? "nothing" : std::string{text};
}

}  // namespace

std::string plugin_file_name(std::string_view kind, std::string_view name) {
    return std::string{"libkoine_"}.append(kind).append("_").append(name).append(".so");
}

std::string find_plugin_file(const plugin_path& where, std::string_view kind, std::string_view name) {
    for (const std::string& directory : where.directories()) {
        std::string path = directory + '/' + plugin_file_name(kind, name);
        std::string fault;
        switch (platform::inspect_library(path, fault)) {
            case platform::library_file::absent:
                break;
            case platform::library_file::refused:
                refuse(path, fault);
            case platform::library_file::usable:
                return path;
        }
    }
    return {};
}

koine_driver load_driver_file(const std::string& path) {
    void* const init = load_function(path, "koine_driver_init", "driver");
    return ask_for_table(reinterpret_cast<koine_driver_init_function>(init), path);
}

loaded_dialect load_dialect_file(const std::string& path) {
    using init_function = const dialect_plugin* (*)();
    const auto init = reinterpret_cast<init_function>(load_function(path, "koine_dialect_init", "dialect"));
    loaded_dialect loaded;
    std::string thrown;
    try {
        const dialect_plugin* const plugin = init();
        if (plugin == nullptr) refuse(path, "it gives no dialect");
        if (!same(plugin->koine_version, KOINE_VERSION) || !same(plugin->standard_library, KOINE_DIALECT_LIBRARY))
            refuse(path, "it was built with Koine " + shown(plugin->koine_version) + " and " +
                             shown(plugin->standard_library) +
                             ", this program with Koine " KOINE_VERSION " and " KOINE_DIALECT_LIBRARY);
        if (plugin->struct_size != sizeof(dialect_plugin) || plugin->default_driver == nullptr ||
            plugin->make == nullptr)
            refuse(path, "its description of " + std::to_string(plugin->struct_size) +
                             " bytes is not that of Koine " KOINE_VERSION ", which has " +
                             std::to_string(sizeof(dialect_plugin)));
        loaded.dialect.reset(plugin->make());
        loaded.default_driver = plugin->default_driver;
    } catch (const error&) {
        throw;
    } catch (const std::exception& why) {
        thrown = std::string{"its init function threw: "} + why.what();
    } catch (...) {
        thrown = "its init function threw something";
    }
    if (!thrown.empty()) refuse(path, thrown);
    if (!loaded.dialect) refuse(path, "it gives no dialect");
    if (!is_plain_name(loaded.dialect->name()))
        refuse(path, "its name '" + std::string{loaded.dialect->name().substr(0, 64)} + "' is not " +
                         std::string{plain_name_rule});
    return loaded;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
