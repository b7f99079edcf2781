#include <limits>

#include "client.hpp"

// The function of the client library that a test needs: its header is for the driver alone.
extern "C" {
struct sqlite3;
int sqlite3_limit(sqlite3*, int, int);
}

// SQLITE_LIMIT_LENGTH: of a value.
constexpr int limit_length = 0;

namespace sqlite3_test {
namespace {

using sqlite3_statement = files;

TEST_F(sqlite3_statement, gives_every_storage_class_as_it_is_stored) {
    connection db;
    const row got =
        db.run("select null, 9223372036854775807, -9223372036854775807 - 1, 1.5, 'text', x'00ff', '', x''").rows.at(0);
    EXPECT_EQ(got[0], cell{});
    EXPECT_EQ(got[1], cell{std::numeric_limits<std::int64_t>::max()});
    EXPECT_EQ(got[2], cell{std::numeric_limits<std::int64_t>::min()});
    EXPECT_EQ(got[3], cell{1.5});
    EXPECT_EQ(got[4], cell{std::string{"text"}});
    EXPECT_EQ(got[5], (cell{std::vector<std::byte>{std::byte{0}, std::byte{0xff}}}));
    EXPECT_EQ(got[6], cell{std::string{}});
    EXPECT_EQ(got[7], cell{std::vector<std::byte>{}});
}

TEST_F(sqlite3_statement, binds_every_native_tag) {
    connection db;
    const row got = db.run("select ?, ?, ?, ?, ?, typeof(?), typeof(?)",
                           {null(), number(-7), real(0.1), text("it's; \"--"), bytes("\0\x01", KOINE_BLOB), text({}),
                            bytes({}, KOINE_BLOB)})
                        .rows.at(0);
    EXPECT_EQ(got[0], cell{});
    EXPECT_EQ(got[1], cell{std::int64_t{-7}});
    EXPECT_EQ(got[2], cell{0.1});
    EXPECT_EQ(got[3], cell{std::string{"it's; \"--"}});
    EXPECT_EQ(got[5], cell{std::string{"text"}}) << "empty text is no NULL";
    EXPECT_EQ(got[6], cell{std::string{"blob"}});
}

TEST_F(sqlite3_statement, keeps_all_bytes_of_text_with_a_nul) {
    connection db;
    const std::string odd{"ab\0cd", 5};
    EXPECT_EQ(db.run("select ?", {text(odd)}).as_text(), odd);
}

TEST_F(sqlite3_statement, converts_databases_in_utf16) {
    connection db;
    EXPECT_RUNS(db, "pragma encoding='UTF-16'");
    EXPECT_RUNS(db, "create table t (a text)");
    EXPECT_RUNS(db, "insert into t values (?)", {text("h\xC3\xA9llo")});
    EXPECT_EQ(db.run("select a from t").as_text(), "h\xC3\xA9llo");
}

TEST_F(sqlite3_statement, refuses_what_sqlite_would_change_in_silence) {
    connection db;
    const answer nan = db.run("select ?", {real(std::numeric_limits<double>::quiet_NaN())});
    EXPECT_EQ(nan.code(), errc::out_of_range);
    EXPECT_EQ(nan.failed->outcome, outcome::not_sent);
    EXPECT_EQ(db.run("select ?", {bytes("{}", KOINE_JSON)}).code(), errc::usage) << "not a native tag";
    EXPECT_EQ(db.run("select ?").code(), errc::usage);
    EXPECT_EQ(db.run("select ?", {number(1), number(2)}).code(), errc::usage);
    EXPECT_RUNS(db, "select ?", {number(1)});
}

// The caller may free its binds when execute has answered, while SQLite goes on reading them for
// later rows.
TEST_F(sqlite3_statement, needs_the_binds_for_the_execution_only) {
    connection db;
    EXPECT_RUNS(db, "create table t (a text)");
    EXPECT_RUNS(db, "insert into t values ('k'), ('x'), ('k'), ('k')");
    prepared find = db.prepare("select a || ?1, ?2 from t where a = ?1");
    auto key = std::make_unique<std::string>(1000, 'k');
    auto blob = std::make_unique<std::string>(100000, 'b');
    EXPECT_RUNS(db, "update t set a = ? where a = 'k'", {text(*key)});
    ASSERT_EQ(find.start({text(*key), bytes(*blob, KOINE_BLOB)}).rows.size(), 1U);
    key->assign(1000, '!');
    key.reset();
    blob.reset();
    for (int more = 0; more < 2; ++more) {
        const answer got = find.next();
        ASSERT_EQ(got.rows.size(), 1U);
        EXPECT_EQ(std::get<std::string>(got.rows[0][0]), std::string(2000, 'k'));
        EXPECT_EQ(std::get<std::vector<std::byte>>(got.rows[0][1]), std::vector<std::byte>(100000, std::byte{'b'}));
    }
    EXPECT_TRUE(find.next().rows.empty());
}

TEST_F(sqlite3_statement, describes_its_columns) {
    connection db;
    EXPECT_RUNS(db,
                "create table t (a integer, b varchar(10), c blob, d double precision, e decimal(10,2), f boolean)");
    prepared all = db.prepare("select *, 1 as g from t");
    ASSERT_EQ(table().column_count(all.handle()), 7U);
    const std::vector<std::tuple<std::string_view, std::string_view, int>> expected{
        {"a", "INTEGER", KOINE_INT64},
        {"b", "varchar(10)", KOINE_TEXT},
        {"c", "BLOB", KOINE_BLOB},
        {"d", "double precision", KOINE_FLOAT64},
        {"e", "decimal(10,2)", KOINE_NULL},
        {"f", "boolean", KOINE_NULL},
        {"g", "", KOINE_NULL}};
    for (std::uint32_t i = 0; i < 7; ++i) {
        koine_column column{};
        table().column(all.handle(), i, &column);
        EXPECT_EQ(koine::spi::to_view(column.name), std::get<0>(expected[i]));
        EXPECT_STRCASEEQ(std::string{koine::spi::to_view(column.type_name)}.c_str(),
                         std::string{std::get<1>(expected[i])}.c_str());
        EXPECT_EQ(column.tag, std::get<2>(expected[i])) << i;
    }
    EXPECT_EQ(table().parameter_count(all.handle()), 0U);
    EXPECT_EQ(table().statement_flags(all.handle()),
              unsigned{KOINE_STATEMENT_READ_ONLY} | unsigned{KOINE_STATEMENT_RETURNS_ROWS});
    EXPECT_EQ(table().statement_flags(db.prepare("insert into t values (1,2,3,4,5,6)").handle()), 0U);
    EXPECT_EQ(table().statement_flags(db.prepare("delete from t returning a").handle()),
              unsigned{KOINE_STATEMENT_RETURNS_ROWS});
}

TEST_F(sqlite3_statement, counts_changed_rows_and_generated_keys) {
    connection db;
    EXPECT_EQ(db.run("create table t (a integer primary key, b)").affected, -1);
    EXPECT_EQ(db.run("insert into t (b) values (1), (2), (3)").affected, 3);
    EXPECT_EQ(table().last_insert_id(db.handle()), 3);
    EXPECT_EQ(db.run("update t set b = 0 where a > 1").affected, 2);
    EXPECT_EQ(db.run("update t set b = 0 where a > 100").affected, 0);
    EXPECT_EQ(db.run("select * from t").affected, -1);
    EXPECT_EQ(db.run("with x as (select 1 as i) delete from t where a in (select i from x)").affected, 1);
    EXPECT_EQ(db.run("create table u (a)").affected, -1) << "not the count of the statement before it";
    const answer returning = db.run("insert into t (b) values (5), (6) returning a");
    EXPECT_EQ(returning.rows.size(), 2U);
    EXPECT_EQ(returning.affected, 2);
}

TEST_F(sqlite3_statement, does_all_of_a_change_whose_rows_are_not_read) {
    connection db;
    EXPECT_RUNS(db, "create table t (a)");
    prepared insert = db.prepare("insert into t values (1), (2), (3) returning a");
    EXPECT_EQ(insert.start().rows.size(), 1U);
    insert.finish();
    EXPECT_EQ(table().rows_affected(insert.handle()), 3);
    EXPECT_TRUE(insert.start({}, 0).rows.empty());
    EXPECT_EQ(table().rows_affected(insert.handle()), 3);
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 6);
}

TEST_F(sqlite3_statement, ends_by_itself_and_begins_anew) {
    connection db{file};
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "insert into t values (1), (2)");
    prepared select = db.prepare("select a from t");
    EXPECT_EQ(select.start().as_number(), 1);
    EXPECT_NE(db.state() & KOINE_STATE_BUSY, 0U);
    EXPECT_EQ(select.start().as_number(), 1) << "an execution drops the earlier result";
    EXPECT_EQ(select.next().as_number(), 2);
    EXPECT_TRUE(select.next().rows.empty());
    EXPECT_EQ(db.state(), 0U);
    EXPECT_TRUE(select.next().rows.empty()) << "and stays ended";
    EXPECT_EQ(table().rows_remaining(select.handle()), -1);
    // No read lock is left: a truncating checkpoint needs all readers gone.
    connection other{file};
    EXPECT_RUNS(other, "insert into t values (3)");
    EXPECT_EQ(std::get<std::int64_t>(other.run("pragma wal_checkpoint(truncate)").rows.at(0).at(0)), 0);
}

