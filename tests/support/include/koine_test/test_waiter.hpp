// Every wait of an operation, seen and answered by a test.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include <koine/platform/waiter.hpp>

namespace koine_test {

// Counts the waits of what runs while it is the current waiter of the thread, and really waits in
// them, by blocking; but for one, which it answers as it was told. An operation is run with `at` 1,
// 2, 3 and so on until it has no more waits than that.
class test_waiter final : public koine::detail::waiter {
public:
    using woken = koine::detail::woken;

    // Throws std::system_error.
    test_waiter() : test_waiter{0, woken::ready} {}
    // Wait number `at`, from 1, ends with `answer`: `interrupted` and `abandoned` at once, `ready`
    // too, without a reason, `time` when the time has come, whatever was ready before it; where it
    // never comes, that wait is like the others.
    test_waiter(int at, woken answer);
    ~test_waiter();

    // Runs in each wait with its number before anything else, on the thread that waits. It may call
    // the library.
    void during_waits(std::function<void(int)> body) { during_ = std::move(body); }
    // How many there were.
    int waits() const noexcept { return waits_; }
    // How often somebody called wake().
    int wakes() const noexcept { return wakes_; }

    woken wait(int fd, std::uint32_t events, std::int64_t until_ns) noexcept override;
    void wake() noexcept override;

private:
    int at_;
    woken answer_;
    int signal_;  // an event descriptor: counts the calls of wake() that no wait has seen
    std::atomic<int> waits_{0};
    std::atomic<int> wakes_{0};
    std::function<void(int)> during_{};
};

}  // namespace koine_test
