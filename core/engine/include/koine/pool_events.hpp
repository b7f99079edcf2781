// Hooks into the life of a pool's connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include <koine/api.hpp>
#include <koine/here.hpp>
#include <koine/pool_backend.hpp>

namespace koine {
inline namespace v1 {

// What to tell about the life of connections. Override what is wanted. Called without any lock
// held, from whichever thread does the work, several at once. An exception from on_connect,
// on_first_connect or on_checkout passes to the caller of acquire() and the connection goes back
// (on_checkout) or is closed; one from another hook passes to the caller of release(), if there is
// one, and is dropped otherwise.
class KOINE_API pool_listener {
public:
    pool_listener() noexcept = default;
    pool_listener(const pool_listener&) = delete;
    pool_listener& operator=(const pool_listener&) = delete;
    virtual ~pool_listener();
    // A connection was opened, and is about to be leased.
    virtual void on_connect(detail::pooled& connection);
    // As on_connect, for the pool's first connection alone, before it.
    virtual void on_first_connect(detail::pooled& connection);
    // A connection is about to be handed to a caller.
    virtual void on_checkout(detail::pooled& connection);
    // A connection is about to go back into the pool.
    virtual void on_checkin(detail::pooled& connection);
    // A connection was found outside its idle state and is about to be reset.
    virtual void on_reset(detail::pooled& connection);
    // A connection is about to be closed.
    virtual void on_close(detail::pooled& connection);
    // A lease's connection was declared unusable (soft: for the next user only).
    virtual void on_invalidate(detail::pooled& connection, bool soft);
    // A lease's connection leaves the pool for good.
    virtual void on_detach(detail::pooled& connection);
    // A lease is held for longer than pool_options::leak_after; told once a lease. It was acquired
    // at `where`.
    virtual void on_leak(here where, std::chrono::nanoseconds age);
};

namespace detail {
class listeners;
}

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