TEST_F(sqlite3_statement, takes_exactly_one_statement) {
    connection db;
    EXPECT_RUNS(db, "  /* a */ select 1 ; -- b\n ;; /* c");
    const answer two = db.run("select 1; select 2");
    EXPECT_EQ(two.code(), errc::syntax_error);
    EXPECT_EQ(two.failed->position, 11U);
    EXPECT_EQ(two.failed->outcome, outcome::not_sent);
    EXPECT_EQ(db.run("select 1; drop").code(), errc::syntax_error);
    for (const std::string_view empty : {"", "  ", ";", "-- nothing", "/* nothing */", "/* open"})
        EXPECT_EQ(db.run(empty).code(), errc::syntax_error) << empty;
    const answer nul = db.run(std::string_view{"select 1\0; drop table t", 23});
    EXPECT_EQ(nul.code(), errc::syntax_error);
    EXPECT_EQ(nul.failed->position, 9U);
}

TEST_F(sqlite3_statement, does_not_need_a_terminated_text) {
    connection db;
    const std::string longer = "select 12345";
    EXPECT_EQ(db.run(std::string_view{longer}.substr(0, 9)).as_number(), 12);
}

TEST_F(sqlite3_statement, notices_columns_that_came_while_it_was_prepared) {
    connection db{file};
    connection other{file};
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "insert into t values (1)");
    prepared select = db.prepare("select * from t");
    EXPECT_EQ(select.all().rows.size(), 1U);
    EXPECT_RUNS(other, "alter table t add column b default 7");
    select.cells.assign(2, number(4711));
    const answer outdated = select.start();
    EXPECT_EQ(outdated.code(), errc::statement_outdated);
    EXPECT_EQ(outdated.failed->outcome, outcome::not_sent);
    EXPECT_EQ(select.cells[1].u.i, 4711) << "no cell beyond the known columns is written";
    EXPECT_EQ(db.state(), 0U);
    ASSERT_EQ(table().column_count(select.handle()), 2U);
    select.size();
    EXPECT_EQ(std::get<std::int64_t>(select.start().rows.at(0).at(1)), 7);
}

