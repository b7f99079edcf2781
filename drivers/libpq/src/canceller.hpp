// Cancel requests. libpq can only send them with a blocking call, so a helper thread does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include <libpq-fe.h>

#include <koine/driver_abi.h>

#include "event.hpp"

namespace koine::libpq {

// One connection's. An operation is told to it when it starts and ends; a request meets the running operation or none, and
// the end of an operation waits for the request that it got, so that a late one cannot hit the next operation.
class canceller {
public:
    // Takes the key of the session. Call once, after connecting.
    void take(const PGconn* connection);

    // The owner's thread.
    void begin() noexcept { state_.store(running, std::memory_order_relaxed); }
    // False while the request is still under way: `wait` is filled.
    bool end(koine_wait& wait) {
        auto expected = running;
        if (state_.compare_exchange_strong(expected, idle, std::memory_order_acq_rel)) return true;
        return expected == idle || end_requested(wait);
    }
    // Whether the running operation was asked to stop.
    bool requested() const noexcept { return state_.load(std::memory_order_acquire) == asked; }
    // Whether an operation was asked to stop since the last forget(): behind a pooler the request may still be on its way.
    bool used() const noexcept { return used_; }
    void forget() noexcept { used_ = false; }

    // Any thread. Nothing happens if no operation runs or an earlier request for it is still on its way.
    void request();

private:
    static constexpr std::uint32_t idle = 0;
    static constexpr std::uint32_t running = 1;
    static constexpr std::uint32_t asked = 2;
    static constexpr std::uint32_t ending = 3;  // all answers are in: only a request on its way is awaited
    bool end_requested(koine_wait& wait);

    struct free_cancel {
        void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
    };

    std::atomic<std::uint32_t> state_{idle};
    bool used_ = false;
    std::mutex mutex_{};
    std::shared_ptr<PGcancel> key_{};
    std::shared_ptr<event> sent_{};  // set when the helper thread has finished
};

}  // namespace koine::libpq
