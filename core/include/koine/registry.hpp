// Names of dialects and drivers. Registration is explicit; the bundle registers what is built in.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/driver_abi.h>

namespace koine {
inline namespace v1 {

class dialect;

// A driver under the name by which URLs call it. The table is filled once and lives as long as the process.
class registered_driver {
public:
    registered_driver(std::string name, const koine_driver& table) : name_{std::move(name)}, table_{table} {}
    const std::string& name() const noexcept { return name_; }
    const koine_driver& table() const noexcept { return table_; }

private:
    std::string name_;
    koine_driver table_;
};

// Thread-safe. Entries are only ever added, and stay as long as the registry does.
class KOINE_API registry {
public:
    registry();
    ~registry();
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    // Makes a dialect known under its own name; `default_driver` serves URLs that name no driver. Throws usage_error if the name is taken.
    void add_dialect(std::shared_ptr<const dialect> dialect, std::string_view default_driver);
    // Calls the init function and makes the driver known. Throws usage_error if the name is taken or is not [a-z][a-z0-9_]{0,31},
    // or what the init function reports.
    void add_driver(std::string_view name, koine_driver_init_function init);

    // Throws usage_error (errc::unknown_name) that lists what is known and suggests the nearest.
    std::shared_ptr<const dialect> find_dialect(std::string_view name) const;
    // The driver of that name, or the dialect's default when `name` is empty.
    std::shared_ptr<const registered_driver> find_driver(std::string_view name, std::string_view dialect) const;
    std::vector<std::string> dialect_names() const;
    std::vector<std::string> driver_names() const;

private:
    struct entries;
    mutable std::mutex mutex_{};
    std::unique_ptr<entries> entries_;
};

}  // namespace v1
}  // namespace koine
