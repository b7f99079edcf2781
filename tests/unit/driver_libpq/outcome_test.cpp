// What is told of failed work, beside what has become of it: each kind of statement that begins or
// ends a transaction, alone and in a batch, with its answer, without, and with an error.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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

// Where a session is before the batch.
const texts idle{};
const texts open{"begin", "insert into t values (1)", "savepoint s"};
const texts failed{"begin", "insert into t values (1)", "savepoint s", "select 1/0"};

class libpq_outcome : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_POSTGRES();
        static pg_cluster cluster{{"max_prepared_transactions=4", "deadlock_timeout=100ms"}};
        server_ = &cluster;
        server_->admin("drop table if exists t, late");
        server_->admin("create table t (id int)");
        server_->admin("create table late (id int unique deferrable initially deferred)");
        server_->admin(
            "create or replace procedure partly(last text) language plpgsql as $$ begin insert into t values (8); "
            "commit; insert into t values (9); execute last; end $$");
    }

    std::unique_ptr<client> through(const tcp_gate& gate, const texts& before) {
        auto link = std::make_unique<client>(over_tcp(*server_, gate.port()));
        EXPECT_TRUE(link->connect().ok());
        pid_ = link->backend();
        // What that has left to be deallocated goes now: its answer would come before the batch's.
        EXPECT_TRUE(flush(*link, {"select 1"}).ok());
        for (const auto& text : before) {
            const auto how = link->run(text);
            EXPECT_TRUE(how.ok() || text == "select 1/0") << text << ' ' << how;
        }
        return link;
    }
    std::unique_ptr<client> ready(const texts& before) {
        auto link = std::make_unique<client>(over_socket(*server_));
        EXPECT_TRUE(link->connect().ok());
        pid_ = link->backend();
        for (const auto& text : before) link->run(text);
        return link;
    }
    static report flush(client& link, const texts& batch) {
        for (const auto& text : batch) EXPECT_TRUE(link.enqueue(text).ok());
        return link.flush();
    }
    // When the session is over: what it has left.
    std::string left() {
        const auto sessions = "select 1 from pg_stat_activity where pid = " + std::to_string(pid_);
        while (!server_->admin(sessions).empty()) {
        }
        return rows();
    }
    std::string rows() { return server_->admin("select string_agg(id::text, ',' order by id) from t"); }
    void forget_prepared() {
        while (true) {
            const auto name = server_->admin("select gid from pg_prepared_xacts limit 1");
            if (name.empty()) return;
            server_->admin("rollback prepared '" + name + "'");
        }
    }
    void wait_for_activity(const std::string& what) {
        while (server_->admin("select 1 from pg_stat_activity where pid = " + std::to_string(pid_) + " and " + what)
                   .empty()) {
        }
    }
    static void expect(const report& how, errc code, outcome what) {
        EXPECT_EQ(how.status, KOINE_ERROR) << how;
        EXPECT_EQ(how.code, code) << how;
        EXPECT_EQ(how.outcome, what) << how;
    }
    static void expect_lost(const report& how, errc code, outcome what) {
        expect(how, code, what);
        EXPECT_TRUE(how.poisons_connection) << how;
        EXPECT_TRUE(how.poisons_transaction) << how;
    }

    pg_cluster* server_ = nullptr;
    int pid_ = 0;
};

// ---- Answers that never come

struct lost_case {
    const texts& before;
    texts batch;
    errc code;
    outcome what;
    std::string left;  // what the server has done, while nobody could know it
};

