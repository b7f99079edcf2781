// What is told about statements from their text.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <sqlite3.h>

#include <koine/spi/server_rules.hpp>

#include <koine_test/random_sql.hpp>

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

TEST(sqlite3_sql_text, finds_the_placeholders_that_the_library_finds_in_random_texts) {
    sqlite3* opened = nullptr;
    ASSERT_EQ(sqlite3_open(":memory:", &opened), SQLITE_OK);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database{opened, &sqlite3_close};
    for (const std::string_view native : {"?3", ":x", "@x", "$x", "#x", ":1", "@1", "$1"}) {
        SCOPED_TRACE(native);
        koine_test::expect_same_marks<koine::spi::sqlite_rules>(
            1, 4000, native,
            [&](const std::string& sql) -> std::optional<unsigned> {
                sqlite3_stmt* made = nullptr;
                sqlite3_prepare_v2(opened, sql.c_str(), -1, &made, nullptr);
                if (made == nullptr) return std::nullopt;
                const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement{made, &sqlite3_finalize};
                return sqlite3_bind_parameter_index(made, std::string{native}.c_str()) != 0 ? 1U : 0U;
            },
            native == "?3");
    }
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
