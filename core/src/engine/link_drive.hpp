// How a link waits for its driver and reads its errors. Private to the sources of link.
#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include <koine/detail/link.hpp>

#include "platform/wait.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Frees what the driver attached to an error and zeroes it.
void release(koine_error& error) noexcept;
// Copies an error out of the driver's memory.
error_info to_info(const koine_error& error);

inline constexpr std::chrono::milliseconds ask_again_after{100};

// Runs an operation that asked to be called again, until it is done, fails, or the deadline and a grace for cancelling pass.
template <class Operation>
koine_status link::drive(koine_status status, Operation operation) {
    std::int64_t ask = deadline_.ns();  // when the driver is asked to stop
    std::int64_t limit = deadline::never().ns();
    bool cancelled = false;
    while (status == KOINE_WAIT) {
        wait_for(wait_.fd, wait_.events, std::min({ask, limit, wait_.deadline_ns}));
        if (deadline::from_ns(limit).passed()) {
            // The answer may have come while this thread was not given the time to look.
            status = operation();
            if (status != KOINE_WAIT) break;
            poisoned_ = true;
            release(error_);
            error_.code = static_cast<std::int32_t>(errc::timeout);
            error_.outcome = KOINE_UNKNOWN;
            error_.poisons = KOINE_POISONS_CONNECTION | KOINE_POISONS_TRANSACTION;
            static constexpr std::string_view text = "the deadline passed and the server did not answer; the connection is given up";
            error_.message = koine_string{text.data(), text.size()};
            return KOINE_ERROR;
        }
        if (deadline::from_ns(ask).passed()) {
            if (!std::exchange(cancelled, true)) limit = deadline::in(cancel_grace_).ns();
            koine_error ignored{};
            driver_->cancel(handle_, &ignored);
            release(ignored);
            // A request that overtakes its operation stops nothing, so it is repeated.
            ask = deadline::in(ask_again_after).ns();
        }
        status = operation();
    }
    if (cancelled && status == KOINE_ERROR && error_.code == static_cast<std::int32_t>(errc::cancelled))
        error_.code = static_cast<std::int32_t>(errc::timeout);
    return status;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
