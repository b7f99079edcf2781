// The driver for SQLite.
#pragma once

#include <cstdint>

#include <koine/driver_abi.h>
#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

// Fills `out`, whose struct_size the caller has set, with the SQLite driver. Answers KOINE_DONE, or
// KOINE_ERROR with `error` filled when `abi` is a version of the contract that the driver does not
// speak. The table has static storage behind it and never dies. Thread-safe.
//
// Connections are opened with foreign keys on, write-ahead logging and synchronous=full for files,
// a busy timeout of five seconds, and without extension loading, double-quoted strings, ATTACH and
// trust in the schema. Keys of the URL change that; the driver's option table lists them.
KOINE_API koine_status sqlite3_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept;

}  // namespace v1
}  // namespace koine
