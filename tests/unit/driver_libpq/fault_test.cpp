// What happens when servers die, lines break, time runs out, and somebody cancels.
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <koine_test/tcp_gate.hpp>

#include "client.hpp"

namespace koine_test {
namespace {

class libpq_fault : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_POSTGRES();
        // Of its own: these tests kill it.
        static pg_cluster cluster{{"deadlock_timeout=100ms"}};
        server_ = &cluster;
        cluster.wait_until_ready();
        cluster.admin("create table if not exists t (id int)");
        cluster.admin("truncate t");
    }
    void TearDown() override {
        if (server_ != nullptr) server_->wait_until_ready();
    }

    // Two kinds of line fail in two ways.
    std::vector<std::unique_ptr<client>> links() const {
        std::vector<std::unique_ptr<client>> out;
        for (const auto& how : {over_socket(*server_), over_tcp(*server_), over_tls(*server_)}) {
            out.push_back(std::make_unique<client>(how));
            const auto connected = out.back()->connect();
            EXPECT_TRUE(connected.ok()) << connected;
        }
        return out;
    }
    std::unique_ptr<client> through(tcp_gate& gate) const {
        auto out = std::make_unique<client>(over_tcp(*server_, gate.port()));
        const auto connected = out->connect();
        EXPECT_TRUE(connected.ok()) << connected;
        return out;
    }
    void kill_and_recover(int pid) {
        server_->kill_backend(pid, SIGKILL);
        server_->wait_until_ready();
    }
    // Until the session is where the test wants it.
    void wait_for_activity(int pid, const std::string& what) {
        while (server_->admin("select 1 from pg_stat_activity where pid = " + std::to_string(pid) + " and " + what)
                   .empty()) {
        }
    }
    static void expect_lost(const report& how, koine::outcome outcome, koine::errc code = koine::errc::disconnected) {
        EXPECT_EQ(how.status, KOINE_ERROR) << how;
        EXPECT_EQ(how.code, code) << how;
        EXPECT_EQ(how.outcome, outcome) << how;
        EXPECT_TRUE(how.poisons_connection) << how;
        EXPECT_TRUE(how.poisons_transaction) << how;
        EXPECT_FALSE(how.message.empty());
    }

    pg_cluster* server_ = nullptr;
};

TEST_F(libpq_fault, a_backend_killed_while_idle_in_a_transaction_has_done_nothing) {
    for (const std::size_t kind : {0U, 1U, 2U}) {
        auto all = links();
        client& link = *all[kind];
        ASSERT_TRUE(link.run("begin").ok());
        ASSERT_TRUE(link.run("insert into t values (1)").ok());
        auto* const statement = link.prepare("insert into t values (2)");
        kill_and_recover(link.backend());
        expect_lost(link.execute(statement), koine::outcome::rejected);
        EXPECT_EQ(link.state(), std::uint32_t{KOINE_STATE_BROKEN});
        // For ever, and without another try.
        const auto again = link.execute(statement);
        expect_lost(again, koine::outcome::not_sent);
        EXPECT_EQ(again.waits, 0);
        expect_lost(link.reset(), koine::outcome::not_sent);
    }
}

