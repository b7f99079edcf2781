// col<&User::id>: a column of a class, both in the description of its table and in queries.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>

#include <koine/mapping/names.hpp>
#include <koine/mapping/operand.hpp>
#include <koine/mapping/options.hpp>
#include <koine/sql/assignment.hpp>
#include <koine/sql/ordering.hpp>
#include <koine/sql/predicate.hpp>
#include <koine/types/type_traits.hpp>

namespace koine {
inline namespace v1 {

namespace detail {

// A column with its options, as table() takes it.
template <auto M, class Entity>
struct column_definition {
    static constexpr auto member = M;
    column_options options;
};

template <auto M>
constexpr column_options plain_options() {
    column_options options;
    options.name = member_name<M>;
    options.member = member_identity<M>;
    return options;
}

template <class T, class Option>
constexpr void apply_option(column_options& to, const Option& option) {
    if constexpr (std::is_base_of_v<column_option, Option>) {
        option.apply(to);
        if constexpr (requires { typename Option::references; }) {
            static_assert(std::is_same_v<stored_t<T>, stored_t<typename Option::references>>,
                          "koine: a foreign key has the type of the column it refers to");
        }
    } else {
        static_assert(never<Option>, "koine: this is not a column option");
    }
}

// A text with %, _ and \\ taken as themselves in a LIKE pattern, between two ends.
KOINE_API std::string like_pattern(std::string_view before, std::string_view text, std::string_view after);
// Ends a list of `count` values, the last operands: fills it up, so that few shapes of statements
// exist, and adds the node. An empty list has no elements: IN is false and NOT IN is true.
KOINE_API void finish_list(syntax::fragment& to, std::uint32_t count, bool negated);

template <auto M, class Entity>
predicate<Entity> pattern(syntax::op kind, std::string_view text) {
    static_assert(std::is_same_v<stored_t<member_t<M>>, std::string>,
                  "koine: like and its relatives need a text column");
    predicate<Entity> out{unfinished{}};
    push_column<M, Entity>(out.fragment());
    push_text(out.fragment(), text);
    out.fragment().push(kind);
    return out;
}

// A range of values, and not one value of the column's own type.
template <class V, class Storage>
inline constexpr bool is_list =
    !std::is_same_v<V, Storage> && !std::is_convertible_v<const V&, std::string_view> && requires(const V& values) {
    values.begin(), values.end();
};

template <auto M, class Entity, class Values>
predicate<Entity> listed(const Values& values, bool negated) {
    predicate<Entity> out{unfinished{}};
    push_column<M, Entity>(out.fragment());
    std::uint32_t count = 0;
    for (const auto& value : values) {
        push_operand<member_t<M>>(out.fragment(), value);
        ++count;
    }
    finish_list(out.fragment(), count, negated);
    return out;
}

}  // namespace detail

// One column of a mapped class. Empty; the member pointer is its type. Where a member is inherited,
// Entity is the class whose column is meant: col<&User::created, User>. The operators are in
// koine/mapping/comparison.hpp.
template <auto M, class Entity>
struct column {
    static_assert(std::is_member_object_pointer_v<decltype(M)>,
                  "koine: col<> takes a pointer to a data member: col<&User::name>");
    using value_type = detail::member_t<M>;
    // what cannot be stored is told here, where it is named
    static_assert(sizeof(type_traits<detail::stored_t<value_type>>) > 0);
    static constexpr auto member = M;

    // The column with options, for table().
    template <class... Options>
    constexpr detail::column_definition<M, Entity> operator()(const Options&... options) const {
        detail::column_definition<M, Entity> definition{detail::plain_options<M>()};
        (detail::apply_option<value_type>(definition.options, options), ...);
        return definition;
    }

    predicate<Entity> is_null() const { return test(syntax::op::is_null); }
    predicate<Entity> is_not_null() const { return test(syntax::op::is_not_null); }

    // Case matters in like, and does not in ilike, on every database. % stands for any text, _ for
    // one character, \ takes the next character as itself.
    predicate<Entity> like(std::string_view text) const { return detail::pattern<M, Entity>(syntax::op::like, text); }
    predicate<Entity> not_like(std::string_view text) const {
        return detail::pattern<M, Entity>(syntax::op::not_like, text);
    }
    predicate<Entity> ilike(std::string_view text) const { return detail::pattern<M, Entity>(syntax::op::ilike, text); }
    predicate<Entity> not_ilike(std::string_view text) const {
        return detail::pattern<M, Entity>(syntax::op::not_ilike, text);
    }
    // The text itself, with no special characters. Case matters.
    predicate<Entity> starts_with(std::string_view text) const { return like(detail::like_pattern({}, text, "%")); }
    predicate<Entity> ends_with(std::string_view text) const { return like(detail::like_pattern("%", text, {})); }
    predicate<Entity> contains(std::string_view text) const { return like(detail::like_pattern("%", text, "%")); }

    // low <= column <= high.
    template <class Low, class High>
    predicate<Entity> between(const Low& low, const High& high) const {
        predicate<Entity> out{detail::unfinished{}};
        detail::push_column<M, Entity>(out.fragment());
        detail::push_operand<value_type>(out.fragment(), low);
        detail::push_operand<value_type>(out.fragment(), high);
        out.fragment().push(syntax::op::between);
        return out;
    }

    // One of the values: in(1, 2, 3), in({1, 2, 3}) or in(a range). Nothing is in an empty range,
    // everything is not_in it. Any number of values, but 65535 in a statement on MariaDB and MySQL,
    // and of doubles and bytes on SQLite: running it throws usage_error for more.
    template <class V>
    predicate<Entity> in(std::initializer_list<V> values) const {
        return detail::listed<M, Entity>(values, false);
    }
    template <class V>
    predicate<Entity> not_in(std::initializer_list<V> values) const {
        return detail::listed<M, Entity>(values, true);
    }
    template <class V, class... More>
    predicate<Entity> in(const V& first, const More&... more) const {
        return any_of(false, first, more...);
    }
    template <class V, class... More>
    predicate<Entity> not_in(const V& first, const More&... more) const {
        return any_of(true, first, more...);
    }

    ordering<Entity> asc() const { return order(syntax::op::order_asc); }
    ordering<Entity> desc() const { return order(syntax::op::order_desc); }

    // The assignment of a value, of std::nullopt where the column is optional, or of another
    // column.
    template <class V>
    assignment<Entity> set(const V& value) const {
        assignment<Entity> out{detail::unfinished{}, detail::member_identity<M>};
        detail::push_assigned<value_type, Entity>(out.value(), value);
        return out;
    }

private:
    predicate<Entity> test(syntax::op kind) const {
        static_assert(detail::is_optional<value_type>,
                      "koine: this column is never NULL: its member is not std::optional");
        predicate<Entity> out{detail::unfinished{}};
        detail::push_column<M, Entity>(out.fragment());
        out.fragment().push(kind);
        return out;
    }
    ordering<Entity> order(syntax::op kind) const {
        ordering<Entity> out{detail::unfinished{}};
        detail::push_column<M, Entity>(out.fragment());
        out.fragment().push(kind);
        return out;
    }
    template <class V, class... More>
    predicate<Entity> any_of(bool negated, const V& first, const More&... more) const {
        if constexpr (sizeof...(More) == 0 && detail::is_list<V, detail::stored_t<value_type>>) {
            return detail::listed<M, Entity>(first, negated);
        } else {
            predicate<Entity> out{detail::unfinished{}};
            detail::push_column<M, Entity>(out.fragment());
            detail::push_operand<value_type>(out.fragment(), first);
            (detail::push_operand<value_type>(out.fragment(), more), ...);
            detail::finish_list(out.fragment(), 1 + sizeof...(More), negated);
            return out;
        }
    }
};

template <auto M, class Entity = detail::owner_t<M>>
inline constexpr column<M, Entity> col{};

}  // namespace v1
}  // namespace koine
