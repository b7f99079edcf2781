// From the description of a class to the description of its table: rules, defaults and checks, all
// at compile time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <koine/mapping/options.hpp>
#include <koine/mapping/table.hpp>
#include <koine/schema/table_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// What the type of a member says of its column.
struct column_facts {
    sql_type type;
    bool nullable;
    std::span<const std::string_view> enumerators;
};

template <class T>
constexpr column_facts facts_of() {
    using traits = type_traits<stored_t<T>>;
    if constexpr (requires { traits::enumerators(); }) {
        return {traits::type, is_optional<T>, traits::enumerators()};
    } else {
        return {traits::type, is_optional<T>, {}};
    }
}

inline constexpr std::uint16_t no_column = 0xffff;

constexpr std::uint16_t find_member(const column_options* columns, std::size_t count, std::uint64_t member) {
    for (std::size_t i = 0; i < count; ++i) {
        if (columns[i].member == member) return static_cast<std::uint16_t>(i);
    }
    return no_column;
}

constexpr bool is_integer(sql_type type) {
    return type == sql_type::int16 || type == sql_type::int32 || type == sql_type::int64;
}

// The rules that a description can break.
struct broken_rules {
    bool no_name = false;
    bool column_without_name = false;
    bool member_twice = false;
    bool name_twice = false;
    bool nullable_key = false;
    bool misplaced_length = false;
    bool empty_length = false;
    bool two_versions = false;
    bool misplaced_version = false;
    bool misplaced_generated = false;
    bool misplaced_set_null = false;
    bool empty_default = false;
    bool foreign_unique = false;
};

constexpr broken_rules check_columns(std::string_view table, const column_options* columns, const column_facts* facts,
                                     std::size_t count) {
    broken_rules broken;
    broken.no_name = table.empty();
    std::size_t keys = 0;
    std::size_t versions = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const column_options& column = columns[i];
        const column_facts& fact = facts[i];
        if (column.primary_key) ++keys;
        if (column.version) ++versions;
        if (column.name.empty()) broken.column_without_name = true;
        if (column.primary_key && fact.nullable) broken.nullable_key = true;
        if (column.has_length && fact.type != sql_type::text && fact.type != sql_type::bytes)
            broken.misplaced_length = true;
        if (column.has_length && column.length == 0) broken.empty_length = true;
        if (column.version && (!is_integer(fact.type) || fact.nullable || column.primary_key))
            broken.misplaced_version = true;
        if (column.on_delete == referential_action::set_null && !fact.nullable) broken.misplaced_set_null = true;
        if (column.on_update == referential_action::set_null && !fact.nullable) broken.misplaced_set_null = true;
        for (std::size_t j = 0; j < i; ++j) {
            if (columns[j].member == column.member)
                broken.member_twice = true;
            else if (columns[j].name == column.name)
                broken.name_twice = true;
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (columns[i].generated != generation::always) continue;
        if (!columns[i].primary_key || keys != 1 || !is_integer(facts[i].type) || !columns[i].server_default.empty()) {
            broken.misplaced_generated = true;
        }
    }
    broken.two_versions = versions > 1;
    return broken;
}

template <std::size_t Columns, std::size_t Uniques>
struct table_layout {
    column_info columns[Columns]{};
    std::uint16_t key[Columns]{};
    std::size_t key_count = 0;
    std::uint16_t unique_columns[Uniques == 0 ? 1 : Uniques * max_unique_columns]{};
    broken_rules broken{};
};

constexpr void fill_columns(const column_options* columns, const column_facts* facts, std::size_t count,
                            column_info* out, std::uint16_t* key, std::size_t& key_count) {
    for (std::size_t i = 0; i < count; ++i) {
        if (columns[i].primary_key) key[key_count++] = static_cast<std::uint16_t>(i);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const column_options& from = columns[i];
        column_info& to = out[i];
        to.name = from.name;
        to.type = facts[i].type;
        to.nullable = facts[i].nullable;
        to.enumerators = facts[i].enumerators;
        to.primary_key = from.primary_key;
        to.unique = from.unique;
        to.version = from.version;
        to.secret = from.secret;
        to.length = from.length;
        to.server_default = from.server_default;
        to.references = from.references;
        to.on_delete = from.on_delete;
        to.on_update = from.on_update;
        const bool by_rule = from.primary_key && key_count == 1 && is_integer(facts[i].type) &&
                             from.server_default.empty() && !from.refers;
        to.generated = from.generated == generation::always || (from.generated == generation::by_rule && by_rule);
    }
}

template <std::size_t Uniques, auto... M>
constexpr auto make_layout(const table_descriptor<Uniques, M...>& descriptor) {
    constexpr std::size_t count = sizeof...(M);
    table_layout<count, Uniques> layout;
    const column_facts facts[count]{facts_of<member_t<M>>()...};
    layout.broken = check_columns(descriptor.name, descriptor.columns, facts, count);
    fill_columns(descriptor.columns, facts, count, layout.columns, layout.key, layout.key_count);
    for (std::size_t u = 0; u < Uniques; ++u) {
        for (std::size_t i = 0; i < descriptor.uniques[u].count; ++i) {
            const std::uint16_t column = find_member(descriptor.columns, count, descriptor.uniques[u].members[i]);
            if (column == no_column) layout.broken.foreign_unique = true;
            layout.unique_columns[u * max_unique_columns + i] = column;
        }
    }
    return layout;
}

template <std::size_t Uniques>
struct unique_list {
    unique_info list[Uniques == 0 ? 1 : Uniques]{};
};

template <std::size_t Uniques, auto... M>
constexpr unique_list<Uniques> make_uniques(const table_descriptor<Uniques, M...>& descriptor,
                                            const std::uint16_t* columns) {
    unique_list<Uniques> uniques;
    for (std::size_t u = 0; u < Uniques; ++u) {
        uniques.list[u] =
            unique_info{descriptor.uniques[u].name, {columns + u * max_unique_columns, descriptor.uniques[u].count}};
    }
    return uniques;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
