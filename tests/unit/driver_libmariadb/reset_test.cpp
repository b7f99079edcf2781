// What a reset takes back of a session, and what it costs.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <koine_test/tcp_gate.hpp>

#include "client.hpp"

namespace koine_test {
namespace {

class libmariadb_reset : public ::testing::Test {
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

    std::unique_ptr<client> link_;
    koine_value cells_[4] = {};
    std::uint32_t got_ = 0;
};

TEST_F(libmariadb_reset, reset_ends_a_transaction_by_rollback_and_keeps_prepared_statements) {
    tcp_gate gate{server().port()};
    client link{over_tcp(server(), gate.port())};
    ASSERT_TRUE(link.connect().ok());
    auto* const statement = link.prepare("select count(*) from t");
    ASSERT_TRUE(link.run("begin").ok());
    EXPECT_EQ(link.state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION});
    auto* const insert = link.prepare("insert into t (name) values (?)");
    ASSERT_TRUE(link.execute(insert, {bytes("x")}).ok());
    EXPECT_EQ(link.state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION});
    const auto before = gate.bytes(tcp_gate::to_server);
    const auto how = link.reset();
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(gate.bytes(tcp_gate::to_server), before + 5 + std::string_view{"rollback"}.size())
        << "the rollback alone";
    EXPECT_EQ(link.state(), 0U);
    ASSERT_TRUE(link.execute(statement).ok());
    EXPECT_EQ(link.rows().at(0).i, 0);
}

TEST_F(libmariadb_reset, reset_of_a_clean_session_tells_the_server_nothing) {
    tcp_gate gate{server().port()};
    client link{over_tcp(server(), gate.port())};
    ASSERT_TRUE(link.connect().ok());
    ASSERT_TRUE(link.run("create or replace table clean (id int, name varchar(10))").ok());
    ASSERT_TRUE(link.run("insert into clean values (?, ?)", {integer(1), bytes("a")}).ok());
    ASSERT_TRUE(link.run("begin").ok());
    ASSERT_TRUE(link.run("savepoint s").ok());
    ASSERT_TRUE(link.run("update clean set name = 'b'").ok());
    ASSERT_TRUE(link.run("set transaction isolation level serializable").code == koine::errc::usage)
        << "not inside a transaction";
    ASSERT_TRUE(link.run("commit").ok());
    ASSERT_TRUE(link.run("set transaction isolation level serializable").ok());
    ASSERT_TRUE(link.run("start transaction").ok());
    ASSERT_TRUE(link.run("select * from clean where name = @@version or name = ?", {bytes("it's @x")}).ok());
    ASSERT_TRUE(link.run("rollback").ok());
    ASSERT_TRUE(link.ping().ok());
    const auto before = gate.bytes(tcp_gate::to_server);
    const auto how = link.reset();
    EXPECT_TRUE(how.ok());
    EXPECT_EQ(how.waits, 0);
    ASSERT_TRUE(link.ping().ok());
    EXPECT_EQ(gate.bytes(tcp_gate::to_server), before + 5) << "the ping alone";
}

TEST_F(libmariadb_reset, what_statements_changed_of_the_session_is_undone_by_reset) {
    ASSERT_TRUE(
        link_->run("create or replace function sets_a_variable() returns int begin set @hidden = 5; return 1; end")
            .ok());
    ASSERT_TRUE(link_->run("create database if not exists elsewhere").ok());
    for (const char* sql :
         {"set names latin1", "set sql_mode = ''", "set time_zone = '+05:00'",
          "set session transaction isolation level serializable", "set autocommit = 0", "set @x = 1", "select @y := 2",
          "select id into @z from (select 3 as id) d", "use elsewhere", "create temporary table hidden (id int)",
          "select get_lock('koine', 0)", "select `get_lock`('koine', 0)", "lock tables t write",
          "prepare p from 'select 1'", "set role none", "set statement_id = 1"}) {
        const auto how = link_->run(sql);
        if (std::string_view{sql}.find("statement_id") != std::string_view::npos) {
            EXPECT_FALSE(how.ok());
            continue;
        }
        ASSERT_TRUE(how.ok()) << sql << how;
        EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U) << sql;
        const auto reset = link_->reset();
        ASSERT_TRUE(reset.ok()) << sql << reset;
        EXPECT_EQ(link_->state(), 0U) << sql;
        EXPECT_EQ(link_->value("select @@character_set_client").text, "utf8mb4") << sql;
        EXPECT_EQ(link_->value("select @@collation_connection").text, "utf8mb4_nopad_bin") << sql;
        EXPECT_NE(link_->value("select @@sql_mode").text.find("STRICT_ALL_TABLES"), std::string::npos) << sql;
        EXPECT_EQ(link_->value("select @@time_zone").text, "+00:00") << sql;
        EXPECT_EQ(link_->value("select @@tx_isolation").text, "READ-COMMITTED") << sql;
        EXPECT_EQ(link_->value("select @@autocommit").i, 1) << sql;
        EXPECT_EQ(link_->value("select database()").text, "test") << sql;
        EXPECT_EQ(link_->value("select coalesce(@x, @y, @z, 'none')").text, "none") << sql;
        EXPECT_EQ(link_->value("select is_free_lock('koine')").i, 1) << sql;
        ASSERT_TRUE(link_->reset().ok());
    }
    EXPECT_EQ(link_->run("select * from hidden").code, koine::errc::undefined_table);
    EXPECT_TRUE(link_->run("drop table if exists no_such_table").ok());
}

