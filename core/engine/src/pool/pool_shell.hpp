// The pool with its threads: a mutex and waiting around pool_core, the fast path beside it, and the
// background thread that closes, resets and watches the time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <koine/platform/waiter.hpp>
#include <koine/pool.hpp>

#include "platform/fork.hpp"
#include "pool/listeners.hpp"
#include "pool/pool_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Somebody's wish for a connection. It stays where it is while it is queued; `who`, `where`,
// `until` and `began` are set before ask().
struct pool_request : pool_waiter {
    deadline until{};
    pool_time began = 0;
};

// Lives until the pool object is gone, the last connection is closed, and no thread remembers it.
class pool_shell final : private platform::fork_watcher {
public:
    // Made with one reference, the pool object's.
    pool_shell(std::shared_ptr<pool_backend> backend, const pool_options& options, std::shared_ptr<listeners> heard);
    ~pool_shell();

    // The fast path; an empty lease if it cannot be taken.
    pool_lease take_affine(here where) noexcept;
    // Everything else. Without `until`: the options' timeout from now.
    result<pool_lease> acquire_slowly(std::optional<deadline> until, here where);

    // The steps of acquire_slowly(), for who waits in another way. Until an answer is there, ask()
    // and look() return when to look() again; earlier, if `who` is woken. Neither waits.
    std::optional<pool_time> ask(pool_request& r) noexcept;
    std::optional<pool_time> look(pool_request& r) noexcept;
    // Instead of another look(), or of take(): the caller was told to stop. What the request got in
    // the meantime goes to the next one. Returns the error for the caller.
    failure withdraw(pool_request& r);
    // Makes of the answer what acquire() returns, after connecting or a ping where that is still to
    // be done: these wait. `again`: the connection is out of date by now, ask() once more.
    result<pool_lease> take(pool_request& r, bool& again);

    // The fast end of a lease whose connection is fit; false if it cannot be had.
    bool return_fast(pool_slot& s, pooled* item, std::uint64_t birth) noexcept;
    // The end of a lease by its destructor.
    void put(pool_slot& s, pooled* item, std::uint64_t birth) noexcept;
    // The explicit end, after return_fast().
    result<void> release(pool_slot& s, pooled* item, std::uint64_t birth, std::optional<deadline> until);
    void invalidate(pool_slot& s, pooled* item, std::uint64_t birth) noexcept;
    void soft_invalidate(pool_slot& s, pooled* item, std::uint64_t birth) noexcept;
    std::unique_ptr<pooled> detach(pool_slot& s, pooled* item, std::uint64_t birth) noexcept;
    // A lease born under another fork count belongs to a parent process.

    void invalidate_all() noexcept;
    result<void> dispose(deadline until);
    result<void> close(deadline until);
    // The pool object ends: closes without waiting, joins the thread, gives its reference back.
    void orphan() noexcept;
    pool_stats stats();
    const pool_options& options() const noexcept { return core_.options(); }

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void drop_reference() noexcept;
    // singleton_thread: a thread that owns a connection has ended.
    void thread_gone(const void* thread) noexcept;

private:
    class locked;
    struct drain;

    void put_slowly(pool_slot& s, pooled* item, std::uint64_t birth) noexcept;
    void attend() noexcept;
    // What the running thread remembers. Never inlined: around a wait they may be called on
    // different threads.
    pool_slot* preferred() const noexcept;
    void prefer(pool_slot& s) const noexcept;
    void remember(pool_slot& s) noexcept;
    const void* own_identity() noexcept;
    std::optional<pool_time> next_look(const pool_request& r) const noexcept;
    result<pool_lease> open_for(pool_request& r, bool& again);
    result<pool_lease> check_for(pool_request& r, bool& again);
    pool_lease hand_out(pool_slot& s, pooled* item);
    failure exhausted(const pool_request& r);
    result<void> renew(pooled* item, deadline until);
    void end_lease(pool_slot& s, pooled* item, condition found, bool abandoned, bool close_here) noexcept;
    void forget(pooled* item) noexcept;
    void close_item(pooled* item) noexcept;
    void close_doomed(locked& hold) noexcept;
    result<void> wait_until_closed(locked& hold, deadline until, std::uint64_t before, const char* what);
    void stop_thread(locked& hold) noexcept;
    bool reset_item(pooled* item, bool& lost) noexcept;
    void run() noexcept;
    // Calls a hook of all listeners.
    void tell(pool_moment due, pooled* item);
    void tell_quietly(pool_moment due, pooled* item) noexcept;
    // A lease for a hook: its end changes nothing here.
    pool_lease lend(pooled* item) noexcept { return pool_lease{&lent_, item, fork_count()}; }
    bool is_lent(const pool_slot& s) const noexcept { return &s == &lent_; }
    bool silent() const noexcept { return silent_.load(std::memory_order_relaxed); }

    void before() noexcept override;
    void after_in_parent() noexcept override;
    void after_in_child() noexcept override;

    pool_core core_;
    std::shared_ptr<listeners> heard_;
    std::shared_ptr<pool_backend> backend_;
    pool_slot lent_{};  // of leases for hooks; admits nobody to the fast path
    std::atomic<std::uint32_t> references_{1};
    std::atomic<bool> first_connect_told_{false};
    std::atomic<bool> silent_{false};  // no more hooks: the pool object is gone

    std::mutex mutex_;
    std::condition_variable work_;  // for the background thread
    drain* drains_ = nullptr;       // who waits in dispose() and close()
    std::thread thread_;
    bool thread_runs_ = false;
    bool stop_thread_ = false;
    bool orphaned_ = false;
    bool last_reference_given_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
