// The pool's decisions: a state machine that knows no clock, no thread and no I/O. Events come in
// as calls, the answers are the states of waiters and the queues of work. Everything here is called
// under the shell's lock, except for what pool_slot and attention() allow to the fast path.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include <koine/error.hpp>
#include <koine/here.hpp>
#include <koine/platform/waiter.hpp>
#include <koine/pool_backend.hpp>
#include <koine/pool_options.hpp>
#include <koine/pool_stats.hpp>

#include "pool/pool_slot.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Nanoseconds on the steady clock.
using pool_time = std::int64_t;
inline constexpr pool_time pool_never = std::numeric_limits<pool_time>::max();

// What a lease leaves behind.
enum class condition : std::uint8_t {
    fit,    // may be used again as it is
    dirty,  // alive, but outside its idle state
    broken  // may only be closed
};

// Somebody who wants a connection. Owned by the caller; linked into the core while it is queued or
// woken.
struct pool_waiter {
    enum class verdict : std::uint8_t {
        none,
        queued,   // wait
        lease,    // `item` of `slot` is leased to this waiter
        check,    // ping `item`, then call check_passed() or check_failed()
        open,     // open a connection for `slot`, then call opened() or open_failed()
        closed,   // the pool is closed
        own_used  // singleton_thread: the thread's connection is leased
    };
    here where{};
    // woken when the answer is there, and when there is something to look at
    waiter* who = nullptr;
    const void* thread = nullptr;  // identity of the caller's thread
    pool_slot* prefer = nullptr;   // the slot that the thread used last

    verdict state = verdict::none;
    pool_slot* slot = nullptr;
    pooled* item = nullptr;
    pool_waiter* next = nullptr;
    pool_waiter* previous = nullptr;
    pool_waiter* next_woken = nullptr;
    bool woken = false;
};

class pool_core {
public:
    // Flags of the attention word. The rest of the word is the generation.
    static constexpr std::uint64_t waiting = 1, closing = 2, overflowing = 4, forked = 8;
    static constexpr unsigned generation_shift = 8;

    pool_core(const pool_options& options, pool_shell* owner, std::uint64_t seed);

    const pool_options& options() const noexcept { return options_; }
    // The fast path may use a slot while this word equals slot.admits.
    const std::atomic<std::uint64_t>& attention() const noexcept { return attention_; }
    std::uint32_t capacity() const noexcept { return capacity_; }
    pool_slot& slot(std::uint32_t i) noexcept { return slots_[i]; }
    const pool_slot& slot(std::uint32_t i) const noexcept { return slots_[i]; }

    // Callers. `w.state` is the answer; a queued waiter is answered later and then found in the
    // list of the woken.
    void acquire(pool_waiter& w, pool_time now) noexcept;
    // Serves waiters from what the fast path has put back, and from room that has become free. For
    // a waiter that wakes up, and for a thread that has put a connection back and then saw the
    // attention word changed.
    void attend(pool_time now) noexcept;
    // A waiter wants nothing any more. It leaves the queue; what it was given goes to the next one.
    void leave(pool_waiter& w, pool_time now) noexcept;
    bool first_in_queue(const pool_waiter& w) const noexcept { return head_ == &w; }
    // When the next attempt to connect may start, if it is that what waiters wait for; else never.
    pool_time next_attempt() const noexcept;
    // Why the last attempts to connect failed, if they did and waiters wait for another attempt;
    // else null.
    std::shared_ptr<const error_info> open_trouble() const noexcept;

    // The ends of opening and checking. false: the connection is out of date and queued to be
    // closed; acquire again.
    bool opened(pool_slot& s, pooled* item, here where, pool_time now) noexcept;
    // `blame`: the attempt says something about the server, so that others had better wait.
    void open_failed(pool_slot& s, std::shared_ptr<const error_info> why, bool blame, pool_time now) noexcept;
    bool check_passed(pool_slot& s, pooled* item, here where, pool_time now) noexcept;
    void check_failed(pool_slot& s, pooled* item, pool_time now) noexcept;
    // Nothing came of the check: the connection is there as before, for somebody else to check.
    void check_skipped(pool_slot& s, pooled* item, pool_time now) noexcept;

    // The end of a lease. `abandoned`: it ended unfit, by a destructor.
    void give_back(pool_slot& s, pooled* item, condition found, bool abandoned, pool_time now) noexcept;
    // The end of a lease whose connection goes with the caller.
    void detach(pool_slot& s, pool_time now) noexcept;
    // The connection is to be closed at the end of its lease.
    void retire(pool_slot& s) noexcept;

    // The pool as a whole.
    void invalidate_all(pool_time now) noexcept;
    void close(pool_time now) noexcept;
    bool is_closing() const noexcept { return closing_; }
    std::uint64_t generation() const noexcept { return generation_; }
    // Slots whose connection is older than the generation, in whatever state.
    std::uint32_t older_than(std::uint64_t generation) const noexcept;
    std::uint32_t occupied() const noexcept { return occupied_; }
    // singleton_thread: the thread has ended.
    void thread_gone(const void* thread, pool_time now) noexcept;
    // In a forked child: marks the word, so that nobody takes the fast path.
    void mark_forked() noexcept;
    bool is_forked() const noexcept { return forked_; }
    // In a forked child: makes the pool empty. Hands out the idle connections of the parent, one a
    // call, null at the end.
    pooled* forget_parent() noexcept;

