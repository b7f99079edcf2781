// What is told about statements from their text.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <koine/spi/server_rules.hpp>

#include <koine_test/pg_cluster.hpp>
#include <koine_test/random_sql.hpp>

#include "client.hpp"
#include "sql_text.hpp"

namespace {

using koine::libpq::control;
using koine::libpq::inspect;

constexpr auto with_names = [] {
    koine::spi::sql_rules rules = koine::spi::postgresql_rules;
    rules.named_marks = ":";
    return rules;
}();

TEST(libpq_sql_text, counts_parameters_outside_literals_names_and_comments) {
    EXPECT_EQ(inspect("select $1, $3, $2").parameters, 3U);
    EXPECT_EQ(inspect("select '$9', \"$9\", $$ $9 $$, e'\\' $9', $1 -- $9\n, /* $9 /* */ $9 */ $2").parameters, 2U);
    EXPECT_EQ(inspect("select a$1").parameters, 0U) << "a name";
    EXPECT_EQ(inspect("select -- x\r $4").parameters, 4U) << "a carriage return ends the comment";
    EXPECT_EQ(inspect("select e'a'\n'\\' $9'").parameters, 0U) << "the string goes on with escapes";
    EXPECT_EQ(inspect("select $99999999999").parameters, UINT32_MAX);
}

TEST(libpq_sql_text, counts_the_parameters_that_the_server_counts) {
    KOINE_NEEDS_POSTGRES();
    koine_test::client link{koine_test::over_socket(koine_test::pg_cluster::shared())};
    ASSERT_TRUE(link.connect().ok());
    for (const char* sql : {"select e'\\' $9', E'$9\\\\', '\\', $1::text", "select e'a' -- $9\n'\\' $9', $1::text",
                            "select U&'\\0041 $9', U&\"a $9\", $1::text from (select 1 as \"a $9\") x",
                            "select n'$9\\', b'1', $1::text", "select $t$ $9 $$ $9 $t$, $$ $9 $t$ $9 $$, $1::text",
                            "select /* $9 /* $9 */ $9 */ $1::text -- $9\r, $2::text", "select 1 as a$1, $1::text",
                            "select $1::int+-1, '{\"a\":1}'::jsonb ? $2, (array[1,2])[$3:2]", "select 1--$9\n+$1::int",
                            "select 2*/*$9*/$1::int"}) {
        koine_statement* const made = link.prepare(sql);
        ASSERT_NE(made, nullptr) << sql;
        EXPECT_EQ(inspect(sql).parameters, koine_test::driver().parameter_count(made)) << sql;
        koine_test::driver().finalize(made);
    }
}

TEST(libpq_sql_text, finds_the_placeholders_that_the_server_finds_in_random_texts) {
    KOINE_NEEDS_POSTGRES();
    koine_test::client link{koine_test::over_socket(koine_test::pg_cluster::shared())};
    ASSERT_TRUE(link.connect().ok());
    koine_test::expect_same_marks<with_names>(1, 4000, "$1", [&](const std::string& sql) -> std::optional<unsigned> {
        koine_statement* made = nullptr;
        if (!link.try_prepare(sql, made).ok()) return std::nullopt;
        const auto found = koine_test::driver().parameter_count(made);
        koine_test::driver().finalize(made);
        return found != 0 ? 1U : 0U;
    });
}

TEST(libpq_sql_text, finds_no_statement_in_an_empty_text) {
    for (const char* sql : {"", "  ", "-- nothing", "/* nothing */", ";"}) EXPECT_TRUE(inspect(sql).empty) << sql;
    EXPECT_FALSE(inspect("(select 1)").empty);
}

TEST(libpq_sql_text, knows_what_begins_and_ends_transactions) {
    for (const char* sql : {"BEGIN", "begin work", "START TRANSACTION READ ONLY", "/* x */ begin"})
        EXPECT_EQ(inspect(sql).effect.control, control::begin) << sql;
    for (const char* sql : {"commit", "END", "commit and chain", "prepare transaction 'x'", "commit prepared 'x'"})
        EXPECT_EQ(inspect(sql).effect.control, control::commit) << sql;
    for (const char* sql : {"rollback", "ABORT WORK", "rollback and chain", "rollback /* to */ transaction"})
        EXPECT_EQ(inspect(sql).effect.control, control::rollback) << sql;
    for (const char* sql : {"rollback to a", "ROLLBACK WORK TO SAVEPOINT a", "rollback transaction to \"to\""})
        EXPECT_EQ(inspect(sql).effect.control, control::rollback_to) << sql;
    for (const char* sql : {"select 1", "prepare p as select 1", "start", "\"begin\"", "savepoint a", "release a",
                            "rollback prepared 'x'"})
        EXPECT_EQ(inspect(sql).effect.control, control::none) << sql;
    for (const char* sql : {"commit and chain", "rollback work and chain", "end AND CHAIN"})
        EXPECT_TRUE(inspect(sql).effect.chains) << sql;
    for (const char* sql : {"commit and no chain", "rollback to chain", "commit"})
        EXPECT_FALSE(inspect(sql).effect.chains) << sql;
}

TEST(libpq_sql_text, knows_what_commits_as_it_goes_on) {
    for (const char* sql :
         {"call p()", "DO $$ begin end $$", "vacuum t", "analyze", "reindex table t", "cluster",
          "create index concurrently i on t (a)", "drop index concurrently i",
          "alter table t detach partition p concurrently", "create database d", "drop subscription s"})
        EXPECT_TRUE(inspect(sql).effect.commits_inside) << sql;
    for (const char* sql : {"insert into t values (1) on conflict do nothing", "create table t (a int)",
                            "refresh materialized view concurrently v", "drop index i", "commit", "select 1"})
        EXPECT_FALSE(inspect(sql).effect.commits_inside) << sql;
}

TEST(libpq_sql_text, takes_only_plain_queries_for_reads) {
    for (const char* sql :
         {"select * from t where a in (1, 2)", "with x as (select 1) select count(*) from x", "values (1)", "table t",
          "copy t to stdout", "show timezone", "select \"a\" from t where b = 'insert'"})
        EXPECT_TRUE(inspect(sql).effect.reads_only) << sql;
    for (const char* sql :
         {"select my_function(1)", "select * from t for share", "select 1 into t", "insert into t values (1)",
          "with x as (delete from t returning *) select * from x", "call p()", "select \"f\"(1)", "select u&\"f\" (1)",
          "select f /* x */ (1)", "select f -- x\n (1)", "copy t to program 'x'", "copy t from stdin",
          "copy (select f()) to stdout", "commit"})
        EXPECT_FALSE(inspect(sql).effect.reads_only) << sql;
}

TEST(libpq_sql_text, knows_what_may_change_the_session) {
    for (const char* sql : {"set search_path = app",
                            "SET SESSION x = 1",
                            "reset all",
                            "discard temp",
                            "listen c",
                            "do $$ begin end $$",
                            "select set_config('a', 'b', false)",
                            "select pg_advisory_lock(1)",
                            "create temp table t (a int)",
                            "create local temporary view v as select 1",
                            "select 1 into temp t",
                            "declare c cursor with hold for select 1",
                            "-- x\rset search_path = app",
                            "create table pg_temp.t (a int)",
                            "create table \"pg_temp\".t (a int)",
                            "select 1 into Pg_Temp_3.t",
                            "create table u&\"pg!005ftemp\" uescape '!' .t (a int)",
                            "create view pg_temp . v as select 1",
                            "create function pg_temp.f() returns int language sql as 'select 1'",
                            "prepare p as select 1",
                            "execute p",
                            "select \"set_config\"('a', 'b', false)",
                            "select pg_catalog.\"pg_advisory_lock\" (1)",
                            "select u&\"set\\005fconfig\"('a', 'b', false)"})
        EXPECT_TRUE(inspect(sql).sets_session) << sql;
    for (const char* sql :
         {"set local search_path = app", "set transaction isolation level serializable", "set constraints all deferred",
          "select 'set_config'", "select * from temp", "create table t (a int)", "begin", "-- x\n select 1",
          "prepare transaction 'x'", "select 'pg_temp.t'", "select pg_temp from t", "select \"my_function\"(1)",
          "select \"set_config\" from t", "deallocate p"})
        EXPECT_FALSE(inspect(sql).sets_session) << sql;
}

}  // namespace
