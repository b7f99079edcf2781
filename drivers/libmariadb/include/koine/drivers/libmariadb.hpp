// The driver for MariaDB and MySQL, built on MariaDB Connector/C.
#pragma once

#include <cstdint>

#include <koine/driver_abi.h>
#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

// Fills the driver's table of functions. `abi` is the version of the contract the caller speaks,
// `out->struct_size` the size of its table. Answers KOINE_DONE, or KOINE_ERROR with `error` filled
// for a version that the driver does not know. No I/O; thread-safe. The table's texts and options
// live as long as the process.
KOINE_API koine_status libmariadb_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept;

}  // namespace v1
}  // namespace koine
