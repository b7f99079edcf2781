// Statements, streaming and state.
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <mysql.h>

#include <koine_test/tcp_gate.hpp>

#include "client.hpp"

namespace koine_test {
namespace {

constexpr std::uint32_t stream = KOINE_PREPARE_STREAM;
const char* const many = "select seq, repeat('x', 100) from seq_1_to_20000";
// Ends when the session that holds the door ends, and not before.
const char* const through_the_door = "select get_lock('door', 600)";

void hold_door(client& holder) {
    ASSERT_TRUE(holder.connect().ok());
    ASSERT_EQ(holder.number("select get_lock('door', 600)"), 1);
}

class libmariadb_session : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_MARIADB();
        link_ = std::make_unique<client>(over_socket(server()));
        const auto how = link_->connect();
        ASSERT_TRUE(how.ok()) << how;
        ASSERT_TRUE(
            link_->run("create or replace table t (id bigint primary key auto_increment, name varchar(20))").ok());
    }
    static mariadb_server& server() { return mariadb_server::shared(); }
    report finish(koine_statement* statement) {
        return link_->drive([&](koine_wait* w, koine_error* e) { return driver().finish(statement, w, e); });
    }
    report first_row(koine_statement* statement) {
        return link_->drive([&](koine_wait* w, koine_error* e) {
            return driver().execute(statement, nullptr, 0, cells_, 4, &got_, w, e);
        });
    }

    std::unique_ptr<client> link_;
    koine_value cells_[8] = {};
    std::uint32_t got_ = 0;
};

// ---- Statements

TEST_F(libmariadb_session, a_statement_is_executed_again_and_again) {
    auto* const statement = link_->prepare("select ? + 1 as next");
    EXPECT_EQ(driver().parameter_count(statement), 1U);
    EXPECT_EQ(driver().column_count(statement), 1U);
    EXPECT_EQ(driver().statement_flags(statement),
              std::uint32_t{KOINE_STATEMENT_READ_ONLY | KOINE_STATEMENT_RETURNS_ROWS});
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(link_->execute(statement, {integer(i)}).ok());
        EXPECT_EQ(link_->rows().at(0).i, i + 1);
    }
}

TEST_F(libmariadb_session, rows_come_in_blocks_and_the_driver_knows_how_many_are_left) {
    auto* const statement = link_->prepare("select seq, 'row' from seq_1_to_10");
    ASSERT_TRUE(first_row(statement).ok());
    EXPECT_EQ(got_, 4U);
    EXPECT_EQ(cells_[6].u.i, 4);
    EXPECT_EQ(driver().rows_remaining(statement), 6);
    EXPECT_EQ(link_->state(), 0U) << "the rows are here already";
    EXPECT_EQ(link_->number("select 7"), 7) << "other statements run meanwhile";
    ASSERT_TRUE(
        link_->drive([&](koine_wait* w, koine_error* e) { return driver().fetch(statement, cells_, 4, &got_, w, e); })
            .ok());
    EXPECT_EQ(cells_[0].u.i, 5);
    ASSERT_TRUE(finish(statement).ok());
    EXPECT_EQ(driver().rows_remaining(statement), 0);
    ASSERT_TRUE(
        link_->drive([&](koine_wait* w, koine_error* e) { return driver().fetch(statement, cells_, 4, &got_, w, e); })
            .ok());
    EXPECT_EQ(got_, 0U);
}

TEST_F(libmariadb_session, with_no_room_for_rows_they_are_dropped) {
    for (const std::uint32_t flags : {0U, stream}) {
        auto* const statement = link_->prepare("select seq from seq_1_to_1000", flags);
        ASSERT_TRUE(link_
                        ->drive([&](koine_wait* w, koine_error* e) {
                            return driver().execute(statement, nullptr, 0, nullptr, 0, &got_, w, e);
                        })
                        .ok());
        EXPECT_EQ(got_, 0U);
        EXPECT_EQ(driver().rows_remaining(statement), 0);
        EXPECT_EQ(link_->state(), 0U);
    }
}

