// koine::table(): the description of the table of a class, as constant data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <koine/mapping/column.hpp>

namespace koine {
inline namespace v1 {

namespace detail {

inline constexpr std::size_t max_unique_columns = 16;

struct table_option {};

// The members of one UNIQUE constraint.
struct unique_members : table_option {
    std::string_view name{};
    std::uint64_t members[max_unique_columns]{};
    std::size_t count = 0;

    // Names the constraint in the database.
    constexpr unique_members named(std::string_view text) const {
        unique_members copy = *this;
        copy.name = text;
        return copy;
    }
};

template <auto... M>
struct member_list {};
template <auto... A, auto... B>
constexpr member_list<A..., B...> operator+(member_list<A...>, member_list<B...>) {
    return {};
}

// What the parts of a table() are.
template <auto M, class Entity>
constexpr member_list<M> members_of(const column_definition<M, Entity>&) {
    return {};
}
template <auto M, class Entity>
constexpr member_list<M> members_of(const column<M, Entity>&) {
    return {};
}
template <class Other>
constexpr member_list<> members_of(const Other&) {
    static_assert(std::is_base_of_v<table_option, Other>,
                  "koine: table() takes the name, columns as col<&User::name>(...), and table options");
    return {};
}

template <auto M, class Entity>
constexpr column_options options_of(const column_definition<M, Entity>& definition) {
    return definition.options;
}
template <auto M, class Entity>
constexpr column_options options_of(const column<M, Entity>&) {
    return plain_options<M>();
}

template <class T>
inline constexpr bool is_definition = false;
template <auto M, class Entity>
inline constexpr bool is_definition<column_definition<M, Entity>> = true;
template <class T>
inline constexpr bool is_column_part = is_definition<T> || is_column<T>;

}  // namespace detail

// The table is in this schema of the database: koine::schema{"billing"}.
struct schema : detail::table_option {
    std::string_view text;
    explicit constexpr schema(std::string_view name) : text{name} {}
};

// No two rows agree in all of these columns: unique_together(col<&Seat::row>,
// col<&Seat::number>).named("seat_place").
template <auto... M, class... Entity>
constexpr detail::unique_members unique_together(const column<M, Entity>&...) {
    static_assert(sizeof...(M) >= 2,
                  "koine: unique_together takes two columns or more; one column is koine::unique by itself");
    static_assert(sizeof...(M) <= detail::max_unique_columns, "koine: unique_together takes 16 columns at most");
    return {{}, {}, {detail::member_identity<M>...}, sizeof...(M)};
}

// What table() makes. Its members are its type; everything else is plain data.
template <std::size_t Uniques, auto... M>
struct table_descriptor {
    static constexpr std::size_t count = sizeof...(M);
    static constexpr std::size_t unique_count = Uniques;

    std::string_view name{};
    std::string_view schema{};
    detail::column_options columns[count == 0 ? 1 : count]{};
    detail::unique_members uniques[Uniques == 0 ? 1 : Uniques]{};
};

namespace detail {

template <class Descriptor, class Part>
constexpr void add_part(Descriptor& to, std::size_t& column_count, std::size_t& unique_count, const Part& part) {
    if constexpr (is_column_part<Part>) {
        to.columns[column_count++] = options_of(part);
    } else if constexpr (std::is_same_v<Part, unique_members>) {
        to.uniques[unique_count++] = part;
    } else if constexpr (std::is_same_v<Part, koine::v1::schema>) {
        to.schema = part.text;
    }
}

template <std::size_t Uniques, auto... M, class... Parts>
constexpr table_descriptor<Uniques, M...> describe_table(member_list<M...>, std::string_view name,
                                                         const Parts&... parts) {
    table_descriptor<Uniques, M...> descriptor{name};
    std::size_t columns = 0;
    std::size_t uniques = 0;
    (add_part(descriptor, columns, uniques, parts), ...);
    return descriptor;
}

}  // namespace detail

// Describes a table: its name, its columns, and options such as unique_together() and schema{}, in
// any order. The result of T::koine_table(), or of mapping<T>::table() for a class that cannot be
// changed. What contradicts itself does not compile, at the first use of the class.
template <class... Parts>
constexpr auto table(std::string_view name, const Parts&... parts) {
    if constexpr ((detail::is_column_part<Parts> && ...)) {
        return table_descriptor<0, Parts::member...>{name, {}, {detail::options_of(parts)...}};
    } else {
        constexpr std::size_t uniques =
            (std::size_t{0} + ... + std::size_t{std::is_same_v<Parts, detail::unique_members>});
        return detail::describe_table<uniques>((detail::members_of(parts) + ...), name, parts...);
    }
}

// The description of T. Specialise it, with a member function `static constexpr auto table()`, for
// a class that you cannot give a koine_table().
template <class T>
struct mapping {};
template <class T>
requires requires {
    T::koine_table();
}
struct mapping<T> {
    static constexpr auto table() { return T::koine_table(); }
};

namespace detail {

// Whether a class has a table that the compiler can read. Some compilers cannot read any once they
// have found another error.
template <class T>
inline constexpr bool is_mapped = requires {
    typename std::bool_constant<(static_cast<void>(mapping<T>::table()), true)>;
};

// is_mapped, with words for what is not.
template <class T>
constexpr bool require_mapped() {
    constexpr bool of_object = requires(const T& object) {
        object.koine_table();
    };
    constexpr bool of_class = requires {
        mapping<T>::table();
    };
    static_assert(of_class || of_object,
                  "koine: this class has no koine_table() and no specialisation of koine::mapping");
    static_assert(of_class || !of_object, "koine: koine_table() has to be static");
    static_assert(is_mapped<T> || !of_class, "koine: koine_table() has to be constexpr (or see the error above)");
    return is_mapped<T>;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
