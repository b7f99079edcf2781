// Whether something was made by this process or by one that it was forked from.
#pragma once

#include <atomic>
#include <cstdint>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// How often this process image has come out of a fork as the child. What was made under another
// count belongs to a parent. Kept by the library; to be read only.
KOINE_API extern std::atomic<std::uint64_t> forks;

inline std::uint64_t fork_count() noexcept {
    return forks.load(std::memory_order_relaxed);
}
// Whether what was made at the fork count `birth` belongs to a parent.
inline bool forked(std::uint64_t birth) noexcept {
    return birth != fork_count();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
