// Columns in expressions: as numbers of a table where the class is mapped, as members where it is a
// base that is not.
#pragma once

#include <cstddef>
#include <cstdint>

#include <koine/mapping/column.hpp>
#include <koine/mapping/entity.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Stands for a table in expressions about a base class that is not mapped; rebase() takes it away
// before a dialect can see it.
struct loose_member : table_info {
    std::uint64_t member;
};
template <auto M>
inline constexpr loose_member loose_member_of{{}, member_identity<M>};

template <auto M, class Entity>
void push_column(syntax::fragment& to) {
    if constexpr (is_mapped<Entity>) {
        constexpr std::uint16_t index = find_column<M, Entity>();
        static_assert(index != no_column, "koine: this member is not a column of the table of its class");
        to.push_table(syntax::op::column, &entity_data<Entity>::table, index);
    } else {
        to.push_table(syntax::op::column, &loose_member_of<M>, no_column);
    }
}

// The columns of a mapped class, or none.
struct class_columns {
    const table_info* table;
    const column_options* columns;
    std::size_t count;
    const char* class_name;
};

template <class T>
class_columns columns_of() {
    if constexpr (is_mapped<T>) {
        return {&table_of<T>(), descriptor_of<T>.columns, std::remove_cvref_t<decltype(descriptor_of<T>)>::count,
                class_name<T>.text};
    } else {
        return {nullptr, nullptr, 0, class_name<T>.text};
    }
}

KOINE_API syntax::fragment rebase_columns(const syntax::fragment& expression, const class_columns& to,
                                          const class_columns& from);
KOINE_API std::uint16_t column_of_member(const class_columns& columns, std::uint64_t member);

template <class To, class From>
syntax::fragment rebase(const syntax::fragment& expression) {
    return rebase_columns(expression, columns_of<To>(), columns_of<From>());
}

template <class Entity>
std::uint16_t column_of_member(std::uint64_t member) {
    return column_of_member(columns_of<Entity>(), member);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
