// The connection pool: a bounded set of connections that threads lease and give back.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/here.hpp>
#include <koine/platform/forks.hpp>
#include <koine/pool_backend.hpp>
#include <koine/pool_events.hpp>
#include <koine/pool_options.hpp>
#include <koine/pool_stats.hpp>
#include <koine/result.hpp>

namespace koine {
inline namespace v1 {

class pool;

namespace detail {
struct pool_slot;
class pool_shell;
}  // namespace detail

// A connection on loan. Move-only; used by one thread at a time, and may end in another thread than
// it began, or after the pool. The destructor never talks to the server: a connection in its idle
// state goes back, any other one is closed in the background, or reset there where the options say
// so, and the lease is counted as abandoned.
class KOINE_API pool_lease {
public:
    pool_lease() noexcept = default;
    pool_lease(pool_lease&& other) noexcept
        : slot_{std::exchange(other.slot_, nullptr)},
          item_{std::exchange(other.item_, nullptr)},
          birth_{other.birth_} {}
    pool_lease& operator=(pool_lease&& other) noexcept {
        if (this != &other) {
            drop();
            slot_ = std::exchange(other.slot_, nullptr);
            item_ = std::exchange(other.item_, nullptr);
            birth_ = other.birth_;
        }
        return *this;
    }
    ~pool_lease() { drop(); }

    explicit operator bool() const noexcept { return item_ != nullptr; }
    // The connection. Precondition: not empty. After a fork, check() first: a parent's connection
    // must not be used.
    detail::pooled& operator*() const noexcept { return *item_; }
    detail::pooled* operator->() const noexcept { return item_; }
    detail::pooled* get() const noexcept { return item_; }
    // True if this lease was taken before the process forked, and this is the child. Costs two
    // loads.
    bool forked() const noexcept { return item_ != nullptr && detail::forked(birth_); }
    // errc::forked where forked(), errc::usage where empty. Cheap.
    result<void> check() const;

    // Gives the connection back, reset first if it needs to be and the options say so; the lease is
    // empty afterwards in every case. A failed reset closes the connection and is reported (the
    // work before it is not affected). Without `until` the options' reset_timeout counts. Errors:
    // what the driver's reset answers.
    result<void> try_release(deadline until);
    result<void> try_release();
    // As try_release, and throws.
    void release(deadline until) { try_release(until).value(); }
    void release() { try_release().value(); }
    // Ends the lease and has the connection closed in the background. For a connection known to be
    // broken.
    void invalidate() noexcept;
    // Has the connection closed when the lease ends; it can be used until then.
    void soft_invalidate() noexcept;
    // Takes the connection out of the pool, which may open another one in its place. Empty in a
    // forked child.
    std::unique_ptr<detail::pooled> detach() noexcept;

private:
    friend class detail::pool_shell;
    pool_lease(detail::pool_slot* slot, detail::pooled* item, std::uint64_t birth) noexcept
        : slot_{slot}, item_{item}, birth_{birth} {}
    void drop() noexcept {
        if (item_ != nullptr) give_back();
    }
    void give_back() noexcept;

    detail::pool_slot* slot_ = nullptr;
    detail::pooled* item_ = nullptr;
    std::uint64_t birth_ = 0;  // the pool's fork count when the lease began
};

// A bounded pool. Thread-safe. It may be destroyed while leases live: they stay usable and their
// connections are closed as they end. After a fork the child sees an empty pool and may use it.
class KOINE_API pool {
public:
    // No I/O. Throws usage_error for options that make no sense.
    explicit pool(std::shared_ptr<detail::pool_backend> backend, pool_options options = {}, pool_events events = {});
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;
    // As close(), without waiting for leases.
    ~pool();

    // Leases a connection: one that is idle, a new one where the bound allows, or the next that
    // comes back (first come, first served). Errors: pool_timeout, with the pool's numbers in its
    // text; the driver's error if connecting failed, also where waiting for a server that cannot be
    // reached took too long; closed; operation_in_progress (singleton_thread: this thread's
    // connection is leased); cancelled (where callers have a waiter of their own). Without `until`
    // the options' timeout counts, and the clock is read only when waiting.
    pool_lease acquire(here where = here::now());
    pool_lease acquire(deadline until, here where = here::now());
    result<pool_lease> try_acquire(here where = here::now());
    result<pool_lease> try_acquire(deadline until, here where = here::now());

    // No connection that exists now is leased again: idle ones are closed in the background, leased
    // ones when they come back.
    void invalidate_all() noexcept;
    // Closes every connection that exists now, idle ones at once and leased ones as they come back,
    // and waits for that until the deadline. The pool stays usable and opens new ones. Errors:
    // timeout, or cancelled, if leases were still out.
    result<void> dispose(deadline until);
    // As dispose(), for good: waiters and later callers fail with errc::closed. Errors: timeout, or
    // cancelled, if leases were still out (their connections are closed as they come back). Can be
    // called again to go on waiting.
    result<void> close(deadline until);

    pool_stats stats() const;
    const pool_options& options() const noexcept;
    // Listeners of this pool; the handle given to the constructor.
    pool_events& events() noexcept { return events_; }

private:
    pool_events events_;
    detail::pool_shell* shell_;
};

}  // namespace v1
}  // namespace koine
