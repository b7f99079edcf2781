// What the server's errors mean.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "client.hpp"

namespace koine_test {
namespace {

const char* const slow_query = "select count(*) from seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq + b.seq < 0";

class libmariadb_errors : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_MARIADB();
        link_ = made();
        for (const char* sql :
             {"drop table if exists books, authors",
              "create table authors (id bigint primary key, name varchar(10) not null, age int, "
              "constraint authors_name_key unique (name), constraint authors_age_check check (age > 0))",
              "create table books (id bigint primary key, author_id bigint not null, constraint books_author_fk "
              "foreign key (author_id) references authors (id))",
              "insert into authors values (1, 'one', 1), (2, 'two', 2)", "insert into books values (1, 1)"})
            ASSERT_TRUE(link_->run(sql).ok()) << sql;
    }

    static std::unique_ptr<client> made() {
        auto out = std::make_unique<client>(over_socket(mariadb_server::shared()));
        const auto how = out->connect();
        EXPECT_TRUE(how.ok()) << how;
        return out;
    }
    // The error of a statement that leaves the connection good.
    report fails(const std::string& sql, std::vector<koine_value> binds = {}) {
        auto how = link_->run(sql, std::move(binds));
        EXPECT_EQ(how.status, KOINE_ERROR) << sql;
        EXPECT_FALSE(how.poisons_connection) << sql << how;
        EXPECT_EQ(how.outcome, koine::outcome::rejected) << sql << how;
        EXPECT_NE(how.message, "") << sql;
        EXPECT_EQ(link_->number("select 1"), 1);
        return how;
    }
    void expect(const std::string& sql, koine::errc code, std::int32_t native, const std::string& sqlstate) {
        const auto how = fails(sql);
        EXPECT_EQ(how.code, code) << sql << how;
        EXPECT_EQ(how.native_code, native) << sql << how;
        EXPECT_EQ(how.sqlstate, sqlstate) << sql << how;
    }

    std::unique_ptr<client> link_;
};

TEST_F(libmariadb_errors, a_duplicate_key_names_its_constraint) {
    for (const char* name : {"one", " for key '"}) {
        ASSERT_TRUE(link_
                        ->run("insert into authors values (3, ?, 1) on duplicate key update name = name",
                              {bytes(std::string_view{name}.substr(0, 10))})
                        .ok());
        const auto how = fails("insert into authors values (9, ?, 1)", {bytes(std::string_view{name}.substr(0, 10))});
        EXPECT_EQ(how.code, koine::errc::unique_violation) << how;
        EXPECT_EQ(how.native_code, 1062);
        EXPECT_EQ(how.sqlstate, "23505");
        EXPECT_EQ(how.constraint, "authors_name_key");
        EXPECT_FALSE(how.poisons_transaction);
    }
    EXPECT_EQ(fails("insert into books values (1, 1)").constraint, "PRIMARY");
    EXPECT_EQ(fails("insert into authors values (4, 'a', 1), (5, 'a', 1)").code, koine::errc::unique_violation);
    EXPECT_EQ(link_->number("select count(*) from authors where id > 3"), 0) << "nothing of the statement is left";
}

TEST_F(libmariadb_errors, a_foreign_key_names_constraint_table_and_column) {
    for (const char* sql : {"insert into books values (2, 77)", "delete from authors where id = 1",
                            "update authors set id = 5 where id = 1"}) {
        const auto how = fails(sql);
        EXPECT_EQ(how.code, koine::errc::foreign_key_violation) << how;
        EXPECT_EQ(how.sqlstate, "23503");
        EXPECT_EQ(how.constraint, "books_author_fk");
        EXPECT_EQ(how.table, "books");
        EXPECT_EQ(how.column, "author_id");
    }
}

TEST_F(libmariadb_errors, a_missing_value_names_its_column) {
    const auto how = fails("insert into authors values (3, null, 1)");
    EXPECT_EQ(how.code, koine::errc::not_null_violation) << how;
    EXPECT_EQ(how.native_code, 1048);
    EXPECT_EQ(how.sqlstate, "23502");
    EXPECT_EQ(how.column, "name");
    const auto omitted = fails("insert into authors (id) values (3)");
    EXPECT_EQ(omitted.code, koine::errc::not_null_violation) << omitted;
    EXPECT_EQ(omitted.column, "name");
    const auto bound = fails("insert into authors values (3, ?, 1)", {null()});
    EXPECT_EQ(bound.code, koine::errc::not_null_violation) << bound;
}

