#include <koine/engine.hpp>

#include <utility>

#include <koine/lease/connection_lease.hpp>
#include <koine/registry.hpp>

#include "engine/echo.hpp"
#include "engine/engine_core.hpp"
#include "engine/hook_calls.hpp"

namespace koine {
inline namespace v1 {

engine::engine(std::shared_ptr<detail::engine_core> core) noexcept : core_{std::move(core)} {}
engine::engine(const engine&) noexcept = default;
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(const engine&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;
engine::~engine() = default;

engine::operator bool() const noexcept {
    return core_ != nullptr;
}

const std::shared_ptr<detail::engine_core>& engine::core() const {
    if (!core_) throw_usage("the engine is empty: assign it from create_engine() first");
    return core_;
}

const koine::url& engine::url() const {
    return core()->url;
}
const koine::dialect& engine::dialect() const {
    return core()->source->dialect();
}
const engine_options& engine::options() const {
    return core()->options;
}
pool_stats engine::stats() const {
    return core()->pool.stats();
}
pool_events& engine::events() const {
    return core()->pool.events();
}

statement_subscription engine::observe(std::shared_ptr<statement_observer> observer) const {
    const auto& home = core()->source->observers();
    const statement_observer* const address = observer.get();
    home->add(std::move(observer));
    return statement_subscription{home, address};
}

void engine::dispose() const {
    // Leases that are out close their connections as they come back; nobody has to wait for that
    // here.
    if (const auto closed = core()->pool.dispose(deadline::in({}));
        !closed && closed.error().info().code != errc::timeout)
        throw_error(closed.error().info());
}

engine create_engine(const koine::url& url, const registry& names, engine_options options) {
    auto dialect = names.find_dialect(url.dialect());
    if (options.strict_tables)
        if (auto strict = dialect->with({.strict_tables = true})) dialect = std::move(strict);
    auto source = std::make_shared<detail::connection_source>(url, std::move(dialect),
                                                              names.find_driver(url.driver(), url.dialect()), options);
    // A database that lives in its connection is shared by sharing the connection.
    if (source->is_private_database() && options.pool.kind == pool_kind::queue) options.pool.kind = pool_kind::static_;
    if (options.echo != echo_mode::off) source->observers()->add(std::make_shared<detail::echo>(options.echo));
    const pool_options pooling = options.pool;
    auto hooks = std::make_shared<detail::hook_calls>(options);
    const std::shared_ptr<detail::engine_core> core{new detail::engine_core{
        url, std::move(options), source, koine::pool{source, pooling, pool_events{std::move(hooks)}}}};
    source->belongs_to(std::shared_ptr<koine::pool>{core, &core->pool});
    return engine{core};
}

namespace detail {

connection_lease::connection_lease(const engine& from, here where) : lease_{from.core()->pool.acquire(where)} {
    (*this)->start_lease(where);
}
connection_lease::connection_lease(const engine& from, deadline limit, here where)
    : lease_{from.core()->pool.acquire(limit, where)} {
    (*this)->start_lease(where);
}

void connection_lease::release_quietly() noexcept {
    if (auto released = lease_.try_release(); !released) lease_.invalidate();
}

}  // namespace detail

}  // namespace v1
}  // namespace koine
