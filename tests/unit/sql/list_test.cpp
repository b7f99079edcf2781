// Lists of values, bound as one text where the database can take them apart, and the forms in which
// SQLite may hold a moment.
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <koine/dialects/mariadb.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/error.hpp>
#include <koine/types/value.hpp>

#include "shapes.hpp"

namespace koine::test {
namespace {

using syntax::op;

const dialects::sqlite sqlite;
const dialects::postgresql postgresql;
const dialects::mariadb mariadb;

koine_value text(std::string_view of, std::uint8_t tag = KOINE_TEXT) {
    return detail::content_value(of.data(), of.size(), tag);
}
koine_value number(std::int64_t of, std::uint8_t tag = KOINE_INT64) {
    return detail::integer_value(of, tag);
}

// A query with a condition around a list of `size` values of a tag.
syntax::fragment listed(std::uint16_t column, std::uint8_t tag, std::uint32_t size, op kind = op::in_list) {
    syntax::fragment out = words{op::select_entity}.column(column);
    for (std::uint32_t i = 0; i < 3; ++i) out.push_bind(tag == KOINE_TEXT ? text("x") : number(i, tag));
    out.fold_list(kind, 3, size);
    out.push(op::where);
    return out;
}

const std::string from = "SELECT id, name, email, age, active FROM users WHERE ";

TEST(list, is_one_parameter_where_the_database_can_take_it_apart) {
    const auto on_postgresql = postgresql.compile(listed(age, KOINE_INT64, 16));
    EXPECT_EQ(on_postgresql.text, from + "(age = ANY ($1) AND (TRUE OR age = $2))");
    EXPECT_EQ(on_postgresql.order, (std::vector<std::uint32_t>{0, 0}));
    ASSERT_EQ(on_postgresql.lists.size(), 1U);
    EXPECT_EQ(on_postgresql.lists[0].placeholder, 0U);
    EXPECT_EQ(on_postgresql.lists[0].first, 0U);
    EXPECT_EQ(on_postgresql.lists[0].count, 16U);
    EXPECT_EQ(on_postgresql.values, 16U);
    EXPECT_EQ(postgresql.compile(listed(age, KOINE_INT64, 16, op::not_in_list)).text,
              from + "(age <> ALL ($1) AND (TRUE OR age = $2))");

    const auto on_sqlite = sqlite.compile(listed(name, KOINE_TEXT, 32));
    EXPECT_EQ(on_sqlite.text, from + "name IN (SELECT value FROM json_each(?1))");
    EXPECT_EQ(on_sqlite.order, (std::vector<std::uint32_t>{0}));
    EXPECT_EQ(sqlite.compile(listed(name, KOINE_TEXT, 32, op::not_in_list)).text,
              from + "name NOT IN (SELECT value FROM json_each(?1))");

    const auto on_mariadb = mariadb.compile(listed(age, KOINE_INT64, 4));
    EXPECT_EQ(on_mariadb.text, from + "age IN (?, ?, ?, ?)");
    EXPECT_TRUE(on_mariadb.lists.empty());
    EXPECT_TRUE(on_mariadb.order.empty());
    // Numbered placeholders are looked for among all before them.
    EXPECT_EQ(sqlite.compile(listed(age, KOINE_FLOAT64, 4)).text, from + "age IN (?, ?, ?, ?)");
    EXPECT_EQ(sqlite.compile(listed(age, KOINE_BLOB, 4, op::not_in_list)).text, from + "age NOT IN (?, ?, ?, ?)");
}

TEST(list, leaves_the_places_of_other_values_to_them) {
    syntax::fragment mixed = words{op::select_entity}.column(id).bind().op(op::gt).op(op::where);
    mixed.append(syntax::fragment{});
    syntax::fragment list;
    list.push_table(op::column, &users, age);
    for (std::int64_t i = 0; i < 9; ++i) list.push_bind(number(i));
    list.fold_list(op::in_list, 9, 16);
    mixed.append(list);
    mixed.push(op::where);
    mixed.push_parameter(KOINE_INT64);
    mixed.push(op::limit);
    const auto on_postgresql = postgresql.compile(mixed);
    EXPECT_EQ(on_postgresql.text, from + "id > $1 AND (age = ANY ($2) AND (TRUE OR age = $3)) LIMIT $4");
    EXPECT_EQ(on_postgresql.order, (std::vector<std::uint32_t>{0, 1, 1, 17}));
    EXPECT_EQ(on_postgresql.values, 18U);
    const auto on_sqlite = sqlite.compile(mixed);
    EXPECT_EQ(on_sqlite.text, from + "id > ?1 AND age IN (SELECT value FROM json_each(?2)) LIMIT ?3");
    EXPECT_EQ(on_sqlite.order, (std::vector<std::uint32_t>{0, 1, 17}));
}

TEST(list, of_more_values_than_a_statement_takes_is_refused_where_each_has_a_placeholder) {
    const auto large = listed(age, KOINE_INT64, 131'072);
    EXPECT_NO_THROW(static_cast<void>(postgresql.compile(large)));
    EXPECT_NO_THROW(static_cast<void>(sqlite.compile(large)));
    try {
        static_cast<void>(mariadb.compile(large));
        FAIL();
    } catch (const usage_error& why) {
        EXPECT_EQ(why.code(), errc::not_supported);
    }
    EXPECT_THROW(static_cast<void>(mariadb.list_text({})), usage_error);
}

TEST(list, is_an_array_on_postgresql) {
    const auto array = [](std::vector<koine_value> values) { return postgresql.list_text(values); };
    EXPECT_EQ(array({number(1), number(std::numeric_limits<std::int64_t>::min())}), "{1,-9223372036854775808}");
    EXPECT_EQ(array({detail::float_value(0.1), detail::float_value(-0.0), detail::float_value(1e300)}),
              "{0.1,-0,1e+300}");
    EXPECT_EQ(array({text(""), text("NULL"), text("a\"b\\c,{d}")}), R"({"","NULL","a\"b\\c,{d}"})");
    EXPECT_EQ(array({number(1, KOINE_BOOL), number(0, KOINE_BOOL)}), "{true,false}");
    EXPECT_EQ(array({text(std::string_view{"\0\xff", 2}, KOINE_BLOB)}), R"({"\\x00ff"})");
    EXPECT_EQ(array({number(0, KOINE_DATE), number(-719'528, KOINE_DATE), number(2'932'897, KOINE_DATE)}),
              R"({"1970-01-01","0001-01-01 BC","10000-01-01"})");
    EXPECT_EQ(array({number(-719'529, KOINE_DATE), number(std::numeric_limits<std::int64_t>::max(), KOINE_DATE)}),
              R"({"0002-12-31 BC","infinity"})");
    EXPECT_EQ(array({number(86'400'000'000, KOINE_TIME)}), R"({"24:00:00.000000"})");
    EXPECT_EQ(array({number(1, KOINE_TIMESTAMP), number(1, KOINE_INSTANT)}),
              R"({"1970-01-01 00:00:00.000001","1970-01-01 00:00:00.000001Z"})");
    EXPECT_EQ(array({text("0123456789abcdef", KOINE_UUID)}), "{30313233-3435-3637-3839-616263646566}");
    EXPECT_THROW(array({number(std::numeric_limits<std::int64_t>::max() - 1, KOINE_DATE)}), error);
}

TEST(list, is_json_on_sqlite) {
    const auto json = [](std::vector<koine_value> values) { return sqlite.list_text(values); };
    EXPECT_EQ(json({number(1), number(std::numeric_limits<std::int64_t>::max())}), "[1,9223372036854775807]");
    EXPECT_EQ(json({text(""), text("a\"b\\c"), text("\x01\n\x7f\xc3\xa4")}),
              "[\"\",\"a\\\"b\\\\c\",\"\\u0001\\u000a\x7f\xc3\xa4\"]");
}

// ---- Moments ----

enum moment_column : std::uint16_t { local, other_local, point, hour };

constexpr column_info moment_columns[] = {{.name = "local", .type = sql_type::timestamp, .primary_key = true},
                                          {.name = "other", .type = sql_type::timestamp},
                                          {.name = "point", .type = sql_type::instant},
                                          {.name = "hour", .type = sql_type::time}};
constexpr table_info moments{.name = "moments", .columns = moment_columns, .primary_key = first_column};

std::string where(const dialect& on, const words& statement) {
    const std::string text = on.compile(statement).text;
    return text.substr(text.find("WHERE ") + 6);
}

TEST(moment, is_compared_in_all_forms_that_sqlite_may_hold) {
    const auto compared = [](std::uint16_t column, std::uint8_t tag, op kind) {
        return where(sqlite, words{op::select_entity, moments}.column(column).bind(tag).op(kind).op(op::where));
    };
    const std::string first = "rtrim(rtrim(?1, '0'), '.')";
    EXPECT_EQ(compared(local, KOINE_TIMESTAMP, op::eq), "local BETWEEN " + first + " AND ?1");
    EXPECT_EQ(compared(local, KOINE_TIMESTAMP, op::ne), "local NOT BETWEEN " + first + " AND ?1");
    EXPECT_EQ(compared(local, KOINE_TIMESTAMP, op::lt), "local < " + first);
    EXPECT_EQ(compared(local, KOINE_TIMESTAMP, op::ge), "local >= " + first);
    EXPECT_EQ(compared(local, KOINE_TIMESTAMP, op::le), "local <= ?1");
    EXPECT_EQ(compared(local, KOINE_TIMESTAMP, op::gt), "local > ?1");
    EXPECT_EQ(compared(point, KOINE_INSTANT, op::ge), "point >= rtrim(rtrim(rtrim(?1, 'Z'), '0'), '.')");
    EXPECT_EQ(compared(hour, KOINE_TIME, op::lt), "hour < " + first);
    // What is bound as something else is compared as it is.
    EXPECT_EQ(compared(local, KOINE_TEXT, op::eq), "local = ?1");
}

TEST(moment, is_compared_as_it_is_elsewhere) {
    const auto equal = words{op::select_entity, moments}.column(local).bind(KOINE_TIMESTAMP).op(op::eq).op(op::where);
    EXPECT_EQ(where(postgresql, equal), "local = $1");
    EXPECT_EQ(where(mariadb, equal), "local = ?");
}

TEST(moment, is_looked_for_in_ranges_and_lists_in_all_forms) {
    const auto range = words{op::select_entity, moments}.column(local).bind(KOINE_TIMESTAMP).bind(KOINE_TIMESTAMP);
    EXPECT_EQ(where(sqlite, words{range}.op(op::between).op(op::where)),
              "local BETWEEN rtrim(rtrim(?1, '0'), '.') AND ?2");
    EXPECT_EQ(where(sqlite, words{range}.op(op::in, 2).op(op::where)),
              "(local BETWEEN rtrim(rtrim(?1, '0'), '.') AND ?1 OR local BETWEEN rtrim(rtrim(?2, '0'), '.') AND ?2)");
    EXPECT_EQ(where(sqlite, words{range}.op(op::not_in, 2).op(op::where)),
              "(local NOT BETWEEN rtrim(rtrim(?1, '0'), '.') AND ?1 AND local NOT BETWEEN rtrim(rtrim(?2, '0'), '.') "
              "AND ?2)");
    EXPECT_EQ(
        where(sqlite, words{op::select_entity, moments}.column(local).column(other_local).op(op::lt).op(op::where)),
        "rtrim(rtrim(local, '0'), '.') < rtrim(rtrim(other, '0'), '.')");
}

}  // namespace
}  // namespace koine::test
