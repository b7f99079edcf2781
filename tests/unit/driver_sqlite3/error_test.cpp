#include <cstring>

#include "client.hpp"

namespace sqlite3_test {
namespace {

struct expectation {
    const char* sql;
    errc code;
    const char* sqlstate;
    const char* table = "";
    const char* column = "";
    const char* constraint = "";
};

class sqlite3_error : public ::testing::TestWithParam<expectation> {};

TEST_P(sqlite3_error, has_code_state_and_names) {
    connection db;
    for (const char* const sql :
         {"create table p (id integer primary key)",
          "create table t (a integer primary key, b text unique, c int check (c > 0), d int constraint "
          "d_positive check (d > 0), "
          "e int not null default 1, f int references p (id), g text, constraint both unique (c, d))",
          "create unique index t_g on t (g)", "create unique index t_lower on t (lower(g))",
          "create table s (a int, b text) strict", "create view v as select 1 as x",
          "create trigger guard before delete on p begin select raise(abort, 'not this one'); end",
          "insert into p values (1)", "insert into t (a, b, c, d, g) values (1, 'x', 1, 1, 'g')"})
        EXPECT_RUNS(db, sql);
    const expectation& expected = GetParam();
    const answer got = db.run(expected.sql);
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.failed->code, expected.code) << got.why();
    EXPECT_EQ(got.failed->sqlstate, expected.sqlstate) << got.why();
    EXPECT_EQ(got.failed->table, expected.table) << got.why();
    EXPECT_EQ(got.failed->column, expected.column) << got.why();
    EXPECT_EQ(got.failed->constraint, expected.constraint) << got.why();
    EXPECT_FALSE(got.failed->message.empty());
    EXPECT_NE(got.failed->native, 0);
    EXPECT_EQ(got.failed->poisons, 0U);
    EXPECT_EQ(db.state() & ~unsigned{KOINE_STATE_PRIVATE_DATABASE}, 0U);
    EXPECT_RUNS(db, "select 1");
}

INSTANTIATE_TEST_SUITE_P(
    sqlite, sqlite3_error,
    ::testing::Values(
        expectation{"insert into t (a) values (1)", errc::unique_violation, "23505", "t", "a"},
        expectation{"insert into t (b) values ('x')", errc::unique_violation, "23505", "t", "b"},
        expectation{"insert into t (c, d) values (1, 1)", errc::unique_violation, "23505", "t", "c, d"},
        expectation{"insert into t (g) values ('g')", errc::unique_violation, "23505", "", "", "t_lower"},
        expectation{"insert into t (c) values (-1)", errc::check_violation, "23514"},
        expectation{"insert into t (d) values (-1)", errc::check_violation, "23514", "", "", "d_positive"},
        expectation{"insert into t (e) values (null)", errc::not_null_violation, "23502", "t", "e"},
        expectation{"insert into t (f) values (99)", errc::foreign_key_violation, "23503"},
        expectation{"insert into s values ('word', 'b')", errc::type_mismatch, "42804", "s", "a"},
        expectation{"insert into t (a) values ('word')", errc::type_mismatch, "42804"},
        expectation{"delete from p", errc::constraint_violation, "23000"},
        expectation{"select * from missing", errc::undefined_table, "42P01", "missing"},
        expectation{"select * from main.missing", errc::undefined_table, "42P01", "missing"},
        expectation{"drop table missing", errc::undefined_table, "42P01", "missing"},
        expectation{"select missing from t", errc::undefined_column, "42703", "", "missing"},
        expectation{"select t.missing from t", errc::undefined_column, "42703", "", "missing"},
        expectation{"insert into t (missing) values (1)", errc::undefined_column, "42703", "t", "missing"},
        expectation{"select a from t, s", errc::undefined_column, "42702", "", "a"},
        expectation{"select missing(1)", errc::undefined_object, "42883"},
        expectation{"select abs()", errc::undefined_object, "42883"},
        expectation{"drop index missing", errc::undefined_object, "42704"},
        expectation{"release missing", errc::undefined_object, "3B001"},
        expectation{"create table t (a)", errc::duplicate_object, "42P07"},
        expectation{"create index t_g on t (g)", errc::duplicate_object, "42P07"},
        expectation{"alter table t add column a", errc::duplicate_object, "42701", "", "a"},
        expectation{"selec 1", errc::syntax_error, "42601"}, expectation{"select (1", errc::syntax_error, "42601"},
        expectation{"select 'open", errc::syntax_error, "42601"},
        expectation{"insert into t values (1)", errc::syntax_error, "42601"},
        expectation{"insert into v values (1)", errc::not_supported, "42809"},
        expectation{"commit", errc::usage, "25P01"}, expectation{"rollback", errc::usage, "25P01"},
        expectation{"select abs(-9223372036854775807 - 1)", errc::out_of_range, "22003"},
        expectation{"select json('{')", errc::invalid_value, "22032"},
        expectation{"drop table sqlite_schema", errc::permission_denied, "42501"}));

TEST(sqlite3_errors, name_an_index_made_for_the_columns) {
    connection db;
    EXPECT_RUNS(db, "create table u (email text, zone int)");
    EXPECT_RUNS(db, "create unique index u_email on u (zone, email)");
    EXPECT_RUNS(db, "insert into u values ('a', 1)");
    const answer got = db.run("insert into u values ('a', 1)");
    EXPECT_EQ(got.failed->constraint, "u_email");
    EXPECT_EQ(got.failed->table, "u");
    EXPECT_EQ(got.failed->column, "zone, email");
}

TEST(sqlite3_errors, point_at_the_character) {
    connection db;
    const answer got = db.run("select '\xC3\xA9\xC3\xA9', nowhere");
    EXPECT_EQ(got.failed->position, 14U);
}

TEST(sqlite3_errors, are_released_once_and_leave_nothing) {
    connection db;
    koine_error error{};
    koine_wait wait{};
    koine_statement* none = nullptr;
    ASSERT_EQ(table().prepare(db.handle(), {"selec", 5}, 0, &none, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(none, nullptr);
    ASSERT_NE(error.release, nullptr);
    error.release(&error);
    EXPECT_EQ(error.memory, nullptr);
}

TEST(sqlite3_errors, never_show_bound_values) {
    connection db;
    EXPECT_RUNS(db, "create table t (a text unique, b int check (b > 0)) strict");
    EXPECT_RUNS(db, "insert into t values (?, 1)", {text("s3cret")});
    for (const answer& got : {db.run("insert into t values (?, 2)", {text("s3cret")}),
                              db.run("insert into t values ('x', ?)", {text("s3cret")})}) {
        ASSERT_FALSE(got.ok());
        for (const std::string& said :
             {got.failed->message, got.failed->constraint, got.failed->table, got.failed->column})
            EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
    }
}

}  // namespace
}  // namespace sqlite3_test
