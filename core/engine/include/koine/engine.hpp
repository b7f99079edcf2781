// An engine: a URL turned into a dialect, a driver and a pool.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/here.hpp>
#include <koine/isolation.hpp>
#include <koine/pool_events.hpp>
#include <koine/pool_options.hpp>
#include <koine/pool_stats.hpp>
#include <koine/retry.hpp>
#include <koine/statement_observer.hpp>
#include <koine/url.hpp>

namespace koine {
inline namespace v1 {

class connection;
class dialect;
class registry;

namespace detail {
struct engine_core;
}

// Whether every statement is put into the log (log_level::info).
enum class echo_mode : std::uint8_t {
    off,
    statements,  // without values
    with_values  // what was bound too, secrets included
};

// Settings of an engine. Durations say their unit by their type.
struct engine_options {
    pool_options pool{};
    koine::isolation isolation = koine::isolation::default_;
    bool read_only = false;
    // prepared statements kept on each connection
    std::uint32_t statement_cache = 256;
    std::chrono::milliseconds connect_timeout{30'000};  // total, for one connection
    // of each call without a deadline of its own, and of what a session sends to a server; 0: none
    std::chrono::milliseconds statement_timeout{0};
    // How long a statement that is stopped at its deadline may take to end, before its connection
    // is given up with it.
    std::chrono::milliseconds cancel_grace{100};
    echo_mode echo = echo_mode::off;
    bool strict_tables = false;  // SQLite: create_all makes STRICT tables
};

// A cheap handle to a shared, thread-safe core; default-constructed it is empty and every use of it
// throws usage_error.
class KOINE_API engine {
public:
    engine() noexcept = default;
    engine(const engine&) noexcept;
    engine(engine&&) noexcept;
    engine& operator=(const engine&) noexcept;
    engine& operator=(engine&&) noexcept;
    ~engine();

    explicit operator bool() const noexcept;
    const koine::url& url() const;
    // The dialect that the URL names; once a first connection was made, the one that fits the
    // server it found, to which all statements are written (dialect::for_server). The reference is
    // good as long as the engine.
    const koine::dialect& dialect() const;
    const engine_options& options() const;
    // Leases a connection; waits at most the pool's timeout. Throws timeout_error
    // (errc::pool_timeout), or why connecting failed. `where` is who holds it, for the reports of
    // exhausted pools and of leaks.
    connection connect(here where = here::now()) const;
    connection connect(deadline limit, here where = here::now()) const;
    // Runs fn(connection&) in a transaction: commits when it returns, rolls back when it throws.
    template <class Body>
    decltype(auto) begin(Body&& body, here where = here::now()) const;
    // As begin, and runs it again when it lost against another transaction (serialization failure,
    // deadlock, lock not had in time). The body must be fit to run several times.
    template <class Body>
    decltype(auto) run(const retry& policy, Body&& body, here where = here::now()) const;
    pool_stats stats() const;
    // Listeners of the pool: connect, checkout, checkin and the others.
    pool_events& events() const;
    // Tells `observer` (not null) of every statement of the leases that begin from now on, until
    // the subscription ends.
    [[nodiscard]] statement_subscription observe(std::shared_ptr<statement_observer> observer) const;
    // Closes idle connections now and leased ones when they come back; the next use opens new ones.
    void dispose() const;

    const std::shared_ptr<detail::engine_core>& core() const;
    explicit engine(std::shared_ptr<detail::engine_core> core) noexcept;

private:
    std::shared_ptr<detail::engine_core> core_{};
};

// Makes an engine from a URL with the dialects and drivers of `registry`. No I/O. Throws
// usage_error for an unknown dialect, driver or query key, naming what is known and the nearest.
KOINE_API engine create_engine(const koine::url& url, const registry& names, engine_options options = {});

}  // namespace v1
}  // namespace koine
