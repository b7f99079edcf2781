// Running a piece of work again when it lost against another transaction.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

// An attempt of run() that has failed.
struct failed_attempt {
    std::uint32_t number;            // from 1
    const error& why;                // lives as long as the call that tells of it
    bool last;                       // the error goes to the caller of run() now
    std::chrono::nanoseconds pause;  // before the next attempt; 0 where there is none
};

// What is told of failed attempts: anything that can be called with one. Copyable.
class attempt_hook {
public:
    attempt_hook() noexcept = default;
    template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, attempt_hook> &&
             std::is_invocable_v<Function&, const failed_attempt&>)
        attempt_hook(Function function)  // NOLINT(google-explicit-constructor)
        : function_{std::make_shared<Function>(std::move(function))},
          call_{[](void* state, const failed_attempt& failed) { (*static_cast<Function*>(state))(failed); }} {}

    explicit operator bool() const noexcept { return call_ != nullptr; }
    // Precondition: not empty. Throws what the function throws.
    void operator()(const failed_attempt& failed) const { call_(function_.get(), failed); }

private:
    std::shared_ptr<void> function_{};
    void (*call_)(void* state, const failed_attempt& failed) = nullptr;
};

// How often run() tries, and how long it waits in between: a time of random length, from nothing up
// to a limit that doubles with each attempt, so that those who lost together do not meet again.
struct retry {
    std::uint32_t attempts = 5;  // in all, at least 1
    // The limit of the first pause, and what the limit grows to.
    std::chrono::nanoseconds first_pause = std::chrono::milliseconds{10};
    std::chrono::nanoseconds longest_pause = std::chrono::seconds{1};
    // No attempt but the first begins later than this after the call of run(). One that is under
    // way is not stopped.
    std::chrono::nanoseconds total = std::chrono::nanoseconds::max();
    // Told of each attempt that failed for a reason that is retried, before the pause, in the
    // thread of run(). Must not wait for anybody; what it throws goes to the caller of run().
    attempt_hook on_failure{};
};

namespace detail {

// Whether the transaction as a whole can be run again without doing anything twice: a lost
// serialization, a deadlock, a stale object, a lock not had.
KOINE_API bool worth_retrying(const error& why) noexcept;

// The attempts of one run().
class KOINE_API retrying {
public:
    // `policy` lives longer.
    explicit retrying(const retry& policy) noexcept : policy_{policy}, end_{deadline::in(policy.total)} {}
    // An attempt has failed. Decides whether there is another one, and tells policy.on_failure,
    // whose exceptions it throws.
    bool again(const error& why);
    // The pause before the next attempt. Throws timeout_error (errc::cancelled, not sent) if it is
    // cancelled, which only callers with a waiter can do.
    void wait() const;

private:
    const retry& policy_;
    deadline end_;
    std::uint32_t attempt_ = 0;
    std::chrono::nanoseconds pause_{};
};

// Calls body() until it returns, it fails for another reason, or the policy has had enough.
template <class Body>
decltype(auto) run_with_retry(const retry& policy, Body&& body) {
    retrying attempts{policy};
    while (true) {
        try {
            return body();
        } catch (const error& why) {
            if (!attempts.again(why)) throw;
        }
        // Outside of the handler: another flow of control of the thread may run in the meantime.
        attempts.wait();
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
