// What the pool keeps and where it gets it from: the two interfaces that the engine implements for
// koine::pool.
#pragma once

#include <memory>

#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/result.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// A connection as the pool sees it. The pool owns it and lends it to one thread at a time; every
// member is called by whoever holds it at that moment, never under a lock of the pool (abandon()
// aside, which must not block).
class KOINE_API pooled {
public:
    pooled() noexcept = default;
    pooled(const pooled&) = delete;
    pooled& operator=(const pooled&) = delete;
    // Closes. Runs on any thread, off the caller's path wherever possible; never waits for an
    // answer and never throws. After abandon() it must not talk to the server.
    virtual ~pooled();
    // Brings the connection to its configured idle state by `until`; local and cheap if it is there
    // already. A failure means that the connection is to be closed.
    virtual result<void> reset(deadline until) = 0;
    // True if the connection is open, not busy, outside a transaction and in its configured state.
    // Local.
    virtual bool reusable() const noexcept = 0;
    // Proves by `until` that the server answers.
    virtual result<void> ping(deadline until) = 0;
    // In a forked child: forgets everything shared with the parent without talking. Only the
    // destructor is called after it.
    virtual void abandon() noexcept = 0;
};

// Makes connections. Called from several threads at once.
class KOINE_API pool_backend {
public:
    pool_backend() noexcept = default;
    pool_backend(const pool_backend&) = delete;
    pool_backend& operator=(const pool_backend&) = delete;
    virtual ~pool_backend();
    // A new connection, configured and ready for its first statement. Returns by `until`, success
    // or failure.
    virtual result<std::unique_ptr<pooled>> open(deadline until) = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