TEST_F(libmariadb_session, columns_that_only_the_execution_tells_keep_their_rows) {
    for (const std::uint32_t flags : {0U, stream}) {
        auto* const statement = link_->prepare("insert into t (name) values (?), ('b') returning id, name", flags);
        EXPECT_NE(driver().statement_flags(statement) & KOINE_STATEMENT_LATE_COLUMNS, 0U);
        EXPECT_EQ(driver().column_count(statement), 0U);
        const auto bind = bytes("a");
        for (int i = 0; i < 2; ++i) {
            ASSERT_TRUE(link_
                            ->drive([&](koine_wait* w, koine_error* e) {
                                return driver().execute(statement, &bind, 1, nullptr, 0, &got_, w, e);
                            })
                            .ok());
            ASSERT_EQ(got_, 0U);
            ASSERT_EQ(driver().column_count(statement), 2U);
            ASSERT_TRUE(link_
                            ->drive([&](koine_wait* w, koine_error* e) {
                                return driver().fetch(statement, cells_, 4, &got_, w, e);
                            })
                            .ok());
            ASSERT_GE(got_, 1U);
            EXPECT_EQ(kept{cells_[1]}.text, "a");
            ASSERT_TRUE(finish(statement).ok());
            EXPECT_EQ(link_->state(), 0U);
        }
    }
    EXPECT_EQ(link_->number("select count(*) from t"), 8);
    auto* const command = link_->prepare("insert into t (name) values (?)");
    EXPECT_TRUE(link_->execute(command, {bytes("c")}).ok());
    EXPECT_EQ(driver().column_count(command), 0U);
}

TEST_F(libmariadb_session, commands_tell_how_many_rows_they_met_and_the_key_they_made) {
    ASSERT_TRUE(link_->run("insert into t (name) values (?), (?), (?)", {bytes("a"), bytes("b"), bytes("c")}).ok());
    EXPECT_EQ(link_->affected(), 3);
    EXPECT_EQ(link_->last_insert_id(), 1);
    ASSERT_TRUE(link_->run("insert into t (name) values ('d')").ok());
    EXPECT_EQ(link_->affected(), 1);
    EXPECT_EQ(link_->last_insert_id(), 4);
    for (const char* sql :
         {"update t set name = 'a' where id <= 2", "update t set name = if(true, 'a', name) where id <= ?"}) {
        ASSERT_TRUE(link_
                        ->run(sql, std::string_view{sql}.find('?') == std::string_view::npos
                                       ? std::vector<koine_value>{}
                                       : std::vector<koine_value>{integer(2)})
                        .ok());
        EXPECT_EQ(link_->affected(), 2) << "rows that match count, changed or not";
    }
    ASSERT_TRUE(link_->run("delete from t where id = 77").ok());
    EXPECT_EQ(link_->affected(), 0);
}

TEST_F(libmariadb_session, returning_gives_rows_of_inserts_and_deletes) {
    ASSERT_TRUE(link_->run("insert into t (name) values (?), (?) returning id, name", {bytes("a"), bytes("b")}).ok());
    ASSERT_EQ(link_->rows().size(), 4U);
    EXPECT_EQ(link_->rows()[2].i, 2);
    EXPECT_EQ(link_->rows()[3].text, "b");
    ASSERT_TRUE(link_->run("delete from t where id = 1 returning name").ok());
    EXPECT_EQ(link_->rows().at(0).text, "a");
}

TEST_F(libmariadb_session, exactly_one_statement_a_text) {
    for (const char* sql : {"select 1; select 2", "insert into t (name) values ('x'); delete from t", "begin; commit",
                            "set @a = 1; set @b = 2"}) {
        const auto how = link_->run(sql);
        EXPECT_EQ(how.code, koine::errc::syntax_error) << sql << how;
    }
    EXPECT_EQ(link_->number("select count(*) from t"), 0);
    EXPECT_EQ(link_->run("").code, koine::errc::syntax_error);
    EXPECT_EQ(link_->run(" /* nothing */ -- at all").code, koine::errc::syntax_error);
    EXPECT_TRUE(link_->run("select 1;").ok());
}

