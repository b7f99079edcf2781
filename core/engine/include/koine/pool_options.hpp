// How a pool behaves.
#pragma once

#include <chrono>
#include <cstdint>

namespace koine {
inline namespace v1 {

enum class pool_kind : std::uint8_t {
    queue,  // up to size + max_overflow connections, `size` of them kept
    // nothing is kept: every lease opens a connection and its end closes it; the bound holds
    // nevertheless
    null,
    // one connection, leased exclusively; a dirty one is reset instead of closed (in-memory
    // databases)
    static_,
    // one connection a thread, closed when the thread ends; at most size + max_overflow threads
    singleton_thread
};

// What pool_lease::release() does with a connection that is not in its idle state.
enum class reset_mode : std::uint8_t {
    rollback,  // reset it: roll back, end results, restore session state
    none       // nothing: the connection is closed
};

// What becomes of a connection that is not in its idle state where a lease ends by its destructor.
enum class abandon_mode : std::uint8_t {
    close,  // it is closed
    // It is reset as by release(), in the background, and then goes back. Until then it takes up
    // its place in the pool. For pool_kind::queue; the others go on as without it.
    reset
};

// A value type; every field has a default that suits a server application.
struct pool_options {
    pool_kind kind = pool_kind::queue;
    std::uint32_t size = 5;  // connections that are kept; at least 1
    // connections beyond size, closed when they come back and size others are idle
    std::uint32_t max_overflow = 10;
    // How long acquire() waits for a connection, connecting included.
    std::chrono::nanoseconds timeout = std::chrono::seconds{30};
    // Connections older than this (+-10 %) are replaced when nobody holds them; negative: never.
    std::chrono::seconds recycle{-1};
    // Ping a connection before it is leased if nobody has used it for about a second.
    bool pre_ping = false;
    std::uint32_t max_opening = 4;  // connections being opened at the same time; at least 1
    // True: a thread gets back the connection it used last. False: the one that has been idle
    // longest, so that all are used alike.
    bool lifo = true;
    reset_mode reset_on_return = reset_mode::rollback;
    abandon_mode abandoned = abandon_mode::close;
    // for a reset that needs the server
    std::chrono::nanoseconds reset_timeout = std::chrono::seconds{5};
    // A lease held longer than this is reported once (pool_listener::on_leak), never taken away;
    // zero: off.
    std::chrono::nanoseconds leak_after{0};
    // After a failed attempt to connect the next one waits: first this long, then twice as long
    // each time, up to the limit; each delay is shortened by up to half at random.
    std::chrono::nanoseconds backoff_first = std::chrono::milliseconds{50};
    std::chrono::nanoseconds backoff_limit = std::chrono::seconds{5};
};

}  // namespace v1
}  // namespace koine
