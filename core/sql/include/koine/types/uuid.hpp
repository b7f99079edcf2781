// UUIDs as columns.
#pragma once

#include <koine/types/type_traits.hpp>
#include <koine/uuid.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

KOINE_API bool read_uuid(const koine_value& cell, uuid& value);

}  // namespace detail

template <>
struct type_traits<uuid> {
    static constexpr sql_type type = sql_type::uuid;

    static koine_value bind(const uuid& value, bind_context&) noexcept {
        return detail::content_value(value.bytes().data(), value.bytes().size(), KOINE_UUID);
    }
    static bool read(const koine_value& cell, uuid& value) { return detail::read_uuid(cell, value); }
};

}  // namespace v1
}  // namespace koine
