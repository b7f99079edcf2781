// Named values in hand-written SQL, and every place where a colon is something else.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <koine/dialects/ansi.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/error.hpp>
#include <koine/sql/text.hpp>
#include <koine/types/text.hpp>

namespace koine::test {
namespace {

const dialects::sqlite on_sqlite;
const dialects::postgresql on_postgresql;
const dialects::ansi on_ansi;

std::string rendered(const text_statement& statement) {
    return statement.render(on_postgresql);
}

// One value, called x.
std::string with_x(std::string text) {
    return rendered(sql(unsafe_sql(std::move(text)), {{"x", 1}}));
}
std::string without(std::string text) {
    return rendered(sql(unsafe_sql(std::move(text))));
}

TEST(sql_text, comes_from_literals_or_from_those_who_say_that_it_is_unsafe) {
    static_assert(std::is_constructible_v<sql_text, const char(&)[3]>);
    static_assert(!std::is_constructible_v<sql_text, char(&)[3]>);
    static_assert(!std::is_constructible_v<sql_text, const char*>);
    static_assert(!std::is_constructible_v<sql_text, std::string>);
    static_assert(!std::is_constructible_v<sql_text, std::string_view>);
    EXPECT_EQ(unsafe_sql(std::string{"select 1"}).text(), "select 1");
}

TEST(sql, puts_placeholders_where_names_stand) {
    const auto statement = sql("select * from users where name = :name and age>:age", {{"age", 30}, {"name", "admin"}});
    EXPECT_EQ(statement.render(on_sqlite), "select * from users where name = ?1 and age>?2");
    EXPECT_EQ(statement.render(on_postgresql), "select * from users where name = $1 and age>$2");
    EXPECT_EQ(statement.render(on_ansi), "select * from users where name = ? and age>?");
    koine_value values[2];
    bind_context context;
    statement.values(on_postgresql, context, values);
    EXPECT_EQ(std::string(static_cast<const char*>(values[0].u.p), values[0].len), "admin");
    EXPECT_EQ(values[1].u.i, 30);
}

TEST(sql, binds_a_repeated_name_once_where_placeholders_have_numbers) {
    const auto statement = sql("select :a, :b, :a", {{"a", 1}, {"b", 2}});
    EXPECT_EQ(statement.render(on_sqlite), "select ?1, ?2, ?1");
    EXPECT_EQ(statement.value_count(on_sqlite), 2U);
    EXPECT_EQ(statement.render(on_ansi), "select ?, ?, ?");
    ASSERT_EQ(statement.value_count(on_ansi), 3U);
    koine_value values[3];
    bind_context context;
    statement.values(on_ansi, context, values);
    EXPECT_EQ(values[0].u.i, 1);
    EXPECT_EQ(values[1].u.i, 2);
    EXPECT_EQ(values[2].u.i, 1);
}

TEST(sql, takes_values_of_every_type) {
    auto statement = sql("values (:i, :b, :d, :s, :n, :none, :bytes, :v)",
                         {{"i", std::int16_t{-3}},
                          {"b", true},
                          {"d", 0.5},
                          {"s", std::string(300, 'x')},
                          {"n", std::nullopt},
                          {"none", std::optional<std::string>{}},
                          {"bytes", std::vector<std::byte>{std::byte{0}, std::byte{1}}},
                          {"v", std::string_view{}}});
    const auto copy = statement;
    const auto moved = std::move(statement);
    for (const auto* of : {&copy, &moved}) {
        koine_value values[8];
        bind_context context;
        of->values(on_sqlite, context, values);
        EXPECT_EQ(values[0].u.i, -3);
        EXPECT_EQ(values[1].tag, KOINE_BOOL);
        EXPECT_EQ(values[2].u.f, 0.5);
        EXPECT_EQ(std::string(static_cast<const char*>(values[3].u.p), values[3].len), std::string(300, 'x'));
        EXPECT_EQ(values[4].tag, KOINE_NULL);
        EXPECT_EQ(values[5].tag, KOINE_NULL);
        EXPECT_EQ(values[6].tag, KOINE_BLOB);
        EXPECT_EQ(values[6].len, 2U);
        EXPECT_EQ(values[7].tag, KOINE_TEXT);
        EXPECT_EQ(values[7].len, 0U);
        EXPECT_NE(values[7].u.p, nullptr);
    }
}

TEST(sql, refuses_values_that_cannot_be_stored) {
    EXPECT_THROW(sql("select :x", {{"x", std::string{"\xff"}}}), usage_error);
    EXPECT_THROW(sql("select :x", {{"x", std::string(1, '\0')}}), usage_error);
}

TEST(sql, finds_names_next_to_anything) {
    EXPECT_EQ(with_x(":x"), "$1");
    EXPECT_EQ(with_x("(:x)"), "($1)");
    EXPECT_EQ(with_x("a=:x;"), "a=$1;");
    EXPECT_EQ(with_x("limit:x"), "limit $1");  // "limit$1" would be one word
    EXPECT_EQ(with_x("1:x"), "1 $1");
    EXPECT_EQ(with_x(":x::text"), "$1::text");
    EXPECT_EQ(with_x("a::text || :x"), "a::text || $1");
    EXPECT_EQ(with_x("a[:x:2]"), "a[$1:2]");
    EXPECT_EQ(with_x("a->>:x"), "a->>$1");
    EXPECT_EQ(with_x("a ? 'k' and b ?| c and d ?& :x"), "a ? 'k' and b ?| c and d ?& $1");
    EXPECT_EQ(with_x("a @> :x and b <@ c"), "a @> $1 and b <@ c");
    EXPECT_EQ(with_x("3 - - :x / 2 * 1"), "3 - - $1 / 2 * 1");
    EXPECT_EQ(with_x("'a':x'b'"), "'a'$1'b'");
    EXPECT_EQ(with_x("--\n:x"), "--\n$1");
    EXPECT_EQ(with_x("/**/:x/**/"), "/**/$1/**/");
    EXPECT_EQ(with_x("\xc3\xa4 :x"), "\xc3\xa4 $1");
    EXPECT_EQ(with_x("\xc3\xa4:x"), "\xc3\xa4 $1");
}

TEST(sql, leaves_alone_what_only_looks_like_a_name) {
    const char* const texts[] = {
        "select ':y'",
        "select ''':y'",
        "select 'a'':y'",
        "select '--', ':y'",
        "select '\\', ':y'",
        "select '/*', ':y' /* */",
        "select \":y\"",
        "select \"a\"\":y\"",
        "select `:y`",
        "select `a``:y`",
        "select \"'\", ':y'",
        "select 1 -- :y",
        "select 1 -- ' :y\n",
        "select 1 -- \xe2\x80\xa8 :y",
        "select 1 --\r\n",
        "select /* :y */ 1",
        "select /* /* :y */ :y */ 1",
        "select /* ' */ 1 /* :y ' */",
        "select /*/ :y */ 1",
        "select /***:y***/ 1",
        "select /* -- */ 1",
        "select E'\\':y'",
        "select e'\\\\\\':y'",
        "select E'a'':y'",
        "select E'\\'' , ':y'",
        "select E'a'\n'\\':y'",
        "select E'a' -- c'\n  '\\':y'",
        "select E'a'\r\n\t'\\':y'",
        "select U&'\\0061:y'",
        "select n':y'",
        "select x'41' ':y'",
        "select $$:y$$",
        "select $$ ' $$, ':y'",
        "select $a$ $$ :y $b$ $a$",
        "select $a$ $a :y $a$",
        "select $\xc3\xa4$:y$\xc3\xa4$",
        "select $$:y$a$:y$$",
        "select 1::y",
        "select a::y::z",
        "f(a := 1)",
        "a[1:2]",
        "a[b : c]",
        "a::: 1",
        "select ':' , ':'",
        ":",
        "::",
        ":::",
        "a:",
        "$",
        "a $ b",
        "select name$tag$ , 1",
        "select fee'\\' , 1 from ':y'",
        "select '\xf0\x9f\x92\xa3:y'",
        "",
    };
    for (const auto* text : texts) {
        SCOPED_TRACE(text);
        EXPECT_EQ(without(text), text);
    }
}

TEST(sql, finds_names_behind_what_ended) {
    const std::pair<const char*, const char*> texts[] = {
        {"'' :x", "'' $1"},
        {"'\\' :x", "'\\' $1"},
        {"'a''' :x", "'a''' $1"},
        {"E'\\\\' :x", "E'\\\\' $1"},
        {"E'' '\\' :x", "E'' '\\' $1"},
        {"fee'\\' :x", "fee'\\' $1"},
        {"_e'\\' :x", "_e'\\' $1"},
        {"/* /* */ */ :x", "/* /* */ */ $1"},
        {"$$ $$ :x", "$$ $$ $1"},
        {"a$$ :x", "a$$ $1"},
        {"$a$ $$ $a$:x", "$a$ $$ $a$ $1"},
        {"-- \n :x", "-- \n $1"},
        {"- -:x", "- -$1"},
        {"\"a\"\"\":x", "\"a\"\"\"$1"},
        {"/ *:x", "/ *$1"},
        {"':y' = :x and 1 = 1 -- :z", "':y' = $1 and 1 = 1 -- :z"},
    };
    for (const auto& [text, expected] : texts) {
        SCOPED_TRACE(text);
        EXPECT_EQ(with_x(text), expected);
    }
}

std::uint32_t position_of(std::string text) {
    try {
        static_cast<void>(sql(unsafe_sql(std::move(text)), {{"x", 1}}));
    } catch (const usage_error& e) {
        EXPECT_EQ(e.code(), errc::usage);
        return e.info().position;
    }
    return 0;
}

TEST(sql, says_where_something_is_left_open) {
    EXPECT_EQ(position_of("select :x, 'a"), 12U);
    EXPECT_EQ(position_of("select \xc3\xa4, 'a''"), 11U);
    EXPECT_EQ(position_of("'"), 1U);
    EXPECT_EQ(position_of(":x \""), 4U);
    EXPECT_EQ(position_of(":x `"), 4U);
    EXPECT_EQ(position_of(":x /* /* */"), 4U);
    EXPECT_EQ(position_of(":x /*/"), 4U);
    EXPECT_EQ(position_of(":x $$ $"), 4U);
    EXPECT_EQ(position_of(":x $a$ $b$ $A$"), 4U);
    EXPECT_EQ(position_of(":x E'\\'"), 5U);
    EXPECT_EQ(position_of(":x E'\\"), 5U);
    EXPECT_EQ(position_of(":x E'a'\n'\\'"), 5U);
    EXPECT_EQ(position_of(":x -- a\rb"), 8U);
}

TEST(sql, refuses_other_placeholders) {
    for (const char* text : {"select $1, :x", "select ?1, :x", "select $name, :x", "select :x\xc3\xa4", "select :x$"})
        EXPECT_NE(position_of(text), 0U) << text;
}

TEST(sql, refuses_what_is_no_text) {
    EXPECT_THROW(sql("select \0 1"), usage_error);
    EXPECT_THROW(sql("select '\xff'"), usage_error);
    EXPECT_THROW(sql("select '\xc0\xa7'"), usage_error);
}

TEST(sql, wants_exactly_the_names_of_the_text) {
    const auto message = [](auto make) -> std::string {
        try {
            static_cast<void>(make());
        } catch (const usage_error& e) {
            return e.info().message;
        }
        return "accepted";
    };
    EXPECT_EQ(message([] {
                  return sql("select :id, :name", {{"id", 1}});
              }),
              "SQL text: no value is given for :name (the text has :id, :name; given are :id)");
    EXPECT_EQ(message([] {
                  return sql("select :id", {{"id", 1}, {"nmae", 2}});
              }),
              "SQL text: nothing is called :nmae (the text has :id; given are :id, :nmae)");
    EXPECT_EQ(message([] {
                  return sql("select :id", {{"id", 1}, {"id", 2}});
              }),
              "SQL text: two values are given for :id (the text has :id; given are :id, :id)");
    EXPECT_EQ(message([] {
                  return sql("select 1", {{"id", 1}});
              }),
              "SQL text: nothing is called :id (the text has none; given are :id)");
    EXPECT_EQ(message([] {
                  return sql("select :Id", {{"id", 1}});
              }),
              "SQL text: no value is given for :Id (the text has :Id; given are :id)");
}

TEST(sql, never_shows_values_in_messages) {
    try {
        static_cast<void>(sql("select :a", {{"b", "secret"}}));
        FAIL();
    } catch (const usage_error& e) {
        EXPECT_EQ(std::string{e.what()}.find("secret"), std::string::npos);
    }
}

}  // namespace
}  // namespace koine::test