TEST_F(libmariadb_reset, a_lock_that_a_routine_has_taken_is_given_back_by_reset_without_more) {
    ASSERT_TRUE(link_->run("create or replace procedure takes() begin do get_lock('koine', 0); end").ok());
    ASSERT_TRUE(link_->reset().ok()) << "the definition names the lock";
    auto* const kept = link_->prepare("select 1");
    for (const bool in_transaction : {false, true}) {
        ASSERT_TRUE(link_->run(in_transaction ? "begin" : "commit").ok());
        ASSERT_TRUE(link_->run("call takes()").ok());
        EXPECT_EQ(link_->value("select is_free_lock('koine')").i, 0);
        EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U);
        const auto reset = link_->reset();
        ASSERT_TRUE(reset.ok()) << reset;
        EXPECT_EQ(link_->state(), 0U);
        EXPECT_EQ(link_->value("select is_free_lock('koine')").i, 1);
        const auto again = link_->execute(kept);
        EXPECT_TRUE(again.ok()) << "statements stay" << again;
    }
}

TEST_F(libmariadb_reset, a_global_lock_is_given_back_by_reset) {
    ASSERT_TRUE(link_->run("flush tables with read lock").ok());
    EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U);
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_TRUE(link_->run("insert into t (name) values ('unlocked')").ok());
}

// No reset of the server takes a role back.
TEST_F(libmariadb_reset, a_role_that_was_changed_is_what_the_login_made_it) {
    ASSERT_TRUE(link_->run("create role if not exists 'other''role'").ok());
    ASSERT_TRUE(link_->run("create or replace procedure acts() begin set role 'other''role'; end").ok());
    ASSERT_TRUE(link_->run("grant 'other''role' to current_user()").ok());
    for (const char* sql : {"set role 'other''role'", "call acts()"}) {
        ASSERT_TRUE(link_->run(sql).ok()) << sql;
        EXPECT_EQ(link_->value("select current_role()").text, "other'role") << sql;
        EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U) << sql;
        const auto reset = link_->reset();
        ASSERT_TRUE(reset.ok()) << sql << reset;
        EXPECT_EQ(link_->value("select current_role()").tag, KOINE_NULL) << sql;
    }
    // The other way round: a role that the login gives.
    ASSERT_TRUE(link_->run("set default role 'other''role'").ok());
    client second{over_socket(server())};
    ASSERT_TRUE(second.connect().ok());
    EXPECT_EQ(second.value("select current_role()").text, "other'role");
    ASSERT_TRUE(second.run("set role none").ok());
    ASSERT_TRUE(second.reset().ok());
    EXPECT_EQ(second.value("select current_role()").text, "other'role");
    ASSERT_TRUE(link_->run("set default role none").ok());
    ASSERT_TRUE(second.run("set role none").ok());
    // One that was taken away meanwhile cannot be had again.
    ASSERT_TRUE(link_->run("revoke 'other''role' from current_user()").ok());
    const auto reset = second.reset();
    EXPECT_FALSE(reset.ok());
}

