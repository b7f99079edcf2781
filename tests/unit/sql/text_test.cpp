// Named values in hand-written SQL, and every place where a colon is something else.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <koine/dialects/ansi.hpp>
#include <koine/dialects/mysql.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/error.hpp>
#include <koine/sql/text.hpp>
#include <koine/types/text.hpp>

namespace koine::test {
namespace {

const dialects::sqlite on_sqlite;
const dialects::postgresql on_postgresql;
const dialects::mysql on_mysql;
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

std::uint32_t position_of(std::string text, const dialect& on = on_postgresql) {
    try {
        static_cast<void>(sql(unsafe_sql(std::move(text)), {{"x", 1}}).render(on));
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
    EXPECT_EQ(position_of(":x `", on_sqlite), 4U);
    EXPECT_EQ(position_of(":x [", on_sqlite), 4U);
    EXPECT_EQ(position_of(":x /* /* */"), 4U);
    EXPECT_EQ(position_of(":x /*/"), 4U);
    EXPECT_EQ(position_of(":x $$ $"), 4U);
    EXPECT_EQ(position_of(":x $a$ $b$ $A$"), 4U);
    EXPECT_EQ(position_of(":x E'\\'"), 5U);
    EXPECT_EQ(position_of(":x E'\\"), 5U);
    EXPECT_EQ(position_of(":x E'a'\n'\\'"), 5U);
    EXPECT_EQ(position_of(":x /*! a", on_mysql), 4U);
}

// Which of SQLite, PostgreSQL, MySQL and the standard refuse a text that has a value x.
std::string refused_on(const std::string& text) {
    std::string out;
    const std::pair<char, const dialect*> all[] = {
        {'s', &on_sqlite}, {'p', &on_postgresql}, {'m', &on_mysql}, {'a', &on_ansi}};
    for (const auto& [letter, on] : all)
        if (position_of(text, *on) != 0) out += letter;
    return out;
}

TEST(sql, refuses_what_would_take_a_value_and_is_no_name) {
    EXPECT_EQ(refused_on("select :x"), "");
    for (const char* text : {"select $1, :x", "select ?1, :x", "select :x\xc3\xa4", "select :x$"})
        EXPECT_EQ(refused_on(text), "spma") << text;
    EXPECT_EQ(refused_on("select ?, :x"), "sma") << "an operator of PostgreSQL";
    EXPECT_EQ(refused_on("select :x ??"), "sma");
    EXPECT_EQ(refused_on("select @n, :x"), "s") << "a variable of MySQL, an operator of PostgreSQL";
    EXPECT_EQ(refused_on("select $name, :x"), "s") << "a name of MySQL; PostgreSQL has no meaning for it";
    EXPECT_EQ(refused_on("select a #b, :x"), "sm") << "a comment of MySQL: it has no x";
    EXPECT_EQ(refused_on("select a[1:2], :x"), "") << "quoted, a slice, and what MySQL refuses itself";
    EXPECT_EQ(refused_on("select :1, :x"), "s");
    EXPECT_EQ(refused_on("select a:::1, :x"), "s");
    EXPECT_EQ(refused_on("select /*!50000 ? */ :x"), "m");
}

TEST(sql, reads_a_text_as_its_database_does) {
    EXPECT_EQ(refused_on("select :x # don't\n"), "spa");
    EXPECT_EQ(sql("select :x # don't\n", {{"x", 1}}).render(on_mysql), "select ? # don't\n");
    EXPECT_EQ(sql("select 5--:x", {{"x", 1}}).render(on_mysql), "select 5--?");
    EXPECT_EQ(refused_on("select 5--:x"), "spa");
    EXPECT_EQ(sql("select [it's], :x", {{"x", 1}}).render(on_sqlite), "select [it's], ?1");
    EXPECT_EQ(refused_on("select [it's], :x"), "pma");
    EXPECT_EQ(sql("select `:y`, :x", {{"x", 1}}).render(on_mysql), "select `:y`, ?");
    EXPECT_EQ(sql("select `:y`, :x", {{"x", 1}}).render(on_sqlite), "select `:y`, ?1");
    EXPECT_EQ(refused_on("select `:y`, :x"), "p");
    EXPECT_EQ(refused_on("select $$:x$$"), "spma");
    EXPECT_EQ(sql("select $$:y$$, :x", {{"x", 1}}).render(on_postgresql), "select $$:y$$, $1");
    EXPECT_EQ(refused_on("select '$$', $$'$$, :x"), "sm");
    EXPECT_EQ(refused_on("select /* /* */ :x"), "pa") << "comments nest";
    EXPECT_EQ(refused_on("select /* /* */ :y */ :x"), "sm");
    EXPECT_EQ(refused_on("select 1 -- a\r, :x"), "sm") << "a carriage return ends a line";
    EXPECT_EQ(refused_on("select e'\\', ':x', '"), "sm");
    EXPECT_EQ(refused_on("select e'\\\\', :x"), "");
}

TEST(sql, refuses_code_in_comments_where_servers_disagree_about_its_end) {
    EXPECT_EQ(refused_on("select /*!50000 1 + */ :x"), "");
    EXPECT_EQ(refused_on("select /*!50000 1 + */ /*M! 1 + */ :x"), "");
    EXPECT_EQ(refused_on("select /*!50000 :x + */ 1"), "spma") << "for some servers there is no x";
    EXPECT_EQ(refused_on("select /*!50000 '*/ :x -- '*/"), "m");
    EXPECT_EQ(refused_on("select /*M! /*! 1 */ */ :x"), "m");
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

TEST(sql, says_which_value_cannot_be_stored) {
    const auto message = [](auto make) -> std::string {
        try {
            static_cast<void>(make());
        } catch (const usage_error& e) {
            EXPECT_EQ(e.code(), errc::invalid_encoding);
            return e.info().message;
        }
        return "accepted";
    };
    EXPECT_EQ(message([] {
                  return sql("select :x", {{"x", "\xff"}});
              }),
              "a text is not UTF-8, or contains a NUL character (the value of :x)");
    EXPECT_EQ(message([] {
                  return sql("select 1 in (:some)", {{"some", std::vector<std::string>{"a", "\xff"}}});
              }),
              "a text is not UTF-8, or contains a NUL character (the value of :some)");
}

std::vector<std::int64_t> integers_of(const text_statement& statement, const dialect& on) {
    std::vector<koine_value> values(statement.value_count(on));
    bind_context context;
    statement.values(on, context, values.data());
    std::vector<std::int64_t> out;
    for (const koine_value& value : values) out.push_back(value.u.i);
    return out;
}

TEST(sql, takes_lists_of_values) {
    const std::vector<std::int64_t> ids{4, 5, 6};
    const auto statement =
        sql("a = :x and b in (:ids) or c not in( :ids /* again */ ) and d = :x", {{"ids", ids}, {"x", 7}});
    EXPECT_EQ(statement.render(on_postgresql),
              "a = $4 and b in ($1, $2, $3) or c not in( $1, $2, $3 /* again */ ) and d = $4");
    EXPECT_EQ(integers_of(statement, on_postgresql), (std::vector<std::int64_t>{4, 5, 6, 7}));
    EXPECT_EQ(statement.render(on_ansi), "a = ? and b in (?, ?, ?) or c not in( ?, ?, ? /* again */ ) and d = ?");
    EXPECT_EQ(integers_of(statement, on_ansi), (std::vector<std::int64_t>{7, 4, 5, 6, 4, 5, 6, 7}));
    EXPECT_EQ(sql("a in (:n)", {{"n", std::set<std::string>{"a", "b"}}}).render(on_sqlite), "a in (?1, ?2)");
    EXPECT_EQ(sql("a in (:n)", {{"n", std::array<bool, 1>{true}}}).render(on_sqlite), "a in (?1)");
    EXPECT_EQ(sql("a in (:n)", {{"n", std::vector<bool>{true, false}}}).render(on_sqlite), "a in (?1, ?2)");
    EXPECT_EQ(sql("a in (:n)", {{"n", 1}}).render(on_sqlite), "a in (?1)");
}

TEST(sql, takes_empty_lists) {
    const std::vector<std::string> none;
    const auto in = sql("a = :x and b In (:none) and c", {{"none", none}, {"x", 1}});
    EXPECT_EQ(in.render(on_sqlite), "a = ?1 and b in () and c");
    EXPECT_EQ(in.render(on_postgresql), "a = $1 and b = any ('{}') and c");
    EXPECT_EQ(in.render(on_mysql), "a = ? and b in (select null from (select 1) koine_nothing where 1 = 0) and c");
    EXPECT_EQ(integers_of(in, on_mysql), std::vector<std::int64_t>{1});
    const auto not_in = sql("b not in (:none)", {{"none", none}});
    EXPECT_EQ(not_in.render(on_sqlite), "b not in ()");
    EXPECT_EQ(not_in.render(on_postgresql), "b <> all ('{}')");
    EXPECT_EQ(not_in.render(on_ansi), "b not in (select null from (select 1) koine_nothing where 1 = 0)");
    EXPECT_EQ(not_in.value_count(on_ansi), 0U);
}

TEST(sql, wants_lists_alone_behind_in) {
    const std::vector<int> list{1, 2};
    for (const char* text : {"a = :l", "f(:l)", "a in :l", "a in (1, :l)", "a in (:l, 1)", "a in (:l + 1)",
                             "a in ((:l))", "values (:l)"}) {
        try {
            static_cast<void>(sql(unsafe_sql(text), {{"l", list}}));
            ADD_FAILURE() << text;
        } catch (const usage_error& e) {
            EXPECT_EQ(e.info().message, "SQL text: a list of values stands alone behind IN, as in (:l)") << text;
        }
    }
}

TEST(sql, is_put_together) {
    auto query = sql("select * from t where a = :x", {{"x", 1}});
    for (const int more : {2, 3}) query += sql("or a = :x", {{"x", more}});
    query += sql("-- the end");
    const auto whole = query + sql("order by :y", {{"y", 4}});
    EXPECT_EQ(whole.render(on_postgresql), "select * from t where a = $1 or a = $2 or a = $3 -- the end\norder by $4");
    EXPECT_EQ(integers_of(whole, on_postgresql), (std::vector<std::int64_t>{1, 2, 3, 4}));
    EXPECT_EQ(integers_of(whole, on_ansi), (std::vector<std::int64_t>{1, 2, 3, 4}));
    // With lists, and with what only some databases take.
    const std::vector<int> some{7, 8};
    auto listed = sql("a = :x and", {{"x", 5}}) + sql("b in (:x) and", {{"x", some}}) + sql("c[1] = :x", {{"x", 9}});
    EXPECT_EQ(listed.render(on_postgresql), "a = $1 and b in ($2, $3) and c[1] = $4");
    EXPECT_EQ(integers_of(listed, on_ansi), (std::vector<std::int64_t>{5, 7, 8, 9}));
    listed += listed;
    EXPECT_EQ(integers_of(listed, on_ansi), (std::vector<std::int64_t>{5, 7, 8, 9, 5, 7, 8, 9}));
    auto twice = sql("select :x ", {{"x", 1}});
    twice += twice;
    EXPECT_EQ(twice.render(on_sqlite), "select ?1 select ?2 ");
}

TEST(sql, keeps_apart_what_is_put_together) {
    EXPECT_EQ((sql("'a'") + sql("'b'")).render(on_sqlite), "'a' 'b'");
    EXPECT_EQ((sql("-") + sql("-")).render(on_sqlite), "- -");
    EXPECT_EQ((sql("a # b") + sql("+ 1")).render(on_mysql), "a # b\n+ 1");
    EXPECT_THROW(sql("'a") + sql("b'"), usage_error);
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
