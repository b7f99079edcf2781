#include <koine/retry.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include <koine/deadline.hpp>
#include <koine/platform/waiter.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

bool worth_retrying(const error& why) noexcept {
    if (why.outcome() == outcome::unknown) return false;
    switch (why.code()) {
        case errc::serialization_failure:
        case errc::deadlock:
        case errc::stale_object:
        case errc::lock_timeout:
            return true;
        // Prepared anew, it runs the next time.
        case errc::statement_outdated:
            return why.poisons_transaction();
        default:
            return false;
    }
}

void wait_before_retry(std::uint32_t attempt) {
    static std::atomic<std::uint64_t> calls{std::random_device{}()};
    std::mt19937_64 random{calls.fetch_add(1, std::memory_order_relaxed)};
    const std::int64_t longest = std::min<std::int64_t>(std::int64_t{5'000} << std::min(attempt - 1, 10U), 1'000'000);
    const std::chrono::microseconds pause{std::uniform_int_distribution<std::int64_t>{longest / 2, longest}(random)};
    waiter* const flow = waiter::current();
    if (flow == nullptr) return std::this_thread::sleep_for(pause);
    const deadline until = deadline::in(pause);
    while (!until.passed()) {
        const woken why = flow->wait(-1, 0, until.ns());
        if (why != woken::interrupted && why != woken::abandoned) continue;
        error_info info;
        info.code = errc::cancelled;
        info.outcome = outcome::not_sent;
        info.message = "the wait before another attempt was cancelled; the attempts so far were rolled back";
        throw_error(std::move(info));
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
