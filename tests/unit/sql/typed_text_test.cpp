// Where PostgreSQL is told the type of a value in a text by hand, and where its surroundings are
// left to tell it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/types/value.hpp>

namespace koine::test {
namespace {

const dialects::postgresql postgresql;

const koine_value whole = detail::integer_value(1);
const koine_value real = detail::float_value(0.5);
const koine_value text = detail::content_value("x", 1, KOINE_TEXT);
const koine_value day = detail::integer_value(1, KOINE_DATE);
const koine_value null = detail::null_value();

std::string typed(std::string_view of, std::vector<koine_value> values) {
    return postgresql.typed_text(of, values).text;
}

TEST(typed_text, casts_what_is_selected_alone) {
    EXPECT_EQ(typed("select $1", {whole}), "select CAST($1 AS bigint)");
    EXPECT_EQ(typed("select $1, $2 as b, $3 c from t", {whole, real, day}),
              "select CAST($1 AS bigint), CAST($2 AS double precision) as b, CAST($3 AS date) c from t");
    EXPECT_EQ(typed("select (select $1) from t", {whole}), "select (select CAST($1 AS bigint)) from t");
    EXPECT_EQ(typed("insert into t (a) values ($1) returning $2", {whole, whole}),
              "insert into t (a) values ($1) returning CAST($2 AS bigint)");
    EXPECT_EQ(typed("select $1 /* c */, '$2' -- from", {whole}), "select CAST($1 AS bigint) /* c */, '$2' -- from");
}

TEST(typed_text, casts_values_among_values) {
    EXPECT_EQ(typed("select $1 + $2", {whole, real}), "select CAST($1 AS bigint) + CAST($2 AS double precision)");
    EXPECT_EQ(typed("select * from t where a > $1 - $2", {whole, whole}),
              "select * from t where a > CAST($1 AS bigint) - CAST($2 AS bigint)");
    EXPECT_EQ(typed("select * from t where $1 = $2", {whole, whole}),
              "select * from t where CAST($1 AS bigint) = CAST($2 AS bigint)");
    EXPECT_EQ(typed("select 1 where $1 * 2 > 0.5 * $1", {real}),
              "select 1 where CAST($1 AS double precision) * 2 > 0.5 * CAST($1 AS double precision)");
    EXPECT_EQ(typed("select 1 where $1 > 0 and 5 <> $1", {whole}),
              "select 1 where CAST($1 AS bigint) > 0 and 5 <> CAST($1 AS bigint)");
    EXPECT_EQ(typed("select 1 where $1 in (1, 2)", {whole}), "select 1 where CAST($1 AS bigint) in (1, 2)");
    EXPECT_EQ(typed("select * from t where a > -$1", {whole}), "select * from t where a > -CAST($1 AS bigint)");
    EXPECT_EQ(typed("select * from t where at > $1 - interval '1 day'", {day}),
              "select * from t where at > CAST($1 AS date) - interval '1 day'");
    EXPECT_EQ(typed("select * from t where $1 between $2 and $3", {whole, whole, whole}),
              "select * from t where CAST($1 AS bigint) between $2 and $3");
    EXPECT_EQ(typed("select * from t where $1 not in ($2, $3)", {whole, whole, whole}),
              "select * from t where CAST($1 AS bigint) not in ($2, $3)");
}

// The other place keeps the column's type: a value that stands at both is bound twice.
TEST(typed_text, casts_what_is_tested_for_null) {
    const auto made =
        postgresql.typed_text("select * from t where ($1 is null or c = $1) and d = $2", std::vector{text, whole});
    EXPECT_EQ(made.text, "select * from t where (CAST($1 AS text) is null or c = $2) and d = $3");
    EXPECT_EQ(made.order, (std::vector<std::uint32_t>{0, 0, 1}));
    EXPECT_EQ(typed("select 1 where $1 is not null", {null}), "select 1 where CAST($1 AS text) is not null");
    EXPECT_EQ(typed("select 1 where $1 ISNULL", {day}), "select 1 where CAST($1 AS date) ISNULL");
}

TEST(typed_text, casts_arguments_of_functions_that_take_anything) {
    EXPECT_EQ(typed("select concat($1, a, $2)", {whole, text}),
              "select concat(CAST($1 AS bigint), a, CAST($2 AS text))");
    EXPECT_EQ(typed("select json_build_object('n', $1)", {null}), "select json_build_object('n', CAST($1 AS text))");
}

TEST(typed_text, leaves_to_its_surroundings_what_they_tell) {
    for (const char* const known : {"select * from t where a = $1",
                                    "select a + $1 from t",
                                    "select * from t where a between $1 and $2",
                                    "select * from t where a in ($1, $2)",
                                    "insert into t (a, b) values ($1, $2)",
                                    "insert into t (a) select $1",
                                    "insert into t (a, b) select $1, x from u",
                                    "update t set a = $1 where b = $2",
                                    "select * from t limit $1 offset $2",
                                    "select coalesce(a, $1) from t",
                                    "select $1::int",
                                    "select left(a, $1 + 1)",
                                    "select cast($1 as int)",
                                    "select substring(a from $1)",
                                    "select a from t union select $1",
                                    "select * from t where a + $1 + $2 > 0",
                                    "select * from t where a = $1 is null",
                                    "select f($1, $2)",
                                    "select a from t order by a fetch first $1 rows only",
                                    "select * from t where $1 > a",
                                    "select '$1', \"$1\""})
        EXPECT_EQ(typed(known, {whole, whole}), "") << known;
    // What the server takes for text is one.
    EXPECT_EQ(typed("select $1, $1 || $2", {text, text}), "");
    EXPECT_EQ(typed("select $1", {null}), "");
    EXPECT_EQ(typed("", {}), "");
    EXPECT_FALSE(dialects::sqlite{}.features().types_by_context);
}

}  // namespace
}  // namespace koine::test
