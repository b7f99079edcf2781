// Errors of the driver contract, as the rest of Koine knows them.
#pragma once

#include <koine/driver_abi.h>
#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Frees what the driver attached to an error and zeroes it.
void release(koine_error& error) noexcept;
// Copies an error out of the driver's memory.
error_info to_info(const koine_error& error);

}  // namespace detail
}  // namespace v1
}  // namespace koine
