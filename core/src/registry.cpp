#include <koine/registry.hpp>

#include <algorithm>
#include <utility>

#include <koine/detail/suggest.hpp>
#include <koine/dialect.hpp>
#include <koine/error.hpp>

#include "engine/link_drive.hpp"

namespace koine {
inline namespace v1 {

namespace {

bool is_plain_name(std::string_view name) noexcept {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto other = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && name.size() <= 32 && letter(name.front()) && std::all_of(name.begin(), name.end(), other);
}

[[noreturn]] void throw_unknown(std::string_view what, std::string_view name, const std::vector<std::string>& known) {
    const std::vector<std::string_view> views(known.begin(), known.end());
    error_info info;
    info.code = errc::unknown_name;
    info.outcome = outcome::not_sent;
    info.message = detail::unknown_name(what, name, {}, views);
    throw_error(std::move(info));
}

}  // namespace

struct registry::entries {
    struct dialect_entry {
        std::shared_ptr<const koine::dialect> dialect;
        std::string default_driver;
    };
    std::vector<dialect_entry> dialects;
    std::vector<std::shared_ptr<const registered_driver>> drivers;
};

registry::registry() : entries_{std::make_unique<entries>()} {}
registry::~registry() = default;

void registry::add_dialect(std::shared_ptr<const koine::dialect> dialect, std::string_view default_driver) {
    if (!dialect) throw_usage("add_dialect: the dialect is null");
    const std::string_view name = dialect->name();
    if (!is_plain_name(name)) throw_usage("the dialect name '" + std::string{name} + "' is not [a-z][a-z0-9_]{0,31}");
    const std::lock_guard lock{mutex_};
    for (const auto& e : entries_->dialects)
        if (e.dialect->name() == name) throw_usage("the dialect " + std::string{name} + " is registered already");
    entries_->dialects.push_back({std::move(dialect), std::string{default_driver}});
}

void registry::add_driver(std::string_view name, koine_driver_init_function init) {
    if (!is_plain_name(name)) throw_usage("the driver name '" + std::string{name} + "' is not [a-z][a-z0-9_]{0,31}");
    koine_driver table{};
    table.struct_size = sizeof table;
    koine_error error{};
    if (init(KOINE_ABI_VERSION, &table, &error) != KOINE_DONE) {
        error_info info = detail::to_info(error);
        detail::release(error);
        throw_error(std::move(info));
    }
    auto driver = std::make_shared<const registered_driver>(std::string{name}, table);
    const std::lock_guard lock{mutex_};
    for (const auto& d : entries_->drivers)
        if (d->name() == name) throw_usage("the driver " + std::string{name} + " is registered already");
    entries_->drivers.push_back(std::move(driver));
}

std::shared_ptr<const koine::dialect> registry::find_dialect(std::string_view name) const {
    {
        const std::lock_guard lock{mutex_};
        for (const auto& e : entries_->dialects)
            if (e.dialect->name() == name) return e.dialect;
    }
    throw_unknown("dialect", name, dialect_names());
}

std::shared_ptr<const registered_driver> registry::find_driver(std::string_view name, std::string_view dialect) const {
    std::string wanted{name};
    {
        const std::lock_guard lock{mutex_};
        if (wanted.empty())
            for (const auto& e : entries_->dialects)
                if (e.dialect->name() == dialect) wanted = e.default_driver;
        for (const auto& d : entries_->drivers)
            if (d->name() == wanted) return d;
    }
    throw_unknown("driver", wanted, driver_names());
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