    // Work for others. Null: none left.
    pool_waiter* pop_woken() noexcept;
    // The connection is the caller's to close, who calls closed() then.
    pool_slot* pop_doomed(pooled*& item) noexcept;
    // The same for one slot, if it is queued.
    bool take_doomed(pool_slot& s, pooled*& item) noexcept;
    bool has_doomed() const noexcept { return doomed_.first != nullptr; }
    void closed(pool_slot& s, pool_time now) noexcept;
    // The connection is the caller's to reset, who calls reset_done() then.
    pool_slot* pop_dirty(pooled*& item) noexcept;
    bool has_dirty() const noexcept { return dirty_.first != nullptr; }
    void reset_done(pool_slot& s, pooled* item, bool fit, pool_time now) noexcept;
    // What still waits for a reset is to be closed instead.
    void close_dirty() noexcept;
    // A lease to report: where it began, how long it is held.
    bool pop_leak(here& where, pool_time& age, pool_time now) noexcept;
    // Age limits, idle times, leaks. Answers when it wants to be called again.
    pool_time tick(pool_time now) noexcept;
    bool wants_ticks() const noexcept { return wants_ticks_; }
    // True once after something happened that the time last answered by tick() does not reckon
    // with.
    bool take_restless() noexcept { return std::exchange(restless_, false); }

    void count_timeout() noexcept { ++timeouts_; }
    pool_stats stats(pool_time now) noexcept;

private:
    struct slot_queue {
        pool_slot* first = nullptr;
        pool_slot* last = nullptr;
        void push(pool_slot& s) noexcept;
        pool_slot* pop() noexcept;
        bool remove(pool_slot& s) noexcept;
    };

    bool keeps_thread() const noexcept { return options_.kind == pool_kind::singleton_thread; }
    bool outdated(const pool_slot& s, pool_time now) const noexcept;
    std::uint64_t fast_word() const noexcept;
    std::uint32_t idle() const noexcept;
    bool take_slot(pool_waiter& w, pool_slot& s, pool_time now) noexcept;
    pool_slot* longest_parked() noexcept;
    bool take_idle(pool_waiter& w, pool_time now) noexcept;
    bool take_own(pool_waiter& w, pool_time now) noexcept;
    bool claim_empty(pool_waiter& w, pool_time now) noexcept;
    bool try_serve(pool_waiter& w, pool_time now) noexcept;
    void lend(pool_slot& s, here where, pool_time now) noexcept;
    bool lend_to(pool_waiter& w, pool_slot& s, pooled* item, pool_time now) noexcept;
    void park(pool_slot& s, pooled* item, pool_time now) noexcept;
    void settle(pool_slot& s, pooled* item, pool_time now) noexcept;
    void doom(pool_slot& s, pooled* item) noexcept;
    void doom_dirty(pool_slot& s) noexcept;
    bool resets(condition found, bool abandoned) const noexcept;
    void vacate(pool_slot& s) noexcept;
    void sweep(pool_time now) noexcept;
    void trim() noexcept;
    pool_time tick_slot(pool_slot& s, pool_time now) noexcept;
    void wake(pool_waiter& w) noexcept;
    void enqueue(pool_waiter& w) noexcept;
    void unlink(pool_waiter& w) noexcept;
    void serve(pool_time now) noexcept;
    void nudge() noexcept;
    void drop_trouble() noexcept;
    void observe(pool_slot& s, pool_time now) noexcept;
    // For who waits: the leases that it waits for are timed from now on at the latest.
    void observe_all(pool_time now) noexcept;
    void update_attention() noexcept;
    double jitter(double low, double high) noexcept;

    // Read by every checkout, written seldom: a line of its own.
    alignas(64) std::atomic<std::uint64_t> attention_{0};
    alignas(64) pool_options options_;
    std::uint32_t capacity_ = 0;
    std::uint32_t keep_ = 0;  // idle connections that are kept
    bool fast_ = false;       // the kind has a fast path
    bool wants_ticks_ = false;
    // every idle connection is marked for a ping: nothing to watch until one is used
    bool dozing_ = false;
    bool restless_ = false;
    bool closing_ = false;
    bool forked_ = false;
    std::unique_ptr<pool_slot[]> slots_;
    std::uint32_t occupied_ = 0;
    std::uint32_t opening_ = 0;
    std::uint32_t queued_ = 0;
    std::uint64_t generation_ = 1;
    std::uint64_t park_count_ = 0;
    pool_waiter* head_ = nullptr;
    pool_waiter* tail_ = nullptr;
    pool_waiter* woken_ = nullptr;
    slot_queue doomed_{};
    slot_queue dirty_{};
    std::uint32_t failures_ = 0;  // attempts to connect that failed in a row
    pool_time next_open_ = 0;
    std::shared_ptr<const error_info> trouble_{};
    std::uint64_t random_;
    std::uint64_t abandoned_ = 0, opened_ = 0, closed_ = 0, timeouts_ = 0, leaks_ = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
