// A place for one connection. The bound of the pool is the number of its slots.
#pragma once

#include <atomic>
#include <cstdint>

#include <koine/here.hpp>
#include <koine/pool_backend.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

class pool_shell;

enum class slot_state : std::uint8_t {
    empty,
    opening,    // somebody opens a connection for it
    checking,   // somebody pings its connection
    live,       // idle if a connection is parked, leased if `uses` is odd
    resetting,  // its connection is being reset in the background
    closing     // its connection waits to be closed, or is being closed
};

struct alignas(64) pool_slot {
    // A value that the attention word never has: keeps everybody off the fast path.
    static constexpr std::uint64_t nobody = ~std::uint64_t{0};

    // The first line is touched by the fast path, without the pool's lock.
    std::atomic<pooled*> parked{nullptr};  // the idle connection; taken and put back by exchange
    // the attention word under which the fast path may use this slot
    std::atomic<std::uint64_t> admits{nobody};
    // odd: leased. Written by the holder of the connection alone
    std::atomic<std::uint64_t> uses{0};
    std::atomic<const char*> file{""};  // where the running lease was acquired
    std::atomic<const char*> function{""};
    pool_shell* owner = nullptr;
    std::atomic<std::uint32_t> line{0};
    std::uint32_t index = 0;

    // The rest is touched under the lock.
    alignas(64) pool_slot* next = nullptr;  // in the queue of connections to close, or to reset
    pooled* doomed = nullptr;               // the connection in that queue
    const void* thread = nullptr;           // singleton_thread: whose connection it is
    std::uint64_t generation = 0;
    std::uint64_t seen_uses = 0;     // `uses` when the slot was last looked at with a clock ...
    std::int64_t seen_at = 0;        // ... and when it was first seen to have that value
    std::int64_t expires = 0;        // age limit
    std::uint64_t parked_order = 0;  // for FIFO among idle
    slot_state state = slot_state::empty;
    bool retire = false;    // close at the end of the lease
    bool unproven = false;  // idle for long: ping before use
    bool leak_told = false;
    bool leak_due = false;

    // One lease begins or ends. The caller owns the connection, so nobody else writes.
    void begin_use(here where) noexcept {
        file.store(where.file, std::memory_order_relaxed);
        function.store(where.function, std::memory_order_relaxed);
        line.store(where.line, std::memory_order_relaxed);
        uses.store(uses.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    void end_use() noexcept { uses.store(uses.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
    bool leased() const noexcept {
        return state == slot_state::live && (uses.load(std::memory_order_relaxed) & 1U) != 0;
    }
    here where() const noexcept {
        return here{file.load(std::memory_order_relaxed), line.load(std::memory_order_relaxed),
                    function.load(std::memory_order_relaxed)};
    }
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