TEST_F(sqlite3_statement, notices_a_column_that_changed_its_name) {
    connection db;
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "insert into t values (1)");
    prepared select = db.prepare("select * from t");
    EXPECT_RUNS(db, "alter table t rename column a to z");
    EXPECT_EQ(select.start().code(), errc::statement_outdated);
    koine_column column{};
    table().column(select.handle(), 0, &column);
    EXPECT_EQ(koine::spi::to_view(column.name), "z");
    EXPECT_TRUE(select.start().ok());
}

TEST_F(sqlite3_statement, survives_a_schema_change_that_leaves_its_columns_alone) {
    connection db;
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "insert into t values (1)");
    prepared select = db.prepare("select a from t");
    EXPECT_RUNS(db, "create index i on t (a)");
    EXPECT_EQ(select.start().as_number(), 1);
}

TEST_F(sqlite3_statement, loses_the_rows_but_not_the_outcome_of_a_change_with_new_columns) {
    connection db;
    EXPECT_RUNS(db, "create table t (a)");
    prepared insert = db.prepare("insert into t (a) values (1) returning *");
    EXPECT_RUNS(db, "alter table t add column b");
    const answer outdated = insert.start();
    EXPECT_EQ(outdated.code(), errc::statement_outdated);
    EXPECT_EQ(outdated.failed->outcome, outcome::unknown) << "never 'retry it'";
}

