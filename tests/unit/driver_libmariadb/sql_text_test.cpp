// What is told about statements from their text.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <koine/spi/server_rules.hpp>

#include <koine_test/mariadb_server.hpp>
#include <koine_test/random_sql.hpp>

#include "client.hpp"
#include "sql_text.hpp"

namespace {

using koine::libmariadb::inspect;

constexpr auto with_names = [] {
    koine::spi::sql_rules rules = koine::spi::mariadb_rules;
    rules.named_marks = ":";
    return rules;
}();

TEST(libmariadb_sql_text, counts_parameters_outside_literals_names_and_comments) {
    EXPECT_EQ(inspect("select ?, ? from t where a = ?").parameters, 3U);
    EXPECT_EQ(inspect("select '?', \"?\", `?`, 'it''s ?', 'a\\', ? -- ?\n, ?").parameters, 2U);
    EXPECT_EQ(inspect("select /* ? */ ? # ?\n + ?").parameters, 2U);
    EXPECT_EQ(inspect("select 1--?").parameters, 1U) << "two dashes without a space are two minus signs";
    EXPECT_EQ(inspect("select /*!50000 ? */ + /*M!100000 ? */ ?").parameters, 3U) << "code for some servers";
    EXPECT_EQ(inspect("select 'never closed ?").parameters, 0U);
    EXPECT_EQ(inspect("select /* never closed ?").parameters, 0U);
}

TEST(libmariadb_sql_text, counts_the_parameters_that_the_server_counts) {
    KOINE_NEEDS_MARIADB();
    koine_test::client link{koine_test::over_socket(koine_test::mariadb_server::shared())};
    ASSERT_TRUE(link.connect().ok());
    for (const char* sql :
         {"select '\\', '?', ? + 1", "select ? as `a``?`, ? as \"b\"\"?\"", "select 1--?", "select ? -- ?",
          "select ? --\t?\n + ?", "select 2 /* /* ? */ + ?", "select /*!50000 ? + */ ? /*M!100305 + ? */",
          "select /*!100305? + */?", "select n'?', x'41', _utf8mb4'?', @`a?`, @'b?', ?", "select 1e5+?, 1e-5-?, .5*?",
          "select ?# ?\n, @@session.sql_mode, @a.b", "select 1 --"}) {
        koine_statement* const made = link.prepare(sql);
        ASSERT_NE(made, nullptr) << sql;
        EXPECT_EQ(inspect(sql).parameters, koine_test::driver().parameter_count(made)) << sql;
        koine_test::driver().finalize(made);
    }
}

TEST(libmariadb_sql_text, finds_the_placeholders_that_the_server_finds_in_random_texts) {
    KOINE_NEEDS_MARIADB();
    koine_test::client link{koine_test::over_socket(koine_test::mariadb_server::shared())};
    ASSERT_TRUE(link.connect().ok());
    koine_test::expect_same_marks<with_names>(1, 4000, "?", [&](const std::string& sql) -> std::optional<unsigned> {
        koine_statement* made = nullptr;
        if (!link.try_prepare(sql, made).ok()) return std::nullopt;
        const auto found = koine_test::driver().parameter_count(made);
        koine_test::driver().finalize(made);
        return found;
    });
}

TEST(libmariadb_sql_text, finds_no_statement_in_an_empty_text) {
    for (const char* sql : {"", "  ", "-- nothing", "/* nothing */", ";", "# nothing\n;"})
        EXPECT_TRUE(inspect(sql).empty) << sql;
    EXPECT_FALSE(inspect("/*! select */ 1").empty);
    EXPECT_FALSE(inspect("/*!50003select*/ 1").empty);
}

TEST(libmariadb_sql_text, knows_what_begins_and_what_commits) {
    for (const char* sql : {"BEGIN", "begin work", "START TRANSACTION READ ONLY", "/* x */ begin"})
        EXPECT_TRUE(inspect(sql).begins) << sql;
    for (const char* sql : {"commit", "COMMIT AND CHAIN", "create table t (id int)", "ALTER TABLE t ADD c int",
                            "drop table t", "truncate t", "rename table a to b", "grant select on t to u",
                            "lock tables t read", "xa commit 'x'", "/*!50003create table t (id int)*/"})
        EXPECT_TRUE(inspect(sql).commits) << sql;
    for (const char* sql : {"call p()", "execute p", "begin not atomic commit; end", "if a() then commit; end if",
                            "set statement lock_wait_timeout = 1 for drop table t"}) {
        EXPECT_TRUE(inspect(sql).commits_first) << sql;
        EXPECT_FALSE(inspect(sql).begins) << sql;
    }
    for (const char* sql : {"commit", "xa commit 'x'", "select 1"}) EXPECT_FALSE(inspect(sql).commits_first) << sql;
    for (const char* sql :
         {"select 1", "insert into t values (1)", "rollback", "savepoint a", "set @x = 1", "start slave"}) {
        EXPECT_FALSE(inspect(sql).begins) << sql;
        EXPECT_FALSE(inspect(sql).commits) << sql;
    }
}

TEST(libmariadb_sql_text, knows_what_may_stay_in_part_when_it_fails) {
    for (const char* sql :
         {"call p()", "execute p", "begin not atomic insert into t values (1); end", "if a() then call p(); end if",
          "set statement lock_wait_timeout = 1 for call p()", "drop table a, b", "drop view a,b", "drop database d",
          "grant select on t to a, b", "create user a, b", "drop role a, b"})
        EXPECT_TRUE(inspect(sql).in_parts) << sql;
    for (const char* sql :
         {"insert into t values (1, 2)", "drop table a", "create table t (a int, b int)", "drop user a",
          "set statement lock_wait_timeout = 1 for select a, b from t", "commit", "begin"})
        EXPECT_FALSE(inspect(sql).in_parts) << sql;
    for (const char* sql : {"set autocommit = 1", "set @@autocommit = 1", "set @@session.autocommit = 1"}) {
        EXPECT_TRUE(inspect(sql).commits) << sql;
        EXPECT_FALSE(inspect(sql).commits_first) << sql;
    }
}

TEST(libmariadb_sql_text, takes_only_plain_queries_for_reads) {
    for (const char* sql :
         {"select * from t where a in (1, 2)", "with x as (select 1) select count(*) from x", "values (1)",
          "show tables", "select coalesce(max(a), 0) from t group by b having sum(c) > 1", "rollback", "savepoint a"})
        EXPECT_TRUE(inspect(sql).reads_only) << sql;
    for (const char* sql :
         {"select my_function(1)", "select * from t for update nowait lock", "select 1 into @a",
          "select 1 into outfile '/x'", "insert into t values (1)", "with x as (select 1) delete from t", "call p()",
          "select `f`(1)", "commit", "select nextval(s)", "select f /* x */ (1)", "select 1f()"})
        EXPECT_FALSE(inspect(sql).reads_only) << sql;
}

TEST(libmariadb_sql_text, knows_what_may_change_the_session) {
    for (const char* sql :
         {"set names latin1", "SET SESSION sql_mode = ''", "use other", "select @a := 1", "select 1 into @a",
          "select get_lock('a', 1)", "lock tables t write", "create temporary table t (id int)",
          "prepare p from 'select 1'", "handler t open", "select `get_lock`('a', 1)", "select \"GET_LOCK\" ('a', 1)",
          "do release_all_locks()", "flush tables with read lock", "flush tables t for export", "backup lock t",
          "create or replace temporary sequence s"})
        EXPECT_TRUE(inspect(sql).sets_session) << sql;
    for (const char* sql :
         {"set transaction isolation level serializable", "select @@sql_mode", "select '@a'",
          "insert into t values ('set @a')", "begin", "commit", "select * from t", "create table t (id int)",
          "flush tables", "select `get_lock` from t where a in (1)", "select `f`(1)"})
        EXPECT_FALSE(inspect(sql).sets_session) << sql;
}

TEST(libmariadb_sql_text, knows_what_has_one_result_whatever_happens) {
    for (const char* sql : {"select 1", "(select 1) union (select 2)", "with x as (select 1) select * from x",
                            "insert into t values (?) returning id", "update t set a = ?", "delete from t where a = ?",
                            "replace into t values (?)", "values (1)"})
        EXPECT_TRUE(inspect(sql).one_result) << sql;
    for (const char* sql :
         {"call p()", "execute p", "begin not atomic call p(); end", "show tables", "analyze table t", "set @a = 1"})
        EXPECT_FALSE(inspect(sql).one_result) << sql;
}

TEST(libmariadb_sql_text, knows_what_returns_no_rows_and_takes_no_parameters) {
    for (const char* sql : {"begin", "commit", "rollback to a", "savepoint a", "release savepoint a", "set @a = 1",
                            "insert into t values (1)", "create table t (id int)"})
        EXPECT_TRUE(inspect(sql).plain_command) << sql;
    for (const char* sql : {"select 1", "insert into t values (?)", "insert into t values (1) returning id",
                            "delete from t returning id", "call p()", "show tables", "analyze table t", "check table t",
                            "with x as (select 1) select * from x", "execute p", "xa recover"})
        EXPECT_FALSE(inspect(sql).plain_command) << sql;
}

}  // namespace
