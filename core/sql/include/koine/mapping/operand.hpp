// How the values in an expression reach it: checked against the column's type, then copied into the
// fragment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <koine/mapping/names.hpp>
#include <koine/sql/expression.hpp>
#include <koine/types/text.hpp>
#include <koine/types/type_traits.hpp>

namespace koine {
inline namespace v1 {

template <auto M, class Entity>
struct column;

namespace detail {

// Each throws koine::error if the value cannot be bound: invalid_encoding, invalid_value, too_big
// or out_of_range. The column that stands before the value is named.
KOINE_API void push_text(syntax::fragment& to, std::string_view text);
[[noreturn]] KOINE_API KOINE_COLD void raise_unbindable(const syntax::fragment& to, const bind_context& context);
[[noreturn]] KOINE_API KOINE_COLD void raise_integer_too_large(const syntax::fragment& to, std::size_t bits);

// Pushes a column of a mapped class, or a member of an unmapped base that rebase() turns into one.
template <auto M, class Entity>
void push_column(syntax::fragment& to);

template <class Storage>
void push_stored(syntax::fragment& to, const Storage& value) {
    bind_context context;
    const koine_value bound = type_traits<Storage>::bind(value, context);
    if (context.failed()) raise_unbindable(to, context);
    to.push_bind(bound);
}

// Pushes a value that a column of type T is compared with or set to.
template <class T, class V>
void push_operand(syntax::fragment& to, const V& value) {
    using storage = stored_t<T>;
    if constexpr (std::is_same_v<storage, bool>) {
        static_assert(std::is_same_v<V, bool>, "koine: a bool column takes true or false");
        if constexpr (std::is_same_v<V, bool>) to.push_bind(integer_value(value ? 1 : 0, KOINE_BOOL));
    } else if constexpr (std::is_integral_v<storage>) {
        constexpr bool fits = std::is_integral_v<V> && !std::is_same_v<V, bool> && !is_character<V>;
        static_assert(fits, "koine: an integer column takes integers only");
        if constexpr (fits) {
            if (!std::in_range<storage>(value)) raise_integer_too_large(to, 8 * sizeof(storage));
            to.push_bind(integer_value(static_cast<std::int64_t>(value)));
        }
    } else if constexpr (std::is_same_v<storage, double>) {
        constexpr bool fits = std::is_arithmetic_v<V> && !std::is_same_v<V, bool> && !is_character<V>;
        static_assert(fits, "koine: a double column takes numbers only");
        if constexpr (fits) to.push_bind(float_value(static_cast<double>(value)));
    } else if constexpr (std::is_same_v<storage, std::string>) {
        static_assert(!std::is_same_v<V, std::nullptr_t>,
                      "koine: nullptr is no text; for NULL there are std::nullopt, is_null() and is_not_null()");
        constexpr bool fits = std::is_convertible_v<const V&, std::string_view> && !std::is_same_v<V, std::nullptr_t>;
        static_assert(fits || std::is_same_v<V, std::nullptr_t>,
                      "koine: a text column takes text only (std::string, std::string_view or a literal)");
        if constexpr (fits) push_text(to, value);
    } else if constexpr (std::is_same_v<storage, V>) {
        push_stored<storage>(to, value);
    } else {
        constexpr bool fits = std::is_convertible_v<const V&, storage>;
        static_assert(fits, "koine: the value has another type than the column");
        if constexpr (fits) {
            const storage converted = value;
            push_stored<storage>(to, converted);
        }
    }
}

template <class T>
inline constexpr bool is_column = false;
template <auto M, class Entity>
inline constexpr bool is_column<column<M, Entity>> = true;

// Pushes another column that a column of type T of class Entity is compared with or set to.
template <class T, class Entity, auto M, class Other>
void push_other_column(syntax::fragment& to, const column<M, Other>&) {
    static_assert(std::is_same_v<stored_t<T>, stored_t<member_t<M>>>, "koine: the two columns have different types");
    static_assert(std::is_base_of_v<Other, Entity>, "koine: the two columns are of different classes");
    if constexpr (std::is_base_of_v<Other, Entity>) {
        if constexpr (std::is_same_v<Other, Entity>) {
            push_column<M, Entity>(to);
        } else {
            syntax::fragment other;
            push_column<M, Other>(other);
            to.append(rebase<Entity, Other>(other));
        }
    }
}

// Pushes what a column of type T of class Entity is set to.
template <class T, class Entity, class V>
void push_assigned(syntax::fragment& to, const V& value) {
    if constexpr (is_column<V>) {
        push_other_column<T, Entity>(to, value);
    } else if constexpr (std::is_same_v<V, std::nullopt_t>) {
        static_assert(is_optional<T>, "koine: this column is never NULL: its member is not std::optional");
        to.push(syntax::op::null);
    } else if constexpr (is_optional<V>) {
        static_assert(is_optional<T>, "koine: this column is never NULL: its member is not std::optional");
        if (value) {
            push_operand<T>(to, *value);
        } else {
            to.push(syntax::op::null);
        }
    } else {
        push_operand<T>(to, value);
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