TEST_F(libmariadb_errors, a_check_names_its_constraint) {
    const auto how = fails("insert into authors values (3, 'three', 0)");
    EXPECT_EQ(how.code, koine::errc::check_violation) << how;
    EXPECT_EQ(how.native_code, 4025);
    EXPECT_EQ(how.sqlstate, "23514");
    EXPECT_EQ(how.constraint, "authors_age_check");
    ASSERT_TRUE(link_->run("create or replace temporary table c (price int check (price > 0))").ok());
    EXPECT_EQ(fails("insert into c values (0)").constraint, "price");
    EXPECT_EQ(fails("insert into c values (0)").table, "c");
}

TEST_F(libmariadb_errors, values_that_do_not_fit_are_told_apart) {
    EXPECT_EQ(fails("insert into authors values (3, 'much too long', 1)").code, koine::errc::too_big);
    EXPECT_EQ(fails("insert into authors values (3, 'three', 99999999999)").code, koine::errc::out_of_range);
    EXPECT_EQ(fails("insert into authors values (3, 'three', 'abc')").code, koine::errc::invalid_value);
    EXPECT_EQ(fails("insert into authors values (3, 'three', 'abc')").column, "age");
    EXPECT_EQ(fails("select 9223372036854775807 + 1").code, koine::errc::out_of_range);
    EXPECT_EQ(fails("update authors set age = 1 / 0").code, koine::errc::invalid_value);
    EXPECT_EQ(fails("update authors set age = ?", {bytes("12x")}).code, koine::errc::invalid_value);
    ASSERT_TRUE(link_->run("create or replace temporary table d (d date)").ok());
    EXPECT_EQ(fails("insert into d values ('2024-02-30')").code, koine::errc::invalid_value);
    EXPECT_EQ(fails("insert into d values ('0000-00-00')").code, koine::errc::invalid_value);
}

TEST_F(libmariadb_errors, values_are_in_the_detail_and_never_in_the_message) {
    ASSERT_TRUE(link_->run("insert into authors values (3, ?, 1)", {bytes("it's ' me")}).ok());
    const auto twice = fails("insert into authors values (4, ?, 1)", {bytes("it's ' me")});
    EXPECT_EQ(twice.message, "Duplicate entry '...' for key 'authors_name_key'");
    EXPECT_NE(twice.detail.find("it's ' me"), std::string::npos);
    EXPECT_EQ(twice.constraint, "authors_name_key");
    const auto wrong = fails("update authors set age = ?", {bytes("12x")});
    EXPECT_EQ(wrong.message.find("12x"), std::string::npos) << wrong.message;
    const auto number = fails("insert into authors values (5, 'five', 'abc')");
    EXPECT_EQ(number.message.find("abc"), std::string::npos) << number.message;
    EXPECT_NE(number.detail.find("abc"), std::string::npos) << number.detail;
    EXPECT_EQ(number.column, "age");
}

TEST_F(libmariadb_errors, what_is_not_there_is_told_apart) {
    expect("select * from nowhere", koine::errc::undefined_table, 1146, "42P01");
    EXPECT_EQ(fails("select * from nowhere").table, "nowhere");
    expect("select nothing from authors", koine::errc::undefined_column, 1054, "42703");
    EXPECT_EQ(fails("select nothing from authors").column, "nothing");
    expect("selec 1", koine::errc::syntax_error, 1064, "42601");
    expect("create table authors (id int)", koine::errc::duplicate_object, 1050, "42P07");
    expect("drop table nowhere", koine::errc::undefined_table, 1051, "42P01");
    expect("use nowhere", koine::errc::database_not_found, 1049, "3D000");
    expect("select no_such_function()", koine::errc::undefined_object, 1305, "42883");
    expect("rollback to savepoint nowhere", koine::errc::undefined_object, 1305, "42883");
}

