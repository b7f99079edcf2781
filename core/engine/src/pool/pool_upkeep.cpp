// The parts of the shell that no caller waits for: the background thread, closing, forks.
#include <algorithm>
#include <new>
#include <system_error>

#include <koine/detail/wait_for.hpp>
#include <koine/platform/waiter.hpp>

#include "platform/quiet_thread.hpp"
#include "pool/blocking_waiter.hpp"
#include "pool/pool_locked.hpp"
#include "pool/pool_shell.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// How the background thread waits for a server: until the pool is closed, which no connection
// outlives. That is looked at now and then, since a thread that waits for a descriptor does not
// wait for anything else.
class upkeep_waiter final : public waiter {
public:
    explicit upkeep_waiter(const std::atomic<std::uint64_t>& attention) noexcept : attention_{attention} {}
    woken wait(int fd, std::uint32_t events, std::int64_t until_ns) noexcept override {
        for (;;) {
            if ((attention_.load(std::memory_order_relaxed) & pool_core::closing) != 0) return woken::abandoned;
            const deadline until = std::min(deadline::from_ns(until_ns), deadline::in(look_every));
            if (wait_for(fd, events, until.ns())) return woken::ready;
            if (until.ns() == until_ns) return woken::time;
        }
    }
    void wake() noexcept override {}  // what would be woken by another thread has no descriptor

private:
    static constexpr std::chrono::milliseconds look_every{50};
    const std::atomic<std::uint64_t>& attention_;
};

}  // namespace

// The lock

pool_shell::locked::~locked() {
    deliver();
    if (!shell_.thread_runs_ || shell_.orphaned_) shell_.close_doomed(*this);
    const bool last = shell_.orphaned_ && shell_.core_.occupied() == 0 &&
                      !std::exchange(shell_.last_reference_given_, shell_.orphaned_);
    lock_.unlock();
    if (last) shell_.drop_reference();
}

void pool_shell::locked::deliver() noexcept {
    while (pool_waiter* w = shell_.core_.pop_woken()) w->who->wake();
    const bool restless = shell_.core_.take_restless();
    if (restless || shell_.core_.has_doomed() || shell_.core_.has_dirty())
        if (background()) shell_.work_.notify_one();
    for (const drain* d = shell_.drains_; d != nullptr; d = d->next)
        if (shell_.core_.older_than(d->before) == 0) d->who->wake();
}

bool pool_shell::locked::background() noexcept {
    if (shell_.thread_runs_) return true;
    if (shell_.orphaned_) return false;
    shell_.add_reference();
    try {
        shell_.thread_ = platform::start_quiet_thread(
            [](void* context) {
                auto* shell = static_cast<pool_shell*>(context);
                shell->run();
                shell->drop_reference();
            },
            &shell_);
        shell_.thread_runs_ = true;
    } catch (...) {
        shell_.drop_reference();
    }
    return shell_.thread_runs_;
}

// The child has no other threads, and locks and conditions as the parent's other threads left them.
void pool_shell::locked::adopt() noexcept {
    while (pooled* item = shell_.core_.forget_parent()) {
        item->abandon();
        delete item;
    }
    new (&shell_.work_) std::condition_variable;
    new (&shell_.thread_) std::thread;
    shell_.thread_runs_ = shell_.stop_thread_ = false;
    shell_.drains_ = nullptr;
    // Leases of the parent may live on in this process and point here: the shell is never freed.
    shell_.add_reference();
}

failure pool_shell::locked::refusal(errc code, std::string message, here where) {
    failure why{code, std::move(message)};
    why.info().outcome = outcome::not_sent;
    why.info().where = where;
    return why;
}

// Life

pool_shell::pool_shell(std::shared_ptr<pool_backend> backend, const pool_options& options,
                       std::shared_ptr<listeners> heard)
    : core_{options, this, static_cast<std::uint64_t>(locked::now()) ^ reinterpret_cast<std::uintptr_t>(this)},
      heard_{std::move(heard)},
      backend_{std::move(backend)} {
    lent_.owner = this;
    enlist();
}

pool_shell::~pool_shell() {
    delist();
}

void pool_shell::orphan() noexcept {
    std::shared_ptr<pool_backend> backend;
    {
        locked hold{*this};
        if (!core_.is_closing()) core_.close(locked::now());
        close_doomed(hold);
        stop_thread(hold);
        silent_.store(true, std::memory_order_relaxed);
        orphaned_ = true;
        backend.swap(backend_);
    }
}

void pool_shell::before() noexcept {
    mutex_.lock();
}
void pool_shell::after_in_parent() noexcept {
    mutex_.unlock();
}
void pool_shell::after_in_child() noexcept {
    core_.mark_forked();
    mutex_.unlock();
}

// Closing

void pool_shell::close_item(pooled* item) noexcept {
    tell_quietly(pool_moment::close, item);
    delete item;
}

