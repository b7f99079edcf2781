// A flag for drivers that one thread sets and another can wait for like for a socket.
#pragma once

#include <atomic>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

// Set once, never taken back. For the work of helper threads: the descriptor is what a resumable
// function answers KOINE_WAIT with.
class KOINE_API event {
public:
    // Throws std::system_error where the system gives no descriptor.
    event();
    ~event();
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    // Everything written before is visible to who sees is_set(). Any thread.
    void set() noexcept;
    bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }
    // Readable for ever once set; lives as long as the object.
    int descriptor() const noexcept { return fd_; }

private:
    int fd_;
    std::atomic<bool> set_{false};
};

}  // namespace spi
}  // namespace v1
}  // namespace koine
