// What is said of a row that does not fit its class.
#pragma once

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/schema/entity_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Throws koine::error with the column and what is wrong with it. `cells` are those of all columns.
[[noreturn]] KOINE_COLD void raise_bad_row(const entity_info& entity, const koine_value* cells);

}  // namespace detail
}  // namespace v1
}  // namespace koine