TEST_F(libpq_outcome, a_batch_whose_answer_is_lost_is_followed_statement_by_statement) {
    const std::string one = "insert into t values (1)";
    const std::string two = "insert into t values (2)";
    const lost_case cases[] = {
        // outside of a transaction
        {idle, {"select 1"}, errc::disconnected, outcome::rejected, ""},
        {idle, {two}, errc::disconnected, outcome::unknown, "2"},
        {idle, {"begin", two}, errc::disconnected, outcome::rejected, ""},
        {idle, {"start transaction", two, "select 1"}, errc::disconnected, outcome::rejected, ""},
        {idle, {"begin", two, "commit"}, errc::in_doubt, outcome::unknown, "2"},
        {idle, {"begin", two, "end"}, errc::in_doubt, outcome::unknown, "2"},
        {idle, {"begin", two, "rollback", "select 1"}, errc::disconnected, outcome::rejected, ""},
        {idle, {"begin", one, "rollback", two}, errc::disconnected, outcome::unknown, "2"},
        {idle, {"begin", one, "commit", two}, errc::in_doubt, outcome::unknown, "1,2"},
        {idle, {"begin", one, "rollback", "begin", two}, errc::disconnected, outcome::rejected, ""},
        {idle, {"call partly('select 1')"}, errc::disconnected, outcome::unknown, "8,9"},
        {idle, {"call partly('select 1/0')"}, errc::disconnected, outcome::unknown, "8"},
        {idle, {"do $$ begin insert into t values (8); commit; end $$"}, errc::disconnected, outcome::unknown, "8"},
        {idle, {"copy t to stdout"}, errc::disconnected, outcome::rejected, ""},
        // inside
        {open, {two}, errc::disconnected, outcome::rejected, ""},
        {open, {"call partly('select 1')"}, errc::disconnected, outcome::rejected, ""},
        {open, {"commit"}, errc::in_doubt, outcome::unknown, "1"},
        {open, {"/* bye */ END WORK"}, errc::in_doubt, outcome::unknown, "1"},
        {open, {"commit", two}, errc::in_doubt, outcome::unknown, "1,2"},
        {open, {"commit and chain", two}, errc::in_doubt, outcome::unknown, "1"},
        {open, {"rollback"}, errc::disconnected, outcome::rejected, ""},
        {open, {"rollback", two}, errc::disconnected, outcome::unknown, "2"},
        {open, {"abort", two}, errc::disconnected, outcome::unknown, "2"},
        {open, {"rollback and no chain", two}, errc::disconnected, outcome::unknown, "2"},
        {open, {"rollback and chain", two}, errc::disconnected, outcome::rejected, ""},
        {open, {"rollback and chain", two, "commit"}, errc::in_doubt, outcome::unknown, "2"},
        {open, {"rollback work to savepoint s", two}, errc::disconnected, outcome::rejected, ""},
        {open, {"rollback", "select 1"}, errc::disconnected, outcome::rejected, ""},
        {open, {"rollback", "call partly('select 1')"}, errc::disconnected, outcome::unknown, "8,9"},
        {open, {"prepare transaction 'p'"}, errc::in_doubt, outcome::unknown, ""},
        {open, {"prepare transaction 'p'", "commit prepared 'p'"}, errc::in_doubt, outcome::unknown, "1"},
        {open, {"rollback", "commit prepared 'there'"}, errc::in_doubt, outcome::unknown, "0"},
        {open, {"rollback", "rollback prepared 'there'"}, errc::disconnected, outcome::unknown, ""},
        // inside one that has failed
        {failed, {two}, errc::disconnected, outcome::rejected, ""},
        {failed, {"commit"}, errc::disconnected, outcome::rejected, ""},
        {failed, {"prepare transaction 'p'"}, errc::disconnected, outcome::rejected, ""},
        {failed, {"commit", two}, errc::disconnected, outcome::unknown, "2"},
        {failed, {"commit and chain", two}, errc::disconnected, outcome::rejected, ""},
        {failed, {"commit and chain", two, "commit"}, errc::in_doubt, outcome::unknown, "2"},
        {failed, {"rollback", "begin", two, "commit"}, errc::in_doubt, outcome::unknown, "2"},
        {failed, {"rollback to savepoint s", "commit"}, errc::in_doubt, outcome::unknown, "1"},
        {failed, {"ROLLBACK TRANSACTION TO s", "release s", two, "commit"}, errc::in_doubt, outcome::unknown, "1,2"},
        {failed, {"rollback to savepoint s", "prepare transaction 'p'"}, errc::in_doubt, outcome::unknown, ""},
        {failed, {"rollback to savepoint s", two}, errc::disconnected, outcome::rejected, ""},
    };
    for (const auto& one_case : cases) {
        SCOPED_TRACE(::testing::PrintToString(one_case.before) + ::testing::PrintToString(one_case.batch));
        forget_prepared();
        server_->admin("truncate t");
        server_->admin("begin; insert into t values (0); prepare transaction 'there'");
        tcp_gate gate{server_->port()};
        auto link = through(gate, one_case.before);
        gate.cut_after(tcp_gate::to_client, 0);
        expect_lost(flush(*link, one_case.batch), one_case.code, one_case.what);
        EXPECT_EQ(left(), one_case.left);
    }
    forget_prepared();
}

