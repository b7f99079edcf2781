// Hooks into the life of a pool's connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include <koine/api.hpp>
#include <koine/here.hpp>

namespace koine {
inline namespace v1 {

class connection;
class pool_lease;

// What to tell about the life of connections. Override what is wanted. Called without any lock
// held, from whichever thread does the work, several at once.
//
// The connection of a hook is open for SQL until the hook returns, and closed then: rows,
// transactions and connections that the hook has moved elsewhere throw usage_error. What the hook
// has run is committed when it returns, and rolled back when it throws. Where the connection is not
// at rest (it was lost, or its user has left a transaction open that is not the hook's to end), it
// is closed from the start: every call throws usage_error. Statements and COMMIT that were given no
// deadline have that of engine_options::statement_timeout; without one, connect_timeout in
// on_connect, on_first_connect and on_checkout, pool_options::reset_timeout in the others.
//
// Settings of the session that on_connect, on_reset and on_checkin make stay with the connection.
// A statement written as text may change them, so that a connection with such settings is reset
// after it, and on_reset is called to make them again.
//
// What on_connect, on_first_connect or on_checkout throws, or the COMMIT behind it, passes to the
// caller of acquire(), and the connection is closed (after on_checkout it goes back). What another
// hook throws passes to the caller of release(), if there is one, and is dropped otherwise.
class KOINE_API pool_listener {
public:
    pool_listener() noexcept = default;
    pool_listener(const pool_listener&) = delete;
    pool_listener& operator=(const pool_listener&) = delete;
    virtual ~pool_listener();
    // A connection was opened, and is about to be leased.
    virtual void on_connect(connection& on);
    // As on_connect, for the pool's first connection alone, before it.
    virtual void on_first_connect(connection& on);
    // A connection is about to be handed to a caller.
    virtual void on_checkout(connection& on);
    // A connection is about to go back into the pool, at rest.
    virtual void on_checkin(connection& on);
    // A connection was found outside its idle state, and was reset: it is as new, without the
    // settings of on_connect, and goes on if the hook does not throw. Not called for a connection
    // that cannot be reset: it is closed, and another one is opened when it is wanted.
    virtual void on_reset(connection& on);
    // A connection is about to be closed.
    virtual void on_close(connection& on);
    // A lease's connection was declared unusable (soft: for the next user only).
    virtual void on_invalidate(connection& on, bool soft);
    // A lease's connection leaves the pool for good.
    virtual void on_detach(connection& on);
    // A lease is held for longer than pool_options::leak_after; told once a lease. It was acquired
    // at `where`.
    virtual void on_leak(here where, std::chrono::nanoseconds age);
};

namespace detail {

class listeners;

// The hook that is due.
enum class pool_moment : std::uint8_t {
    connect,
    first_connect,
    checkout,
    checkin,
    reset,
    close,
    invalidate,
    soft_invalidate,
    detach
};

// Calls hooks with a connection made of what the pool keeps, which knows nothing of SQL.
// Implemented by the engine. Called from several threads at once.
class KOINE_API hook_caller {
public:
    hook_caller() noexcept = default;
    hook_caller(const hook_caller&) = delete;
    hook_caller& operator=(const hook_caller&) = delete;
    virtual ~hook_caller();
    // Calls the listener's hook. The lease ends without effect on the pool, before this returns.
    // Throws what the hook throws, or why its work could not be committed.
    virtual void call(pool_moment due, pool_lease lent, pool_listener& listener) = 0;
};

}  // namespace detail

// A registration that ends with this object. Move-only. A hook that is running in another thread at
// that moment ends undisturbed: the listener is kept alive for it.
class KOINE_API pool_subscription {
public:
    pool_subscription() noexcept = default;
    pool_subscription(std::shared_ptr<detail::listeners> home, const pool_listener* listener) noexcept;
    pool_subscription(pool_subscription&& other) noexcept;
    pool_subscription& operator=(pool_subscription&& other) noexcept;
    ~pool_subscription();

private:
    std::shared_ptr<detail::listeners> home_{};
    const pool_listener* listener_ = nullptr;
};

// The listeners of a pool. A handle: copies share the same list. Thread-safe.
class KOINE_API pool_events {
public:
    pool_events();
    // Hooks are called by `caller`; without one, only on_leak is told.
    explicit pool_events(std::shared_ptr<detail::hook_caller> caller);
    // Adds a listener (not null); takes effect at the next event. While anybody listens, every
    // checkout and return takes the pool's lock.
    [[nodiscard]] pool_subscription subscribe(std::shared_ptr<pool_listener> listener);
    // For the pool.
    const std::shared_ptr<detail::listeners>& list() const noexcept { return list_; }

private:
    std::shared_ptr<detail::listeners> list_;
};

}  // namespace v1
}  // namespace koine
