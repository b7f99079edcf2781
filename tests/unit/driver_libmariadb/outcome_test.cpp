// What is told of failed work, beside what has become of it.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <koine_test/tcp_gate.hpp>

#include "client.hpp"

namespace koine_test {
namespace {

using koine::errc;
using koine::outcome;
using texts = std::vector<std::string>;

const texts idle{};
const texts open{"begin", "insert into t values (1)"};

class libmariadb_outcome : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_MARIADB();
        static mariadb_server made;
        server_ = &made;
        for (const char* const text :
             {"create or replace table t (id int primary key) engine = innodb", "drop table if exists here, other",
              "create or replace procedure partly() begin insert into t values (8); signal sqlstate '45000'; end",
              "create or replace procedure commits() begin commit; insert into t values (8); signal sqlstate '45000'; "
              "end",
              "create or replace procedure changes() begin commit; start transaction; insert into t values (8); signal "
              "sqlstate '45000'; end",
              "create or replace procedure shows() begin select 5; insert into t values (8); signal sqlstate '45000'; "
              "end",
              "create or replace procedure waits() begin insert into t values (8); insert into t select 9 from "
              "seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq + b.seq < 0; end"})
            server_->admin(text);
    }

    std::unique_ptr<client> connected(const parameters& how, const texts& before) {
        auto link = std::make_unique<client>(how);
        EXPECT_TRUE(link->connect().ok());
        session_ = link->session();
        for (const auto& text : before) EXPECT_TRUE(link->run(text).ok()) << text;
        return link;
    }
    std::unique_ptr<client> ready(const texts& before) { return connected(over_socket(*server_), before); }
    std::string rows() { return server_->admin("select group_concat(id order by id) from t"); }
    // When the session is over: what it has left.
    std::string left() {
        const auto there = "select count(*) from information_schema.processlist where id = " + std::to_string(session_);
        while (server_->admin(there) != "0") {
        }
        return rows();
    }
    static void expect(const report& how, outcome what) {
        EXPECT_EQ(how.status, KOINE_ERROR) << how;
        EXPECT_EQ(how.outcome, what) << how;
    }

    mariadb_server* server_ = nullptr;
    int session_ = 0;
};

struct lost_case {
    const texts& before;
    std::string text;
    errc code;
    outcome what;
    std::string left;
};

