// What a pool has done and is doing.
#pragma once

#include <chrono>
#include <cstdint>

#include <koine/here.hpp>

namespace koine {
inline namespace v1 {

// A snapshot. acquired == returned + leased + abandoned holds in every one.
struct pool_stats {
    std::uint32_t size = 0;          // connections that are kept
    std::uint32_t max_overflow = 0;  // connections allowed beyond size
    std::uint32_t idle = 0;
    std::uint32_t leased = 0;
    std::uint32_t opening = 0;   // being opened or pinged for somebody
    std::uint32_t closing = 0;   // being closed or reset in the background
    std::uint32_t waiting = 0;   // callers waiting for a connection
    std::uint32_t overflow = 0;  // connections beyond size at this moment
    std::uint64_t acquired = 0;  // leases ever begun
    std::uint64_t returned = 0;  // leases ended, detached and invalidated ones included
    // leases that ended by a destructor while the connection was unfit for reuse
    std::uint64_t abandoned = 0;
    std::uint64_t opened = 0;
    std::uint64_t closed = 0;
    std::uint64_t timeouts = 0;  // acquire() calls that found no connection in time
    std::uint64_t leaks = 0;     // leases reported as leaked
    // Of the lease that is held longest; zero and empty if there is none. The age may be short by
    // the time until the pool first looked at the lease.
    std::chrono::nanoseconds oldest_lease_age{0};
    here oldest_lease_where{};
};

}  // namespace v1
}  // namespace koine
