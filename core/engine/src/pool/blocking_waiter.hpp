// How a thread waits that has nothing better to do.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include <koine/deadline.hpp>
#include <koine/platform/waiter.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Blocks the thread until it is woken or the time comes. Only for waits without a descriptor.
class blocking_waiter final : public waiter {
public:
    woken wait(int, std::uint32_t, std::int64_t until_ns) noexcept override {
        const deadline until = deadline::from_ns(until_ns);
        std::unique_lock hold{mutex_};
        const auto was_woken = [this] { return woken_; };
        if (until.is_never())
            signal_.wait(hold, was_woken);
        else
            signal_.wait_until(hold, until.at(), was_woken);
        return std::exchange(woken_, false) ? woken::ready : woken::time;
    }
    // Notifies under the lock: the one who waits may be gone as soon as it is let go.
    void wake() noexcept override {
        const std::lock_guard hold{mutex_};
        woken_ = true;
        signal_.notify_one();
    }

private:
    std::mutex mutex_{};
    std::condition_variable signal_{};
    bool woken_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
