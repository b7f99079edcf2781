#include "pool/pool_core.hpp"

#include <algorithm>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr pool_time nanoseconds_a_second = 1'000'000'000;

pool_time add(pool_time a, pool_time b) noexcept {
    return b > pool_never - a ? pool_never : a + b;
}

}  // namespace

void pool_core::slot_queue::push(pool_slot& s) noexcept {
    s.next = nullptr;
    (last != nullptr ? last->next : first) = &s;
    last = &s;
}

pool_slot* pool_core::slot_queue::pop() noexcept {
    pool_slot* s = first;
    if (s != nullptr) remove(*s);
    return s;
}

bool pool_core::slot_queue::remove(pool_slot& s) noexcept {
    pool_slot* before = nullptr;
    for (pool_slot* at = first; at != nullptr; before = at, at = at->next) {
        if (at != &s) continue;
        (before != nullptr ? before->next : first) = s.next;
        if (last == &s) last = before;
        s.next = nullptr;
        return true;
    }
    return false;
}

pool_core::pool_core(const pool_options& options, pool_shell* owner, std::uint64_t seed)
    : options_{options}, random_{seed} {
    const bool one = options_.kind == pool_kind::static_;
    if (one) {
        options_.size = 1;
        options_.max_overflow = 0;
    }
    capacity_ = options_.size + options_.max_overflow;
    switch (options_.kind) {
        case pool_kind::null:
            keep_ = 0;
            break;
        case pool_kind::singleton_thread:
            keep_ = capacity_;
            break;
        default:
            keep_ = options_.size;
            break;
    }
    fast_ = one || (options_.kind == pool_kind::queue && options_.lifo);
    wants_ticks_ = options_.recycle.count() >= 0 || options_.pre_ping || options_.leak_after.count() > 0;
    slots_ = std::make_unique<pool_slot[]>(capacity_);
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        slots_[i].index = i;
        slots_[i].owner = owner;
    }
    update_attention();
}

// Small pieces

double pool_core::jitter(double low, double high) noexcept {
    random_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = random_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    z ^= z >> 31U;
    return low + (high - low) * (static_cast<double>(z >> 11U) / 9007199254740992.0);
}

std::uint64_t pool_core::fast_word() const noexcept {
    return fast_ ? generation_ << generation_shift : pool_slot::nobody;
}

// Sequentially consistent against the fast path: a returner parks its connection and then reads the
// word; whoever wants that connection writes the word and then looks into the slots. One of the two
// sees the other.
void pool_core::update_attention() noexcept {
    std::uint64_t word = generation_ << generation_shift;
    if (head_ != nullptr) word |= waiting;
    if (closing_) word |= closing;
    if (occupied_ > keep_ && options_.kind == pool_kind::queue) word |= overflowing;
    if (forked_) word |= forked;
    if (attention_.load(std::memory_order_relaxed) != word) attention_.store(word, std::memory_order_seq_cst);
}

bool pool_core::outdated(const pool_slot& s, pool_time now) const noexcept {
    return s.generation != generation_ || s.retire || s.expires <= now;
}

std::uint32_t pool_core::idle() const noexcept {
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < capacity_; ++i)
        if (slots_[i].parked.load(std::memory_order_relaxed) != nullptr) ++n;
    return n;
}

void pool_core::observe(pool_slot& s, pool_time now) noexcept {
    const auto uses = s.uses.load(std::memory_order_relaxed);
    if (uses == s.seen_uses) return;
    s.seen_uses = uses;
    s.seen_at = now;
    s.leak_told = s.leak_due = false;
}

void pool_core::enqueue(pool_waiter& w) noexcept {
    w.state = pool_waiter::verdict::queued;
    w.next = nullptr;
    w.previous = tail_;
    (tail_ != nullptr ? tail_->next : head_) = &w;
    tail_ = &w;
    ++queued_;
}

void pool_core::unlink(pool_waiter& w) noexcept {
    (w.previous != nullptr ? w.previous->next : head_) = w.next;
    (w.next != nullptr ? w.next->previous : tail_) = w.previous;
    w.next = w.previous = nullptr;
    --queued_;
}

