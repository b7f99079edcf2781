// A flag that one thread sets and another can wait for with poll().
#pragma once

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

namespace koine::libpq {

class event {
public:
    event() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
        if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
    }
    ~event() { ::close(fd_); }
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    // Everything written before is visible to who sees is_set().
    void set() noexcept {
        set_.store(true, std::memory_order_release);
        const std::uint64_t one = 1;
        // Cannot fail: the counter starts at zero and is raised once.
        [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
    }
    bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }
    // Readable for ever once set.
    int descriptor() const noexcept { return fd_; }

private:
    int fd_;
    std::atomic<bool> set_{false};
};

}  // namespace koine::libpq
