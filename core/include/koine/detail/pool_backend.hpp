// What the pool needs to know of connections, and nothing more.
#pragma once

#include <memory>

#include <koine/deadline.hpp>
#include <koine/result.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// A connection that a pool owns. Used by one thread at a time.
struct pooled {
    virtual ~pooled() = default;                 // closes; may be called on a background thread; never waits for the server
    virtual result<void> reset(deadline) = 0;    // brings it to the configured idle state; local and cheap if it is clean
    virtual bool reusable() const noexcept = 0;  // proved open, not busy, outside a transaction, session state as configured
    virtual result<void> ping(deadline) = 0;
    virtual void abandon() noexcept = 0;  // in a forked child: forget without talking
};

// Opens connections. Called by several threads at once.
struct pool_backend {
    virtual ~pool_backend() = default;
    virtual result<std::unique_ptr<pooled>> open(deadline) = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
