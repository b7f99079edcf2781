// How the unit of work reaches the lease of the connection that it leased.
#pragma once

#include <chrono>

#include <koine/api.hpp>
#include <koine/connection.hpp>
#include <koine/detail/link_lease.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

struct KOINE_API connection_access {
    // Empty once the connection is closed. Lives as long as the connection.
    static const link_lease& lease_of(const connection& on);
    // A connection of a lease that was taken already.
    static connection adopt(link_lease lease, std::chrono::milliseconds statement_timeout);
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
