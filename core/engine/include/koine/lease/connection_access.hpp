// How the unit of work reaches the lease of the connection that it leased.
#pragma once

#include <chrono>
#include <memory>

#include <koine/api.hpp>
#include <koine/connection.hpp>
#include <koine/lease/connection_lease.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

struct KOINE_API connection_access {
    // Empty once the connection is closed. Lives as long as the connection.
    static const connection_lease& lease_of(const connection& on);
    // The connection of this state.
    static connection over(std::shared_ptr<connection_state> state);
    // A connection of a lease that was taken already.
    static connection adopt(connection_lease lease, std::chrono::milliseconds statement_timeout);
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