TEST_F(libmariadb_errors, what_is_not_allowed_is_told) {
    mariadb_server::shared().admin("create or replace user reader@'%' identified by 'secret'");
    mariadb_server::shared().admin("grant select on test.* to reader@'%'");
    auto how = over_socket(mariadb_server::shared());
    for (auto& [key, value] : how)
        if (key == "user") value = "reader";
    client reader{how};
    ASSERT_TRUE(reader.connect().ok());
    const auto refused = reader.run("delete from books");
    EXPECT_EQ(refused.code, koine::errc::permission_denied) << refused;
    EXPECT_EQ(refused.sqlstate, "42501");
    ASSERT_TRUE(link_->run("start transaction read only").ok());
    const auto read_only = link_->run("delete from books");
    EXPECT_EQ(read_only.code, koine::errc::read_only) << read_only;
    EXPECT_EQ(read_only.native_code, 1792);
    EXPECT_EQ(read_only.sqlstate, "25006");
    EXPECT_TRUE(read_only.poisons_transaction);
}

TEST_F(libmariadb_errors, too_many_prepared_statements_are_told) {
    mariadb_server small{{"max_prepared_stmt_count=3"}};
    client link{over_socket(small)};
    ASSERT_TRUE(link.connect().ok());
    report how;
    for (int i = 0; i < 4; ++i) {
        koine_statement* one = nullptr;
        how = link.try_prepare("select " + std::to_string(i), one);
    }
    EXPECT_EQ(how.native_code, 1461) << how;
    EXPECT_EQ(how.code, koine::errc::too_big);
    EXPECT_EQ(how.sqlstate, "53400");
}

TEST_F(libmariadb_errors, an_error_inside_a_transaction_poisons_it_until_it_is_rolled_back) {
    ASSERT_TRUE(link_->run("begin").ok());
    ASSERT_TRUE(link_->run("insert into books values (7, 1)").ok());
    const auto how = link_->run("insert into books values (7, 1)");
    EXPECT_EQ(how.code, koine::errc::unique_violation) << how;
    EXPECT_TRUE(how.poisons_transaction);
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION}) << "the server has undone the statement alone";
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->number("select count(*) from books where id = 7"), 0);
}

TEST_F(libmariadb_errors, a_lock_that_is_not_had_in_time_undoes_the_statement_alone) {
    const auto other = made();
    ASSERT_TRUE(other->run("begin").ok());
    ASSERT_TRUE(other->run("update authors set age = 5 where id = 1").ok());
    ASSERT_TRUE(link_->run("set innodb_lock_wait_timeout = 1").ok());
    ASSERT_TRUE(link_->run("begin").ok());
    ASSERT_TRUE(link_->run("insert into books values (8, 2)").ok());
    const auto how = link_->run("update authors set age = 6 where id = 1");
    EXPECT_EQ(how.code, koine::errc::lock_timeout) << how;
    EXPECT_EQ(how.native_code, 1205);
    EXPECT_EQ(how.sqlstate, "55P03");
    EXPECT_EQ(how.outcome, koine::outcome::rejected);
    EXPECT_TRUE(how.poisons_transaction);
    // What the transaction did before is still there: only a rollback takes it back.
    EXPECT_EQ(link_->number("select count(*) from books where id = 8"), 1);
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->number("select count(*) from books where id = 8"), 0);
}

