// What a connection shares with its rows, transactions and cancellers.
#pragma once

#include <chrono>
#include <mutex>

#include <koine/lease/connection_lease.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

struct connection_state {
    // The connection, or throws usage_error if the connection is closed (errc::closed) or belongs
    // to a parent process (errc::forked).
    driver_connection& use();

    connection_lease lease{};
    std::chrono::milliseconds statement_timeout{0};
    bool in_block = false;  // the transaction is that of an engine::begin()
    // a canceller of another thread must not meet a connection that is being given back
    std::mutex closing{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
