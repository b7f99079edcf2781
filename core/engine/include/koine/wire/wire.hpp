// A driver's connection as it is called: one operation at a time, waiting, deadlines, errors.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/error.hpp>
#include <koine/platform/waiter.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// The driver's table, its handle, and what every call of it needs. Knows nothing of statements and
// transactions. One thread at a time; enter() is how others are kept out, and cancel() the
// exception.
class KOINE_API wire {
public:
    // The handle is the wire's from now on. `statement_timeout` is of operations that were given no
    // deadline; 0: none.
    wire(const koine_driver& driver, koine_connection* handle, std::chrono::milliseconds cancel_grace,
         std::chrono::milliseconds statement_timeout) noexcept
        : driver_{&driver}, handle_{handle}, cancel_grace_{cancel_grace}, statement_timeout_{statement_timeout} {}
    // Frees the last error. The connection is closed by close().
    ~wire();
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    const koine_driver& driver() const noexcept { return *driver_; }
    // Null once it was abandoned.
    koine_connection* handle() const noexcept { return handle_; }
    bool can(koine_capability one) const noexcept { return (driver_->capabilities->flags & one) != 0; }
    // Whether enqueue() keeps statements back until the next execution or flush.
    bool queues() const noexcept { return driver_->enqueue != nullptr; }
    // KOINE_STATE_* as the driver has it, without asking the server.
    std::uint32_t state() const noexcept { return driver_->state(handle_); }
    // By the driver's own word.
    bool in_transaction() const noexcept {
        return (state() & (KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION)) != 0;
    }

    // ---- One operation at a time ----
    // A second user gets usage_error (errc::operation_in_progress) instead of a data race. Who is
    // at work may enter again, and gets false: only who got true leaves.
    bool enter() {
        if (user_.load(std::memory_order_relaxed) == self()) return false;
        const void* nobody = nullptr;
        if (!user_.compare_exchange_strong(nobody, self(), std::memory_order_acquire)) [[unlikely]]
            raise_busy();
        return true;
    }
    void leave() noexcept { user_.store(nullptr, std::memory_order_release); }

    // ---- Time ----
    // Of the operations that follow; deadline::never() takes it away.
    void set_deadline(deadline limit) noexcept;
    // Asks for the running operation to be stopped; any thread. Throws if the request cannot be
    // sent.
    void cancel();

    // Whether a stop was asked for since that was forgotten: a late one may meet what follows.
    bool has_cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }
    void forget_cancels() noexcept { cancelled_.store(false, std::memory_order_relaxed); }

    // ---- Calls ----
    // For the call under way, to be handed to the driver.
    koine_wait* waiting() noexcept { return &wait_; }
    koine_error* failing() noexcept { return &error_; }
    // Runs a call that wants to be called again, until it is done, fails, or the deadline and a
    // grace for cancelling pass. KOINE_DONE or KOINE_ERROR. Defined in the sources' wire_drive.hpp.
    template <class Call>
    koine_status drive(koine_status status, Call call);
    template <class Call>
    koine_status drive(Call call) {
        return drive(call(), call);
    }

    // ---- Errors ----
    const koine_error& error() const noexcept { return error_; }
    // The error of a call that failed, out of the driver's memory. Notes whether the connection is
    // lost.
    error_info take_error(std::string_view text);
    void drop_error() noexcept;
    // Whether a call was stopped since forget_stop(), whatever came of it: errc::timeout or
    // errc::cancelled, else errc{}.
    errc take_stop() noexcept { return std::exchange(stop_, errc{}); }
    void forget_stop() noexcept { stop_ = errc{}; }
    // It may only be closed.
    bool poisoned() const noexcept { return (marks_ & poisoned_mark) != 0; }
    void poison() noexcept { marks_ |= poisoned_mark; }

    // ---- Observation ----
    // Whether its statements are told of; noted here for one test with poisoned().
    bool observed() const noexcept { return (marks_ & observed_mark) != 0; }
    void observe(bool on) noexcept {
        marks_ = static_cast<std::uint8_t>(on ? marks_ | observed_mark : marks_ & ~observed_mark);
    }
    // Neither poisoned nor observed.
    bool plain() const noexcept { return marks_ == 0; }

    // Sends the farewell and frees the handle.
    void close() noexcept;
    // In a forked child: forgets the handle without talking.
    void abandon() noexcept;

private:
    static constexpr std::uint8_t poisoned_mark = 1, observed_mark = 2;

    // How long an operation is waited for.
    struct patience {
        std::int64_t limit_ns;
        bool cancelling = false;   // its time is over, and the server was asked to stop it
        bool interrupted = false;  // by its caller, not by the clock
    };

    [[noreturn]] static void raise_busy();
    patience begin_waiting() const noexcept;
    // One wait. False: given up, and error_ says why.
    KOINE_COLD bool await(patience& left) noexcept;
    woken wait_until(std::int64_t until_ns) noexcept;
    bool give_up(errc code, std::string_view message) noexcept;
    void name_stop(const patience& left) noexcept;

    const koine_driver* driver_;
    koine_connection* handle_;
    deadline deadline_{};
    std::chrono::milliseconds cancel_grace_;
    std::chrono::milliseconds statement_timeout_;
    errc stop_{};
    koine_wait wait_{};
    koine_error error_{};
    std::atomic<const void*> user_{nullptr};  // who is at work
    std::atomic<bool> cancelled_{false};
    std::uint8_t marks_ = 0;
    bool late_ = false;  // what error_ tells comes of a deadline
};

// The wire for one operation.
class busy_guard {
public:
    explicit busy_guard(wire& on) : taken_{on.enter() ? &on : nullptr} {}
    ~busy_guard() {
        if (taken_ != nullptr) taken_->leave();
    }
    busy_guard(const busy_guard&) = delete;
    busy_guard& operator=(const busy_guard&) = delete;

private:
    wire* taken_;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
