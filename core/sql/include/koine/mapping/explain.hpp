// Why a row did not fit its class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <koine/driver_abi.h>
#include <koine/error.hpp>
#include <koine/schema/entity_info.hpp>
#include <koine/schema/table_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Names table, column, expected and found type of the first cell that does not fit; never the
// value. `cells`: as many as the table has columns. The code is unexpected_null or
// unreadable_value.
KOINE_API KOINE_COLD error_info explain_mismatch(const table_info& table, const koine_value* cells);
// The same, asking the class's own types; constructs an object of it.
KOINE_API KOINE_COLD error_info explain_mismatch(const entity_info& entity, const koine_value* cells);
// The same for one column of a result that belongs to no table. `name` may be empty.
KOINE_API KOINE_COLD error_info explain_cell(std::string_view name, std::size_t index, sql_type expected,
                                             const koine_value& cell);
// Finds the table's columns among the names of a result: positions[i] is where column i stands.
// Names are compared exactly. Answers whether the result starts with exactly the table's columns.
// Throws koine::error (undefined_column) for a column that is missing, and for one whose name the
// result has twice.
KOINE_API bool match_columns(const table_info& table, std::span<const std::string_view> names,
                             std::uint16_t* positions);

// The column of the first member that cannot be bound, empty if none is found. Works on copies.
KOINE_API std::string_view unbindable_column(const entity_info& entity, const void* object);

}  // namespace detail
}  // namespace v1
}  // namespace koine
