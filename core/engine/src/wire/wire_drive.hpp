// The loop around a call of the driver that wants to be called again.
#pragma once

#include <koine/wire/wire.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

template <class Call>
koine_status wire::drive(koine_status status, Call call) {
    if (status != KOINE_WAIT) return status;
    patience left = begin_waiting();
    do {
        if (!await(left)) return KOINE_ERROR;
        status = call();
    } while (status == KOINE_WAIT);
    if (left.cancelling && status == KOINE_ERROR) name_stop(left);
    return status;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
