// C++ enumerations as columns, stored by the names of their enumerators.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <koine/types/type_traits.hpp>

namespace koine {
inline namespace v1 {

// The values among which enumerators are looked for. Specialise it for an enumeration with values
// outside of 0 .. 63; at most 1024 values are looked at.
template <class E>
struct enum_range {
    static constexpr int min = 0;
    static constexpr int max = 63;
};

namespace detail {

constexpr bool is_identifier(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// The enumerator at the end of "x::red"; empty for "(x)1", which is how compilers print a value
// without one.
constexpr std::string_view enumerator_name(std::string_view element) {
    std::size_t begin = element.size();
    while (begin != 0 && is_identifier(element[begin - 1])) --begin;
    if (begin == element.size() || (element[begin] >= '0' && element[begin] <= '9')) return {};
    if (begin != 0 && element[begin - 1] != ':') return {};
    return element.substr(begin);
}

// Cuts the signature of a function over a pack of values into the names of `count` values; answers
// how many have one. g++ ends it in "{x::red, (x)1}]", clang in "<x::red, (x)1>]".
constexpr std::size_t split_enumerators(std::string_view signature, std::string_view* names, std::size_t count) {
    const bool braces = signature[signature.size() - 2] == '}';
    std::size_t at = signature.rfind(braces ? " = {" : ", V = <") + (braces ? 4 : 7);
    const std::size_t end = signature.size() - 2;
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) {
        int depth = 0;
        std::size_t stop = at;
        for (; stop < end; ++stop) {
            const char c = signature[stop];
            if (c == '\'') {  // a character, as values of enumerations over char are printed
                stop += signature[stop + 1] == '\\' ? 2 : 1;
                while (signature[stop + 1] != '\'') ++stop;
                ++stop;
            } else if (c == '<' || c == '(' || c == '{') {
                ++depth;
            } else if (c == '>' || c == ')' || c == '}') {
                --depth;
            } else if (c == ',' && depth == 0) {
                break;
            }
        }
        names[i] = enumerator_name(signature.substr(at, stop - at));
        if (!names[i].empty()) ++found;
        at = stop + 2;
    }
    return found;
}

template <class E, E... V>
constexpr auto enumerators_signature() {
    return std::string_view{__PRETTY_FUNCTION__, sizeof __PRETTY_FUNCTION__ - 1};
}

template <std::size_t N>
struct enumerator_table {
    std::string_view by_value[N]{};  // from enum_range::min on; empty: no enumerator
    std::string_view all[N]{};       // those that exist, by value
    std::size_t found = 0;
};

template <class E, std::size_t... I>
constexpr auto make_enumerator_table(std::index_sequence<I...>) {
    enumerator_table<sizeof...(I)> table;
    split_enumerators(enumerators_signature<E, static_cast<E>(enum_range<E>::min + static_cast<int>(I))...>(),
                      table.by_value, sizeof...(I));
    for (const std::string_view name : table.by_value) {
        if (!name.empty()) table.all[table.found++] = name;
    }
    return table;
}

template <class E>
inline constexpr std::size_t enum_span = static_cast<std::size_t>(enum_range<E>::max - enum_range<E>::min + 1);
template <class E>
inline constexpr auto enumerators_of = make_enumerator_table<E>(std::make_index_sequence<enum_span<E>>{});

// The number of the name, or -1. Out of line: enumerations are short and their code is not hot.
KOINE_API int find_enumerator(const koine_value& cell, const std::string_view* by_value, std::size_t count) noexcept;
// The text of the number-th name; complains to the context if there is none.
KOINE_API koine_value enumerator_value(long long number, const std::string_view* by_value, std::size_t count,
                                       bind_context& context) noexcept;

template <class E>
inline constexpr bool has_fixed_type = requires {
    E{0};
};
template <class E>
inline constexpr bool can_be_named =
    has_fixed_type<E>&& enum_range<E>::max >= enum_range<E>::min&& enum_range<E>::max - enum_range<E>::min < 1024;

template <class E>
struct enumeration_traits {
    static_assert(enumerators_of<E>.found > 0,
                  "koine: no enumerator found between enum_range<E>::min and max; specialise koine::enum_range for "
                  "this enumeration");
    static constexpr sql_type type = sql_type::enumeration;

    // The names, by value. Static lifetime.
    static constexpr std::span<const std::string_view> enumerators() noexcept {
        return {enumerators_of<E>.all, enumerators_of<E>.found};
    }
    static koine_value bind(const E& value, bind_context& context) noexcept {
        return enumerator_value(static_cast<long long>(value) - enum_range<E>::min, enumerators_of<E>.by_value,
                                enum_span<E>, context);
    }
    static bool read(const koine_value& cell, E& value) noexcept {
        const int number = find_enumerator(cell, enumerators_of<E>.by_value, enum_span<E>);
        if (number < 0) return false;
        value = static_cast<E>(enum_range<E>::min + number);
        return true;
    }
};

}  // namespace detail

// Enumerations: text, the name of the enumerator. Unknown names are not read, values without an
// enumerator are not bound.
template <class E>
requires std::is_enum_v<E>
struct type_traits<E>
    : std::conditional_t<detail::can_be_named<E>, detail::enumeration_traits<E>, detail::unstorable<E>> {
    static_assert(detail::has_fixed_type<E>,
                  "koine: give the enumeration an underlying type (enum color : int), so that its names can be found");
    static_assert(!detail::has_fixed_type<E> || detail::can_be_named<E>,
                  "koine: enum_range<E> must span 1 to 1024 values");
};

}  // namespace v1
}  // namespace koine
