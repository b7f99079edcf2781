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

// Hooks

void pool_shell::tell(pool_moment due, pooled* item) {
    hook_caller* const caller = heard_->caller();
    if (caller == nullptr || silent()) return;
    heard_->tell([&](pool_listener& one) { caller->call(due, lend(item), one); });
}

void pool_shell::tell_quietly(pool_moment due, pooled* item) noexcept {
    hook_caller* const caller = heard_->caller();
    if (caller == nullptr || silent()) return;
    heard_->tell_quietly([&](pool_listener& one) { caller->call(due, lend(item), one); });
}

// Giving back

void pool_shell::put_slowly(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (is_lent(s)) return;
    if (forked(birth)) return forget(item);
    bool fit = item->reusable();
    if (fit && heard_->count() != 0) {
        tell_quietly(pool_moment::checkin, item);
        fit = item->reusable();
    }
    end_lease(s, item, fit ? condition::fit : condition::dirty, !fit, false);
}

// A connection outside its idle state, as new.
result<void> pool_shell::renew(pooled* item, deadline until) {
    auto answer = item->reset(until);
    if (answer && item->reusable()) tell(pool_moment::reset, item);
    return answer;
}

result<void> pool_shell::release(pool_slot& s, pooled* item, std::uint64_t birth, std::optional<deadline> until) {
    if (is_lent(s)) return {};
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
                answer = renew(item, until ? *until : deadline::in(options().reset_timeout));
                if (answer && item->reusable()) found = condition::fit;
            }
        }
        if (found == condition::fit && heard_->count() != 0) {
            tell(pool_moment::checkin, item);
            if (!item->reusable()) found = condition::broken;
        }
    } catch (...) {
        if (!item->reusable()) found = condition::broken;
        end_lease(s, item, found, false, false);
        throw;
    }
    // By this thread, if it can be spared.
    end_lease(s, item, found, false, found == condition::fit && waiter::current() == nullptr);
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
    tell_quietly(pool_moment::invalidate, item);
    end_lease(s, item, condition::broken, false, false);
}

void pool_shell::soft_invalidate(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (forked(birth)) return;
    tell_quietly(pool_moment::soft_invalidate, item);
    const locked hold{*this};
    core_.retire(s);
}

std::unique_ptr<pooled> pool_shell::detach(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (forked(birth)) {
        forget(item);
        return nullptr;
    }
    tell_quietly(pool_moment::detach, item);
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
