// Names of dialects and drivers. Registration is explicit; the bundle registers what is built in.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/plugin_path.hpp>

namespace koine {
inline namespace v1 {

class dialect;

// A driver under the name by which URLs call it. The table is filled once and lives as long as the
// process.
class registered_driver {
public:
    registered_driver(std::string name, const koine_driver& table) : name_{std::move(name)}, table_{table} {}
    const std::string& name() const noexcept { return name_; }
    const koine_driver& table() const noexcept { return table_; }

private:
    std::string name_;
    koine_driver table_;
};

// Thread-safe. Entries are only ever added, and stay as long as the registry does. Names are
// [a-z][a-z0-9_]{0,31}.
//
// A name that is not registered can be that of a plugin, a shared library libkoine_driver_<name>.so
// or libkoine_dialect_<name>.so. A registry looks for plugins only if it was told where to:
// search_plugins(). What is loaded once stays in the process for good.
class KOINE_API registry {
public:
    registry();
    ~registry();
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    // Makes a dialect known under its own name; `default_driver` serves URLs that name no driver.
    // Throws usage_error if the name is taken.
    void add_dialect(std::shared_ptr<const dialect> dialect, std::string_view default_driver);
    // Calls the init function and makes the driver known. Throws usage_error: errc::usage if the
    // name is taken or malformed, errc::bad_plugin if the init function fails or gives a table that
    // is not one of this version of the contract.
    void add_driver(std::string_view name, koine_driver_init_function init);

    // Where names that are not registered are looked for from now on, instead of wherever it was
    // before.
    void search_plugins(plugin_path where);
    // Loads a plugin by an absolute path and makes it known under its own name, which is returned.
    // Throws usage_error: errc::usage if the path is not absolute or the name is taken,
    // errc::bad_plugin, which names the file, if it cannot be loaded or does not fit this Koine.
    std::string load_driver(const std::string& path);
    std::string load_dialect(const std::string& path);

    // These load a plugin if the name is not registered and a file for it is found. Throw
    // usage_error: errc::unknown_name, which lists what is known, suggests the nearest and says
    // where was searched; errc::bad_plugin, which names the file, if it does not fit.
    std::shared_ptr<const dialect> find_dialect(std::string_view name) const;
    // The driver of that name, or the dialect's default when `name` is empty.
    std::shared_ptr<const registered_driver> find_driver(std::string_view name, std::string_view dialect) const;
    // What is registered, without the plugins that were not needed so far.
    std::vector<std::string> dialect_names() const;
    std::vector<std::string> driver_names() const;

private:
    struct entries;
    std::string find_file(std::string_view kind, std::string_view name, const std::vector<std::string>& known) const;

    mutable std::mutex mutex_{};
    // held while a plugin is looked for and loaded; taken before mutex_
    mutable std::mutex loading_{};
    std::unique_ptr<entries> entries_;
};

}  // namespace v1
}  // namespace koine