TEST_F(libmariadb_session, text_that_is_no_text_never_reaches_the_server) {
    koine_statement* none = nullptr;
    for (const std::string& sql : {std::string{"select 1\0 from t", 16}, std::string{"select '\xff'"},
                                   std::string{"select '\xc3'"}, std::string{"set @a = '\xed\xa0\x80'"}}) {
        const auto how = link_->try_prepare(sql, none);
        EXPECT_EQ(how.code, koine::errc::invalid_encoding);
        EXPECT_EQ(how.outcome, koine::outcome::not_sent);
    }
    EXPECT_EQ(link_->number("select 1"), 1);
}

TEST_F(libmariadb_session, transaction_control_is_one_round_trip_without_preparation) {
    ASSERT_TRUE(link_->run("begin").ok());
    for (const char* sql :
         {"savepoint a", "insert into t (name) values ('x')", "release savepoint a", "commit", "begin", "rollback"}) {
        koine_statement* statement = nullptr;
        EXPECT_EQ(link_->try_prepare(sql, statement).waits, 0) << sql;
        EXPECT_TRUE(link_->execute(statement).ok()) << sql;
        driver().finalize(statement);
    }
}

TEST_F(libmariadb_session, a_command_that_answers_rows_all_the_same_is_read) {
    ASSERT_TRUE(
        link_->run("create or replace procedure p() begin select 1 as a, 'x' as b union select 2, 'y'; end").ok());
    const auto how = link_->run("call p()");
    ASSERT_TRUE(how.ok()) << how;
    ASSERT_EQ(link_->rows().size(), 4U);
    EXPECT_EQ(link_->rows()[2].i, 2);
    EXPECT_EQ(link_->rows()[3].text, "y");
    EXPECT_EQ(link_->number("select 5"), 5);
    ASSERT_TRUE(link_->run("call p()", {}, stream).ok());
    EXPECT_EQ(link_->rows().size(), 4U);
    EXPECT_EQ(link_->number("select 6"), 6);
    for (const char* sql : {"analyze table t", "check table t", "show tables", "explain select * from t"}) {
        EXPECT_TRUE(link_->run(sql).ok()) << sql;
        EXPECT_FALSE(link_->rows().empty()) << sql;
    }
}

TEST_F(libmariadb_session, further_results_are_refused_and_not_dropped) {
    ASSERT_TRUE(link_
                    ->run("create or replace procedure two() begin insert into t (name) values ('done'); select 1 as "
                          "first; select 4 as other, 5 as more; end")
                    .ok());
    for (const std::uint32_t flags : {0U, stream}) {
        auto* const statement = link_->prepare("call two()", flags);
        for (int i = 0; i < 2; ++i) {
            const auto how = link_->execute(statement);
            EXPECT_EQ(how.code, koine::errc::not_supported) << how;
            EXPECT_EQ(how.outcome, koine::outcome::unknown) << "what the procedure did is done";
            EXPECT_FALSE(how.poisons_transaction);
            EXPECT_FALSE(how.poisons_connection);
            EXPECT_EQ(link_->number("select 6"), 6);
        }
    }
    EXPECT_EQ(link_->number("select count(*) from t where name = 'done'"), 4);
    const auto how = link_->run("begin not atomic select 1; select 2; end");
    EXPECT_EQ(how.code, koine::errc::not_supported) << how;
    EXPECT_EQ(link_->number("select 7"), 7);
}

TEST_F(libmariadb_session, text_rows_of_an_unpreparable_command_come_with_each_execution) {
    ASSERT_TRUE(link_->run("prepare inner_one from 'select 7 as a, 8 as b'").ok());
    auto* const statement = link_->prepare("execute inner_one");
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(link_->execute(statement).ok());
        ASSERT_EQ(link_->rows().size(), 2U);
        EXPECT_EQ(link_->rows()[1].i, 8);
    }
    ASSERT_TRUE(link_->run("prepare inner_one from 'select 9 as c'").ok());
    ASSERT_TRUE(link_->execute(statement).ok());
    EXPECT_EQ(driver().column_count(statement), 1U);
    EXPECT_EQ(link_->rows().at(0).i, 9);
    ASSERT_TRUE(link_->run("prepare inner_one from 'do 1'").ok());
    ASSERT_TRUE(link_->execute(statement).ok());
    EXPECT_EQ(driver().column_count(statement), 0U);
}