void pool_core::wake(pool_waiter& w) noexcept {
    if (w.woken) return;
    w.woken = true;
    w.next_woken = woken_;
    woken_ = &w;
}

// The first in the queue keeps the time of the next attempt to connect: tells it when that, or who
// is first, has changed.
void pool_core::nudge() noexcept {
    if (head_ != nullptr && next_attempt() != pool_never) wake(*head_);
}

pool_waiter* pool_core::pop_woken() noexcept {
    pool_waiter* w = woken_;
    if (w != nullptr) {
        woken_ = w->next_woken;
        w->next_woken = nullptr;
        w->woken = false;
    }
    return w;
}

void pool_core::doom(pool_slot& s, pooled* item) noexcept {
    s.admits.store(pool_slot::nobody, std::memory_order_relaxed);
    s.thread = nullptr;
    s.state = slot_state::closing;
    s.doomed = item;
    doomed_.push(s);
}

void pool_core::vacate(pool_slot& s) noexcept {
    s.admits.store(pool_slot::nobody, std::memory_order_relaxed);
    s.thread = nullptr;
    s.doomed = nullptr;
    s.state = slot_state::empty;
    s.retire = s.unproven = s.leak_told = s.leak_due = false;
    --occupied_;
}

void pool_core::park(pool_slot& s, pooled* item, pool_time now) noexcept {
    observe(s, now);
    s.parked_order = ++park_count_;
    s.parked.exchange(item, std::memory_order_seq_cst);
}

void pool_core::lend(pool_slot& s, here where, pool_time now) noexcept {
    s.state = slot_state::live;
    s.unproven = false;
    s.admits.store(s.retire || s.expires <= now ? pool_slot::nobody : fast_word(), std::memory_order_relaxed);
    s.begin_use(where);
    observe(s, now);
    if (dozing_) {
        dozing_ = false;
        restless_ = true;
    }
}

bool pool_core::lend_to(pool_waiter& w, pool_slot& s, pooled* item, pool_time now) noexcept {
    lend(s, w.where, now);
    w.slot = &s;
    w.item = item;
    w.state = pool_waiter::verdict::lease;
    return true;
}

// Serving callers

// Takes the connection parked in a slot for a waiter, or queues it to be closed if it is out of
// date.
bool pool_core::take_slot(pool_waiter& w, pool_slot& s, pool_time now) noexcept {
    if (s.state != slot_state::live) return false;
    pooled* item = s.parked.exchange(nullptr, std::memory_order_seq_cst);
    if (item == nullptr) return false;
    if (closing_ || outdated(s, now)) {
        doom(s, item);
        return false;
    }
    if (!s.unproven) return lend_to(w, s, item, now);
    s.state = slot_state::checking;
    w.slot = &s;
    w.item = item;
    w.state = pool_waiter::verdict::check;
    return true;
}

pool_slot* pool_core::longest_parked() noexcept {
    pool_slot* found = nullptr;
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        if (s.state != slot_state::live || s.parked.load(std::memory_order_relaxed) == nullptr) continue;
        if (found == nullptr || s.parked_order < found->parked_order) found = &s;
    }
    return found;
}

bool pool_core::take_idle(pool_waiter& w, pool_time now) noexcept {
    if (!options_.lifo) {
        while (pool_slot* s = longest_parked())
            if (take_slot(w, *s, now)) return true;
        return false;
    }
    if (w.prefer != nullptr && take_slot(w, *w.prefer, now)) return true;
    // Low slots first keeps the number of warm connections small.
    for (std::uint32_t i = 0; i < capacity_; ++i)
        if (slots_[i].parked.load(std::memory_order_seq_cst) != nullptr && take_slot(w, slots_[i], now)) return true;
    return false;
}

bool pool_core::take_own(pool_waiter& w, pool_time now) noexcept {
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        if (s.thread != w.thread || w.thread == nullptr || s.state == slot_state::empty) continue;
        if (take_slot(w, s, now)) return true;
        if (s.state == slot_state::closing) continue;
        w.state = pool_waiter::verdict::own_used;
        return true;
    }
    return false;
}

