// The results of a connection that are read outside of it, so that it can tell them when they end.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

struct prepared;

// A result that somebody reads. Its memory is the reader's.
struct open_result {
    enum class condition : std::uint8_t {
        open,
        lost,  // the driver has ended it, and says why when it is asked for more rows
        over   // the connection has ended it: rolled back, or given back
    };
    prepared* statement = nullptr;  // null: there is nothing to end any more
    std::atomic<condition> where{condition::open};
    open_result* next = nullptr;
    open_result** previous = nullptr;  // what points to this; null: in no list
};

// A list of them. Thread-safe, so that two threads that use one connection at once find no broken
// list.
class KOINE_API open_results {
public:
    open_results() = default;
    open_results(const open_results&) = delete;
    open_results& operator=(const open_results&) = delete;

    bool any() const noexcept { return count_.load(std::memory_order_relaxed) != 0; }
    void add(open_result& one);
    // Nothing happens if it is in no list.
    void remove(open_result& one) noexcept;
    // `to` takes the place and the condition of `from`.
    void move(open_result& from, open_result& to) noexcept;
    // Takes the first out; null if there is none.
    open_result* take() noexcept;
    // Those that are open are so from now on.
    void mark(open_result::condition condition) noexcept;

private:
    void unlink(open_result& one) noexcept;

    std::mutex mutex_{};
    open_result* first_ = nullptr;
    std::atomic<std::uint32_t> count_{0};  // changed under the mutex
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