TEST_F(libpq_outcome, a_statement_whose_answer_is_lost_is_judged_with_what_is_queued_in_front) {
    const std::pair<texts, std::pair<errc, outcome>> cases[] = {
        {{}, {errc::disconnected, outcome::rejected}},
        {{"rollback"}, {errc::disconnected, outcome::unknown}},
        {{"commit"}, {errc::in_doubt, outcome::unknown}},
        {{"rollback to s"}, {errc::disconnected, outcome::rejected}},
    };
    for (const auto& [queue, told] : cases) {
        SCOPED_TRACE(::testing::PrintToString(queue));
        tcp_gate gate{server_->port()};
        auto link = through(gate, {"begin", "savepoint s"});
        auto* const insert = link->prepare("insert into t values ($1)");
        for (const auto& text : queue) ASSERT_TRUE(link->enqueue(text).ok());
        gate.cut_after(tcp_gate::to_client, 0);
        expect_lost(link->execute(insert, {integer(3)}), told.first, told.second);
        left();
    }
    EXPECT_EQ(rows(), "3,3");
}

TEST_F(libpq_outcome, what_stands_behind_an_error_that_was_told_before_the_line_broke_has_not_been_done) {
    const lost_case cases[] = {
        {idle,
         {"begin", "insert into t values (1)", "select 1/0", "commit"},
         errc::disconnected,
         outcome::rejected,
         ""},
        {idle, {"begin", "insert into late values (1), (1)", "commit"}, errc::disconnected, outcome::rejected, ""},
        {idle, {"begin", "insert into t values (1)", "commit", "select 1/0"}, errc::in_doubt, outcome::unknown, "1"},
        {idle, {"call partly('select 1/0')", "commit"}, errc::disconnected, outcome::unknown, "8"},
        {failed, {"commit"}, errc::disconnected, outcome::rejected, ""},
        {failed, {"commit", "insert into t values (2)"}, errc::disconnected, outcome::unknown, "2"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(::testing::PrintToString(one.batch));
        const auto length = [&] {
            tcp_gate gate{server_->port()};
            auto link = through(gate, one.before);
            const auto before = gate.bytes(tcp_gate::to_client);
            EXPECT_EQ(flush(*link, one.batch).status, KOINE_ERROR);
            return gate.bytes(tcp_gate::to_client) - before;
        }();
        left();
        server_->admin("truncate t");
        tcp_gate gate{server_->port()};
        auto link = through(gate, one.before);
        // All but the end of the last message, which is that the server is ready.
        gate.cut_after(tcp_gate::to_client, length - 1);
        expect_lost(flush(*link, one.batch), one.code, one.what);
        EXPECT_EQ(left(), one.left);
    }
}

TEST_F(libpq_outcome, a_session_that_the_server_ends_in_the_middle_of_a_batch_has_run_nothing_behind_it) {
    const std::string write = "insert into t values (2)";
    const std::string sleep = "select pg_sleep(30)";
    const lost_case cases[] = {
        {idle, {"begin", write, sleep, "commit"}, errc::disconnected, outcome::rejected, ""},
        {open, {"rollback", sleep, write}, errc::disconnected, outcome::rejected, ""},
        {idle, {"begin", write, "commit", sleep}, errc::in_doubt, outcome::unknown, "2"},
        {idle, {"begin", write, "commit", "begin", write, sleep}, errc::in_doubt, outcome::unknown, "2"},
        {idle, {"call partly('select pg_sleep(30)')"}, errc::disconnected, outcome::unknown, "8"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(::testing::PrintToString(one.batch));
        server_->admin("truncate t");
        auto link = ready(one.before);
        bool ended = false;
        link->before_wait = [&] {
            if (std::exchange(ended, true)) return;
            wait_for_activity("wait_event = 'PgSleep'");
            server_->admin("select pg_terminate_backend(" + std::to_string(pid_) + ")");
        };
        const auto how = flush(*link, one.batch);
        expect_lost(how, one.code, one.what);
        EXPECT_EQ(how.sqlstate, "57P01") << how;
        EXPECT_EQ(left(), one.left);
    }
}

// ---- Errors

struct error_case {
    const texts& before;
    texts batch;
    std::string sqlstate;
    errc code;
    outcome what;
    bool poisons_transaction;
    std::uint32_t queued_index;
    std::string left;
};

TEST_F(libpq_outcome, an_error_tells_where_it_was_met_and_what_is_left_of_the_work) {
    const std::string two = "insert into t values (2)";
    const std::string twice = "insert into late values (1), (1)";
    const error_case cases[] = {
        // the implicit transaction of a batch commits at its end
        {idle, {twice}, "23505", errc::unique_violation, outcome::rejected, false, 0, ""},
        {idle, {two, twice}, "23505", errc::unique_violation, outcome::rejected, false, 0, ""},
        {idle, {twice, two, "select 1"}, "23505", errc::unique_violation, outcome::rejected, false, 0, ""},
        {open, {"rollback", two, twice}, "23505", errc::unique_violation, outcome::rejected, false, 0, ""},
        {open, {"commit", two, twice}, "23505", errc::unique_violation, outcome::unknown, false, 0, "1"},
        {idle, {"call partly('select 1')", twice}, "23505", errc::unique_violation, outcome::unknown, false, 0, "8"},
        {idle,
         {"call partly('insert into late values (1), (1)')"},
         "23505",
         errc::unique_violation,
         outcome::unknown,
         false,
         0,
         "8"},
        {idle, {"insert into raises values (1)"}, "P0001", errc::unknown, outcome::rejected, false, 0, ""},
        // COMMIT
        {idle, {"begin", twice, "commit"}, "23505", errc::unique_violation, outcome::rejected, true, 3, ""},
        {open, {twice, "commit"}, "23505", errc::unique_violation, outcome::rejected, true, 2, ""},
        {open, {twice, "end"}, "23505", errc::unique_violation, outcome::rejected, true, 2, ""},
        {open, {twice, "commit and chain", two}, "23505", errc::unique_violation, outcome::rejected, true, 2, ""},
        {open, {twice, "prepare transaction 'p'"}, "23505", errc::unique_violation, outcome::rejected, true, 2, ""},
        {open, {"insert into raises values (1)", "commit"}, "P0001", errc::unknown, outcome::rejected, true, 2, ""},
        {failed, {"commit"}, "25P02", errc::transaction_failed, outcome::rejected, true, 1, ""},
        {failed, {"commit", "select 1"}, "25P02", errc::transaction_failed, outcome::rejected, true, 1, ""},
        {failed, {"commit", two}, "25P02", errc::transaction_failed, outcome::unknown, true, 1, "2"},
        {failed, {"commit and chain", two}, "25P02", errc::transaction_failed, outcome::rejected, true, 1, ""},
        {failed, {"prepare transaction 'p'"}, "25P02", errc::transaction_failed, outcome::rejected, true, 1, ""},
        {failed, {"rollback to x", "commit"}, "3B001", errc::usage, outcome::rejected, true, 1, ""},
        {idle, {"commit prepared 'none'"}, "42704", errc::undefined_object, outcome::rejected, false, 1, ""},
        // behind the end of a transaction
        {open, {"rollback", "select 1/0"}, "22012", errc::invalid_value, outcome::rejected, false, 2, ""},
        {open, {"commit", "select 1/0"}, "22012", errc::invalid_value, outcome::rejected, false, 2, "1"},
        {open, {"rollback and chain", "select 1/0"}, "22012", errc::invalid_value, outcome::rejected, true, 2, ""},
        {open, {"rollback to s", "select 1/0"}, "22012", errc::invalid_value, outcome::rejected, true, 2, ""},
        {idle, {two, "select 1/0"}, "22012", errc::invalid_value, outcome::rejected, false, 2, ""},
        {idle, {"begin", two, "select 1/0"}, "22012", errc::invalid_value, outcome::rejected, true, 3, ""},
        // what commits inside
        {idle, {"call partly('select 1/0')"}, "22012", errc::invalid_value, outcome::unknown, false, 1, "8"},
        {idle,
         {"do $$ begin insert into t values (8); commit; perform 1/0; end $$"},
         "22012",
         errc::invalid_value,
         outcome::unknown,
         false,
         1,
         "8"},
        {open,
         {"rollback", "call partly('select 1/0')"},
         "22012",
         errc::invalid_value,
         outcome::unknown,
         false,
         2,
         "8"},
        {open, {"call partly('select 1/0')"}, "2D000", errc::usage, outcome::rejected, true, 1, ""},
        {idle,
         {"select 1", "call partly('select 1/0')"},
         "22012",
         errc::invalid_value,
         outcome::unknown,
         false,
         2,
         "8"},
        {idle,
         {"create unique index concurrently broken on twins (id)"},
         "23505",
         errc::unique_violation,
         outcome::unknown,
         false,
         1,
         ""},
    };
    server_->admin("create table if not exists raises (id int)");
    server_->admin(
        "create or replace function raise() returns trigger language plpgsql as $$ begin raise 'no'; end $$");
    server_->admin("drop trigger if exists late on raises");
    server_->admin(
        "create constraint trigger late after insert on raises deferrable initially deferred for each row execute "
        "function raise()");
    server_->admin("drop table if exists twins");
    server_->admin("create table twins as select 1 as id from generate_series(1, 2)");
    for (const auto& one : cases) {
        SCOPED_TRACE(::testing::PrintToString(one.before) + ::testing::PrintToString(one.batch));
        server_->admin("truncate t, late");
        auto link = ready(one.before);
        const auto how = flush(*link, one.batch);
        expect(how, one.code, one.what);
        EXPECT_EQ(how.sqlstate, one.sqlstate) << how;
        EXPECT_EQ(how.poisons_transaction, one.poisons_transaction) << how;
        EXPECT_FALSE(how.poisons_connection) << how;
        EXPECT_EQ(how.queued_index, one.queued_index) << how;
        EXPECT_EQ(rows(), one.left);
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(link->value("select 5").i, 5) << "the connection goes on";
        EXPECT_EQ(rows(), one.left);
    }
    EXPECT_EQ(server_->admin("select 1 from pg_class where relname = 'broken'"), "1");
}

TEST_F(libpq_outcome, a_constraint_that_fails_when_a_statement_commits_itself_is_that_statements_error) {
    for (const bool queued : {false, true}) {
        for (const bool front : {false, true}) {
            auto link = ready(idle);
            auto* const old = link->prepare("select 1");
            auto* const late = link->prepare("insert into late values ($1), ($1)");
            // It is taken back in front of the next execution, with a Sync of its own.
            if (front) driver().finalize(old);
            if (queued) {
                ASSERT_TRUE(link->enqueue("insert into t values (1)").ok());
            }
            const auto how = link->execute(late, {integer(1)});
            expect(how, errc::unique_violation, outcome::rejected);
            EXPECT_EQ(how.constraint, "late_id_key") << how;
            EXPECT_FALSE(how.poisons_transaction || how.poisons_connection) << how;
            EXPECT_EQ(how.queued_index, 0U);
            EXPECT_EQ(link->state(), 0U);
            EXPECT_EQ(rows(), "");
            EXPECT_TRUE(link->run("insert into late values (1)").ok());
            server_->admin("truncate late");
        }
    }
}

TEST_F(libpq_outcome, a_transaction_that_loses_to_another_at_its_end_is_told_where_it_commits) {
    for (const texts& batch : {texts{}, texts{"begin"}}) {
        server_->admin("truncate t");
        auto link = ready({"set default_transaction_isolation = 'serializable'"});
        auto other = std::make_unique<client>(over_socket(*server_));
        ASSERT_TRUE(other->connect().ok());
        ASSERT_TRUE(other->run("select pg_advisory_lock(1)").ok());
        ASSERT_TRUE(other->run("begin isolation level serializable").ok());
        ASSERT_TRUE(other->run("insert into t select count(*) from t").ok());
        bool met = false;
        link->before_wait = [&] {
            if (std::exchange(met, true)) return;
            wait_for_activity("wait_event = 'advisory'");
            ASSERT_TRUE(other->run("commit").ok());
            ASSERT_TRUE(other->run("select pg_advisory_unlock(1)").ok());
        };
        texts all = batch;
        all.insert(all.end(), {"insert into t select count(*) from t", "select pg_advisory_lock(1)"});
        if (!batch.empty()) all.emplace_back("commit");
        const auto how = flush(*link, all);
        expect(how, errc::serialization_failure, outcome::rejected);
        EXPECT_EQ(how.queued_index, batch.empty() ? 0U : 4U) << how;
        EXPECT_EQ(how.poisons_transaction, !batch.empty()) << how;
        EXPECT_FALSE(how.poisons_connection) << how;
        EXPECT_EQ(rows(), "0");
        link->before_wait = nullptr;
        EXPECT_EQ(link->value("select 5").i, 5);
    }
}

TEST_F(libpq_outcome, a_commit_that_is_cancelled_has_rolled_back_and_a_procedure_may_have_committed) {
    server_->admin("create table if not exists slow (id int)");
    server_->admin(
        "create or replace function sleep() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return "
        "null; end $$");
    server_->admin("drop trigger if exists late on slow");
    server_->admin(
        "create constraint trigger late after insert on slow deferrable initially deferred for each row execute "
        "function sleep()");
    const std::string write = "insert into slow values (1)";
    const error_case cases[] = {
        {open, {write, "commit"}, "57014", errc::cancelled, outcome::rejected, true, 2, ""},
        {open, {write, "commit and chain"}, "57014", errc::cancelled, outcome::rejected, true, 2, ""},
        {open, {write, "prepare transaction 'p'"}, "57014", errc::cancelled, outcome::rejected, true, 2, ""},
        {idle, {"insert into t values (1)", write}, "57014", errc::cancelled, outcome::rejected, false, 0, ""},
        {idle, {"call partly('select pg_sleep(30)')"}, "57014", errc::cancelled, outcome::unknown, false, 1, "8"},
        {idle,
         {"call partly('insert into slow values (1)')"},
         "57014",
         errc::cancelled,
         outcome::unknown,
         false,
         0,
         "8"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(::testing::PrintToString(one.batch));
        server_->admin("truncate t");
        auto link = ready(one.before);
        bool asked = false;
        link->before_wait = [&] {
            if (std::exchange(asked, true)) return;
            wait_for_activity("wait_event = 'PgSleep'");
            EXPECT_TRUE(link->cancel().ok());
        };
        const auto how = flush(*link, one.batch);
        expect(how, one.code, one.what);
        EXPECT_EQ(how.sqlstate, one.sqlstate) << how;
        EXPECT_EQ(how.poisons_transaction, one.poisons_transaction) << how;
        EXPECT_FALSE(how.poisons_connection) << how;
        EXPECT_EQ(how.queued_index, one.queued_index) << how;
        link->before_wait = nullptr;
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(rows(), one.left);
    }
}

TEST_F(libpq_outcome, what_stands_behind_a_copy_to_the_client_may_be_done) {
    const std::string write = "insert into t values (1)";
    const std::pair<texts, outcome> cases[] = {
        {{"select 1", "copy t to stdout"}, outcome::rejected},
        {{"begin", write, "copy (select id from t) to stdout"}, outcome::rejected},
        {{"begin", write, "copy t to stdout", "commit"}, outcome::unknown},
        {{"copy t to stdout", write}, outcome::unknown},
        {{"copy (insert into t values (1) returning id) to stdout"}, outcome::unknown},
        {{"begin", write, "copy t from stdin", "commit"}, outcome::rejected},
        {{"copy t from stdin", write}, outcome::rejected},
        {{"begin", write, "commit", "copy t from stdin"}, outcome::unknown},
    };
    for (const auto& [batch, what] : cases) {
        SCOPED_TRACE(::testing::PrintToString(batch));
        server_->admin("truncate t");
        auto link = ready(idle);
        const auto how = flush(*link, batch);
        expect_lost(how, errc::not_supported, what);
        ASSERT_NE(how.queued_index, 0U);
        EXPECT_EQ(batch[how.queued_index - 1].substr(0, 4), "copy");
        link->close();
        const auto there = left();
        if (what == outcome::rejected) {
            EXPECT_EQ(there, "");
        }
    }
}

TEST_F(libpq_outcome, a_write_that_fails_behind_the_rows_that_were_wanted_is_told_when_its_result_ends_early) {
    const std::pair<std::string, bool> cases[] = {
        {"insert into late select 1 from generate_series(1, 2000) returning id", true},
        {"select 10 / (i - 2000) from generate_series(1, 2000) i", false},
    };
    for (const bool queued : {false, true}) {
        for (const auto& [text, writes] : cases) {
            SCOPED_TRACE(text);
            auto link = ready(idle);
            auto* const rows = link->prepare(text, KOINE_PREPARE_STREAM);
            if (queued) {
                ASSERT_TRUE(link->enqueue("select 1").ok());
            }
            koine_value cell{};
            std::uint32_t got = 0;
            ASSERT_TRUE(link->drive([&](koine_wait* w, koine_error* e) {
                                return driver().execute(rows, nullptr, 0, &cell, 1, &got, w, e);
                            })
                            .ok());
            ASSERT_EQ(got, 1U);
            const auto how = link->drive([&](koine_wait* w, koine_error* e) { return driver().finish(rows, w, e); });
            EXPECT_EQ(how.ok(), !writes) << how;
            if (writes) {
                EXPECT_EQ(how.outcome, outcome::rejected) << how;
            }
            EXPECT_EQ(link->state(), 0U);
            EXPECT_EQ(link->value("select 5").i, 5);
        }
        EXPECT_EQ(rows(), "");
    }
    auto link = ready(idle);
    auto* const rows = link->prepare("select i from generate_series(1, 2000) i", KOINE_PREPARE_STREAM);
    ASSERT_TRUE(link->enqueue("insert into late values (1), (1)").ok());
    koine_value cell{};
    std::uint32_t got = 0;
    ASSERT_TRUE(link->drive([&](koine_wait* w, koine_error* e) {
                        return driver().execute(rows, nullptr, 0, &cell, 1, &got, w, e);
                    })
                    .ok());
    const auto how = link->drive([&](koine_wait* w, koine_error* e) { return driver().finish(rows, w, e); });
    expect(how, errc::unique_violation, outcome::rejected);
}

}  // namespace
}  // namespace koine_test
