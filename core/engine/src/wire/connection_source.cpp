#include "wire/connection_source.hpp"

#include <mutex>
#include <utility>

#include <koine/detail/suggest.hpp>
#include <koine/log.hpp>
#include <koine/wire/driver_connection.hpp>

#include "driver/driver_error.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Statements whose compiled form is kept for all connections. Shapes come from code, so that there
// are seldom more; a program that makes them without end starts again from none.
constexpr std::size_t max_compiled = 4096;

std::string_view view(koine_string text) noexcept {
    return text.size != 0 ? std::string_view{text.data, text.size} : std::string_view{};
}

[[noreturn]] void throw_option(const koine_driver& driver, std::string_view key, std::string message) {
    error_info info;
    info.code = errc::invalid_url;
    info.outcome = outcome::not_sent;
    info.message =
        "option `" + std::string{key} + "` of driver " + std::string{view(driver.name)} + ": " + std::move(message);
    throw usage_error{std::move(info)};
}

bool is_choice(std::string_view value, std::string_view choices) noexcept {
    while (!choices.empty()) {
        const auto bar = choices.find('|');
        if (choices.substr(0, bar) == value) return true;
        if (bar == std::string_view::npos) break;
        choices.remove_prefix(bar + 1);
    }
    return false;
}

// Keys that the driver does not know, and values that cannot be what it wants, are errors before
// anything is opened.
void check_option(const koine_driver& driver, std::string_view key, std::string_view value) {
    const std::span<const koine_option> options{driver.options, driver.option_count};
    for (const koine_option& option : options) {
        if (view(option.key) != key) continue;
        switch (option.type) {
            case KOINE_OPTION_INTEGER:
                if (value.empty() ||
                    value.find_first_not_of("0123456789", value.front() == '-' ? 1 : 0) != std::string_view::npos)
                    throw_option(driver, key, "a whole number is wanted");
                return;
            case KOINE_OPTION_BOOLEAN:
                if (!is_choice(value, "true|false|on|off|yes|no|1|0"))
                    throw_option(driver, key, "true or false is wanted");
                return;
            case KOINE_OPTION_CHOICE:
                if (!is_choice(value, view(option.choices)))
                    throw_option(driver, key, "one of " + std::string{view(option.choices)} + " is wanted");
                return;
            default:
                return;
        }
    }
    std::vector<std::string_view> known;
    for (const koine_option& option : options) known.push_back(view(option.key));
    error_info info;
    info.code = errc::unknown_name;
    info.outcome = outcome::not_sent;
    info.message = unknown_name("option", key, "driver " + std::string{view(driver.name)}, known);
    throw_error(std::move(info));
}

}  // namespace

connection_source::connection_source(const koine::url& url, std::shared_ptr<const koine::dialect> dialect,
                                     std::shared_ptr<const registered_driver> driver, const engine_options& options)
    : dialect_{std::move(dialect)}, current_{dialect_.get()}, driver_{std::move(driver)}, options_{options} {
    const auto add = [this](std::string_view key, std::string_view value) {
        parameters_.emplace_back(std::string{key}, secret_text{value});
    };
    if (url.username()) add("user", *url.username());
    if (url.password()) add("password", url.password()->reveal());
    if (url.database()) add("database", *url.database());
    // One or several hosts, from the authority or from host= keys, as the client libraries take
    // them: lists with commas.
    std::string hosts;
    std::string ports;
    bool first = true;
    bool any_port = false;
    for (const url_host& host : url.hosts()) {
        if (!std::exchange(first, false)) {
            hosts += ',';
            ports += ',';
        }
        hosts += host.name;
        if (host.port) {
            ports += std::to_string(*host.port);
            any_port = true;
        }
    }
    if (!first) add("host", hosts);
    if (any_port) add("port", ports);
    for (const auto& [key, value] : url.query()) {
        if (key == "host" || key == "port") continue;
        check_option(this->driver(), key, value.reveal());
        add(key, value.reveal());
    }
}

connection_source::~connection_source() = default;

bool connection_source::is_private_database() const {
    koine_connection* probe = create_handle();
    const bool is_private = (driver().state(probe) & KOINE_STATE_PRIVATE_DATABASE) != 0;
    driver().close(probe);
    return is_private;
}

koine_connection* connection_source::create_handle() const {
    std::vector<koine_parameter> parameters;
    parameters.reserve(parameters_.size());
    for (const auto& [key, value] : parameters_) {
        const std::string_view text = value.reveal();
        parameters.push_back({{key.data(), key.size()}, {text.data(), text.size()}});
    }
    koine_connection* handle = nullptr;
    koine_error error{};
    if (driver().create(parameters.data(), parameters.size(), &handle, &error) != KOINE_DONE) {
        error_info info = to_info(error);
        release(error);
        throw_error(std::move(info));
    }
    return handle;
}

result<std::unique_ptr<pooled>> connection_source::open(deadline limit) {
    try {
        auto made = std::make_unique<driver_connection>(shared_from_this(), create_handle());
        if (options_.connect_timeout.count() > 0) limit = std::min(limit, deadline::in(options_.connect_timeout));
        made->connect(limit);
        return std::unique_ptr<pooled>{std::move(made)};
    } catch (const error& why) {
        return failure{why.info()};
    }
}

const koine::dialect& connection_source::settle_dialect(std::string_view product, std::string_view version) {
    std::call_once(settled_, [&] {
        server_fit fit = dialect_->for_server(product, version);
        if (!fit.warning.empty()) {
            std::string text = "the server of the " + std::string{dialect_->name()} + ":// URL is ";
            log(log_level::warning, text.append(product).append(" ").append(version).append(": ").append(fit.warning));
        }
        if (!fit.better) return;
        better_ = std::move(fit.better);
        current_.store(better_.get(), std::memory_order_release);
    });
    return dialect();
}

void connection_source::lost(std::uint64_t birth) noexcept {
    if (!losses_.compare_exchange_strong(birth, birth + 1, std::memory_order_acq_rel)) return;
    if (const auto owner = owner_.lock()) owner->invalidate_all();
}

std::shared_ptr<const compiled> connection_source::compile(const syntax::fragment& shape) {
    const auto nodes = shape.nodes();
    std::string key{reinterpret_cast<const char*>(nodes.data()), nodes.size_bytes()};
    {
        const std::shared_lock lock{compiled_mutex_};
        if (const auto found = compiled_.find(key); found != compiled_.end()) return found->second;
    }
    auto made = std::make_shared<const compiled>(dialect().compile(shape));
    const std::unique_lock lock{compiled_mutex_};
    if (compiled_.size() >= max_compiled) compiled_.clear();
    return compiled_.try_emplace(std::move(key), std::move(made)).first->second;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
