// Cancel requests of drivers whose client library can only send them with a blocking call: a helper
// thread does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/spi_event.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

// One connection's. An operation is told to it when it starts and ends; a request meets the running
// operation or none, and the end of an operation waits for the request that it got, so that a late
// one cannot hit the next operation.
class KOINE_API canceller {
public:
    // The owner's thread, as the four below.
    void begin() noexcept { state_.store(running, std::memory_order_release); }
    // False while the request is still under way: `wait` is filled.
    bool end(koine_wait& wait) {
        auto expected = running;
        if (state_.compare_exchange_strong(expected, idle, std::memory_order_acq_rel)) return true;
        return expected == idle || end_requested(wait);
    }
    // Whether the running operation was asked to stop.
    bool requested() const noexcept { return state_.load(std::memory_order_acquire) == asked; }
    // Whether an operation was asked to stop since the last forget(): its request may still have an
    // effect on what comes next.
    bool used() const noexcept { return used_; }
    void forget() noexcept { used_ = false; }

    // Any thread. Runs what `make` makes, which must not throw, in a thread of its own; `make` is
    // called here, if at all, and sees what the owner's thread did before begin(). Nothing happens
    // if no operation runs or an earlier request for it is still on its way. Throws what `make` and
    // making a thread throw.
    template <class Make>
    void request(Make make) {
        const std::scoped_lock lock{mutex_};
        if (!begin_request()) return;
        try {
            sent_ = std::make_shared<event>();
            std::thread{[send = make(), sent = sent_] {
                send();
                sent->set();
            }}.detach();
        } catch (...) {
            sent_.reset();
            state_.store(running, std::memory_order_release);
            throw;
        }
    }

private:
    static constexpr std::uint32_t idle = 0;
    static constexpr std::uint32_t running = 1;
    static constexpr std::uint32_t asked = 2;
    // all answers are in: only a request on its way is awaited
    static constexpr std::uint32_t ending = 3;
    bool begin_request() noexcept;
    bool end_requested(koine_wait& wait);

    std::atomic<std::uint32_t> state_{idle};
    bool used_ = false;
    std::mutex mutex_{};
    std::shared_ptr<event> sent_{};  // set when the helper thread has finished
};

}  // namespace spi
}  // namespace v1
}  // namespace koine
