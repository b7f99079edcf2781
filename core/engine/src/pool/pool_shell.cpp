#include "pool/pool_shell.hpp"

#include "pool/pool_locked.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

void pool_shell::drop_reference() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void pool_shell::thread_gone(const void* thread) noexcept {
    const locked hold{*this};
    core_.thread_gone(thread, locked::now());
}

// Acquiring

result<pool_lease> pool_shell::acquire_slowly(std::optional<deadline> given, here where) {
    const pool_time began = locked::now();
    const deadline until = given ? *given : deadline::in(options().timeout);
    for (bool again = true; again;) {
        again = false;
        sleeper w;
        w.where = where;
        w.thread = own_identity();
        w.prefer = preferred();
        {
            locked hold{*this};
            core_.acquire(w, locked::now());
            if (!w.wait(hold, core_, until)) return exhausted(hold, began, where);
        }
        switch (w.state) {
            case pool_waiter::verdict::lease:
                return hand_out(*w.slot, w.item);
            case pool_waiter::verdict::open: {
                auto made = open_for(*w.slot, until, where, again);
                if (!again) return made;
                break;
            }
            case pool_waiter::verdict::check: {
                auto checked = check_for(*w.slot, w.item, until, where, again);
                if (!again) return checked;
                break;
            }
            case pool_waiter::verdict::own_used:
                return locked::refusal(errc::operation_in_progress,
                                       "this thread's connection of the pool is leased already", where);
            default:
                break;
        }
    }
    return locked::refusal(errc::closed, "the pool is closed", where);
}

result<pool_lease> pool_shell::open_for(pool_slot& s, deadline until, here where, bool& again) {
    std::unique_ptr<pooled> item;
    const auto give_up = [&](std::shared_ptr<const error_info> why, bool blame) noexcept {
        const locked hold{*this};
        core_.open_failed(s, std::move(why), blame, locked::now());
    };
    try {
        auto made = backend_->open(until);
        if (!made) {
            const error_info& why = made.error().info();
            // What the caller's own haste or mistake has spoilt says nothing about the server.
            const bool blame =
                why.code < errc::usage && !(why.code == errc::timeout && until.passed()) && why.code != errc::cancelled;
            auto copy = std::make_shared<const error_info>(why);
            give_up(std::move(copy), blame);
            return std::move(made).error();
        }
        item = std::move(*made);
        if (!first_connect_told_.exchange(true)) {
            try {
                heard_->tell([&](pool_listener& one) { one.on_first_connect(*item); });
            } catch (...) {
                first_connect_told_ = false;
                throw;
            }
        }
        heard_->tell([&](pool_listener& one) { one.on_connect(*item); });
    } catch (...) {
        if (item) close_item(item.release());
        give_up(nullptr, false);
        throw;
    }
    pooled* const raw = item.release();
    bool usable = false;
    {
        const locked hold{*this};
        usable = core_.opened(s, raw, where, locked::now());
    }
    if (usable) return hand_out(s, raw);
    again = true;
    return pool_lease{};
}

result<pool_lease> pool_shell::check_for(pool_slot& s, pooled* item, deadline until, here where, bool& again) {
    bool alive = false;
    bool lost = false;
    const auto done = [&]() noexcept {
        const locked hold{*this};
        if (alive) return core_.check_passed(s, item, where, locked::now());
        core_.check_failed(s, item, locked::now());
        // The server went away: the other connections went with it, and one failure is enough to
        // know that.
        if (lost) core_.invalidate_all(locked::now());
        return false;
    };
    try {
        auto answer = item->ping(until);
        alive = answer.has_value() && item->reusable();
        lost =
            !answer && (answer.error().info().poisons_connection || answer.error().info().code == errc::disconnected);
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
    heard_->tell([&](pool_listener& one) { one.on_checkout(*item); });
    return lease;
}

// Giving back

void pool_shell::put_slowly(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (forked(birth)) return forget(item);
    const bool fit = item->reusable();
    if (fit && !silent()) heard_->tell_quietly([&](pool_listener& one) { one.on_checkin(*item); });
    end_lease(s, item, fit ? condition::fit : condition::dirty, !fit, false);
}

result<void> pool_shell::release(pool_slot& s, pooled* item, std::uint64_t birth, std::optional<deadline> until) {
    if (forked(birth)) {
        forget(item);
        return locked::refusal(errc::forked, "the connection belongs to the parent process", {});
    }
    condition found = condition::fit;
    result<void> answer;
    try {
        if (!item->reusable()) {
            found = condition::dirty;
            if (options().reset_on_return == reset_mode::rollback) {
                found = condition::broken;
                if (!silent()) heard_->tell([&](pool_listener& one) { one.on_reset(*item); });
                answer = item->reset(until ? *until : deadline::in(options().reset_timeout));
                if (answer && item->reusable()) found = condition::fit;
            }
        }
        if (found == condition::fit && !silent()) heard_->tell([&](pool_listener& one) { one.on_checkin(*item); });
    } catch (...) {
        end_lease(s, item, found, false, false);
        throw;
    }
    end_lease(s, item, found, false, found == condition::fit);
    return answer;
}

// Where `close_here`, a healthy connection that the pool does not keep is closed by this thread.
void pool_shell::end_lease(pool_slot& s, pooled* item, condition found, bool abandoned, bool close_here) noexcept {
    prefer(s);
    pooled* mine = nullptr;
    {
        const locked hold{*this};
        core_.give_back(s, item, found, abandoned, locked::now());
        if (!close_here || !core_.take_doomed(s, mine)) return;
    }
    close_item(mine);
    const locked hold{*this};
    core_.closed(s, locked::now());
}

void pool_shell::invalidate(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (forked(birth)) return forget(item);
    if (!silent()) heard_->tell_quietly([&](pool_listener& one) { one.on_invalidate(*item, false); });
    end_lease(s, item, condition::broken, false, false);
}

void pool_shell::soft_invalidate(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (forked(birth)) return;
    if (!silent()) heard_->tell_quietly([&](pool_listener& one) { one.on_invalidate(*item, true); });
    const locked hold{*this};
    core_.retire(s);
}

std::unique_ptr<pooled> pool_shell::detach(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (forked(birth)) {
        forget(item);
        return nullptr;
    }
    if (!silent()) heard_->tell_quietly([&](pool_listener& one) { one.on_detach(*item); });
    const locked hold{*this};
    core_.detach(s, locked::now());
    return std::unique_ptr<pooled>{item};
}

// A connection of the parent, in the child.
void pool_shell::forget(pooled* item) noexcept {
    { const locked hold{*this}; }
    item->abandon();
    delete item;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
