// type_traits<T>: what the database needs to know of a C++ type. The one trait that users
// specialise to store types of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

#include <koine/driver_abi.h>
#include <koine/bind_context.hpp>
#include <koine/schema/column_info.hpp>
#include <koine/types/value.hpp>

namespace koine {
inline namespace v1 {

namespace detail {
template <class T>
inline constexpr bool never = false;

// The members that traits must have, where a static_assert has refused the type: so that nothing
// else is complained of.
template <class T>
struct unstorable {
    static constexpr sql_type type = sql_type::text;
    static koine_value bind(const T&, bind_context&);
    static bool read(const koine_value&, T&);
};
}  // namespace detail

// A specialisation has
//   static constexpr sql_type type;                               what the column holds
//   static koine_value bind(const T& value, bind_context& context);
//   static bool read(const koine_value& cell, T& value);
// bind() gives the value to send. Text and blobs may point into `value` or into memory of the
// context; what cannot be stored is reported with context.fail(). It may use any tag: what a driver
// does not know is turned into text or integers by the caller. read() overwrites `value`, or
// answers false if the cell does not fit, NULL included; it copies what it keeps. Both may throw
// std::bad_alloc. A type that stores itself as another one derives its traits from koine::stored_as
// instead.
template <class T>
struct type_traits : detail::unstorable<T> {
    static_assert(detail::never<T>,
                  "koine: this type cannot be stored in a column; specialise koine::type_traits for it (see "
                  "koine/types/type_traits.hpp), or give a struct of several columns a koine_table()");
};

namespace detail {

template <class T>
inline constexpr bool is_character =
    std::is_same_v<T, char> || std::is_same_v<T, signed char> || std::is_same_v<T, unsigned char> ||
    std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> || std::is_same_v<T, char16_t> ||
    std::is_same_v<T, char32_t>;

template <class T>
struct integer_traits {
    static constexpr sql_type type = sizeof(T) == 8   ? sql_type::int64
                                     : sizeof(T) == 4 ? sql_type::int32
                                                      : sql_type::int16;

    static koine_value bind(const T& value, bind_context&) noexcept { return integer_value(value); }
    static bool read(const koine_value& cell, T& value) noexcept {
        if (cell.tag != KOINE_INT64) return false;
        if constexpr (sizeof(T) < 8) {
            if (cell.u.i < std::numeric_limits<T>::min() || cell.u.i > std::numeric_limits<T>::max()) return false;
        }
        value = static_cast<T>(cell.u.i);
        return true;
    }
};

// An INT64 that a double holds exactly.
KOINE_API KOINE_COLD bool read_float(const koine_value& cell, double& value) noexcept;
// 0 or 1, as they are bound where there are no booleans. Words are not: they would not be found.
KOINE_API KOINE_COLD bool read_boolean(const koine_value& cell, bool& value) noexcept;

// Whether bind() gives a tag that every driver takes, so that nothing has to be rewritten.
template <class T>
inline constexpr bool binds_as_is = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <>
inline constexpr bool binds_as_is<double> = true;
template <class T>
inline constexpr bool binds_as_is<std::optional<T>> = binds_as_is<T>;

// Copies what the value points to into the context.
KOINE_API koine_value keep(const koine_value& value, bind_context& context);
KOINE_API void keep_all(koine_value* values, std::size_t count, bind_context& context);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
struct without_optional {
    using type = T;
};
template <class T>
struct without_optional<std::optional<T>> {
    using type = T;
};
// T, or what an optional T holds.
template <class T>
using stored_t = typename without_optional<T>::type;

}  // namespace detail

// Integers: signed, of 16, 32 or 64 bits. Narrowing is checked on reading.
template <class T>
requires std::is_integral_v<T>
struct type_traits<T> : detail::integer_traits<T> {
    static_assert(!detail::is_character<T>, "koine: a character is not a column type; use std::string or std::int16_t");
    static_assert(detail::is_character<T> || std::is_signed_v<T>,
                  "koine: databases have no unsigned integers; use the next larger signed type (std::int64_t)");
    static_assert(detail::is_character<T> || std::is_unsigned_v<T> || sizeof(T) == 2 || sizeof(T) == 4 ||
                      sizeof(T) == 8,
                  "koine: an integer column is std::int16_t, std::int32_t or std::int64_t");
};

// Databases without booleans store 0 and 1.
template <>
struct type_traits<bool> {
    static constexpr sql_type type = sql_type::boolean;

    static koine_value bind(bool value, bind_context&) noexcept {
        return detail::integer_value(value ? 1 : 0, KOINE_BOOL);
    }
    static bool read(const koine_value& cell, bool& value) noexcept {
        if (cell.tag != KOINE_BOOL) return detail::read_boolean(cell, value);
        value = cell.u.i != 0;
        return true;
    }
};

// IEEE doubles. An integer is read where a double holds it exactly.
template <>
struct type_traits<double> {
    static constexpr sql_type type = sql_type::float64;

    static koine_value bind(double value, bind_context&) noexcept { return detail::float_value(value); }
    static bool read(const koine_value& cell, double& value) noexcept {
        if (cell.tag != KOINE_FLOAT64) return detail::read_float(cell, value);
        value = cell.u.f;
        return true;
    }
};

template <class T>
requires(std::is_floating_point_v<T> && !std::is_same_v<T, double>) struct type_traits<T> : detail::unstorable<T> {
    static_assert(detail::never<T>,
                  "koine: a floating-point column is double; others would change digits on their way");
};

// NULL, and what T is.
template <class T>
struct type_traits<std::optional<T>> {
    static_assert(!detail::is_optional<T>, "koine: an optional of an optional cannot be told apart in a column");
    static constexpr sql_type type = type_traits<T>::type;

    static koine_value bind(const std::optional<T>& value, bind_context& context) {
        return value ? type_traits<T>::bind(*value, context) : detail::null_value();
    }
    static bool read(const koine_value& cell, std::optional<T>& value) {
        if (cell.tag == KOINE_NULL) {
            value.reset();
            return true;
        }
        return type_traits<T>::read(cell, value ? *value : value.emplace());
    }
};

// Traits of a type that is stored as another one:
//   template <> struct koine::type_traits<email> : koine::stored_as<email, std::string> {
//       static const std::string& to_storage(const email& value);      // may return by value
//       static bool from_storage(std::string&& text, email& value);    // false: the text is none
//   };
template <class T, class Storage>
struct stored_as {
    static constexpr sql_type type = type_traits<Storage>::type;

    static koine_value bind(const T& value, bind_context& context) {
        using traits = type_traits<T>;
        using given = decltype(traits::to_storage(value));
        if constexpr (std::is_reference_v<given> || std::is_arithmetic_v<Storage>) {
            return type_traits<Storage>::bind(traits::to_storage(value), context);
        } else {
            const Storage storage = traits::to_storage(value);
            return detail::keep(type_traits<Storage>::bind(storage, context), context);
        }
    }
    static bool read(const koine_value& cell, T& value) {
        Storage storage{};
        return type_traits<Storage>::read(cell, storage) &&
               type_traits<T>::from_storage(static_cast<Storage&&>(storage), value);
    }
};

}  // namespace v1
}  // namespace koine
