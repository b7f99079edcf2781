// Running a piece of work again when it lost against another transaction.
#pragma once

#include <cstdint>
#include <utility>

#include <koine/api.hpp>
#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

// How often run() tries. Between attempts it waits 5 ms, then twice as long each time up to a
// second, each shortened at random by up to half.
struct retry {
    std::uint32_t attempts = 5;  // in all, at least 1
};

namespace detail {

// Whether the transaction as a whole can be run again without doing anything twice: a lost
// serialization, a deadlock, a stale object, a lock not had.
KOINE_API bool worth_retrying(const error& why) noexcept;
// Waits before attempt number `attempt` (from 1 for the first repetition). Throws timeout_error
// (errc::cancelled, not sent) if the wait is cancelled, which only callers with a waiter can do.
KOINE_API void wait_before_retry(std::uint32_t attempt);

// Calls body() until it returns, it fails for another reason, or the attempts are used up.
template <class Body>
decltype(auto) run_with_retry(retry policy, Body&& body) {
    for (std::uint32_t attempt = 1;; ++attempt) {
        try {
            return body();
        } catch (const error& why) {
            if (attempt >= policy.attempts || !worth_retrying(why)) throw;
        }
        wait_before_retry(attempt);
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
