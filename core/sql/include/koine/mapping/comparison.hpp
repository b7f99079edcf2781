// The operators that make predicates of columns and values.
#pragma once

#include <optional>
#include <type_traits>

#include <koine/mapping/column.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

template <auto M, class Entity, class V>
predicate<Entity> compare(syntax::op kind, const V& value) {
    predicate<Entity> out{unfinished{}};
    push_column<M, Entity>(out.fragment());
    if constexpr (is_column<V>) {
        push_other_column<member_t<M>, Entity>(out.fragment(), value);
    } else {
        static_assert(!std::is_same_v<V, std::nullopt_t> && !is_optional<V>,
                      "koine: NULL is neither less nor greater than a value; compare it with == and != only");
        if constexpr (!std::is_same_v<V, std::nullopt_t> && !is_optional<V>)
            push_operand<member_t<M>>(out.fragment(), value);
    }
    out.fragment().push(kind);
    return out;
}

// == and !=, which know NULL.
template <auto M, class Entity, class V>
predicate<Entity> equate(bool equal, const V& value) {
    const syntax::op kind = equal ? syntax::op::eq : syntax::op::ne;
    if constexpr (std::is_same_v<V, std::nullopt_t>) {
        return equal ? column<M, Entity>{}.is_null() : column<M, Entity>{}.is_not_null();
    } else if constexpr (is_optional<V>) {
        if (!value) return equate<M, Entity>(equal, std::nullopt);
        return compare<M, Entity>(kind, *value);
    } else {
        return compare<M, Entity>(kind, value);
    }
}

}  // namespace detail

// A column compared with a value, or with another column of the same type. Values are copied and
// bound, never part of the SQL. An empty optional, or std::nullopt, is NULL: == asks whether the
// column is NULL and != whether it is not. A row whose column is NULL satisfies no other
// comparison. Throw koine::error for text that is not UTF-8 and integers beyond 64 bits.
//
// The constraints on == and != that say nothing keep the language from turning the others around:
// of two candidates it prefers the constrained one to the one that is written in the right order.
template <auto M, class Entity, class V>
requires(sizeof(V) != 0) predicate<Entity>
operator==(const column<M, Entity>&, const V& value) {
    return detail::equate<M, Entity>(true, value);
}
template <auto M, class Entity, class V>
requires(sizeof(V) != 0) predicate<Entity>
operator!=(const column<M, Entity>&, const V& value) {
    return detail::equate<M, Entity>(false, value);
}
template <auto M, class Entity, class V>
predicate<Entity> operator<(const column<M, Entity>&, const V& value) {
    return detail::compare<M, Entity>(syntax::op::lt, value);
}
template <auto M, class Entity, class V>
predicate<Entity> operator<=(const column<M, Entity>&, const V& value) {
    return detail::compare<M, Entity>(syntax::op::le, value);
}
template <auto M, class Entity, class V>
predicate<Entity> operator>(const column<M, Entity>&, const V& value) {
    return detail::compare<M, Entity>(syntax::op::gt, value);
}
template <auto M, class Entity, class V>
predicate<Entity> operator>=(const column<M, Entity>&, const V& value) {
    return detail::compare<M, Entity>(syntax::op::ge, value);
}

// The value on the left.
template <auto M, class Entity, class V>
requires(!detail::is_column<V>) predicate<Entity>
operator==(const V& value, const column<M, Entity>&) {
    return detail::equate<M, Entity>(true, value);
}
template <auto M, class Entity, class V>
requires(!detail::is_column<V>) predicate<Entity>
operator!=(const V& value, const column<M, Entity>&) {
    return detail::equate<M, Entity>(false, value);
}
template <auto M, class Entity, class V>
requires(!detail::is_column<V>) predicate<Entity>
operator<(const V& value, const column<M, Entity>&) {
    return detail::compare<M, Entity>(syntax::op::gt, value);
}
template <auto M, class Entity, class V>
requires(!detail::is_column<V>) predicate<Entity>
operator<=(const V& value, const column<M, Entity>&) {
    return detail::compare<M, Entity>(syntax::op::ge, value);
}
template <auto M, class Entity, class V>
requires(!detail::is_column<V>) predicate<Entity>
operator>(const V& value, const column<M, Entity>&) {
    return detail::compare<M, Entity>(syntax::op::lt, value);
}
template <auto M, class Entity, class V>
requires(!detail::is_column<V>) predicate<Entity>
operator>=(const V& value, const column<M, Entity>&) {
    return detail::compare<M, Entity>(syntax::op::le, value);
}

}  // namespace v1
}  // namespace koine
