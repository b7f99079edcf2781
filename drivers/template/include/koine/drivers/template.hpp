// A driver that answers errc::not_implemented: copy it to begin a new one.
#pragma once

#include <cstdint>

#include <koine/driver_abi.h>
#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

// Fills `out`, whose struct_size the caller has set, with a driver that can do nothing. Answers
// KOINE_DONE, or KOINE_ERROR with `error` filled when `abi` is a version of the contract that the
// driver does not speak. Thread-safe.
KOINE_API koine_status template_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept;

}  // namespace v1
}  // namespace koine
