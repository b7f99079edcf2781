// A column as the database sees it: what DDL, the compiler and the unit of work need to know of it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace koine {
inline namespace v1 {

struct table_info;

// What a column holds. Dialects turn it into their own type names; each C++ type has exactly one.
#pragma GCC diagnostic push
// g++ takes enumerators of a scoped enumeration for shadows of koine::date
#pragma GCC diagnostic ignored "-Wshadow"
enum class sql_type : std::uint8_t {
    int16,
    int32,
    int64,
    boolean,
    float64,
    text,
    bytes,
    date,
    time,
    timestamp,
    instant,
    uuid,
    enumeration
};
#pragma GCC diagnostic pop

// What the database does to referring rows.
enum class referential_action : std::uint8_t { no_action, restrict, cascade, set_null };

// The column that a foreign key refers to.
struct column_reference {
    const table_info* table = nullptr;
    std::uint16_t column = 0;
};

// A column. Constant data of static lifetime when it describes a mapped class.
struct column_info {
    std::string_view name{};
    sql_type type = sql_type::int64;
    bool nullable = false;
    bool primary_key = false;
    // the database makes the value when none is given: the single integer key of a table
    bool generated = false;
    bool unique = false;
    bool version = false;               // counts changes of the row, for optimistic locking
    bool secret = false;                // never printed
    std::uint32_t length = 0;           // characters of text, bytes of bytes; 0: unlimited
    std::string_view server_default{};  // SQL text, empty: none
    column_reference (*references)() = nullptr;
    referential_action on_delete = referential_action::no_action;
    referential_action on_update = referential_action::no_action;
    std::span<const std::string_view> enumerators{};  // of an enumeration
};

}  // namespace v1
}  // namespace koine
