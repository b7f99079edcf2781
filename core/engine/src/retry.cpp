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

namespace {

// The limit of the pause behind this attempt.
std::int64_t longest_pause(const retry& policy, std::uint32_t attempt) noexcept {
    const std::int64_t most = std::max<std::int64_t>(policy.longest_pause.count(), 0);
    std::int64_t limit = std::clamp<std::int64_t>(policy.first_pause.count(), 0, most);
    for (std::uint32_t i = 1; i < attempt && limit != 0 && limit != most; ++i)
        limit = limit > most / 2 ? most : limit * 2;
    return limit;
}

}  // namespace

bool retrying::again(const error& why) {
    ++attempt_;
    if (!worth_retrying(why)) return false;
    static std::atomic<std::uint64_t> calls{std::random_device{}()};
    std::mt19937_64 random{calls.fetch_add(1, std::memory_order_relaxed)};
    std::uniform_int_distribution<std::int64_t> length{0, longest_pause(policy_, attempt_)};
    pause_ = std::chrono::nanoseconds{length(random)};
    const bool last = attempt_ >= policy_.attempts || (!end_.is_never() && pause_ >= end_.remaining());
    if (last) pause_ = {};
    if (policy_.on_failure) policy_.on_failure({attempt_, why, last, pause_});
    return !last;
}

void retrying::wait() const {
    waiter* const flow = waiter::current();
    if (flow == nullptr) return std::this_thread::sleep_for(pause_);
    const deadline until = deadline::in(pause_);
    do {
        const woken why = flow->wait(-1, 0, until.ns());
        if (why != woken::interrupted && why != woken::abandoned) continue;
        error_info info;
        info.code = errc::cancelled;
        info.outcome = outcome::not_sent;
        info.message = "the wait before another attempt was cancelled; the attempts so far were rolled back";
        throw_error(std::move(info));
    } while (!until.passed());
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
