// Words for column types and for what a cell holds, for messages.
#pragma once

#include <cstdint>
#include <string_view>

#include <koine/api.hpp>
#include <koine/schema/column_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// "int32", "text", "instant". Never fails; thread-safe.
KOINE_API std::string_view type_name(sql_type type) noexcept;
// What a tag of the driver contract stands for: "an integer", "NULL".
KOINE_API std::string_view tag_name(std::uint8_t tag) noexcept;

}  // namespace detail
}  // namespace v1
}  // namespace koine
