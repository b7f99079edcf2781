// Names must come out of a dialect as the same names, whatever they contain.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/error.hpp>

#include "sqlite_database.hpp"

namespace koine::test {
namespace {

const dialects::sqlite sqlite;
const dialects::postgresql postgresql;

TEST(quoting, leaves_plain_names_alone) {
    for (const char* name : {"users", "_x", "author_id", "a1", "id", "name"}) EXPECT_EQ(sqlite.quote(name), name);
}

TEST(quoting, quotes_what_is_not_plain) {
    EXPECT_EQ(sqlite.quote("User"), "\"User\"");
    EXPECT_EQ(sqlite.quote("1a"), "\"1a\"");
    EXPECT_EQ(sqlite.quote("a b"), "\"a b\"");
    EXPECT_EQ(sqlite.quote("a.b"), "\"a.b\"");
    EXPECT_EQ(sqlite.quote("a$b"), "\"a$b\"");
    EXPECT_EQ(sqlite.quote("\""), "\"\"\"\"");
    EXPECT_EQ(sqlite.quote("select"), "\"select\"");
    EXPECT_EQ(postgresql.quote("user"), "\"user\"");
    EXPECT_EQ(postgresql.quote("n\xc3\xa4me"), "\"n\xc3\xa4me\"");
}

TEST(quoting, knows_every_keyword_of_sqlite) {
    for (int i = 0; i < sqlite3_keyword_count(); ++i) {
        const char* word = nullptr;
        int size = 0;
        ASSERT_EQ(sqlite3_keyword_name(i, &word, &size), SQLITE_OK);
        std::string name{word, static_cast<std::size_t>(size)};
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        EXPECT_EQ(sqlite.quote(name), '"' + name + '"');
    }
}

TEST(quoting, refuses_what_cannot_be_a_name) {
    for (const koine::dialect* dialect :
         {static_cast<const koine::dialect*>(&sqlite), static_cast<const koine::dialect*>(&postgresql)}) {
        EXPECT_THROW(dialect->quote(""), usage_error);
        EXPECT_THROW(dialect->quote(std::string_view{"a\0b", 3}), usage_error);
        EXPECT_THROW(dialect->quote("\xff"), usage_error);
        EXPECT_THROW(dialect->quote("\xc3\"; DROP TABLE users"), usage_error);
        EXPECT_THROW(dialect->quote("\xed\xa0\x80"), usage_error);
    }
    EXPECT_NO_THROW(postgresql.quote(std::string(63, 'x')));
    EXPECT_THROW(postgresql.quote(std::string(64, 'x')), usage_error);
    EXPECT_NO_THROW(sqlite.quote(std::string(64, 'x')));
}

TEST(quoting, hostile_names_stay_names_in_a_real_database) {
    const std::string names[] = {"users\"; DROP TABLE canary; --",
                                 "'",
                                 "''",
                                 "`",
                                 "]",
                                 "[x]",
                                 "\"",
                                 "\"\"",
                                 "a\\",
                                 "?1",
                                 ":x",
                                 "$1",
                                 "@p",
                                 "--",
                                 "/*",
                                 "*/",
                                 ";",
                                 "%s",
                                 "%n%n",
                                 "\n",
                                 "\t",
                                 "\x01",
                                 "\x7f",
                                 " ",
                                 "CREATE",
                                 "rowid",
                                 "*",
                                 "a.b.c",
                                 "\xe2\x80\xae",
                                 "\xf0\x9f\x92\xa3",
                                 "NULL",
                                 "true",
                                 "main",
                                 "sqlite",
                                 std::string(5000, '"')};
    sqlite_database database;
    ASSERT_EQ(database.run("CREATE TABLE canary (a INTEGER)"), "");
    for (const auto& name : names) {
        SCOPED_TRACE(name);
        const std::string column_name = name + "_column";
        const column_info columns[] = {{.name = column_name, .type = sql_type::int64}};
        const table_info table{.name = name, .columns = columns};
        for (const auto& ddl : sqlite.create_table(table, true)) ASSERT_EQ(database.run(ddl), "");
        EXPECT_EQ(database.run(sqlite.table_exists(), {{KOINE_TEXT, 0, ""}, {KOINE_TEXT, 0, name}}), "1");

        syntax::fragment insert;
        insert.push_table(syntax::op::insert, &table);
        insert.push_parameter(KOINE_INT64);
        insert.push(syntax::op::value, 0);
        insert.push(syntax::op::returning, 0);
        EXPECT_EQ(database.run(sqlite.compile(insert).text, {{KOINE_INT64, 42}}), "42");
        syntax::fragment select;
        select.push_table(syntax::op::select_entity, &table);
        select.push_table(syntax::op::column, &table, 0);
        select.push_parameter(KOINE_INT64);
        select.push(syntax::op::eq);
        select.push(syntax::op::where);
        EXPECT_EQ(database.run(sqlite.compile(select).text, {{KOINE_INT64, 42}}), "42");
        EXPECT_EQ(database.run(sqlite.drop_table(table)), "");
    }
    EXPECT_EQ(database.run("SELECT count(*) FROM sqlite_schema"), "1");
}

}  // namespace
}  // namespace koine::test
