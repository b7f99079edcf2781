// What is told about statements from their text.
#include <string_view>

#include <gtest/gtest.h>

#include "statement.hpp"

namespace {

using koine::sqlite3_driver::find_text;
using koine::sqlite3_driver::kind_of;
using koine::sqlite3_driver::statement_kind;

TEST(sqlite3_sql_text, finds_where_a_statement_begins) {
    EXPECT_EQ(find_text(" -- a\n /* b */ ; select 1", 0), 17U);
    EXPECT_EQ(find_text("select 1; /* c", 9), std::string_view::npos);
    EXPECT_EQ(find_text("\xef\xbb\xbf;", 0), std::string_view::npos);
    EXPECT_EQ(find_text("select 1; 'x'", 9), 10U);
}

TEST(sqlite3_sql_text, tells_kinds_of_statements_apart) {
    for (const char* sql : {"insert into t values (1)", "/* a */ Update t set a = 1", "delete from t",
                            "replace into t values (1)", "with x as (select 1) insert into t select * from x",
                            "; insert into t values (1)", "\xef\xbb\xbfinsert into t values (1)"})
        EXPECT_EQ(kind_of(sql), statement_kind::counting) << sql;
    for (const char* sql : {"begin", "COMMIT", "end transaction", "savepoint a", "release a", "rollback to a",
                            "rollback transaction to savepoint a", "rollback transaction x to a"})
        EXPECT_EQ(kind_of(sql), statement_kind::control) << sql;
    for (const char* sql : {"rollback", "ROLLBACK TRANSACTION", "rollback transaction \"to\"", "rollback -- to"})
        EXPECT_EQ(kind_of(sql), statement_kind::rollback) << sql;
    for (const char* sql : {"vacuum", "vacuum main;", "vacuum \"into\""})
        EXPECT_EQ(kind_of(sql), statement_kind::vacuum) << sql;
    for (const char* sql : {"vacuum into 'x'", "vacuum main into 'x'", "select 1", "\"insert\"", ""})
        EXPECT_EQ(kind_of(sql), statement_kind::other) << sql;
}

}  // namespace