TEST_F(libmariadb_errors, a_deadlock_undoes_the_whole_transaction_of_its_victim) {
    const auto other = made();
    ASSERT_TRUE(link_->run("begin").ok());
    ASSERT_TRUE(link_->run("update authors set age = 5 where id = 1").ok());
    ASSERT_TRUE(other->run("begin").ok());
    ASSERT_TRUE(other->run("update authors set age = 5 where id = 2").ok());
    auto* const first = link_->prepare("update authors set age = ? where id = 2");
    koine_wait wait{};
    std::uint32_t got = 0;
    koine_error error{};
    const auto bind = integer(6);
    ASSERT_EQ(driver().execute(first, &bind, 1, nullptr, 0, &got, &wait, &error), KOINE_WAIT);
    // One of the two is the victim; the other goes on.
    const auto second = other->run("update authors set age = 6 where id = 1");
    if (second.ok()) {
        ASSERT_TRUE(other->reset().ok());
    }
    const auto here = link_->drive(
        [&](koine_wait* w, koine_error* e) { return driver().execute(first, &bind, 1, nullptr, 0, &got, w, e); });
    EXPECT_NE(here.ok(), second.ok());
    const auto& lost = here.ok() ? second : here;
    EXPECT_EQ(lost.code, koine::errc::deadlock) << lost;
    EXPECT_EQ(lost.native_code, 1213);
    EXPECT_EQ(lost.sqlstate, "40P01");
    EXPECT_EQ(lost.outcome, koine::outcome::rejected);
    EXPECT_TRUE(lost.poisons_transaction);
    EXPECT_FALSE(lost.poisons_connection);
    ASSERT_TRUE(link_->reset().ok());
    ASSERT_TRUE(other->reset().ok());
    EXPECT_EQ(link_->number("select count(*) from authors where age = id"), 2);
}

TEST_F(libmariadb_errors, a_row_that_changed_since_the_snapshot_is_a_serialization_failure) {
    if (link_
            ->value("select count(*) from information_schema.system_variables where variable_name = "
                    "'INNODB_SNAPSHOT_ISOLATION'")
            .i == 0)
        GTEST_SKIP() << "the server does not know innodb_snapshot_isolation";
    const auto other = made();
    ASSERT_TRUE(link_->run("set innodb_snapshot_isolation = on").ok());
    ASSERT_TRUE(link_->run("set transaction isolation level repeatable read").ok());
    ASSERT_TRUE(link_->run("start transaction with consistent snapshot").ok());
    ASSERT_TRUE(link_->run("select * from authors").ok());
    ASSERT_TRUE(other->run("update authors set age = 9 where id = 1").ok());
    const auto how = link_->run("update authors set age = 10 where id = 1");
    EXPECT_EQ(how.code, koine::errc::serialization_failure) << how;
    EXPECT_EQ(how.native_code, 1020);
    EXPECT_EQ(how.sqlstate, "40001");
}

TEST_F(libmariadb_errors, the_time_limit_of_the_server_is_a_timeout) {
    ASSERT_TRUE(link_->run("set max_statement_time = 0.05").ok());
    const auto how = link_->run(slow_query);
    EXPECT_EQ(how.code, koine::errc::timeout) << how;
    EXPECT_EQ(how.native_code, 1969);
    EXPECT_EQ(how.sqlstate, "57014");
    EXPECT_FALSE(how.poisons_connection);
    EXPECT_EQ(link_->number("select 1"), 1);
}

TEST_F(libmariadb_errors, a_statement_that_somebody_else_stopped_is_cancelled) {
    auto* const slow = link_->prepare(slow_query);
    const int session = link_->session();
    bool stopped = false;
    link_->before_wait = [&] {
        if (std::exchange(stopped, true)) return;
        wait_until_reading(mariadb_server::shared(), session, slow_query);
        mariadb_server::shared().admin("kill query " + std::to_string(session));
    };
    const auto how = link_->execute(slow);
    link_->before_wait = nullptr;
    EXPECT_EQ(how.code, koine::errc::cancelled) << how;
    EXPECT_EQ(how.native_code, 1317);
    EXPECT_EQ(how.sqlstate, "57014");
    EXPECT_FALSE(how.poisons_connection);
}

TEST_F(libmariadb_errors, a_full_disk_is_told) {
    ASSERT_TRUE(link_->run("create or replace table small (x varchar(200)) engine = memory").ok());
    ASSERT_TRUE(link_->run("set max_heap_table_size = 16384").ok());
    ASSERT_TRUE(link_->run("create or replace table small (x varchar(200)) engine = memory").ok());
    const auto how = link_->run("insert into small select 'x' from seq_1_to_10000");
    EXPECT_EQ(how.code, koine::errc::disk_full) << how;
    EXPECT_EQ(how.native_code, 1114);
    EXPECT_EQ(how.table, "small");
}

}  // namespace
}  // namespace koine_test
