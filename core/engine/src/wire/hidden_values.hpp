// Takes the values of a statement out of what is said of its failure.
#pragma once

#include <span>

#include <koine/driver_abi.h>
#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Databases quote values in messages: the name that was cast to one of a table, the path that is
// none. What of `binds` stands in the message or the hint becomes "...", and the message as it was
// goes to info.detail. Words that the statement or the names in `info` have themselves stay.
void hide_values(error_info& info, std::span<const koine_value> binds);

}  // namespace detail
}  // namespace v1
}  // namespace koine
