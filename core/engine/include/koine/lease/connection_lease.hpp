// A connection on loan from an engine's pool: what connection and session hold.
#pragma once

#include <memory>
#include <utility>

#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/engine.hpp>
#include <koine/here.hpp>
#include <koine/pool.hpp>
#include <koine/wire/driver_connection.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Move-only. The destructor never talks to the server: a connection in its idle state goes back to
// the pool, another one is closed in the background.
class KOINE_API connection_lease {
public:
    connection_lease() noexcept = default;
    // Leases from the engine's pool, waiting until `limit` at most (the pool's own timeout without
    // one). Throws why not.
    explicit connection_lease(const engine& from, here where = here::now());
    connection_lease(const engine& from, deadline limit, here where = here::now());
    explicit connection_lease(pool_lease taken) noexcept : lease_{std::move(taken)} {}
    connection_lease(connection_lease&&) noexcept = default;
    connection_lease& operator=(connection_lease&& other) noexcept {
        leave();
        lease_ = std::move(other.lease_);
        return *this;
    }
    ~connection_lease() { leave(); }

    explicit operator bool() const noexcept { return static_cast<bool>(lease_); }
    // Precondition: not empty.
    driver_connection& operator*() const noexcept { return static_cast<driver_connection&>(*lease_); }
    driver_connection* operator->() const noexcept { return static_cast<driver_connection*>(lease_.get()); }
    // Whether there is a connection that may be talked to: false in a child of the process that
    // leased it.
    bool usable() const noexcept { return lease_ && !lease_.forked(); }
    // Throws usage_error (errc::forked) in a child of the process that leased it.
    void check() const {
        if (lease_.forked()) [[unlikely]]
            lease_.check().value();
    }
    // Gives the connection back; a transaction that is still open is rolled back. Throws what the
    // driver says of that.
    void release() { lease_.release(); }
    // As release(), when an error is already on its way: a connection that cannot be cleaned is
    // closed.
    void release_quietly() noexcept;
    // Has the connection closed in the background.
    void invalidate() noexcept { lease_.invalidate(); }

private:
    // Results that are still open would keep the connection from its idle state.
    void leave() noexcept {
        if (usable() && (*this)->results().any()) [[unlikely]]
            (*this)->end_results();
    }

    pool_lease lease_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