TEST_F(libmariadb_reset, a_setting_for_the_next_transaction_does_not_reach_the_next_owner) {
    ASSERT_TRUE(link_->run("set transaction isolation level serializable").ok());
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_DIRTY});
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->state(), 0U);
    ASSERT_TRUE(link_->run("set transaction isolation level serializable").ok());
    ASSERT_TRUE(link_->run("begin").ok());
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION}) << "it has been used up";
}

TEST_F(libmariadb_reset, what_a_function_changed_behind_the_text_is_noticed) {
    ASSERT_TRUE(link_->run("create or replace procedure changes() begin set session sql_mode = ''; end").ok());
    ASSERT_TRUE(link_->run("call changes()").ok());
    EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U);
}

TEST_F(libmariadb_reset, what_a_statement_that_failed_may_have_changed_is_undone_by_reset) {
    ASSERT_TRUE(link_
                    ->run("create or replace procedure fails() begin set session time_zone = '+05:00'; signal sqlstate "
                          "'45000'; end")
                    .ok());
    ASSERT_TRUE(link_
                    ->run("create or replace procedure fails_late() begin select 1; set session time_zone = '+05:00'; "
                          "signal sqlstate '45000'; end")
                    .ok());
    for (const char* sql : {"call fails()", "call fails_late()",
                            "begin not atomic set session time_zone = '+05:00'; signal sqlstate '45000'; end",
                            "select get_lock('koine', 0), (select 1 union select 2)",
                            "set session time_zone = '+05:00', sql_mode = 'nonsense'"}) {
        EXPECT_FALSE(link_->run(sql).ok()) << sql;
        EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U) << sql;
        ASSERT_TRUE(link_->reset().ok()) << sql;
        EXPECT_EQ(link_->value("select @@time_zone").text, "+00:00") << sql;
        EXPECT_EQ(link_->value("select is_free_lock('koine')").i, 1) << sql;
        EXPECT_EQ(link_->state(), 0U) << sql;
    }
    EXPECT_FALSE(link_->run("insert into t (id) values ('x')").ok());
    EXPECT_EQ(link_->state(), 0U) << "a change of rows changes nothing of the session";
}

TEST_F(libmariadb_reset, what_a_statement_may_have_changed_whose_end_nobody_saw_is_undone_by_reset) {
    for (const bool finalized : {false, true}) {
        auto* const change = link_->prepare("set session time_zone = '+05:00'");
        koine_wait wait{};
        koine_error error{};
        ASSERT_EQ(driver().execute(change, nullptr, 0, cells_, 4, &got_, &wait, &error), KOINE_WAIT);
        if (finalized) driver().finalize(change);
        ASSERT_TRUE(link_->reset().ok());
        EXPECT_EQ(link_->value("select @@time_zone").text, "+00:00");
        EXPECT_EQ(link_->state(), 0U);
    }
}

TEST_F(libmariadb_reset, after_a_reset_of_the_session_prepared_statements_are_outdated) {
    auto* const select = link_->prepare("select 1");
    auto* const command = link_->prepare("savepoint a");
    ASSERT_TRUE(link_->run("set @x = 1").ok());
    ASSERT_TRUE(link_->reset().ok());
    const auto how = link_->execute(select);
    EXPECT_EQ(how.code, koine::errc::statement_outdated) << how;
    EXPECT_EQ(how.outcome, koine::outcome::not_sent);
    EXPECT_FALSE(how.poisons_connection);
    EXPECT_TRUE(link_->execute(command).ok()) << "never prepared on the server";
    driver().finalize(select);
    EXPECT_EQ(link_->number("select 2"), 2);
}

TEST_F(libmariadb_reset, reset_without_a_database_leaves_the_session_without_one) {
    auto how = over_socket(server());
    std::erase_if(how, [](const auto& p) { return p.first == "database"; });
    client link{how};
    ASSERT_TRUE(link.connect().ok());
    EXPECT_EQ(link.value("select database()").tag, KOINE_NULL);
    ASSERT_TRUE(link.run("set @x = 1").ok());
    EXPECT_TRUE(link.reset().ok());
    // The server has no way to leave a database but a new login.
    ASSERT_TRUE(link.run("use test").ok());
    const auto reset = link.reset();
    EXPECT_TRUE(reset.ok() ? link.value("select database()").tag == KOINE_NULL : reset.poisons_connection) << reset;
}

}  // namespace
}  // namespace koine_test
