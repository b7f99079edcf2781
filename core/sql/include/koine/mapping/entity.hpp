// A mapped class as data: its table, and the handful of functions that core and the unit of work
// need for its objects.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <koine/mapping/layout.hpp>
#include <koine/mapping/table.hpp>
#include <koine/schema/entity_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

template <class T>
inline constexpr auto descriptor_of = mapping<T>::table();

template <class V>
koine_value bind_column(const V& value, bind_context& context) {
    if constexpr (binds_as_is<V>) {
        return type_traits<V>::bind(value, context);
    } else {
        return context.native_form(type_traits<V>::bind(value, context));
    }
}

// Views and pointers can be bound, but not read: a row would have to outlive its result.
template <class V>
inline constexpr bool is_readable = requires(const koine_value& cell, V& value) {
    type_traits<V>::read(cell, value);
};
template <class V>
bool read_member(const koine_value& cell, V& value) {
    if constexpr (is_readable<V>) return type_traits<V>::read(cell, value);
    return false;
}
template <class V>
bool read_column_if(bool wanted, const koine_value& cell, V& value) {
    return !wanted || read_member(cell, value);
}
template <class V>
void clear_column_if(bool wanted, V& value) {
    if (wanted) value = V{};
}

// The functions of entity_info. One instantiation of each a class.
template <class T, class Descriptor>
struct object_functions;

template <class T, std::size_t Uniques, auto... M>
struct object_functions<T, table_descriptor<Uniques, M...>> {
    static void construct(void* memory) { ::new (memory) T(); }
    static void copy_construct(void* memory, const void* from) { ::new (memory) T(*static_cast<const T*>(from)); }
    static void move_construct(void* memory, void* from) { ::new (memory) T(std::move(*static_cast<T*>(from))); }
    static void destroy(void* object) noexcept { static_cast<T*>(object)->~T(); }

    static bool read(const koine_value* cells, void* object) {
        T& target = *static_cast<T*>(object);
        return (read_member(*cells++, target.*M) && ...);
    }
    static bool read_column(std::uint16_t column, const koine_value& cell, void* object) {
        T& target = *static_cast<T*>(object);
        std::uint16_t i = 0;
        return (read_column_if(i++ == column, cell, target.*M) && ...);
    }
    static void bind(const void* object, bind_context& context, koine_value* out) {
        const T& source = *static_cast<const T*>(object);
        ((*out++ = bind_column(source.*M, context)), ...);
    }
    static void clear_column(std::uint16_t column, void* object) {
        T& target = *static_cast<T*>(object);
        std::uint16_t i = 0;
        (clear_column_if(i++ == column, target.*M), ...);
    }
    static void bind_default(bind_context& context, koine_value* out) {
        const T fresh{};
        bind(&fresh, context, out);
        keep_all(out, sizeof...(M), context);
    }

    static constexpr bool owns_all = (std::is_base_of_v<owner_t<M>, T> && ...);
    static constexpr bool reads_all = (is_readable<member_t<M>> && ...);
};

// Default visibility: two libraries of one program that map the same class share its identity.
template <class T>
struct KOINE_API entity_data {
    static constexpr const auto& descriptor = descriptor_of<T>;
    using descriptor_type = std::remove_cvref_t<decltype(descriptor)>;
    using functions = object_functions<T, descriptor_type>;
    static_assert(descriptor_type::count > 0, "koine: a table has at least one column");
    static_assert(descriptor_type::count < no_column, "koine: a table has at most 65534 columns");
    static_assert(functions::owns_all, "koine: table() names a column that is not a member of this class");
    static_assert(functions::reads_all,
                  "koine: a member that views its text (const char*, std::string_view) cannot be read from a row; use "
                  "std::string");
    static_assert(std::is_default_constructible_v<T>, "koine: a mapped class is default-constructible");
    static_assert(std::is_copy_constructible_v<T>, "koine: a mapped class is copyable");

    static constexpr auto layout = make_layout(descriptor);
    static_assert(!layout.broken.no_name, "koine: table() needs a name");
    static_assert(!layout.broken.column_without_name, "koine: a column needs a name; named{} is empty");
    static_assert(!layout.broken.member_twice, "koine: table() names the same column twice");
    static_assert(!layout.broken.name_twice, "koine: two columns of the table have the same name");
    static_assert(!layout.broken.nullable_key,
                  "koine: a primary key is never NULL; its member cannot be std::optional");
    static_assert(!layout.broken.misplaced_length, "koine: length belongs to text and bytes only");
    static_assert(!layout.broken.empty_length, "koine: length must be at least 1");
    static_assert(!layout.broken.two_versions, "koine: a table has at most one version column");
    static_assert(!layout.broken.misplaced_version,
                  "koine: a version column is an integer, not optional and not a key");
    static_assert(!layout.broken.misplaced_generated,
                  "koine: only a single integer primary key without server_default can be generated");
    static_assert(!layout.broken.misplaced_set_null,
                  "koine: set_null needs a column that can be NULL; make its member std::optional");
    static_assert(!layout.broken.foreign_unique, "koine: unique_together names a column that is not of this table");

    static constexpr auto uniques = make_uniques(descriptor, layout.unique_columns);
    static constexpr table_info table{descriptor.name,
                                      descriptor.schema,
                                      {layout.columns, descriptor_type::count},
                                      {layout.key, layout.key_count},
                                      {uniques.list, descriptor_type::unique_count}};

    static inline std::atomic<std::uint32_t> number{0};
    static constexpr entity_info info{&table,
                                      class_name<T>.text,
                                      sizeof(T),
                                      alignof(T),
                                      &functions::construct,
                                      &functions::copy_construct,
                                      &functions::move_construct,
                                      &functions::destroy,
                                      &functions::read,
                                      &functions::read_column,
                                      &functions::bind,
                                      &functions::clear_column,
                                      &functions::bind_default,
                                      &number};
};

// Never defined: stands where a static_assert has failed already.
const entity_info& no_class();

// The operations of a mapped class, which need not have a key: rows that are only read.
template <class T>
const entity_info& row_class_of() {
    if constexpr (require_mapped<T>()) {
        return entity_data<T>::info;
    } else {
        return no_class();
    }
}

// The table of a mapped class, with or without a key. Static lifetime; its address is its identity.
template <class T>
const table_info& table_of() {
    if constexpr (require_mapped<T>()) {
        return entity_data<T>::table;
    } else {
        return *no_class().table;
    }
}

// The operations of a mapped class whose objects have an identity. Static lifetime.
template <class T>
const entity_info& entity_of() {
    if constexpr (require_mapped<T>()) {
        static_assert(
            entity_data<T>::layout.key_count > 0,
            "koine: a class without a primary key cannot be an entity; mark a column with koine::primary_key");
        return entity_data<T>::info;
    } else {
        return no_class();
    }
}

// The number of a column in the table of Entity, or no_column.
template <auto M, class Entity>
constexpr std::uint16_t find_column() {
    return find_member(descriptor_of<Entity>.columns, std::remove_cvref_t<decltype(descriptor_of<Entity>)>::count,
                       member_identity<M>);
}

template <auto M, class Entity>
column_reference reference_to() {
    constexpr std::uint16_t column = find_column<M, Entity>();
    static_assert(column != no_column, "koine: a foreign key refers to a member that is not a column of its class");
    return {&table_of<Entity>(), column};
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
