// Getting a connection: the steps that everybody shares, and the loop of those who wait in them.
#include <algorithm>
#include <cstdio>

#include "pool/blocking_waiter.hpp"
#include "pool/pool_locked.hpp"
#include "pool/pool_shell.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

std::string seconds(std::int64_t ns) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g s", static_cast<double>(ns) / 1e9);
    return text;
}

std::string place(here where) {
    return std::string{where.file} + ":" + std::to_string(where.line) + " in " + where.function;
}

}  // namespace

// The steps

// When to look again where nobody wakes the waiter earlier.
inline std::optional<pool_time> pool_shell::next_look(const pool_request& r) const noexcept {
    if (r.state != pool_waiter::verdict::queued) return std::nullopt;
    return std::min(core_.first_in_queue(r) ? core_.next_attempt() : pool_never, r.until.ns());
}

std::optional<pool_time> pool_shell::ask(pool_request& r) noexcept {
    r.thread = own_identity();
    r.prefer = preferred();
    const locked hold{*this};
    core_.acquire(r, locked::now());
    return next_look(r);
}

std::optional<pool_time> pool_shell::look(pool_request& r) noexcept {
    const locked hold{*this};
    if (r.state == pool_waiter::verdict::queued) {
        const pool_time now = locked::now();
        core_.attend(now);
        if (r.state == pool_waiter::verdict::queued && now >= r.until.ns()) {
            core_.leave(r, now);
            core_.count_timeout();
        }
    }
    return next_look(r);
}

failure pool_shell::withdraw(pool_request& r) {
    {
        const locked hold{*this};
        core_.leave(r, locked::now());
    }
    return locked::refusal(errc::cancelled, "the wait for a connection was cancelled", r.where);
}

result<pool_lease> pool_shell::take(pool_request& r, bool& again) {
    again = false;
    switch (r.state) {
        case pool_waiter::verdict::lease:
            return hand_out(*r.slot, r.item);
        case pool_waiter::verdict::open:
            return open_for(r, again);
        case pool_waiter::verdict::check:
            return check_for(r, again);
        case pool_waiter::verdict::own_used:
            return locked::refusal(errc::operation_in_progress,
                                   "this thread's connection of the pool is leased already", r.where);
        case pool_waiter::verdict::closed:
            return locked::refusal(errc::closed, "the pool is closed", r.where);
        default:
            return exhausted(r);
    }
}

// Never inlined: the fast path before it and whoever goes on after it may be on different threads.
[[gnu::noinline]] result<pool_lease> pool_shell::acquire_slowly(std::optional<deadline> until, here where) {
    waiter* const flow = waiter::current();
    blocking_waiter thread;
    pool_request r;
    r.where = where;
    r.who = flow != nullptr ? flow : &thread;
    r.began = locked::now();
    r.until = until ? *until : deadline::in(options().timeout);
    for (;;) {
        for (auto next = ask(r); next;) {
            const woken why = r.who->wait(-1, 0, *next);
            if (why == woken::interrupted || why == woken::abandoned) return withdraw(r);
            next = look(r);
        }
        bool again = false;
        auto answer = take(r, again);
        if (!again) return answer;
    }
}

// What the steps rest on

