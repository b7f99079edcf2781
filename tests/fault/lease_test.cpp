// What the user of a connection leaves with it, and what the next one finds.
#include <string>
#include <string_view>
#include <vector>

#include <koine/rows.hpp>

#include "servers.hpp"

namespace fault {
namespace {

// A text, and a query that finds what it has left: not 0.
struct trace {
    const char* text;
    const char* found;
};

class lease_traces : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (on_sqlite()) {
            url_ = "sqlite:///" + (directory_.path() / "lease.db").string() + "?attach=1&journal_mode=delete";
        } else {
            need_server(GetParam());
            if (IsSkipped() || HasFatalFailure()) return;
            url_ = shared_server(GetParam()).socket_url();
        }
        engine_options options = pool_of(1);
        // Some settings cannot be changed inside of a transaction.
        if (on_sqlite()) options.isolation = koine::isolation::autocommit;
        on = koine::create_engine(url_, options);
        make_marks(on);
    }
    void TearDown() override { on = {}; }
    static void TearDownTestSuite() { end_servers(); }

    static bool on_sqlite() { return std::string_view{GetParam()} == "sqlite3"; }
    std::vector<trace> traces() const {
        if (on_sqlite()) {
            return {
                {"create table temp.left_behind (i int)", "select count(*) from sqlite_temp_schema"},
                {"create temp view left_behind as select 1", "select count(*) from sqlite_temp_schema"},
                {"create temporary trigger left_behind after insert on marks begin select 1; end",
                 "select count(*) from sqlite_temp_schema"},
                {"create virtual table temp.left_behind using rtree(id, a, b)",
                 "select count(*) from sqlite_temp_schema"},
                {"attach ':memory:' as left_behind", "select count(*) from pragma_database_list where name <> 'main'"},
                {"pragma foreign_keys = off", "select foreign_keys = 0 from pragma_foreign_keys"},
                {"pragma cache_size = -77", "select cache_size = -77 from pragma_cache_size"},
                {"pragma journal_mode = memory", "select journal_mode = 'memory' from pragma_journal_mode"},
                {"pragma query_only = on", "select query_only from pragma_query_only"},
                {"pragma recursive_triggers = on", "select recursive_triggers from pragma_recursive_triggers"},
                {"pragma defer_foreign_keys = on", "select defer_foreign_keys from pragma_defer_foreign_keys"},
            };
        }
        if (std::string_view{GetParam()} == "libpq") {
            constexpr auto temporary = "select count(*) from pg_class where relnamespace = pg_my_temp_schema()";
            constexpr auto locks =
                "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";
            constexpr auto prepared = "select count(*) from pg_prepared_statements where from_sql";
            constexpr auto work_mem = "select (current_setting('work_mem') = '77MB')::int::bigint";
            return {
                {"create table pg_temp.left_behind (i int)", temporary},
                {"create table \"pg_temp\".left_behind (i int)", temporary},
                {"select 1 as i into pg_temp.left_behind", temporary},
                {"create temp sequence left_behind", temporary},
                {"create or replace temporary view left_behind as select 1", temporary},
                {"create function pg_temp.left_behind() returns int language sql as 'select 1'",
                 "select count(*) from pg_proc where pronamespace = pg_my_temp_schema()"},
                {"set work_mem = '77MB'", work_mem},
                {"set session work_mem = '77MB'", work_mem},
                {"select set_config('work_mem', '77MB', false)", work_mem},
                {"select \"set_config\"('work_mem', '77MB', false)", work_mem},
                {"do $$ begin perform set_config('work_mem', '77MB', false); end $$", work_mem},
                {"set search_path = pg_catalog", "select (current_setting('search_path') = 'pg_catalog')::int::bigint"},
                {"set role pg_monitor", "select (current_user = 'pg_monitor')::int::bigint"},
                {"set session authorization pg_monitor", "select (session_user = 'pg_monitor')::int::bigint"},
                {"set session characteristics as transaction isolation level serializable",
                 "select (current_setting('default_transaction_isolation') = 'serializable')::int::bigint"},
                {"select pg_advisory_lock(77)", locks},
                {"select \"pg_try_advisory_lock\"(77)", locks},
                {"listen left_behind", "select count(*) from pg_listening_channels()"},
                {"prepare left_behind as select 1", prepared},
                {"do $$ begin execute 'prepare left_behind as select 1'; end $$", prepared},
                {"declare left_behind cursor with hold for select 1",
                 "select count(*) from pg_cursors where name <> ''"},
            };
        }
        constexpr auto locked = "select is_used_lock('left_behind') is not null";
        return {
            {"set @left_behind = 1", "select @left_behind is not null"},
            {"select 1 into @left_behind", "select @left_behind is not null"},
            {"set session sql_mode = ''", "select @@sql_mode = ''"},
            {"set names latin1", "select @@character_set_client = 'latin1'"},
            {"set autocommit = 0", "select @@autocommit = 0"},
            {"set session transaction isolation level serializable", "select @@tx_isolation = 'SERIALIZABLE'"},
            {"create temporary table left_behind (i int)",
             "select count(*) from information_schema.tables where table_name = 'left_behind' and table_type = "
             "'TEMPORARY'"},
            {"select get_lock('left_behind', 0)", locked},
            {"select `get_lock`('left_behind', 0)", locked},
            {"begin not atomic do get_lock('left_behind', 0); end", locked},
            {"call takes_lock()", locked},
            {"lock tables marks write", "select 0 * count(*) from unlocked"},
            {"flush tables with read lock", "select 0 * count(*) from marks"},
            {"use information_schema", "select database() = 'information_schema'"},
            {"prepare left_behind from 'select 1'", "select @@max_prepared_stmt_count * 0"},
            {"set role other_role", "select current_role() is not null"},
        };
    }

    engine on;

private:
    temp_dir directory_{};
    std::string url_{};
};

TEST_P(lease_traces, are_gone_for_the_next_user_of_the_connection) {
    if (std::string_view{GetParam()} == "libmariadb") {
        connection c = on.connect();
        for (const char* const text :
             {"create or replace procedure takes_lock() begin do get_lock('left_behind', 0); end",
              "create table if not exists unlocked (id int)", "create role if not exists other_role",
              "grant other_role to current_user()"})
            c.execute(sql(unsafe_sql(text)));
        c.close();
    }
    std::int64_t marked = 0;
    for (const trace& one : traces()) {
        SCOPED_TRACE(one.text);
        {
            connection c = on.connect();
            c.execute(sql(unsafe_sql(one.text)));
            c.commit();
            c.close();
        }
        connection next = on.connect();
        EXPECT_EQ(number(next, one.found), 0) << one.found;
        mark(next, ++marked);
        next.commit();
        next.close();
    }
}

// The other way round: the queries find what is there, so that they prove something.
TEST_P(lease_traces, are_there_for_the_user_who_has_left_them) {
    if (std::string_view{GetParam()} == "libmariadb")
        GTEST_SKIP() << "a lock on all tables of MariaDB lets no other connection prove it";
    for (const trace& one : traces()) {
        SCOPED_TRACE(one.text);
        connection c = on.connect();
        c.execute(sql(unsafe_sql(one.text)));
        c.commit();
        EXPECT_NE(number(c, one.found), 0);
        c.rollback();
        c.close();
    }
}

INSTANTIATE_TEST_SUITE_P(on, lease_traces, ::testing::ValuesIn(with_sqlite()), name_of);

}  // namespace
}  // namespace fault
