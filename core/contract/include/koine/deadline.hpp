// A point in time by which an operation must have ended. Total: it does not start again with every
// step.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace koine {
inline namespace v1 {

// A deadline on the steady clock. A value type; default: never.
class deadline {
public:
    using clock = std::chrono::steady_clock;

    constexpr deadline() noexcept = default;
    constexpr explicit deadline(clock::time_point at) noexcept
        : ns_{std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count()} {}
    static constexpr deadline from_ns(std::int64_t ns) noexcept {
        deadline d;
        d.ns_ = ns;
        return d;
    }
    static constexpr deadline never() noexcept { return {}; }
    // `timeout` from now; negative or zero: already passed; a timeout beyond what the clock can
    // hold: never.
    static deadline in(std::chrono::nanoseconds timeout) noexcept {
        const auto now = now_ns();
        return timeout.count() > never_ns - now ? deadline{} : from_ns(now + timeout.count());
    }

    // The clock's nanoseconds, as ns() and the driver contract count them.
    static std::int64_t now_ns() noexcept {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now().time_since_epoch()).count();
    }

    constexpr bool is_never() const noexcept { return ns_ == never_ns; }
    // Nanoseconds on CLOCK_MONOTONIC, as the driver contract wants them.
    constexpr std::int64_t ns() const noexcept { return ns_; }
    bool passed() const noexcept { return !is_never() && now_ns() >= ns_; }
    // Time left, never negative; nanoseconds::max() for never.
    std::chrono::nanoseconds remaining() const noexcept {
        if (is_never()) return std::chrono::nanoseconds::max();
        const auto left = ns_ - now_ns();
        return std::chrono::nanoseconds{left > 0 ? left : 0};
    }
    constexpr clock::time_point at() const noexcept {
        return clock::time_point{std::chrono::duration_cast<clock::duration>(std::chrono::nanoseconds{ns_})};
    }
    friend constexpr auto operator<=>(deadline, deadline) noexcept = default;

private:
    static constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();
    std::int64_t ns_ = never_ns;
};

}  // namespace v1
}  // namespace koine
