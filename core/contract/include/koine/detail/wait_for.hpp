// Waiting for a descriptor. The only place that knows the platform's call.
#pragma once

#include <cstdint>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Waits until the descriptor has one of `events` (KOINE_WAIT_*) or the steady clock reaches
// `until_ns`; fd -1 only waits. Interruptions by signals are not visible. Answers false if the time
// came first.
KOINE_API bool wait_for(int fd, std::uint32_t events, std::int64_t until_ns) noexcept;

}  // namespace detail
}  // namespace v1
}  // namespace koine