TEST_F(sqlite3_statement, reports_a_dropped_table_as_missing) {
    connection db;
    EXPECT_RUNS(db, "create table t (a)");
    prepared select = db.prepare("select * from t");
    EXPECT_RUNS(db, "drop table t");
    EXPECT_EQ(select.start().code(), errc::undefined_table);
}

TEST_F(sqlite3_statement, answers_what_is_too_big_and_goes_on) {
    connection db;
    sqlite3_limit(static_cast<sqlite3*>(table().native_handle(db.handle())), limit_length, 100000);
    const std::string big(100001, 'x');
    const answer value = db.run("select ?", {text(big)});
    EXPECT_EQ(value.code(), errc::too_big);
    EXPECT_EQ(value.failed->sqlstate, "54000");
    EXPECT_EQ(db.run("select zeroblob(200000)").code(), errc::too_big);
    EXPECT_EQ(db.run("select ?250001").code(), errc::too_big);
    std::string deep = "select ";
    for (int i = 0; i < 5000; ++i) deep += "(1+";
    deep += "1" + std::string(5000, ')');
    EXPECT_EQ(db.run(deep).code(), errc::too_big);
    std::string compound = "select 1";
    for (int i = 0; i < 600; ++i) compound += " union all select 1";
    EXPECT_EQ(db.run(compound).code(), errc::too_big);
    EXPECT_EQ(db.run("select 1").as_number(), 1);
}

TEST_F(sqlite3_statement, is_freed_by_the_close_of_its_connection) {
    connection db{file};
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "insert into t values (1), (2)");
    prepared open = db.prepare("select a from t");
    prepared idle = db.prepare("select 1");
    EXPECT_TRUE(open.start().ok());
    EXPECT_RUNS(db, "begin immediate");
    EXPECT_RUNS(db, "insert into t values (3)");
    db.close();
    connection other{parameters{{"database", file.string()}, {"busy_timeout", "0"}}};
    EXPECT_EQ(other.run("select count(*) from t").as_number(), 2) << "closing rolls back";
    EXPECT_RUNS(other, "pragma journal_mode=delete");  // needs every other connection to be gone
    (void)idle;
}

TEST_F(sqlite3_statement, may_be_freed_in_any_order) {
    connection db;
    prepared a = db.prepare("select 1"), b = db.prepare("select 2"), c = db.prepare("select 3");
    EXPECT_TRUE(b.start().ok());
    table().finalize(b.handle());
    EXPECT_EQ(db.state() & KOINE_STATE_BUSY, 0U);
    table().finalize(c.handle());
    EXPECT_EQ(a.start().as_number(), 1);
    table().finalize(a.handle());
}

}  // namespace
}  // namespace sqlite3_test
