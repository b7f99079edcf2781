// The part of pool_core that concerns the pool as a whole: generations, closing, forks, time,
// statistics.
#include "pool/pool_core.hpp"

#include <algorithm>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// A connection counts as used lately for this long after its use was noticed. With the polling
// interval it makes a second.
constexpr pool_time fresh_for = 750'000'000;
constexpr pool_time poll_every = 250'000'000;

}  // namespace

// Takes what must not be used again out of the slots.
void pool_core::sweep(pool_time now) noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        if (!closing_ && !outdated(s, now)) continue;
        doom_dirty(s);
        if (s.state != slot_state::live) continue;
        if (pooled* item = s.parked.exchange(nullptr, std::memory_order_seq_cst)) doom(s, item);
    }
}

void pool_core::doom_dirty(pool_slot& s) noexcept {
    if (s.state == slot_state::resetting && dirty_.remove(s)) doom(s, s.doomed);
}

void pool_core::close_dirty() noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i) doom_dirty(slots_[i]);
}

// Connections beyond `size` came back by the fast path while the word did not tell of them yet.
void pool_core::trim() noexcept {
    if (occupied_ <= keep_ || options_.kind != pool_kind::queue) return;
    auto surplus = idle();
    for (std::uint32_t i = capacity_; i-- > 0 && surplus > keep_;) {
        pool_slot& s = slots_[i];
        if (s.state != slot_state::live) continue;
        if (pooled* item = s.parked.exchange(nullptr, std::memory_order_seq_cst)) {
            doom(s, item);
            --surplus;
        }
    }
}

void pool_core::invalidate_all(pool_time now) noexcept {
    ++generation_;
    update_attention();
    sweep(now);
    serve(now);
}

void pool_core::close(pool_time now) noexcept {
    closing_ = true;
    ++generation_;
    while (head_ != nullptr) {
        pool_waiter& w = *head_;
        unlink(w);
        w.state = pool_waiter::verdict::closed;
        wake(w);
    }
    update_attention();
    sweep(now);
}

std::uint32_t pool_core::older_than(std::uint64_t generation) const noexcept {
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < capacity_; ++i)
        if (slots_[i].state != slot_state::empty && slots_[i].generation < generation) ++n;
    return n;
}

void pool_core::thread_gone(const void* thread, pool_time now) noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        if (s.thread != thread || s.state == slot_state::empty) continue;
        s.thread = nullptr;
        retire(s);
    }
    sweep(now);
}

void pool_core::mark_forked() noexcept {
    forked_ = true;
    update_attention();
}

pooled* pool_core::forget_parent() noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i)
        if (slots_[i].state == slot_state::live)
            if (pooled* item = slots_[i].parked.exchange(nullptr, std::memory_order_seq_cst)) return item;
    pooled* queued = nullptr;
    if (pop_doomed(queued) != nullptr || pop_dirty(queued) != nullptr) return queued;
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        if (s.state != slot_state::empty) vacate(s);
        s.uses.store(0, std::memory_order_relaxed);
        s.seen_uses = 0;
    }
    occupied_ = opening_ = queued_ = 0;
    head_ = tail_ = woken_ = nullptr;
    drop_trouble();
    abandoned_ = opened_ = closed_ = timeouts_ = leaks_ = 0;
    dozing_ = restless_ = forked_ = false;
    ++generation_;
    update_attention();
    return nullptr;
}

// Looks after one live slot; answers when to look again.
pool_time pool_core::tick_slot(pool_slot& s, pool_time now) noexcept {
    observe(s, now);
    const bool leased = (s.seen_uses & 1U) != 0;
    pool_time next = pool_never;
    if (s.expires <= now) {
        if (pooled* item = s.parked.exchange(nullptr, std::memory_order_seq_cst)) {
            doom(s, item);
            return pool_never;
        }
        retire(s);
    } else {
        next = s.expires;
    }
    const pool_time limit = options_.leak_after.count();
    if (limit > 0) {
        // A lease taken by the fast path is first seen by a later look: look a few times within the
        // limit.
        next = std::min(next, now + std::max<pool_time>(limit / 4, 1'000'000));
        if (leased && !s.leak_told) {
            if (now - s.seen_at >= limit) {
                s.leak_told = s.leak_due = true;
                ++leaks_;
            } else {
                next = std::min(next, s.seen_at + limit);
            }
        }
    }
    if (options_.pre_ping && !s.unproven) {
        if (leased || now - s.seen_at < fresh_for) {
            next = std::min(next, now + poll_every);
        } else {
            s.unproven = true;
            s.admits.store(pool_slot::nobody, std::memory_order_relaxed);
        }
    }
    return next;
}

pool_time pool_core::tick(pool_time now) noexcept {
    pool_time next = pool_never;
    for (std::uint32_t i = 0; i < capacity_; ++i)
        if (slots_[i].state == slot_state::live) next = std::min(next, tick_slot(slots_[i], now));
    dozing_ = next > now + poll_every;
    restless_ = false;
    return next;
}

bool pool_core::pop_leak(here& where, pool_time& age, pool_time now) noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        if (!std::exchange(s.leak_due, false)) continue;
        where = s.where();
        age = now - s.seen_at;
        return true;
    }
    return false;
}

void pool_core::observe_all(pool_time now) noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i) observe(slots_[i], now);
}

pool_stats pool_core::stats(pool_time now) noexcept {
    pool_stats out;
    out.size = options_.size;
    out.max_overflow = options_.max_overflow;
    out.waiting = queued_;
    out.overflow = occupied_ > keep_ ? occupied_ - keep_ : 0;
    out.abandoned = abandoned_;
    out.opened = opened_;
    out.closed = closed_;
    out.timeouts = timeouts_;
    out.leaks = leaks_;
    std::uint64_t ended = 0;
    pool_time oldest = pool_never;
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        observe(s, now);
        const bool leased = (s.seen_uses & 1U) != 0;
        out.acquired += (s.seen_uses + 1) / 2;
        ended += s.seen_uses / 2;
        if (leased) ++out.leased;
        switch (s.state) {
            case slot_state::opening:
            case slot_state::checking:
                ++out.opening;
                break;
            case slot_state::resetting:
            case slot_state::closing:
                ++out.closing;
                break;
            case slot_state::live:
                if (!leased) ++out.idle;
                break;
            case slot_state::empty:
                break;
        }
        if (leased && s.seen_at < oldest) {
            oldest = s.seen_at;
            out.oldest_lease_where = s.where();
        }
    }
    out.returned = ended - out.abandoned;
    if (oldest != pool_never) out.oldest_lease_age = std::chrono::nanoseconds{now - oldest};
    return out;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