TEST_F(libmariadb_session, text_rows_of_an_unpreparable_command_have_their_types) {
    // DO is sent as text; a statement of the server's own SQL interface cannot be prepared and is,
    // too.
    ASSERT_TRUE(link_
                    ->run("prepare inner_one from 'select 7 as a, 1.5e0 as b, ''x'' as c, null as d, date "
                          "''2024-02-29'' as e, 1.50 as f'")
                    .ok());
    const auto how = link_->run("execute inner_one");
    ASSERT_TRUE(how.ok()) << how;
    ASSERT_EQ(link_->rows().size(), 6U);
    EXPECT_EQ(link_->rows()[0], kept{integer(7)});
    EXPECT_EQ(link_->rows()[1], kept{real(1.5)});
    EXPECT_EQ(link_->rows()[2], kept{bytes("x")});
    EXPECT_EQ(link_->rows()[3], kept{null()});
    EXPECT_EQ(link_->rows()[4], kept{integer(19'782, KOINE_DATE)});
    EXPECT_EQ(link_->rows()[5], kept{bytes("1.50", KOINE_DECIMAL)});
}

TEST_F(libmariadb_session, finalized_statements_leave_the_server_with_a_later_round_trip) {
    const auto before = std::stoll(server().admin(
        "select variable_value from information_schema.global_status where variable_name = 'prepared_stmt_count'"));
    std::vector<koine_statement*> all;
    for (int i = 0; i < 5; ++i) all.push_back(link_->prepare("select " + std::to_string(i)));
    EXPECT_EQ(
        std::stoll(server().admin(
            "select variable_value from information_schema.global_status where variable_name = 'prepared_stmt_count'")),
        before + 5);
    for (auto* one : all) driver().finalize(one);
    EXPECT_TRUE(link_->ping().ok());
    EXPECT_EQ(
        std::stoll(server().admin(
            "select variable_value from information_schema.global_status where variable_name = 'prepared_stmt_count'")),
        before);
}

TEST_F(libmariadb_session, a_statement_may_be_finalized_while_another_waits) {
    client holder{over_socket(server())};
    hold_door(holder);
    auto* const doomed = link_->prepare("select 1");
    auto* const slow = link_->prepare(through_the_door);
    koine_wait wait{};
    koine_error error{};
    ASSERT_EQ(driver().execute(slow, nullptr, 0, cells_, 1, &got_, &wait, &error), KOINE_WAIT);
    driver().finalize(doomed);
    holder.close();
    const auto how = link_->drive(
        [&](koine_wait* w, koine_error* e) { return driver().execute(slow, nullptr, 0, cells_, 1, &got_, w, e); });
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(got_, 1U);
    EXPECT_EQ(link_->number("select 2"), 2);
}

TEST_F(libmariadb_session, a_statement_follows_changes_of_its_table_or_is_outdated) {
    ASSERT_TRUE(link_->run("create or replace table shape (a int, b varchar(5))").ok());
    ASSERT_TRUE(link_->run("insert into shape values (1, 'x')").ok());
    auto* const all = link_->prepare("select * from shape");
    auto* const one = link_->prepare("select a from shape");
    ASSERT_TRUE(link_->execute(all).ok());
    // A type that changes is followed.
    ASSERT_TRUE(link_->run("alter table shape modify a varchar(10)").ok());
    ASSERT_TRUE(link_->execute(one).ok());
    EXPECT_EQ(link_->rows().at(0), kept{bytes("1")});
    ASSERT_TRUE(link_->execute(all).ok());
    EXPECT_EQ(link_->rows().at(0), kept{bytes("1")});
    // As many columns, but others.
    ASSERT_TRUE(link_->run("alter table shape drop column b, add column c int default 9").ok());
    auto how = link_->execute(all);
    EXPECT_EQ(how.code, koine::errc::statement_outdated) << how;
    EXPECT_EQ(how.outcome, koine::outcome::rejected);
    EXPECT_FALSE(how.poisons_connection);
    driver().finalize(all);
    auto* const again = link_->prepare("select * from shape");
    ASSERT_TRUE(link_->execute(again).ok());
    EXPECT_EQ(link_->rows().at(1).i, 9);
    // More columns.
    ASSERT_TRUE(link_->run("alter table shape add column d int default 10").ok());
    for (auto* statement : {again, again}) {
        how = link_->execute(statement);
        EXPECT_EQ(how.code, koine::errc::statement_outdated) << how;
        EXPECT_EQ(how.sqlstate, "26000");
    }
    EXPECT_EQ(link_->number("select d from shape"), 10) << "the line is in step";
    ASSERT_TRUE(link_->run("drop table shape").ok());
    EXPECT_EQ(link_->execute(one).code, koine::errc::undefined_table);
}

TEST_F(libmariadb_session, a_result_takes_the_type_of_its_parameter_each_time) {
    auto* const same = link_->prepare("select ? as value");
    ASSERT_TRUE(link_->execute(same, {integer(7)}).ok());
    EXPECT_EQ(link_->rows().at(0), kept{integer(7)});
    ASSERT_TRUE(link_->execute(same, {integer(8)}).ok());
    EXPECT_EQ(link_->rows().at(0), kept{integer(8)});
    ASSERT_TRUE(link_->execute(same, {bytes("eight")}).ok());
    EXPECT_EQ(link_->rows().at(0), kept{bytes("eight")});
    ASSERT_TRUE(link_->execute(same, {real(0.5)}).ok());
    EXPECT_EQ(link_->rows().at(0), kept{real(0.5)});
    ASSERT_TRUE(link_->execute(same, {null()}).ok());
    EXPECT_EQ(link_->rows().at(0), kept{null()});
    ASSERT_TRUE(link_->execute(same, {integer(9)}).ok());
    EXPECT_EQ(link_->rows().at(0), kept{integer(9)});
}

TEST_F(libmariadb_session, values_that_were_refused_leave_no_type_behind) {
    auto* const both = link_->prepare("select concat(?, ''), ? + 0e0");
    ASSERT_TRUE(link_->execute(both, {integer(5), real(1.5)}).ok());
    const auto refused = link_->execute(both, {bytes("a longer text"), real(std::numeric_limits<double>::infinity())});
    EXPECT_EQ(refused.outcome, koine::outcome::not_sent) << refused;
    ASSERT_TRUE(link_->execute(both, {bytes("a longer text"), real(2.5)}).ok());
    EXPECT_EQ(link_->rows().at(0), kept{bytes("a longer text")});
    EXPECT_EQ(link_->rows().at(1), kept{real(2.5)});
    auto how = over_socket(server());
    how.emplace_back("max_allowed_packet", "65536");
    client small{how};
    ASSERT_TRUE(small.connect().ok());
    auto* const one = small.prepare("select concat(?, '')");
    ASSERT_TRUE(small.execute(one, {integer(5)}).ok());
    const std::string large(70'000, 'x');
    EXPECT_EQ(small.execute(one, {bytes(large)}).code, koine::errc::too_big);
    ASSERT_TRUE(small.execute(one, {bytes("text")}).ok());
    EXPECT_EQ(small.rows().at(0), kept{bytes("text")});
}

TEST_F(libmariadb_session, an_execution_leaves_the_library_s_handle_to_whoever_uses_it_too) {
    auto* const statement = link_->prepare("select ?");
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(link_->execute(statement, {integer(i)}).ok());
    auto* const native = static_cast<MYSQL*>(driver().native_handle(link_->handle()));
    ASSERT_EQ(mysql_query(native, "select 42"), 0);
    MYSQL_RES* const result = mysql_store_result(native);
    ASSERT_NE(result, nullptr);
    EXPECT_STREQ(mysql_fetch_row(result)[0], "42");
    mysql_free_result(result);
    ASSERT_TRUE(link_->execute(statement, {integer(7)}).ok());
    EXPECT_EQ(link_->rows().at(0).i, 7);
}

TEST_F(libmariadb_session, an_execution_that_fails_leaves_the_next_ones_as_they_were) {
    auto* const insert = link_->prepare("insert into t (id) values (?)");
    auto* const returning = link_->prepare("insert into t (id) values (?) returning id, name");
    auto* const one = link_->prepare("select (select id from t where id >= ? order by id)");
    std::int64_t id = 0;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(link_->execute(insert, {integer(++id)}).ok());
        EXPECT_EQ(link_->affected(), 1);
        ASSERT_TRUE(link_->execute(returning, {integer(++id)}).ok());
        ASSERT_EQ(link_->rows().size(), 2U);
        EXPECT_EQ(link_->rows().at(0).i, id);
        ASSERT_TRUE(link_->execute(one, {integer(id)}).ok());
        EXPECT_EQ(link_->rows().at(0).i, id);
        for (auto* const again : {insert, returning}) {
            const auto how = link_->execute(again, {integer(id)});
            EXPECT_EQ(how.code, koine::errc::unique_violation) << how;
            EXPECT_EQ(how.sqlstate, "23505");
            EXPECT_EQ(how.constraint, "PRIMARY");
        }
        const auto many_rows = link_->execute(one, {integer(0)});
        EXPECT_EQ(many_rows.status, KOINE_ERROR);
        EXPECT_EQ(many_rows.sqlstate, "21000") << many_rows;
        ASSERT_TRUE(link_->execute(one, {integer(id + 1)}).ok());
        EXPECT_EQ(link_->rows().at(0), kept{null()});
    }
    EXPECT_EQ(link_->number("select count(*) from t"), 6);
}

// The server tells of other columns only once.
TEST_F(libmariadb_session, a_statement_whose_response_nobody_saw_is_outdated) {
    ASSERT_TRUE(link_->run("create or replace table shape (a int)").ok());
    auto* const all = link_->prepare("select * from shape");
    ASSERT_TRUE(link_->execute(all).ok());
    ASSERT_TRUE(link_->run("alter table shape drop column a, add column b varchar(10)").ok());
    koine_wait wait{};
    koine_error error{};
    ASSERT_EQ(driver().execute(all, nullptr, 0, cells_, 4, &got_, &wait, &error), KOINE_WAIT);
    ASSERT_TRUE(link_->reset().ok());
    const auto how = link_->execute(all);
    EXPECT_EQ(how.code, koine::errc::statement_outdated) << how;
    EXPECT_EQ(how.outcome, koine::outcome::not_sent);
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_TRUE(link_->run("select * from shape").ok());
}

TEST_F(libmariadb_session, a_call_while_another_is_under_way_is_refused) {
    client holder{over_socket(server())};
    hold_door(holder);
    auto* const slow = link_->prepare(through_the_door);
    koine_wait wait{};
    koine_error error{};
    ASSERT_EQ(driver().execute(slow, nullptr, 0, cells_, 1, &got_, &wait, &error), KOINE_WAIT);
    EXPECT_NE(link_->state() & KOINE_STATE_BUSY, 0U);
    EXPECT_EQ(link_->ping().code, koine::errc::operation_in_progress);
    holder.close();
    EXPECT_TRUE(link_
                    ->drive([&](koine_wait* w, koine_error* e) {
                        return driver().execute(slow, nullptr, 0, cells_, 1, &got_, w, e);
                    })
                    .ok());
    EXPECT_EQ(got_, 1U);
}

TEST_F(libmariadb_session, a_wait_that_lasts_too_long_ends_the_connection_where_the_url_says_so) {
    auto how = over_tcp(server());
    how.emplace_back("read_timeout", "1");
    for (const bool first : {true, false}) {
        client link{how};
        ASSERT_TRUE(link.connect().ok());
        auto* const sleep = link.prepare("select sleep(?)");
        if (!first) {
            ASSERT_TRUE(link.execute(sleep, {integer(0)}).ok());
        }
        const auto lost = link.execute(sleep, {integer(30)});
        EXPECT_EQ(lost.code, koine::errc::disconnected) << lost;
        EXPECT_TRUE(lost.poisons_connection);
        EXPECT_EQ(lost.waits, 1) << "the limit has passed once, not twice";
        EXPECT_EQ(link.state(), std::uint32_t{KOINE_STATE_BROKEN});
    }
    client link{how};
    ASSERT_TRUE(link.connect().ok());
    EXPECT_EQ(link.run("do sleep(30)").code, koine::errc::disconnected) << "a command without preparation";
}

// ---- Streaming

TEST_F(libmariadb_session, a_stream_delivers_every_row_and_blocks_other_statements_meanwhile) {
    for (const auto& how : {over_socket(server()), over_tls(server())}) {
        client link{how};
        ASSERT_TRUE(link.connect().ok());
        auto* const rows = link.prepare(many, stream);
        auto* const other = link.prepare("select 1");
        auto* const buffered = link.prepare("select seq, 1 from seq_1_to_3");
        const auto run = [&](koine_statement* s, std::uint32_t most) {
            return link.drive([&](koine_wait* w, koine_error* e) {
                return driver().execute(s, nullptr, 0, cells_, most, &got_, w, e);
            });
        };
        const auto next = [&](koine_statement* s) {
            return link.drive([&](koine_wait* w, koine_error* e) { return driver().fetch(s, cells_, 4, &got_, w, e); });
        };
        ASSERT_TRUE(run(buffered, 1).ok());
        ASSERT_TRUE(run(rows, 4).ok());
        ASSERT_GE(got_, 1U);
        EXPECT_EQ(driver().rows_remaining(rows), -1);
        EXPECT_NE(link.state() & KOINE_STATE_BUSY, 0U);
        EXPECT_EQ(link.execute(other).code, koine::errc::operation_in_progress);
        std::int64_t last = 0;
        while (got_ != 0) {
            for (std::uint32_t r = 0; r < got_; ++r) {
                ASSERT_EQ(cells_[2 * r].u.i, ++last);
                ASSERT_EQ(cells_[2 * r + 1].len, 100U);
            }
            if (last == 10) {
                // A result that is here already is read, and dropped, without touching the line.
                ASSERT_TRUE(next(buffered).ok());
                EXPECT_EQ(cells_[0].u.i, 2);
                ASSERT_TRUE(
                    link.drive([&](koine_wait* w, koine_error* e) { return driver().finish(buffered, w, e); }).ok());
                driver().finalize(buffered);
            }
            ASSERT_TRUE(next(rows).ok());
        }
        EXPECT_EQ(last, 20'000);
        EXPECT_TRUE(link.execute(other).ok());
        EXPECT_EQ(link.state(), 0U);
    }
}

TEST_F(libmariadb_session, a_stream_without_rows_and_one_without_columns_end_at_once) {
    EXPECT_TRUE(link_->run("select 1 from dual where false", {}, stream).ok());
    EXPECT_TRUE(link_->rows().empty());
    EXPECT_TRUE(link_->run("create temporary table s (i int)", {}, stream).ok());
    EXPECT_TRUE(link_->run("insert into s select seq from seq_1_to_300 returning i", {}, stream).ok());
    EXPECT_EQ(link_->rows().size(), 300U);
    EXPECT_TRUE(link_->run("insert into s values (?)", {integer(1)}, stream).ok());
    EXPECT_EQ(link_->affected(), 1);
}

TEST_F(libmariadb_session, a_stream_can_be_left_by_finish_reset_finalize_or_a_new_execution) {
    auto* const rows = link_->prepare(many, stream);
    ASSERT_TRUE(first_row(rows).ok());
    ASSERT_TRUE(finish(rows).ok());
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->number("select 5"), 5);
    ASSERT_TRUE(first_row(rows).ok());
    ASSERT_TRUE(first_row(rows).ok());
    EXPECT_EQ(cells_[0].u.i, 1) << "a new execution starts anew";
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->state(), 0U);
    ASSERT_TRUE(first_row(rows).ok());
    driver().finalize(rows);
    EXPECT_NE(link_->state() & KOINE_STATE_BUSY, 0U);
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->number("select 6"), 6);
    EXPECT_TRUE(link_->run(many, {}, stream).ok());
    EXPECT_EQ(link_->rows().size(), 40'000U);
}

TEST_F(libmariadb_session, a_long_stream_that_is_left_is_not_read_to_its_end) {
    auto* const rows = link_->prepare("select seq, repeat('x', 1000) from seq_1_to_100000000", stream);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(first_row(rows).ok());
        const auto how = finish(rows);
        ASSERT_TRUE(how.ok()) << how;
        EXPECT_EQ(link_->number("select 7"), 7);
    }
}

TEST_F(libmariadb_session, an_error_in_the_middle_of_a_stream_comes_after_the_rows_before_it) {
    ASSERT_TRUE(link_
                    ->run("create or replace function fussy(n bigint) returns bigint deterministic begin if n = 1000 "
                          "then signal sqlstate '45000' "
                          "set message_text = 'no more'; end if; return n; end")
                    .ok());
    for (const std::uint32_t flags : {stream, 0U}) {
        const auto how = link_->run("select fussy(seq) from seq_1_to_2000", {}, flags);
        EXPECT_EQ(how.native_code, 1644) << how;
        EXPECT_EQ(how.message, "no more");
        EXPECT_EQ(link_->rows().size(), flags == stream ? 999U : 0U);
        EXPECT_EQ(link_->state(), 0U);
        EXPECT_EQ(link_->number("select 1"), 1);
    }
}

// ---- State

TEST_F(libmariadb_session, closing_says_good_bye) {
    const auto aborted = [] {
        return server().admin(
            "select variable_value from information_schema.global_status where variable_name = 'aborted_clients'");
    };
    const auto before = aborted();
    for (const auto& how : {over_socket(server()), over_tcp(server()), over_tls(server())}) {
        client link{how};
        ASSERT_TRUE(link.connect().ok());
        const auto session = std::to_string(link.session());
        link.prepare("select 1");
        driver().finalize(link.prepare("select 2"));
        ASSERT_TRUE(link.run("begin").ok());
        link.close();
        while (server().admin("select count(*) from information_schema.processlist where id = " + session) != "0") {
        }
    }
    EXPECT_EQ(aborted(), before);
}

TEST_F(libmariadb_session, a_definition_ends_the_transaction_and_the_state_says_so) {
    ASSERT_TRUE(link_->run("begin").ok());
    ASSERT_TRUE(link_->run("insert into t (name) values ('x')").ok());
    ASSERT_TRUE(link_->run("create or replace table other (id int)").ok());
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(server().admin("select count(*) from t"), "1");
}

TEST_F(libmariadb_session, what_may_commit_on_its_way_and_fails_tells_whether_the_transaction_is_over) {
    ASSERT_TRUE(link_->run("create or replace procedure commits() begin commit; signal sqlstate '45000'; end").ok());
    ASSERT_TRUE(link_->run("create or replace procedure fails() begin signal sqlstate '45000'; end").ok());
    int rows = 0;
    for (const char* sql :
         {"call commits()", "begin not atomic commit; signal sqlstate '45000'; end",
          "execute immediate 'create table t (id int)'", "if true then commit; signal sqlstate '45000'; end if",
          "set statement lock_wait_timeout = 9 for create table t (id int)"}) {
        ASSERT_TRUE(link_->run("begin").ok());
        ASSERT_TRUE(link_->run("insert into t (name) values ('x')").ok());
        const auto how = link_->run(sql);
        EXPECT_EQ(how.outcome, koine::outcome::unknown) << sql << how;
        EXPECT_EQ(link_->state() & KOINE_STATE_IN_TRANSACTION, 0U) << sql;
        EXPECT_EQ(link_->number("select count(*) from t"), ++rows) << sql;
    }
    ASSERT_TRUE(link_->run("begin").ok());
    const auto how = link_->run("call fails()");
    EXPECT_EQ(how.outcome, koine::outcome::unknown) << "the transaction need not be the same" << how;
    EXPECT_NE(link_->state() & KOINE_STATE_IN_TRANSACTION, 0U);
    ASSERT_TRUE(link_->run("rollback").ok());
    const auto alone = link_->run("begin not atomic signal sqlstate '45000'; end");
    EXPECT_EQ(alone.outcome, koine::outcome::unknown) << "each statement of it commits itself" << alone;
    EXPECT_FALSE(alone.poisons_transaction) << "a block is no transaction";
}

TEST_F(libmariadb_session, ping_answers_inside_and_outside_a_transaction) {
    EXPECT_TRUE(link_->ping().ok());
    ASSERT_TRUE(link_->run("begin").ok());
    EXPECT_TRUE(link_->ping().ok());
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION});
}

}  // namespace
}  // namespace koine_test