bool pool_core::claim_empty(pool_waiter& w, pool_time now) noexcept {
    if (occupied_ == capacity_ || opening_ >= options_.max_opening || now < next_open_) return false;
    for (std::uint32_t i = 0; i < capacity_; ++i) {
        pool_slot& s = slots_[i];
        if (s.state != slot_state::empty) continue;
        s.state = slot_state::opening;
        s.generation = generation_;
        if (keeps_thread()) s.thread = w.thread;
        ++occupied_;
        ++opening_;
        w.slot = &s;
        w.state = pool_waiter::verdict::open;
        return true;
    }
    return false;
}

bool pool_core::try_serve(pool_waiter& w, pool_time now) noexcept {
    return (!keeps_thread() && take_idle(w, now)) || claim_empty(w, now);
}

void pool_core::serve(pool_time now) noexcept {
    bool moved = false;
    while (head_ != nullptr && try_serve(*head_, now)) {
        pool_waiter& w = *head_;
        unlink(w);
        wake(w);
        moved = true;
    }
    if (moved) nudge();
    update_attention();
}

void pool_core::acquire(pool_waiter& w, pool_time now) noexcept {
    if (closing_) {
        w.state = pool_waiter::verdict::closed;
        return;
    }
    if (keeps_thread() && take_own(w, now)) return;
    if (head_ == nullptr && try_serve(w, now)) {
        update_attention();
        return;
    }
    if (head_ == nullptr) observe_all(now);
    enqueue(w);
    update_attention();
    serve(now);
    if (w.state != pool_waiter::verdict::queued && w.woken) {
        // It answers itself: whoever is woken must be asleep.
        pool_waiter** at = &woken_;
        while (*at != &w) at = &(*at)->next_woken;
        *at = w.next_woken;
        w.woken = false;
    }
}

void pool_core::attend(pool_time now) noexcept {
    sweep(now);
    serve(now);
    trim();
}

void pool_core::leave(pool_waiter& w, pool_time now) noexcept {
    const bool first = head_ == &w;
    switch (std::exchange(w.state, pool_waiter::verdict::none)) {
        case pool_waiter::verdict::queued:
            unlink(w);
            if (first) nudge();
            update_attention();
            break;
        case pool_waiter::verdict::lease:
            give_back(*w.slot, w.item, condition::fit, false, now);
            break;
        case pool_waiter::verdict::check:
            check_skipped(*w.slot, w.item, now);
            break;
        case pool_waiter::verdict::open:
            open_failed(*w.slot, nullptr, false, now);
            break;
        default:
            break;
    }
}

pool_time pool_core::next_attempt() const noexcept {
    return next_open_ > 0 && occupied_ < capacity_ ? next_open_ : pool_never;
}

std::shared_ptr<const error_info> pool_core::open_trouble() const noexcept {
    return occupied_ < capacity_ ? trouble_ : nullptr;
}

// Ends of opening, checking and leases

void pool_core::drop_trouble() noexcept {
    failures_ = 0;
    next_open_ = 0;
    trouble_ = nullptr;
}

bool pool_core::opened(pool_slot& s, pooled* item, here where, pool_time now) noexcept {
    --opening_;
    ++opened_;
    drop_trouble();
    s.expires = pool_never;
    if (options_.recycle.count() >= 0) {
        const double age = static_cast<double>(options_.recycle.count()) * jitter(0.9, 1.1);
        if (age < 9e9) s.expires = add(now, static_cast<pool_time>(age * static_cast<double>(nanoseconds_a_second)));
    }
    restless_ = wants_ticks_;
    const bool usable = !closing_ && s.generation == generation_;
    if (usable)
        lend(s, where, now);
    else
        doom(s, item);
    serve(now);
    return usable;
}

