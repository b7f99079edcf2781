#include <koine/registry.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include <koine/detail/suggest.hpp>
#include <koine/dialect.hpp>
#include <koine/error.hpp>

#include "plugin/driver_table.hpp"
#include "plugin/plugin_file.hpp"
#include "plugin/plugin_name.hpp"

namespace koine {
inline namespace v1 {

namespace {

void check_name(std::string_view kind, std::string_view name) {
    if (!detail::is_plain_name(name))
        throw_usage("the " + std::string{kind} + " name '" + std::string{name} + "' is not " +
                    std::string{detail::plain_name_rule});
}

[[noreturn]] void refuse(errc code, std::string message) {
    error_info info;
    info.code = code;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    throw_error(std::move(info));
}

// A file is found by the name it must then have itself.
void check_file_name(std::string_view kind, std::string_view wanted, std::string_view got, const std::string& file) {
    if (got != wanted)
        refuse(errc::bad_plugin, file + ": the " + std::string{kind} + " in it is called " + std::string{got});
}

}  // namespace

// Everything here is guarded by registry::mutex_.
struct registry::entries {
    struct dialect_entry {
        std::shared_ptr<const koine::dialect> dialect;
        std::string default_driver;
    };
    std::vector<dialect_entry> dialects{};
    std::vector<std::shared_ptr<const registered_driver>> drivers{};
    std::optional<plugin_path> where{};

    const dialect_entry* find_dialect(std::string_view name) const noexcept {
        const auto found = std::find_if(dialects.begin(), dialects.end(),
                                        [name](const auto& entry) { return entry.dialect->name() == name; });
        return found == dialects.end() ? nullptr : &*found;
    }
    std::shared_ptr<const registered_driver> find_driver(std::string_view name) const noexcept {
        const auto found =
            std::find_if(drivers.begin(), drivers.end(), [name](const auto& driver) { return driver->name() == name; });
        return found == drivers.end() ? nullptr : *found;
    }
    void add(std::shared_ptr<const koine::dialect> dialect, std::string_view default_driver) {
        if (find_dialect(dialect->name()) != nullptr)
            throw_usage("the dialect " + std::string{dialect->name()} + " is registered already");
        dialects.push_back({std::move(dialect), std::string{default_driver}});
    }
    std::shared_ptr<const registered_driver> add(std::string_view name, const koine_driver& table) {
        if (find_driver(name)) throw_usage("the driver " + std::string{name} + " is registered already");
        drivers.push_back(std::make_shared<const registered_driver>(std::string{name}, table));
        return drivers.back();
    }
};

registry::registry() : entries_{std::make_unique<entries>()} {}
registry::~registry() = default;

void registry::add_dialect(std::shared_ptr<const koine::dialect> dialect, std::string_view default_driver) {
    if (!dialect) throw_usage("add_dialect: the dialect is null");
    check_name("dialect", dialect->name());
    const std::lock_guard lock{mutex_};
    entries_->add(std::move(dialect), default_driver);
}

void registry::add_driver(std::string_view name, koine_driver_init_function init) {
    check_name("driver", name);
    const koine_driver table = detail::ask_for_table(init, "driver " + std::string{name});
    const std::lock_guard lock{mutex_};
    entries_->add(name, table);
}

void registry::search_plugins(plugin_path where) {
    const std::lock_guard lock{mutex_};
    entries_->where = std::move(where);
}

std::string registry::load_driver(const std::string& path) {
    const koine_driver table = detail::load_driver_file(path);
    const std::lock_guard lock{mutex_};
    return entries_->add({table.name.data, table.name.size}, table)->name();
}

std::string registry::load_dialect(const std::string& path) {
    detail::loaded_dialect loaded = detail::load_dialect_file(path);
    std::string name{loaded.dialect->name()};
    const std::lock_guard lock{mutex_};
    entries_->add(std::move(loaded.dialect), loaded.default_driver);
    return name;
}

// The file of a plugin of this name. Throws unknown_name if there is none.
std::string registry::find_file(std::string_view kind, std::string_view name,
                                const std::vector<std::string>& known) const {
    std::optional<plugin_path> where;
    {
        const std::lock_guard lock{mutex_};
        where = entries_->where;
    }
    const std::vector<std::string_view> views(known.begin(), known.end());
    std::string message = detail::unknown_name(kind, name, {}, views);
    if (where && !detail::is_plain_name(name)) {
        message.append("; no file was looked for: the name of a plugin is ").append(detail::plain_name_rule);
    } else if (where) {
        if (std::string file = detail::find_plugin_file(*where, kind, name); !file.empty()) return file;
        message.append("; there is no ").append(detail::plugin_file_name(kind, name));
        const char* before = " in ";
        for (const std::string& directory : where->directories())
            message.append(std::exchange(before, ", ")).append(directory);
        if (!where->left_out().empty()) message.append("; ").append(where->left_out());
    }
    refuse(errc::unknown_name, std::move(message));
}

std::shared_ptr<const koine::dialect> registry::find_dialect(std::string_view name) const {
    const auto registered = [&]() -> std::shared_ptr<const koine::dialect> {
        const std::lock_guard lock{mutex_};
        const auto* const entry = entries_->find_dialect(name);
        return entry == nullptr ? nullptr : entry->dialect;
    };
    if (auto found = registered()) return found;
    const std::lock_guard one_at_a_time{loading_};
    if (auto found = registered()) return found;
    const std::string file = find_file("dialect", name, dialect_names());
    detail::loaded_dialect loaded = detail::load_dialect_file(file);
    check_file_name("dialect", name, loaded.dialect->name(), file);
    const std::lock_guard lock{mutex_};
    entries_->add(loaded.dialect, loaded.default_driver);
    return loaded.dialect;
}

std::shared_ptr<const registered_driver> registry::find_driver(std::string_view name, std::string_view dialect) const {
    std::string wanted{name};
    const auto registered = [&] {
        const std::lock_guard lock{mutex_};
        if (wanted.empty())
            if (const auto* const entry = entries_->find_dialect(dialect)) wanted = entry->default_driver;
        return entries_->find_driver(wanted);
    };
    if (auto found = registered()) return found;
    const std::lock_guard one_at_a_time{loading_};
    if (auto found = registered()) return found;
    const std::string file = find_file("driver", wanted, driver_names());
    const koine_driver table = detail::load_driver_file(file);
    check_file_name("driver", wanted, {table.name.data, table.name.size}, file);
    const std::lock_guard lock{mutex_};
    return entries_->add(wanted, table);
}

std::vector<std::string> registry::dialect_names() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& e : entries_->dialects) names.emplace_back(e.dialect->name());
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> registry::driver_names() const {
    const std::lock_guard lock{mutex_};
    std::vector<std::string> names;
    for (const auto& d : entries_->drivers) names.push_back(d->name());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace v1
}  // namespace koine
