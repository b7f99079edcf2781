// Tables and hand-made statements for the dialects' tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include <koine/driver_abi.h>
#include <koine/schema/table_info.hpp>
#include <koine/sql/fragment.hpp>

namespace koine::test {

enum user_column : std::uint16_t { id, name, email, age, active };

inline constexpr column_info user_columns[] = {
    {.name = "id", .type = sql_type::int64, .primary_key = true, .generated = true},
    {.name = "name", .type = sql_type::text, .unique = true, .length = 50},
    {.name = "email", .type = sql_type::text, .nullable = true, .unique = true, .length = 120},
    {.name = "age", .type = sql_type::int32},
    {.name = "active", .type = sql_type::boolean},
};
inline constexpr std::uint16_t first_column[] = {0};
inline constexpr table_info users{.name = "users", .columns = user_columns, .primary_key = first_column};

// Every name here must be quoted somewhere.
inline constexpr column_info order_columns[] = {
    {.name = "Id", .type = sql_type::int32, .primary_key = true},
    {.name = "group", .type = sql_type::text},
    {.name = "a\"b", .type = sql_type::text},
};
inline constexpr table_info orders{
    .name = "order", .schema = "Shop", .columns = order_columns, .primary_key = first_column};

// Builds a fragment word by word, as operators would.
class words {
public:
    words() = default;
    explicit words(syntax::op head, const table_info& table = users) : table_{&table} {
        made_.push_table(head, &table);
    }

    words& column(std::uint16_t index) {
        made_.push_table(syntax::op::column, table_, index);
        return *this;
    }
    words& bind(std::uint8_t tag = KOINE_INT64) {
        made_.push_parameter(tag);
        return *this;
    }
    words& integer(std::uint32_t value) {
        made_.push(syntax::op::integer, 0, 0, value);
        return *this;
    }
    words& op(syntax::op kind, std::uint16_t index = 0) {
        made_.push(kind, index);
        return *this;
    }
    operator const syntax::fragment&() const { return made_; }

private:
    syntax::fragment made_{};
    const table_info* table_ = &users;
};

}  // namespace koine::test