void pool_core::open_failed(pool_slot& s, std::shared_ptr<const error_info> why, bool blame, pool_time now) noexcept {
    --opening_;
    vacate(s);
    if (blame) {
        auto delay = static_cast<double>(options_.backoff_first.count());
        const auto limit = static_cast<double>(options_.backoff_limit.count());
        for (std::uint32_t i = 0; i < failures_ && delay < limit; ++i) delay *= 2;
        delay = std::min(delay, limit) * jitter(0.5, 1.0);
        if (failures_ < 64) ++failures_;
        next_open_ = delay > 0 ? add(now, static_cast<pool_time>(delay)) : 0;
        trouble_ = std::move(why);
    }
    serve(now);
    nudge();
}

bool pool_core::check_passed(pool_slot& s, pooled* item, here where, pool_time now) noexcept {
    const bool usable = !closing_ && !outdated(s, now);
    if (usable)
        lend(s, where, now);
    else
        doom(s, item);
    update_attention();
    return usable;
}

void pool_core::check_failed(pool_slot& s, pooled* item, pool_time now) noexcept {
    doom(s, item);
    serve(now);
}

void pool_core::check_skipped(pool_slot& s, pooled* item, pool_time now) noexcept {
    s.state = slot_state::live;
    park(s, item, now);
    attend(now);
}

// Where a connection goes that is fit for use.
void pool_core::settle(pool_slot& s, pooled* item, pool_time now) noexcept {
    s.unproven = false;
    if (closing_ || keep_ == 0 || outdated(s, now) || (keeps_thread() && s.thread == nullptr)) {
        doom(s, item);
    } else if (head_ != nullptr && !keeps_thread()) {
        pool_waiter& w = *head_;
        unlink(w);
        lend_to(w, s, item, now);
        wake(w);
        nudge();
    } else if (occupied_ > keep_ && idle() >= keep_) {
        doom(s, item);
    } else {
        s.state = slot_state::live;
        s.admits.store(fast_word(), std::memory_order_relaxed);
        park(s, item, now);
    }
    update_attention();
}

// Whether the end of a lease leaves a connection to the background's reset. A thread of its own
// connection would not wait for that.
bool pool_core::resets(condition found, bool abandoned) const noexcept {
    if (found != condition::dirty) return false;
    return options_.kind == pool_kind::static_ ||
           (abandoned && options_.abandoned == abandon_mode::reset && options_.kind == pool_kind::queue);
}

void pool_core::give_back(pool_slot& s, pooled* item, condition found, bool abandoned, pool_time now) noexcept {
    s.end_use();
    observe(s, now);
    if (abandoned) ++abandoned_;
    if (found == condition::fit) {
        settle(s, item, now);
    } else if (resets(found, abandoned) && !closing_ && !outdated(s, now)) {
        s.admits.store(pool_slot::nobody, std::memory_order_relaxed);
        s.state = slot_state::resetting;
        s.doomed = item;
        dirty_.push(s);
    } else {
        doom(s, item);
    }
}

pool_slot* pool_core::pop_dirty(pooled*& item) noexcept {
    pool_slot* s = dirty_.pop();
    if (s != nullptr) item = std::exchange(s->doomed, nullptr);
    return s;
}

void pool_core::reset_done(pool_slot& s, pooled* item, bool fit, pool_time now) noexcept {
    if (fit)
        settle(s, item, now);
    else
        doom(s, item);
}

void pool_core::detach(pool_slot& s, pool_time now) noexcept {
    s.end_use();
    vacate(s);
    serve(now);
}

void pool_core::retire(pool_slot& s) noexcept {
    s.retire = true;
    s.admits.store(pool_slot::nobody, std::memory_order_relaxed);
}

pool_slot* pool_core::pop_doomed(pooled*& item) noexcept {
    pool_slot* s = doomed_.pop();
    if (s != nullptr) item = std::exchange(s->doomed, nullptr);
    return s;
}

bool pool_core::take_doomed(pool_slot& s, pooled*& item) noexcept {
    if (!doomed_.remove(s)) return false;
    item = std::exchange(s.doomed, nullptr);
    return true;
}

void pool_core::closed(pool_slot& s, pool_time now) noexcept {
    ++closed_;
    vacate(s);
    serve(now);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
