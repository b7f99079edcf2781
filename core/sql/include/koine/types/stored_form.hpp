// Texts that a type could be read from, but that are not the form in which its values are bound.
#pragma once

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/error.hpp>
#include <koine/schema/column_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// If the cell is a text that holds a value of the type in another form than the bound one, says so:
// completes the message with both forms, digits shown as 9, and sets the hint to how the rows are
// rewritten. Else changes nothing. Thread-safe.
KOINE_API KOINE_COLD void explain_stored_form(sql_type type, const koine_value& cell, error_info& info);

}  // namespace detail
}  // namespace v1
}  // namespace koine
