// The pool with its threads: a mutex and condition variables around pool_core, the fast path beside
// it, and the background thread that closes, resets and watches the time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <koine/pool.hpp>

#include "platform/fork.hpp"
#include "pool/listeners.hpp"
#include "pool/pool_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

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
    struct sleeper;

    void put_slowly(pool_slot& s, pooled* item, std::uint64_t birth) noexcept;
    void attend() noexcept;
    pool_slot* preferred() const noexcept;
    void prefer(pool_slot& s) const noexcept;
    void remember(pool_slot& s) noexcept;
    const void* own_identity() noexcept;
    result<pool_lease> open_for(pool_slot& s, deadline until, here where, bool& again);
    result<pool_lease> check_for(pool_slot& s, pooled* item, deadline until, here where, bool& again);
    pool_lease hand_out(pool_slot& s, pooled* item);
    failure exhausted(locked& hold, pool_time began, here where);
    void end_lease(pool_slot& s, pooled* item, condition found, bool abandoned, bool close_here) noexcept;
    void forget(pooled* item) noexcept;
    void close_item(pooled* item) noexcept;
    void close_doomed(locked& hold) noexcept;
    result<void> wait_until_closed(locked& hold, deadline until, std::uint64_t before, const char* what);
    void stop_thread(locked& hold) noexcept;
    void run() noexcept;
    bool silent() const noexcept { return silent_.load(std::memory_order_relaxed); }

    void before() noexcept override;
    void after_in_parent() noexcept override;
    void after_in_child() noexcept override;

    pool_core core_;
    std::shared_ptr<listeners> heard_;
    std::shared_ptr<pool_backend> backend_;
    std::atomic<std::uint32_t> references_{1};
    std::atomic<bool> first_connect_told_{false};
    std::atomic<bool> silent_{false};  // no more hooks: the pool object is gone

    std::mutex mutex_;
    std::condition_variable work_;     // for the background thread
    std::condition_variable drained_;  // for dispose() and close()
    std::uint32_t drain_waiters_ = 0;
    std::thread thread_;
    bool thread_runs_ = false;
    bool stop_thread_ = false;
    bool orphaned_ = false;
    bool last_reference_given_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
