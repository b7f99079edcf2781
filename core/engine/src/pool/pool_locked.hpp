// The pool's lock as a scope, with what has to happen whenever it is left; and the waiters that
// sleep under it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

#include "pool/pool_shell.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Holds the shell's lock. Before it lets go of it, it tells the woken and the background thread; in
// a forked child it first empties the pool. May give up the shell's last reference on destruction:
// nobody touches the shell after it who has none.
class pool_shell::locked {
public:
    explicit locked(pool_shell& shell) noexcept : shell_{shell}, lock_{shell.mutex_} {
        if (shell_.core_.is_forked()) adopt();
    }
    locked(const locked&) = delete;
    locked& operator=(const locked&) = delete;
    ~locked();

    static pool_time now() noexcept {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }
    static failure refusal(errc code, std::string message, here where);

    // Sleeps until notified or until the time, with the lock released.
    void sleep(std::condition_variable& signal, pool_time until) {
        deliver();
        if (until == pool_never)
            signal.wait(lock_);
        else
            signal.wait_until(lock_, deadline::from_ns(until).at());
    }
    // Runs `body` without the lock.
    template <class Body>
    void outside(Body body) noexcept {
        deliver();
        lock_.unlock();
        body();
        lock_.lock();
    }

private:
    void deliver() noexcept;
    bool background() noexcept;
    void adopt() noexcept;

    pool_shell& shell_;
    std::unique_lock<std::mutex> lock_;
};

// A caller that can sleep until its waiter is answered.
struct pool_shell::sleeper : pool_waiter {
    std::condition_variable answered{};

    // False: the deadline passed; the waiter has left the queue.
    bool wait(locked& hold, pool_core& core, deadline until) {
        while (state == verdict::queued) {
            const pool_time attempt = core.first_in_queue(*this) ? core.next_attempt() : pool_never;
            hold.sleep(answered, attempt < until.ns() ? attempt : until.ns());
            if (state != verdict::queued) break;
            const pool_time now = locked::now();
            core.attend(now);
            if (state != verdict::queued || now < until.ns()) continue;
            core.cancel(*this);
            return false;
        }
        return true;
    }
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