TEST_F(libpq_fault, a_terminated_session_tells_why) {
    for (auto& link : links()) {
        const int pid = link->backend();
        auto* const statement = link->prepare("insert into t values (2)");
        server_->admin("select pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
        const auto how = link->execute(statement);
        expect_lost(how, koine::outcome::unknown);
        EXPECT_EQ(how.sqlstate, "57P01") << how;
        EXPECT_EQ(link->state(), std::uint32_t{KOINE_STATE_BROKEN});
    }
    auto all = links();
    auto* const sleeping = all[1]->prepare("select pg_sleep(30)");
    const int pid = all[1]->backend();
    bool ended = false;
    all[1]->before_wait = [&] {
        if (!std::exchange(ended, true)) server_->admin("select pg_terminate_backend(" + std::to_string(pid) + ")");
    };
    const auto how = all[1]->execute(sleeping);
    expect_lost(how, koine::outcome::rejected);
    EXPECT_EQ(how.sqlstate, "57P01");
}

TEST_F(libpq_fault, a_batch_with_a_sync_in_its_middle_tells_why_the_session_had_ended) {
    for (auto& link : links()) {
        auto* const old = link->prepare("select 1");
        auto* const statement = link->prepare("insert into t values (2)");
        const int pid = link->backend();
        // It is taken back in front of the next execution, with a Sync of its own.
        driver().finalize(old);
        server_->admin("select pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
        const auto how = link->execute(statement);
        expect_lost(how, koine::outcome::rejected);
        EXPECT_EQ(how.sqlstate, "57P01") << how;
    }
}

TEST_F(libpq_fault, bystanders_of_a_crash_and_of_a_restart_are_lost_connections) {
    auto all = links();
    std::vector<koine_statement*> statements;
    for (auto& link : all) statements.push_back(link->prepare("select 1"));
    kill_and_recover(links()[0]->backend());
    for (std::size_t i = 0; i < all.size(); ++i) expect_lost(all[i]->execute(statements[i]), koine::outcome::rejected);
    for (const auto how : {pg_cluster::shutdown::fast, pg_cluster::shutdown::immediate}) {
        auto more = links();
        server_->restart(how);
        for (auto& link : more) expect_lost(link->ping(), koine::outcome::rejected);
    }
}

TEST_F(libpq_fault, a_write_outside_a_transaction_that_dies_may_have_been_done_and_a_read_not) {
    for (const bool write : {true, false}) {
        for (const std::size_t kind : {0U, 1U, 2U}) {
            auto all = links();
            client& link = *all[kind];
            auto* const statement =
                link.prepare(write ? "insert into t select 1 from pg_sleep(30)" : "select pg_sleep(30)");
            const int pid = link.backend();
            bool killed = false;
            link.before_wait = [&] {
                if (std::exchange(killed, true)) return;
                wait_for_activity(pid, "wait_event = 'PgSleep'");
                server_->kill_backend(pid, SIGKILL);
            };
            expect_lost(link.execute(statement), write ? koine::outcome::unknown : koine::outcome::rejected);
            server_->wait_until_ready();
        }
    }
}

TEST_F(libpq_fault, a_connection_lost_during_commit_leaves_the_work_in_doubt) {
    server_->admin(
        "create or replace function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return "
        "null; end $$");
    server_->admin("drop trigger if exists late on t");
    server_->admin(
        "create constraint trigger late after insert on t deferrable initially deferred for each row execute function "
        "slow()");
    for (const bool queued : {false, true}) {
        auto all = links();
        client& link = *all[1];
        const int pid = link.backend();
        auto* const commit = link.prepare("COMMIT", KOINE_PREPARE_ONCE);
        ASSERT_TRUE(link.enqueue("BEGIN").ok());
        ASSERT_TRUE(link.enqueue("insert into t values (1)").ok());
        if (queued) {
            ASSERT_TRUE(link.enqueue("COMMIT").ok());
        } else {
            ASSERT_TRUE(link.flush().ok());
        }
        bool killed = false;
        link.before_wait = [&] {
            if (std::exchange(killed, true)) return;
            wait_for_activity(pid, "wait_event = 'PgSleep'");
            server_->kill_backend(pid, SIGKILL);
        };
        expect_lost(queued ? link.flush() : link.execute(commit), koine::outcome::unknown, koine::errc::in_doubt);
        server_->wait_until_ready();
    }
    server_->admin("drop trigger late on t");
}

TEST_F(libpq_fault, a_commit_whose_answer_is_cut_is_in_doubt_and_may_be_done) {
    tcp_gate gate{server_->port()};
    auto link = through(gate);
    ASSERT_TRUE(link->run("begin").ok());
    ASSERT_TRUE(link->run("insert into t values (7)").ok());
    auto* const commit = link->prepare("COMMIT", KOINE_PREPARE_ONCE);
    gate.cut_after(tcp_gate::to_client, 0);
    expect_lost(link->execute(commit), koine::outcome::unknown, koine::errc::in_doubt);
    while (server_->admin("select count(*) from t where id = 7") != "1") {
    }
}

TEST_F(libpq_fault, a_stream_cut_in_the_middle_never_looks_complete) {
    tcp_gate gate{server_->port()};
    auto link = through(gate);
    auto* const stream =
        link->prepare("select i, repeat('x', 100) from generate_series(1, 20000) i", KOINE_PREPARE_STREAM);
    gate.cut_after(tcp_gate::to_client, 200'000);
    expect_lost(link->execute(stream), koine::outcome::rejected);
    EXPECT_GT(link->rows().size(), 0U);
    EXPECT_LT(link->rows().size(), 40'000U);
}

TEST_F(libpq_fault, a_dialogue_cut_after_any_byte_is_a_clean_error) {
    const auto dialogue = [&](client& link) {
        auto how = link.connect();
        if (!how.ok()) return how;
        koine_statement* statement = nullptr;
        how = link.try_prepare("select $1::int4, 'text'", statement);
        if (!how.ok()) return how;
        EXPECT_TRUE(link.enqueue("BEGIN").ok());
        how = link.execute(statement, {integer(1)});
        if (!how.ok()) return how;
        return link.reset();
    };
    std::uint64_t length = 0;
    {
        tcp_gate gate{server_->port()};
        client link{over_tcp(*server_, gate.port())};
        ASSERT_TRUE(dialogue(link).ok());
        length = gate.bytes(tcp_gate::to_client);
    }
    ASSERT_GT(length, 200U);
    tcp_gate gate{server_->port()};
    int failed = 0;
    // The random parts of a login have one length: the dialogue is as long each time, give or take
    // a process number. A step without a common divisor with the messages' parts meets all kinds of
    // places in a few seconds.
    for (std::uint64_t n = 0; n < length - 8; n += 11) {
        gate.cut_after(tcp_gate::to_client, n);
        client link{over_tcp(*server_, gate.port())};
        link.patience = 5'000;
        const auto how = dialogue(link);
        ASSERT_FALSE(how.timed_out) << n;
        ASSERT_EQ(how.status, KOINE_ERROR) << "after byte " << n;
        ASSERT_TRUE(how.poisons_connection) << n << how;
        ++failed;
    }
    EXPECT_GT(failed, 20);
}

TEST_F(libpq_fault, one_byte_at_a_time_gives_the_same_rows) {
    tcp_gate gate{server_->port()};
    gate.slice(tcp_gate::to_client, 1);
    gate.slice(tcp_gate::to_server, 1);
    auto link = through(gate);
    EXPECT_EQ(link->value("select repeat('ab', 500)").text.size(), 1'000U);
    gate.delay(tcp_gate::to_client, std::chrono::milliseconds{5});
    EXPECT_EQ(link->value("select 3").i, 3);
}

TEST_F(libpq_fault, a_dead_line_leaves_the_caller_its_deadline) {
    for (const auto which : {tcp_gate::to_server, tcp_gate::to_client}) {
        tcp_gate gate{server_->port()};
        auto link = through(gate);
        auto* const statement = link->prepare("select 1");
        gate.swallow(which);
        link->patience = 100;
        EXPECT_TRUE(link->execute(statement).timed_out);
        EXPECT_NE(link->state() & KOINE_STATE_BUSY, 0U);
        EXPECT_TRUE(link->cancel().ok()) << "asking does not wait";
        link->close();
    }
}

TEST_F(libpq_fault, a_stopped_server_never_blocks_a_call) {
    auto all = links();
    for (auto& link : all) {
        auto* const statement = link->prepare("select 1");
        auto* const insert = link->prepare("insert into t values (length($1))");
        const int pid = link->backend();
        const std::string big(8'000'000, 'x');
        server_->kill_backend(pid, SIGSTOP);
        link->patience = 50;
        EXPECT_TRUE(link->execute(statement).timed_out);
        EXPECT_TRUE(link->reset().timed_out);
        server_->kill_backend(pid, SIGCONT);
        link->patience = 20'000;
        ASSERT_TRUE(link->reset().ok());
        // More than the socket takes.
        server_->kill_backend(pid, SIGSTOP);
        link->patience = 50;
        EXPECT_TRUE(link->execute(insert, {bytes(big)}).timed_out);
        server_->kill_backend(pid, SIGCONT);
        link->patience = 20'000;
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(link->state(), 0U);
        EXPECT_EQ(link->value("select max(id) from t").i, 8'000'000);
        server_->admin("truncate t");
        server_->kill_backend(pid, SIGSTOP);
        link->close();
        server_->kill_backend(pid, SIGCONT);
    }
}

TEST_F(libpq_fault, a_server_reset_in_the_middle_is_a_lost_connection) {
    tcp_gate gate{server_->port()};
    auto link = through(gate);
    auto* const statement = link->prepare("insert into t select 1 from pg_sleep(30)");
    const int pid = link->backend();
    bool once = false;
    link->before_wait = [&] {
        if (!std::exchange(once, true)) gate.reset();
    };
    expect_lost(link->execute(statement), koine::outcome::unknown);
    server_->admin("select pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
}

TEST_F(libpq_fault, a_port_that_refuses_is_told_and_works_again_later) {
    tcp_gate gate{server_->port()};
    gate.refuse();
    client refused{over_tcp(*server_, gate.port())};
    EXPECT_EQ(refused.connect().code, koine::errc::connection_refused);
    gate.open();
    EXPECT_EQ(through(gate)->value("select 1").i, 1);
}

// ---- Time and cancelling

TEST_F(libpq_fault, timeouts_and_cancelling_are_told_apart_and_leave_the_connection_good) {
    for (auto& link : links()) {
        // For the one transaction, so that the limit holds for nothing that comes after the error.
        ASSERT_TRUE(link->run("begin").ok());
        ASSERT_TRUE(link->run("set local statement_timeout = '50ms'").ok());
        auto how = link->run("select pg_sleep(30)");
        EXPECT_EQ(how.code, koine::errc::timeout) << how;
        EXPECT_EQ(how.sqlstate, "57014");
        EXPECT_FALSE(how.poisons_connection);
        ASSERT_TRUE(link->reset().ok());

        auto* const sleeping = link->prepare("select pg_sleep(30)");
        const int pid = link->backend();
        bool asked = false;
        link->before_wait = [&] {
            if (!std::exchange(asked, true)) {
                wait_for_activity(pid, "wait_event = 'PgSleep'");
                EXPECT_TRUE(link->cancel().ok());
            }
        };
        how = link->execute(sleeping);
        link->before_wait = nullptr;
        EXPECT_EQ(how.code, koine::errc::cancelled) << how;
        EXPECT_EQ(how.outcome, koine::outcome::rejected);
        EXPECT_FALSE(how.poisons_connection);
        EXPECT_EQ(link->value("select 1").i, 1);
        EXPECT_NE(link->state() & KOINE_STATE_DIRTY, 0U) << "a pooler might still hand the request on";
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(link->state(), 0U);
    }
}

TEST_F(libpq_fault, a_lock_that_is_not_had_in_time_is_told) {
    auto all = links();
    ASSERT_TRUE(all[0]->run("begin").ok());
    ASSERT_TRUE(all[0]->run("lock table t").ok());
    ASSERT_TRUE(all[1]->run("set lock_timeout = '30ms'").ok());
    const auto how = all[1]->run("select count(*) from t", {}, KOINE_PREPARE_ONCE);
    EXPECT_EQ(how.code, koine::errc::lock_timeout) << how;
    EXPECT_EQ(how.sqlstate, "55P03");
    ASSERT_TRUE(all[0]->reset().ok());
    EXPECT_TRUE(all[1]->run("select count(*) from t").ok());
}

TEST_F(libpq_fault, cancelling_nothing_does_nothing) {
    auto all = links();
    for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(all[1]->cancel().ok());
        ASSERT_EQ(all[1]->value("select 1").i, 1);
    }
    EXPECT_EQ(all[1]->state(), 0U);
}

TEST_F(libpq_fault, a_late_cancel_request_never_meets_the_next_statement) {
    tcp_gate gate{server_->port()};
    auto link = through(gate);
    auto* const shortly = link->prepare("select 1");
    // The request is held up; the statement's answer is not.
    const auto before = gate.bytes(tcp_gate::to_server);
    koine_wait wait{};
    koine_value cell{};
    std::uint32_t got = 0;
    koine_error error{};
    ASSERT_EQ(driver().execute(shortly, nullptr, 0, &cell, 1, &got, &wait, &error), KOINE_WAIT);
    ASSERT_TRUE(gate.wait_for_bytes(tcp_gate::to_server, before + 1));
    gate.delay(tcp_gate::to_server, std::chrono::milliseconds{150});
    ASSERT_TRUE(link->cancel().ok());
    ASSERT_TRUE(gate.wait_for_connections(2));
    const auto how = link->drive(
        [&](koine_wait* w, koine_error* e) { return driver().execute(shortly, nullptr, 0, &cell, 1, &got, w, e); });
    EXPECT_TRUE(how.ok()) << how;
    EXPECT_EQ(got, 1U);
    gate.pass(tcp_gate::to_server);
    for (int i = 0; i < 20; ++i) {
        const auto next = link->run("select pg_sleep(0.005)");
        ASSERT_TRUE(next.ok()) << next;
    }
}

TEST_F(libpq_fault, cancels_from_another_thread_meet_only_running_statements) {
    auto all = links();
    client& link = *all[1];
    // Before the thread starts: preparing is something that can be cancelled too.
    auto* const sleeping = link.prepare("select pg_sleep(0.02)");
    {
        const std::jthread canceller{[&](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                koine_error error{};
                EXPECT_EQ(driver().cancel(link.handle(), &error), KOINE_DONE);
                std::this_thread::yield();
            }
        }};
        int cancelled = 0;
        for (int i = 0; i < 60 || cancelled == 0; ++i) {
            const auto how = link.execute(sleeping);
            if (how.ok()) continue;
            ASSERT_EQ(how.code, koine::errc::cancelled) << how;
            ++cancelled;
        }
    }
    EXPECT_TRUE(link.run("select 1").ok());
}

TEST_F(libpq_fault, a_deadlock_and_a_serialization_failure_are_told) {
    auto all = links();
    server_->admin("insert into t values (1), (2)");
    for (const int i : {0, 1}) {
        ASSERT_TRUE(all[i]->run("begin").ok());
        ASSERT_TRUE(all[i]->run("update t set id = id where id = " + std::to_string(i + 1)).ok());
    }
    auto* const first = all[0]->prepare("update t set id = id where id = 2");
    koine_wait wait{};
    std::uint32_t got = 0;
    koine_error error{};
    ASSERT_EQ(driver().execute(first, nullptr, 0, nullptr, 0, &got, &wait, &error), KOINE_WAIT);
    // One of the two is the victim; the other goes on when it has rolled back.
    const auto second = all[1]->run("update t set id = id where id = 1");
    if (!second.ok()) {
        EXPECT_EQ(second.code, koine::errc::deadlock) << second;
        EXPECT_TRUE(second.poisons_transaction);
    }
    ASSERT_TRUE(all[1]->reset().ok());
    const auto other = all[0]->drive(
        [&](koine_wait* w, koine_error* e) { return driver().execute(first, nullptr, 0, nullptr, 0, &got, w, e); });
    EXPECT_NE(other.ok(), second.ok());
    ASSERT_TRUE(all[0]->reset().ok());

    for (const int i : {0, 1}) {
        ASSERT_TRUE(all[i]->run("begin isolation level serializable").ok());
        ASSERT_TRUE(all[i]->run("select count(*) from t").ok());
    }
    for (const int i : {0, 1}) ASSERT_TRUE(all[i]->run("insert into t values (9)").ok());
    ASSERT_TRUE(all[0]->run("commit").ok());
    const auto loser = all[1]->run("commit");
    EXPECT_EQ(loser.code, koine::errc::serialization_failure) << loser;
    EXPECT_EQ(loser.outcome, koine::outcome::rejected);
    EXPECT_EQ(all[1]->state(), 0U);
}

TEST_F(libpq_fault, an_idle_transaction_that_the_server_ends_is_a_lost_connection_with_its_reason) {
    auto all = links();
    client& link = *all[1];
    ASSERT_TRUE(link.run("set idle_in_transaction_session_timeout = '20ms'").ok());
    const int pid = link.backend();
    auto* const statement = link.prepare("insert into t values (1)");
    ASSERT_TRUE(link.run("begin", {}, KOINE_PREPARE_ONCE).ok());
    while (!server_->admin("select 1 from pg_stat_activity where pid = " + std::to_string(pid)).empty()) {
    }
    expect_lost(link.execute(statement), koine::outcome::rejected);
}

TEST_F(libpq_fault, an_abandoned_connection_says_nothing_to_the_server) {
    auto link = std::make_unique<client>(over_socket(*server_));
    ASSERT_TRUE(link->connect().ok());
    const int pid = link->backend();
    const pid_t child = ::fork();
    if (child == 0) {
        driver().abandon(link->handle());
        ::_exit(driver().state(link->handle()) == KOINE_STATE_BROKEN ? 0 : 1);
    }
    int status = 1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(link->backend(), pid);
}

}  // namespace
}  // namespace koine_test