// Closes on this thread what waits for it; connections that wait for a reset too.
void pool_shell::close_doomed(locked& hold) noexcept {
    for (;;) {
        pooled* item = nullptr;
        pool_slot* s = core_.pop_doomed(item);
        if (s == nullptr) s = core_.pop_dirty(item);
        if (s == nullptr) return;
        hold.outside([&] { close_item(item); });
        core_.closed(*s, locked::now());
    }
}

result<void> pool_shell::wait_until_closed(locked& hold, deadline until, std::uint64_t before, const char* what) {
    waiter* const flow = waiter::current();
    // Closing can block where the line is dead: not the thread of a flow, which others need.
    if (flow == nullptr || (core_.has_doomed() && !hold.background())) close_doomed(hold);
    blocking_waiter thread;
    drain mine{flow != nullptr ? flow : &thread, before, drains_};
    drains_ = &mine;
    woken why = woken::ready;
    std::uint32_t left = core_.older_than(before);
    while (left > 0 && why != woken::interrupted && why != woken::abandoned && locked::now() < until.ns()) {
        hold.outside([&] { why = mine.who->wait(-1, 0, until.ns()); });
        left = core_.older_than(before);
    }
    drain** at = &drains_;
    while (*at != nullptr && *at != &mine) at = &(*at)->next;
    if (*at != nullptr) *at = mine.next;  // a forked child has forgotten it
    if (left == 0) return {};
    const bool stopped = why == woken::interrupted || why == woken::abandoned;
    return locked::refusal(stopped ? errc::cancelled : errc::timeout,
                           std::string{what} + ": " + std::to_string(left) +
                               " connections are still in use; they are closed as they come back",
                           {});
}

result<void> pool_shell::dispose(deadline until) {
    locked hold{*this};
    core_.invalidate_all(locked::now());
    return wait_until_closed(hold, until, core_.generation(), "dispose");
}

result<void> pool_shell::close(deadline until) {
    locked hold{*this};
    if (!core_.is_closing()) core_.close(locked::now());
    auto answer = wait_until_closed(hold, until, ~std::uint64_t{0}, "close");
    // A flow does not wait for another thread's end: that is left to the pool's own end.
    if (answer && waiter::current() == nullptr) stop_thread(hold);
    return answer;
}

void pool_shell::invalidate_all() noexcept {
    const locked hold{*this};
    core_.invalidate_all(locked::now());
}

// The background thread

void pool_shell::stop_thread(locked& hold) noexcept {
    std::thread mine = std::move(thread_);
    if (!mine.joinable()) return;
    stop_thread_ = true;
    work_.notify_all();
    // A hook on the background thread may end the pool: that thread cannot wait for itself, and
    // keeps the shell.
    if (mine.get_id() == std::this_thread::get_id()) {
        mine.detach();
        return;
    }
    hold.outside([&] { mine.join(); });
    stop_thread_ = thread_runs_ = false;
}

// In the background. Answers whether the connection is fit; `lost`: the server cannot be reached.
bool pool_shell::reset_item(pooled* item, bool& lost) noexcept {
    try {
        upkeep_waiter patience{core_.attention()};
        const waiter::scope during{&patience};
        const auto done = item->reset(deadline::in(options().reset_timeout));
        lost = !done && (done.error().info().code == errc::timeout || done.error().info().poisons_connection);
        if (!done || !item->reusable()) return false;
        tell(pool_moment::reset, item);
        return item->reusable();
    } catch (...) {
        return false;
    }
}

void pool_shell::run() noexcept {
    locked hold{*this};
    while (!stop_thread_) {
        pooled* item = nullptr;
        if (pool_slot* s = core_.pop_doomed(item)) {
            hold.outside([&] { close_item(item); });
            core_.closed(*s, locked::now());
            continue;
        }
        if (pool_slot* s = core_.pop_dirty(item)) {
            bool fit = false;
            bool lost = false;
            hold.outside([&] { fit = reset_item(item, lost); });
            // One failure is enough: the others would take up their places for as long each.
            if (lost) core_.close_dirty();
            core_.reset_done(*s, item, fit, locked::now());
            continue;
        }
        pool_time next = pool_never;
        if (core_.wants_ticks()) {
            next = core_.tick(locked::now());
            here where;
            pool_time age = 0;
            bool told = false;
            while (!stop_thread_ && core_.pop_leak(where, age, locked::now())) {
                hold.outside([&] {
                    heard_->tell_quietly(
                        [&](pool_listener& one) { one.on_leak(where, std::chrono::nanoseconds{age}); });
                });
                told = true;
            }
            if (told || core_.has_doomed()) continue;
        }
        hold.sleep(next);
    }
}

// Numbers

pool_stats pool_shell::stats() {
    const locked hold{*this};
    return core_.stats(locked::now());
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
