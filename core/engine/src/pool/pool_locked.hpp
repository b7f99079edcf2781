// The pool's lock as a scope, with what has to happen whenever it is left.
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

    // For the background thread: sleeps until there is work or until the time, with the lock
    // released.
    void sleep(pool_time until) {
        deliver();
        if (until == pool_never)
            shell_.work_.wait(lock_);
        else
            shell_.work_.wait_until(lock_, deadline::from_ns(until).at());
    }
    // Runs `body` without the lock.
    template <class Body>
    void outside(Body body) noexcept {
        deliver();
        lock_.unlock();
        body();
        lock_.lock();
    }
    // Makes sure that the background thread runs. False: there can be none, and whoever makes work
    // does it.
    bool background() noexcept;

private:
    void deliver() noexcept;
    void adopt() noexcept;

    pool_shell& shell_;
    std::unique_lock<std::mutex> lock_;
};

// A call that waits until no connection is left that is older than a generation.
struct pool_shell::drain {
    waiter* who;
    std::uint64_t before;
    drain* next;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