result<pool_lease> pool_shell::open_for(pool_request& r, bool& again) {
    pool_slot& s = *r.slot;
    std::unique_ptr<pooled> item;
    const auto give_up = [&](std::shared_ptr<const error_info> why, bool blame) noexcept {
        const locked hold{*this};
        core_.open_failed(s, std::move(why), blame, locked::now());
    };
    try {
        auto made = backend_->open(r.until);
        if (!made) {
            error_info& why = made.error().info();
            // Nothing of the caller's work, whatever became of the attempt.
            why.outcome = outcome::not_sent;
            // What the caller's own haste or mistake has spoilt says nothing about the server.
            const bool blame = why.code < errc::usage && !(why.code == errc::timeout && r.until.passed()) &&
                               why.code != errc::cancelled;
            auto copy = std::make_shared<const error_info>(why);
            give_up(std::move(copy), blame);
            return std::move(made).error();
        }
        item = std::move(*made);
        if (!first_connect_told_.exchange(true)) {
            try {
                tell(pool_moment::first_connect, item.get());
            } catch (...) {
                first_connect_told_ = false;
                throw;
            }
        }
        tell(pool_moment::connect, item.get());
    } catch (...) {
        if (item) close_item(item.release());
        give_up(nullptr, false);
        throw;
    }
    pooled* const raw = item.release();
    bool usable = false;
    {
        const locked hold{*this};
        usable = core_.opened(s, raw, r.where, locked::now());
    }
    if (usable) return hand_out(s, raw);
    again = true;
    return pool_lease{};
}

result<pool_lease> pool_shell::check_for(pool_request& r, bool& again) {
    pool_slot& s = *r.slot;
    pooled* const item = r.item;
    bool alive = false;
    bool lost = false;
    bool cancelled = false;
    const auto done = [&]() noexcept {
        const locked hold{*this};
        if (cancelled && item->reusable()) {
            core_.check_skipped(s, item, locked::now());
            return false;
        }
        if (alive) return core_.check_passed(s, item, r.where, locked::now());
        core_.check_failed(s, item, locked::now());
        // The server went away: the other connections went with it, and one failure is enough to
        // know that.
        if (lost) core_.invalidate_all(locked::now());
        return false;
    };
    try {
        auto answer = item->ping(r.until);
        alive = answer.has_value() && item->reusable();
        if (!answer) {
            error_info& why = answer.error().info();
            // What the caller's own haste has spoilt says nothing about the server.
            cancelled = why.code == errc::cancelled && waiter::current() != nullptr;
            lost = !cancelled && (why.poisons_connection || why.code == errc::disconnected);
            if (cancelled) {
                done();
                why.outcome = outcome::not_sent;
                why.poisons_connection = why.poisons_transaction = false;
                why.where = r.where;
                return std::move(answer).error();
            }
        }
    } catch (...) {
        done();
        throw;
    }
    if (done()) return hand_out(s, item);
    again = true;
    return pool_lease{};
}

// The lease exists before the hook runs: if the hook throws, the lease gives the connection back.
pool_lease pool_shell::hand_out(pool_slot& s, pooled* item) {
    pool_lease lease{&s, item, fork_count()};
    if (core_.options().kind != pool_kind::singleton_thread) remember(s);
    tell(pool_moment::checkout, item);
    return lease;
}

// The error of a caller whose deadline has passed.
failure pool_shell::exhausted(const pool_request& r) {
    const locked hold{*this};
    const pool_time now = locked::now();
    if (const auto trouble = core_.open_trouble()) {
        failure why{*trouble};
        why.info().message =
            "no connection could be opened within " + seconds(now - r.began) + ": " + why.info().message;
        why.info().outcome = outcome::not_sent;
        why.info().where = r.where;
        return why;
    }
    const pool_stats s = core_.stats(now);
    std::string text = "pool exhausted: no connection became free within " + seconds(now - r.began) + " (size " +
                       std::to_string(s.size) + ", max_overflow " + std::to_string(s.max_overflow) + ", leased " +
                       std::to_string(s.leased) + ", idle " + std::to_string(s.idle) + ", opening " +
                       std::to_string(s.opening) + ", closing " + std::to_string(s.closing) + ", waiting " +
                       std::to_string(s.waiting);
    if (s.leased > 0) {
        text += "; oldest lease: for at least " + seconds(s.oldest_lease_age.count()) + ", acquired at " +
                place(s.oldest_lease_where);
    }
    text += "); wanted at " + place(r.where);
    if (core_.options().kind == pool_kind::static_)
        text +=
            "; this pool has one connection, as that of a database in memory always has, and leases it to one user at "
            "a time";
    return locked::refusal(errc::pool_timeout, text, r.where);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
