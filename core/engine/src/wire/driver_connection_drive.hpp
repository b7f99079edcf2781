// How a link waits for its driver and reads its errors. Private to the sources of link.
#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>

#include <koine/wire/driver_connection.hpp>

#include <koine/detail/wait_for.hpp>

#include "driver/driver_error.hpp"
#include "wire/connection_source.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// How often a cancelled statement that goes on is cancelled again.
inline constexpr std::chrono::milliseconds repeat_cancel{25};

// Runs an operation that asked to be called again, until it is done, fails, or the deadline and a
// grace for cancelling pass.
template <class Operation>
koine_status driver_connection::drive(koine_status status, Operation operation) {
    std::int64_t limit = deadline_.ns();
    // What was given no time has that of a call. Rows that are read later than by their call have
    // it anew.
    if (const auto timeout = source_->options().statement_timeout;
        status == KOINE_WAIT && deadline_.is_never() && timeout.count() > 0)
        limit = deadline::in(timeout).ns();
    bool cancelled = false;
    while (status == KOINE_WAIT) {
        wait_for(wait_.fd, wait_.events,
                 std::min({limit, wait_.deadline_ns, cancelled ? deadline::in(repeat_cancel).ns() : limit}));
        const bool passed = deadline::from_ns(limit).passed();
        if (passed && cancelled) {
            poisoned_ = true;
            release(error_);
            error_.code = static_cast<std::int32_t>(errc::timeout);
            error_.outcome = KOINE_UNKNOWN;
            error_.poisons = KOINE_POISONS_CONNECTION | KOINE_POISONS_TRANSACTION;
            static constexpr std::string_view text =
                "the deadline passed and the server did not answer; the connection is given up";
            error_.message = koine_string{text.data(), text.size()};
            return KOINE_ERROR;
        }
        if (passed) {
            cancelled = true;
            limit = deadline::in(cancel_grace_).ns();
        }
        if (cancelled) {
            // Again and again: a request that overtakes its statement finds nothing to stop.
            koine_error ignored{};
            driver_->cancel(handle_, &ignored);
            release(ignored);
        }
        status = operation();
    }
    if (cancelled && status == KOINE_ERROR && error_.code == static_cast<std::int32_t>(errc::cancelled))
        error_.code = static_cast<std::int32_t>(errc::timeout);
    return status;
}

inline koine_status driver_connection::call_execute(prepared& statement, std::span<const koine_value> binds,
                                                    std::uint32_t& got) {
    return driver_->execute(statement.handle, binds.data(), static_cast<std::uint32_t>(binds.size()),
                            statement.cells.get(), statement.needs(prepared::late_columns) ? 0 : statement.block_rows,
                            &got, &wait_, &error_);
}

inline std::uint32_t driver_connection::execute_once(prepared& statement, std::span<const koine_value> binds,
                                                     koine_status& status) {
    std::uint32_t got = 0;
    const auto run = [&] { return call_execute(statement, binds, got); };
    status = run();
    if (status == KOINE_WAIT) [[unlikely]]
        status = drive(status, run);
    return got;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
