// The loop around a call of the driver that wants to be called again.
#pragma once

#include <algorithm>

#include <koine/detail/wait_for.hpp>
#include <koine/wire/wire.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

[[gnu::always_inline]] inline wire::patience wire::begin_waiting() const noexcept {
    // What was given no time has that of a call. Rows that are read later than by their call have
    // it anew.
    if (deadline_.is_never() && statement_timeout_.count() > 0) return {deadline::in(statement_timeout_).ns()};
    return {deadline_.ns()};
}

template <class Call>
koine_status wire::drive(koine_status status, Call call) {
    if (status != KOINE_WAIT) return status;
    patience left = begin_waiting();
    do {
        // Nearly every wait: by blocking, with time left when it ends.
        const bool plain = !left.cancelling && waiter::current() == nullptr;
        if (plain) [[likely]]
            wait_for(wait_.fd, wait_.events, std::min(left.limit_ns, wait_.deadline_ns));
        if (!plain || deadline::from_ns(left.limit_ns).passed()) [[unlikely]]
            if (!await(left)) return KOINE_ERROR;
        status = call();
    } while (status == KOINE_WAIT);
    if (left.cancelling) [[unlikely]]
        name_stop(left);
    return status;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
