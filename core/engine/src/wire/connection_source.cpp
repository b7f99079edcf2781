#include "wire/connection_source.hpp"

#include <cstring>
#include <mutex>
#include <span>
#include <utility>

#include <koine/detail/suggest.hpp>
#include <koine/log.hpp>
#include <koine/spi/hosts.hpp>
#include <koine/wire/driver_connection.hpp>

#include "driver/driver_error.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Statements whose compiled form is kept for all connections. Shapes come from code, so that there
// are seldom more; a program that makes them without end starts again from none.
constexpr std::size_t max_compiled = 4096;

[[noreturn]] void refuse(errc code, std::string message, std::string hint = {}) {
    error_info info;
    info.code = code;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    info.hint = std::move(hint);
    throw_error(std::move(info));
}

// Where the parts of a URL stand, for those who look for them among the keys, as in other tools.
const char* place_of_part(std::string_view key) noexcept {
    if (key == "user" || key == "username") return "the user stands in front of the host: dialect://USER@host/database";
    if (key == "password" || key == "passwd" || key == "pwd")
        return "the password stands behind the user: dialect://user:PASSWORD@host/database";
    if (key == "database" || key == "dbname" || key == "db")
        return "the database stands behind the host: dialect://user@host/DATABASE";
    return "";
}

// A key that the driver does not know is an error before anything is opened, and so is one that
// comes again but for a text, of which the driver knows whether it is a list. What a value has to
// be is the driver's matter: is_private_database() asks it.
void check_key(const koine_driver& driver, std::string_view key, bool again) {
    std::vector<std::string_view> known;
    for (const koine_option& option : std::span{driver.options, driver.option_count}) {
        known.push_back(spi::to_view(option.key));
        if (known.back() != key) continue;
        if (again && option.type != KOINE_OPTION_TEXT)
            refuse(errc::invalid_url, "the option " + std::string{key} + " is given twice in the URL; write it once");
        return;
    }
    refuse(errc::unknown_name, unknown_name("option", key, "driver " + std::string{spi::to_view(driver.name)}, known),
           place_of_part(key));
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
    std::vector<spi::host> hosts;
    for (const url_host& host : url.hosts()) hosts.push_back({host.name, host.port.value_or(0)});
    const spi::host_texts texts = spi::write_hosts(hosts);
    if (!texts.hosts.empty()) add("host", texts.hosts);
    if (!texts.ports.empty()) add("port", texts.ports);
    std::string_view last;  // equal keys are neighbours
    for (const auto& [key, value] : url.query()) {
        if (key == "host" || key == "port") continue;
        check_key(this->driver(), key, key == last);
        add(key, value.reveal());
        last = key;
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
    compiled text = dialect().compile(shape);
    if (nodes.size() > 1 && nodes[0].kind >= syntax::op::select_entity)
        std::memcpy(&text.table, &nodes[1], sizeof text.table);
    auto made = std::make_shared<const compiled>(std::move(text));
    const std::unique_lock lock{compiled_mutex_};
    if (compiled_.size() >= max_compiled) compiled_.clear();
    return compiled_.try_emplace(std::move(key), std::move(made)).first->second;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
