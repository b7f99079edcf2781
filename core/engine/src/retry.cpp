#include <koine/retry.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

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
    thread_local std::minstd_rand random{std::random_device{}()};
    const std::int64_t longest = std::min<std::int64_t>(std::int64_t{5'000} << std::min(attempt - 1, 10U), 1'000'000);
    std::this_thread::sleep_for(
        std::chrono::microseconds{std::uniform_int_distribution<std::int64_t>{longest / 2, longest}(random)});
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
