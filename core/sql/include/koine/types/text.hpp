// Text and bytes as columns.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <koine/detail/utf8.hpp>
#include <koine/types/type_traits.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Reports what cannot be bound; for what is not plain.
KOINE_API KOINE_COLD void check_text(const char* data, std::size_t size, bind_context& context) noexcept;
KOINE_API KOINE_COLD void complain_of_size(bind_context& context) noexcept;
// Text of exact types that have no C++ type of their own: decimal, JSON, and what the driver does
// not know.
KOINE_API KOINE_COLD bool read_other_text(const koine_value& cell, std::string& value);

KOINE_API bool read_bytes(const koine_value& cell, std::vector<std::byte>& value);

// The value of a text, borrowed. Text must be UTF-8 without NUL; what is not is reported to the
// context.
inline koine_value text_value(const char* data, std::size_t size, bind_context& context) noexcept {
    if (size > max_content || !is_plain_text(data, size)) [[unlikely]]
        check_text(data, size, context);
    return content_value(data, size, KOINE_TEXT);
}

// Builds the string anew where it stands: a third cheaper than assign() for the fresh string of a
// fresh row. If memory runs out, the string is left empty.
inline void rebuild(std::string& value, const char* data, std::size_t size) {
    std::destroy_at(&value);
    try {
        ::new (static_cast<void*>(&value)) std::string(data, size);
    } catch (...) {
        ::new (static_cast<void*>(&value)) std::string();
        throw;
    }
}

template <>
inline constexpr bool binds_as_is<std::string> = true;
template <>
inline constexpr bool binds_as_is<std::string_view> = true;
template <>
inline constexpr bool binds_as_is<std::vector<std::byte>> = true;

}  // namespace detail

template <>
struct type_traits<std::string> {
    static constexpr sql_type type = sql_type::text;

    static koine_value bind(const std::string& value, bind_context& context) noexcept {
        return detail::text_value(value.data(), value.size(), context);
    }
    static bool read(const koine_value& cell, std::string& value) {
        if (cell.tag != KOINE_TEXT) return detail::read_other_text(cell, value);
        detail::rebuild(value, static_cast<const char*>(cell.u.p), cell.len);
        return true;
    }
};

// Text that is only bound, never read: a row would have to outlive its result.
template <>
struct type_traits<std::string_view> {
    static constexpr sql_type type = sql_type::text;

    static koine_value bind(std::string_view value, bind_context& context) noexcept {
        return detail::text_value(value.data(), value.size(), context);
    }
};

// A null pointer is NULL.
template <>
struct type_traits<const char*> {
    static constexpr sql_type type = sql_type::text;

    static koine_value bind(const char* value, bind_context& context) noexcept {
        if (value == nullptr) return detail::null_value();
        return type_traits<std::string_view>::bind(value, context);
    }
};
template <>
struct type_traits<char*> : type_traits<const char*> {};
template <std::size_t N>
struct type_traits<char[N]> : type_traits<const char*> {};

template <>
struct type_traits<std::vector<std::byte>> {
    static constexpr sql_type type = sql_type::bytes;

    static koine_value bind(const std::vector<std::byte>& value, bind_context& context) noexcept {
        if (value.size() > detail::max_content) detail::complain_of_size(context);
        return detail::content_value(value.data(), value.size(), KOINE_BLOB);
    }
    static bool read(const koine_value& cell, std::vector<std::byte>& value) { return detail::read_bytes(cell, value); }
};

}  // namespace v1
}  // namespace koine