TEST_F(libmariadb_outcome, a_statement_whose_answer_is_lost_is_told_by_what_it_may_have_committed) {
    const std::string two = "insert into t values (2)";
    const lost_case cases[] = {
        {idle, "select 1", errc::disconnected, outcome::rejected, ""},
        {idle, two, errc::disconnected, outcome::unknown, "2"},
        {idle, "create table other (id int)", errc::disconnected, outcome::unknown, ""},
        {idle, "call partly()", errc::disconnected, outcome::unknown, "8"},
        {idle, "begin", errc::disconnected, outcome::rejected, ""},
        {open, two, errc::disconnected, outcome::rejected, ""},
        {open, "rollback", errc::disconnected, outcome::rejected, ""},
        {open, "commit", errc::in_doubt, outcome::unknown, "1"},
        {open, "commit and chain", errc::in_doubt, outcome::unknown, "1"},
        {open, "begin", errc::in_doubt, outcome::unknown, "1"},
        {open, "start transaction read only", errc::in_doubt, outcome::unknown, "1"},
        {open, "create or replace table other (id int)", errc::in_doubt, outcome::unknown, "1"},
        {open, "drop table missing", errc::in_doubt, outcome::unknown, "1"},
        {open, "call commits()", errc::in_doubt, outcome::unknown, "1,8"},
        {open, "begin not atomic commit; end", errc::in_doubt, outcome::unknown, "1"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(::testing::PrintToString(one.before) + one.text);
        server_->admin("truncate t");
        tcp_gate gate{server_->port()};
        auto link = connected(over_tcp(*server_, gate.port()), one.before);
        koine_statement* const statement = link->prepare(one.text);
        gate.cut_after(tcp_gate::to_client, 0);
        const auto how = link->execute(statement);
        expect(how, one.what);
        EXPECT_EQ(how.code, one.code) << how;
        EXPECT_TRUE(how.poisons_connection) << how;
        EXPECT_EQ(left(), one.left);
    }
}

TEST_F(libmariadb_outcome, a_setting_that_commits_is_in_doubt_when_its_answer_is_lost) {
    tcp_gate gate{server_->port()};
    auto link = connected(over_tcp(*server_, gate.port()), {"set autocommit = 0", "insert into t values (1)"});
    gate.cut_after(tcp_gate::to_client, 0);
    const auto how = link->run("set @@session.autocommit = 1");
    expect(how, outcome::unknown);
    EXPECT_EQ(how.code, errc::in_doubt) << how;
    EXPECT_EQ(left(), "1");
}

struct error_case {
    const texts& before;
    std::string text;
    outcome what;
    bool poisons_transaction;
    bool stays_in_transaction;
    std::string left;  // after a rollback
};

TEST_F(libmariadb_outcome, a_statement_that_fails_is_told_by_what_may_stay_of_it) {
    const error_case cases[] = {
        {idle, "insert into t values (2), (2)", outcome::rejected, false, false, ""},
        {idle, "create table t (id int)", outcome::rejected, false, false, ""},
        {idle, "drop table missing", outcome::rejected, false, false, ""},
        {idle, "drop table here, missing", outcome::unknown, false, false, ""},
        {idle, "drop user nobody, no_one", outcome::unknown, false, false, ""},
        {idle, "call partly()", outcome::unknown, false, false, "8"},
        {idle, "begin not atomic insert into t values (8); signal sqlstate '45000'; end", outcome::unknown, false,
         false, "8"},
        {idle, "execute immediate 'call partly()'", outcome::unknown, false, false, "8"},
        {idle, "if true then insert into t values (8); signal sqlstate '45000'; end if", outcome::unknown, false, false,
         "8"},
        {idle, "set statement lock_wait_timeout = 9 for call partly()", outcome::unknown, false, false, "8"},
        {idle, "set statement lock_wait_timeout = 9 for insert into t values (2), (2)", outcome::rejected, false, false,
         ""},
        {open, "insert into t values (1)", outcome::rejected, true, true, ""},
        {open, "create table t (id int)", outcome::unknown, true, false, "1"},
        {open, "drop table missing", outcome::unknown, true, false, "1"},
        {open, "call commits()", outcome::unknown, true, false, "1,8"},
        {open, "call changes()", outcome::unknown, true, true, "1"},
        {open, "begin not atomic commit; start transaction; signal sqlstate '45000'; end", outcome::unknown, true, true,
         "1"},
        // whether it has, nobody tells
        {open, "call partly()", outcome::unknown, true, true, ""},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(::testing::PrintToString(one.before) + one.text);
        server_->admin("truncate t");
        server_->admin("create or replace table here (id int)");
        auto link = ready(one.before);
        const auto how = link->run(one.text);
        expect(how, one.what);
        EXPECT_EQ(how.poisons_transaction, one.poisons_transaction) << how;
        EXPECT_FALSE(how.poisons_connection) << how;
        EXPECT_EQ((link->state() & KOINE_STATE_IN_TRANSACTION) != 0, one.stays_in_transaction);
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(rows(), one.left);
        EXPECT_EQ(link->number("select 5"), 5) << "the connection goes on";
        const bool dropped = one.text == "drop table here, missing";
        EXPECT_EQ(server_->admin("show tables like 'here'"), dropped ? "" : "here");
    }
}

TEST_F(libmariadb_outcome, a_commit_that_is_cancelled_has_rolled_back_and_a_routine_may_have_done_a_part) {
    {
        auto blocker = ready(idle);
        auto link = ready(open);
        const int session = session_;
        for (const std::string stage : {"start", "flush", "block_ddl", "block_commit"})
            ASSERT_TRUE(blocker->run("backup stage " + stage).ok());
        auto* const commit = link->prepare("commit");
        bool asked = false;
        link->before_wait = [&] {
            if (std::exchange(asked, true)) return;
            wait_for(*server_, session, "state = 'Waiting for backup lock'");
            EXPECT_TRUE(link->cancel().ok());
        };
        const auto how = link->execute(commit);
        expect(how, outcome::rejected);
        EXPECT_EQ(how.code, errc::cancelled) << how;
        EXPECT_TRUE(how.poisons_transaction) << how;
        link->before_wait = nullptr;
        ASSERT_TRUE(blocker->run("backup stage end").ok());
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(rows(), "");
    }
    auto link = ready(idle);
    auto* const call = link->prepare("call waits()");
    bool asked = false;
    link->before_wait = [&] {
        if (std::exchange(asked, true)) return;
        wait_for(*server_, session_, "state = 'Sending data'");
        EXPECT_TRUE(link->cancel().ok());
    };
    const auto how = link->execute(call);
    expect(how, outcome::unknown);
    EXPECT_EQ(how.code, errc::cancelled) << how;
    EXPECT_EQ(rows(), "8");
}

TEST_F(libmariadb_outcome, a_session_that_is_ended_inside_of_a_routine_may_have_done_a_part) {
    auto link = ready(idle);
    auto* const call = link->prepare("call waits()");
    bool asked = false;
    link->before_wait = [&] {
        if (std::exchange(asked, true)) return;
        wait_for(*server_, session_, "state = 'Sending data'");
        server_->admin("kill connection " + std::to_string(session_));
    };
    const auto how = link->execute(call);
    expect(how, outcome::unknown);
    EXPECT_TRUE(how.poisons_connection) << how;
    EXPECT_EQ(rows(), "8");
}

// ---- Results that end early

struct early_case {
    std::string text;
    bool fails;
    std::string left;
};

TEST_F(libmariadb_outcome, a_write_is_done_to_its_end_when_its_rows_are_not_wanted_and_fails_aloud) {
    const early_case cases[] = {
        {"insert into t select seq from seq_1_to_20000 returning id", false, "20000"},
        {"call shows()", true, "1"},
    };
    for (const auto& one : cases) {
        for (const bool early : {true, false}) {
            SCOPED_TRACE(one.text + (early ? " finish" : " fetch"));
            server_->admin("truncate t");
            auto link = ready(idle);
            auto* const statement = link->prepare(one.text, KOINE_PREPARE_STREAM);
            koine_value cell{};
            std::uint32_t got = 0;
            const bool late = (driver().statement_flags(statement) & KOINE_STATEMENT_LATE_COLUMNS) != 0;
            auto how = link->drive([&](koine_wait* w, koine_error* e) {
                return driver().execute(statement, nullptr, 0, &cell, late ? 0 : 1, &got, w, e);
            });
            ASSERT_TRUE(how.ok()) << how;
            if (early) {
                how = link->drive([&](koine_wait* w, koine_error* e) { return driver().finish(statement, w, e); });
            } else {
                do {
                    how = link->drive(
                        [&](koine_wait* w, koine_error* e) { return driver().fetch(statement, &cell, 1, &got, w, e); });
                } while (how.ok() && got != 0);
            }
            EXPECT_EQ(how.ok(), !one.fails) << how;
            if (one.fails) expect(how, outcome::unknown);
            EXPECT_EQ(server_->admin("select count(*) from t"), one.left);
            EXPECT_EQ(link->number("select 5"), 5);
        }
    }
}

}  // namespace
}  // namespace koine_test
