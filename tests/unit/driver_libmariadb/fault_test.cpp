// What happens when servers die, lines break, time runs out, and somebody cancels.
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

const char* const slow_query = "select count(*) from seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq + b.seq < 0";
const char* const many = "select seq, repeat('x', 100) from seq_1_to_20000";

class libmariadb_fault : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_MARIADB();
        // Of its own: these tests kill it.
        static mariadb_server made;
        server_ = &made;
        made.admin("create table if not exists t (id int) engine = innodb");
        made.admin("truncate t");
    }

    // Two kinds of line fail in two ways.
    std::vector<parameters> lines() const { return {over_socket(*server_), over_tcp(*server_), over_tls(*server_)}; }
    static std::unique_ptr<client> connected(const parameters& how) {
        auto out = std::make_unique<client>(how);
        const auto done = out->connect();
        EXPECT_TRUE(done.ok()) << done;
        return out;
    }
    std::unique_ptr<client> through(tcp_gate& gate) const { return connected(over_tcp(*server_, gate.port())); }
    static void expect_lost(const report& how, koine::outcome outcome, koine::errc code = koine::errc::disconnected) {
        EXPECT_EQ(how.status, KOINE_ERROR) << how;
        EXPECT_EQ(how.code, code) << how;
        EXPECT_EQ(how.outcome, outcome) << how;
        EXPECT_TRUE(how.poisons_connection) << how;
        EXPECT_TRUE(how.poisons_transaction) << how;
        EXPECT_FALSE(how.message.empty());
    }

    mariadb_server* server_ = nullptr;
};

TEST_F(libmariadb_fault, a_server_killed_while_the_session_is_idle_is_a_lost_connection_for_ever) {
    for (const auto& how : lines()) {
        const auto link = connected(how);
        auto* const statement = link->prepare("select 1");
        server_->restart();
        expect_lost(link->execute(statement), koine::outcome::rejected);
        EXPECT_EQ(link->state(), std::uint32_t{KOINE_STATE_BROKEN});
        const auto again = link->execute(statement);
        expect_lost(again, koine::outcome::not_sent);
        EXPECT_EQ(again.waits, 0);
        expect_lost(link->reset(), koine::outcome::not_sent);
    }
}

TEST_F(libmariadb_fault, a_server_killed_in_a_transaction_has_done_nothing_of_it) {
    for (const auto& how : lines()) {
        const auto link = connected(how);
        ASSERT_TRUE(link->run("begin").ok());
        ASSERT_TRUE(link->run("insert into t values (?)", {integer(1)}).ok());
        server_->restart();
        expect_lost(link->run("insert into t values (2)"), koine::outcome::rejected);
        EXPECT_EQ(server_->admin("select count(*) from t"), "0");
    }
}

TEST_F(libmariadb_fault, a_write_outside_a_transaction_that_dies_may_have_been_done_and_a_read_not) {
    for (const bool write : {true, false}) {
        for (const auto& how : lines()) {
            const auto link = connected(how);
            auto* const statement =
                link->prepare(write ? "insert into t select sleep(30) + ?" : "select sleep(30) + ?");
            const int session = link->session();
            bool killed = false;
            link->before_wait = [&] {
                if (std::exchange(killed, true)) return;
                wait_for(*server_, session, "state = 'User sleep'");
                server_->stop();
            };
            expect_lost(link->execute(statement, {integer(1)}),
                        write ? koine::outcome::unknown : koine::outcome::rejected);
            server_->start();
        }
    }
}

TEST_F(libmariadb_fault, a_session_that_somebody_ends_is_a_lost_connection) {
    for (const auto& how : lines()) {
        const auto link = connected(how);
        const int session = link->session();
        auto* const statement = link->prepare(slow_query);
        bool ended = false;
        link->before_wait = [&] {
            if (!std::exchange(ended, true)) server_->admin("kill " + std::to_string(session));
        };
        expect_lost(link->execute(statement), koine::outcome::rejected);
        const auto idle = connected(how);
        server_->admin("kill " + std::to_string(idle->session()));
        expect_lost(idle->ping(), koine::outcome::rejected);
    }
}

TEST_F(libmariadb_fault, a_server_that_shuts_down_is_a_lost_connection) {
    for (const auto& how : lines()) {
        const auto link = connected(how);
        server_->restart(mariadb_server::shutdown::fast);
        expect_lost(link->ping(), koine::outcome::rejected);
    }
}

TEST_F(libmariadb_fault, a_commit_whose_answer_is_cut_is_in_doubt_and_may_be_done) {
    tcp_gate gate{server_->port()};
    const auto link = through(gate);
    ASSERT_TRUE(link->run("begin").ok());
    ASSERT_TRUE(link->run("insert into t values (7)").ok());
    auto* const commit = link->prepare("COMMIT");
    gate.cut_after(tcp_gate::to_client, 0);
    expect_lost(link->execute(commit), koine::outcome::unknown, koine::errc::in_doubt);
    while (server_->admin("select count(*) from t where id = 7") != "1") {
    }
}

TEST_F(libmariadb_fault, a_commit_that_never_reached_the_server_is_in_doubt_too) {
    tcp_gate gate{server_->port()};
    const auto link = through(gate);
    ASSERT_TRUE(link->run("begin").ok());
    ASSERT_TRUE(link->run("insert into t values (8)").ok());
    gate.cut_after(tcp_gate::to_server, 0);
    expect_lost(link->run("commit"), koine::outcome::unknown, koine::errc::in_doubt);
    EXPECT_EQ(server_->admin("select count(*) from t where id = 8"), "0");
}

TEST_F(libmariadb_fault, a_definition_that_is_lost_leaves_the_transaction_before_it_in_doubt) {
    tcp_gate gate{server_->port()};
    const auto link = through(gate);
    ASSERT_TRUE(link->run("begin").ok());
    ASSERT_TRUE(link->run("insert into t values (9)").ok());
    gate.cut_after(tcp_gate::to_client, 0);
    expect_lost(link->run("create or replace table other (id int)"), koine::outcome::unknown, koine::errc::in_doubt);
}

TEST_F(libmariadb_fault, a_procedure_that_is_lost_may_have_committed_the_transaction_before_it) {
    server_->admin("create or replace procedure commits() begin commit; do sleep(30); end");
    tcp_gate gate{server_->port()};
    const auto link = through(gate);
    auto* const call = link->prepare("call commits()");
    ASSERT_TRUE(link->run("begin").ok());
    ASSERT_TRUE(link->run("insert into t values (11)").ok());
    link->before_wait = [&] {
        while (server_->admin("select count(*) from t where id = 11") != "1") {
        }
        gate.reset();
    };
    expect_lost(link->execute(call), koine::outcome::unknown, koine::errc::in_doubt);
}

TEST_F(libmariadb_fault, a_result_cut_in_the_middle_never_looks_complete) {
    tcp_gate gate{server_->port()};
    for (const std::uint32_t flags : {std::uint32_t{KOINE_PREPARE_STREAM}, 0U}) {
        gate.pass(tcp_gate::to_client);
        const auto link = through(gate);
        auto* const statement = link->prepare(many, flags);
        gate.cut_after(tcp_gate::to_client, 200'000);
        expect_lost(link->execute(statement), koine::outcome::rejected);
        EXPECT_EQ(link->rows().empty(), flags == 0);
        EXPECT_LT(link->rows().size(), 40'000U);
    }
}

TEST_F(libmariadb_fault, a_server_killed_in_the_middle_of_a_stream_is_an_error_of_the_fetch) {
    for (const auto& how : lines()) {
        const auto link = connected(how);
        auto* const rows = link->prepare("select seq, repeat('x', 1000) from seq_1_to_1000000", KOINE_PREPARE_STREAM);
        koine_value cells[2];
        std::uint32_t got = 0;
        ASSERT_TRUE(link->drive([&](koine_wait* w, koine_error* e) {
                            return driver().execute(rows, nullptr, 0, cells, 1, &got, w, e);
                        })
                        .ok());
        ASSERT_EQ(got, 1U);
        server_->stop();
        report end;
        while (end.ok() && got != 0)
            end =
                link->drive([&](koine_wait* w, koine_error* e) { return driver().fetch(rows, cells, 1, &got, w, e); });
        expect_lost(end, koine::outcome::rejected);
        server_->start();
    }
}

// The TLS library keeps errors for each thread, whichever connection they belong to.
TEST_F(libmariadb_fault, a_tls_connection_that_dies_takes_no_other_of_the_thread_with_it) {
    mariadb_server other;
    const auto healthy = connected(over_tls(other));
    const auto doomed = connected(over_tls(*server_));
    // Ends when somebody who holds its lock lets go: not before it was waited for.
    const auto holder = connected(over_tls(other));
    ASSERT_EQ(holder->number("select get_lock('door', 0)"), 1);
    auto* const slow = healthy->prepare("select get_lock('door', 600)");
    healthy->before_wait = [&] { holder->run("do release_lock('door')"); };
    server_->restart();
    expect_lost(doomed->ping(), koine::outcome::rejected);
    const auto how = healthy->execute(slow);
    EXPECT_TRUE(how.ok()) << how;
    EXPECT_GT(how.waits, 0);
}

TEST_F(libmariadb_fault, a_dialogue_cut_after_any_byte_is_a_clean_error) {
    const auto dialogue = [&](client& link) {
        auto how = link.connect();
        if (!how.ok()) return how;
        koine_statement* statement = nullptr;
        how = link.try_prepare("select cast(? as signed), 'text'", statement);
        if (!how.ok()) return how;
        for (int i = 0; i < 2; ++i) {
            how = link.execute(statement, {integer(i)});
            if (!how.ok()) return how;
        }
        how = link.run("begin");
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
    // A step without a common divisor with the messages' parts meets all kinds of places in a few
    // seconds.
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
    // The server counts connections that were cut and shuts the host out some time.
    server_->admin("flush hosts");
}

TEST_F(libmariadb_fault, one_byte_at_a_time_gives_the_same_rows) {
    tcp_gate gate{server_->port()};
    gate.slice(tcp_gate::to_client, 1);
    gate.slice(tcp_gate::to_server, 1);
    const auto link = through(gate);
    auto* const repeated = link->prepare("select repeat('ab', ?)");
    for (const std::int64_t times : {500, 0, 499}) {
        ASSERT_TRUE(link->execute(repeated, {integer(times)}).ok());
        EXPECT_EQ(link->rows().at(0).text.size(), static_cast<std::size_t>(2 * times));
    }
    EXPECT_EQ(link->value("select repeat('ab', 500)", {}, KOINE_PREPARE_STREAM).text.size(), 1'000U);
    const auto encrypted = connected(over_tls(*server_, gate.port()));
    EXPECT_EQ(encrypted->value("select repeat('ab', 500)").text.size(), 1'000U);
}

TEST_F(libmariadb_fault, a_dead_line_leaves_the_caller_its_deadline) {
    for (const auto which : {tcp_gate::to_server, tcp_gate::to_client}) {
        tcp_gate gate{server_->port()};
        const auto link = through(gate);
        auto* const statement = link->prepare("select 1");
        ASSERT_TRUE(link->execute(statement).ok());
        gate.swallow(which);
        link->patience = 100;
        EXPECT_TRUE(link->execute(statement).timed_out);
        EXPECT_NE(link->state() & KOINE_STATE_BUSY, 0U);
        EXPECT_TRUE(link->cancel().ok()) << "asking does not wait";
        link->close();
    }
}

TEST_F(libmariadb_fault, a_stopped_server_never_blocks_a_call) {
    for (const auto& how : lines()) {
        const auto link = connected(how);
        auto* const statement = link->prepare("select 1");
        auto* const insert = link->prepare("insert into t values (length(?))");
        const std::string big(8'000'000, 'x');
        server_->pause();
        link->patience = 50;
        EXPECT_TRUE(link->execute(statement).timed_out);
        EXPECT_TRUE(link->reset().timed_out);
        server_->resume();
        link->patience = 20'000;
        ASSERT_TRUE(link->reset().ok());
        auto* const known = link->prepare("select 2");
        ASSERT_TRUE(link->execute(known).ok());
        server_->pause();
        link->patience = 50;
        EXPECT_TRUE(link->execute(known).timed_out);
        EXPECT_TRUE(link->reset().timed_out);
        server_->resume();
        link->patience = 20'000;
        ASSERT_TRUE(link->reset().ok());
        // More than the socket takes.
        server_->pause();
        link->patience = 50;
        EXPECT_TRUE(link->execute(insert, {bytes(big)}).timed_out);
        server_->resume();
        link->patience = 20'000;
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(link->state(), 0U);
        EXPECT_EQ(link->number("select max(id) from t"), 8'000'000);
        server_->admin("truncate t");
        server_->pause();
        link->close();
        server_->resume();
    }
}

TEST_F(libmariadb_fault, a_connection_is_closed_in_the_middle_of_everything_without_waiting) {
    const std::string big(8'000'000, 'x');
    for (const auto& how : lines()) {
        server_->pause();
        {
            client connecting{how};
            koine_wait wait{};
            koine_error error{};
            ASSERT_EQ(driver().connect(connecting.handle(), &wait, &error), KOINE_WAIT);
        }
        server_->resume();
        for (int what = 0; what < 4; ++what) {
            const auto link = connected(how);
            auto* const slow =
                link->prepare(what == 3 ? many : "select length(?), sleep(30)", what == 3 ? KOINE_PREPARE_STREAM : 0);
            server_->pause();
            link->patience = 20;
            if (what == 0) {
                EXPECT_TRUE(link->execute(slow, {bytes("x")}).timed_out);
            }
            if (what == 1) {
                EXPECT_TRUE(link->execute(slow, {bytes(big)}).timed_out);
            }
            if (what == 2) {
                EXPECT_TRUE(link->run("select 1").timed_out);
            }
            if (what == 3) {
                EXPECT_TRUE(link->execute(slow).timed_out);
            }
            link->close();
            server_->resume();
        }
    }
}

TEST_F(libmariadb_fault, a_server_reset_in_the_middle_is_a_lost_connection) {
    tcp_gate gate{server_->port()};
    const auto link = through(gate);
    auto* const statement = link->prepare("insert into t select sleep(30) + ?");
    const int session = link->session();
    bool once = false;
    link->before_wait = [&] {
        if (!std::exchange(once, true)) gate.reset();
    };
    expect_lost(link->execute(statement, {integer(1)}), koine::outcome::unknown);
    server_->admin("kill " + std::to_string(session));
}

TEST_F(libmariadb_fault, a_port_that_refuses_is_told_and_works_again_later) {
    tcp_gate gate{server_->port()};
    gate.refuse();
    client refused{over_tcp(*server_, gate.port())};
    EXPECT_EQ(refused.connect().code, koine::errc::connection_refused);
    gate.open();
    EXPECT_EQ(through(gate)->number("select 1"), 1);
}

// ---- Cancelling

TEST_F(libmariadb_fault, a_cancelled_statement_leaves_the_connection_good) {
    for (const auto& how : lines()) {
        const auto link = connected(how);
        auto* const slow = link->prepare(slow_query);
        const int session = link->session();
        ASSERT_TRUE(link->run("begin").ok());
        ASSERT_TRUE(link->run("insert into t values (5)").ok());
        bool asked = false;
        link->before_wait = [&] {
            if (std::exchange(asked, true)) return;
            wait_until_reading(*server_, session, slow_query);
            EXPECT_TRUE(link->cancel().ok());
        };
        const auto stopped = link->execute(slow);
        link->before_wait = nullptr;
        EXPECT_EQ(stopped.code, koine::errc::cancelled) << stopped;
        EXPECT_EQ(stopped.outcome, koine::outcome::rejected);
        EXPECT_TRUE(stopped.poisons_transaction);
        EXPECT_FALSE(stopped.poisons_connection);
        EXPECT_EQ(link->number("select max(id) from t"), 5) << "the transaction stands";
        ASSERT_TRUE(link->reset().ok());
        EXPECT_EQ(link->state(), 0U);
    }
}

TEST_F(libmariadb_fault, cancelling_nothing_does_nothing) {
    const auto link = connected(over_tcp(*server_));
    for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(link->cancel().ok());
        ASSERT_EQ(link->number("select 1"), 1);
    }
    EXPECT_EQ(link->state(), 0U);
}

TEST_F(libmariadb_fault, a_late_cancel_request_never_meets_the_next_statement) {
    const auto link = connected(over_socket(*server_));
    auto* const shortly = link->prepare("select 1");
    auto* const next = link->prepare("select count(*) from seq_1_to_200000 where seq % 7 = 3");
    int stopped = 0;
    for (int i = 0; i < 200; ++i) {
        bool asked = false;
        link->before_wait = [&] {
            if (std::exchange(asked, true)) return;
            EXPECT_TRUE(link->cancel().ok());
        };
        const auto first = link->execute(shortly);
        link->before_wait = nullptr;
        if (!first.ok()) {
            ASSERT_EQ(first.code, koine::errc::cancelled) << first;
            ++stopped;
        }
        const auto second = link->execute(next);
        ASSERT_TRUE(second.ok()) << i << second;
        ASSERT_EQ(link->rows().at(0).i, 28'572);
    }
    RecordProperty("stopped", stopped);
}

TEST_F(libmariadb_fault, cancels_from_another_thread_meet_only_running_statements) {
    const auto link = connected(over_tcp(*server_));
    // Before the thread starts: preparing is something that can be cancelled too.
    auto* const slow = link->prepare(slow_query);
    {
        const std::jthread canceller{[&](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                koine_error error{};
                EXPECT_EQ(driver().cancel(link->handle(), &error), KOINE_DONE);
                std::this_thread::yield();
            }
        }};
        for (int i = 0; i < 20; ++i) {
            const auto how = link->execute(slow);
            EXPECT_EQ(how.code, koine::errc::cancelled) << how;
        }
    }
    EXPECT_TRUE(link->run("select 1").ok());
}

TEST_F(libmariadb_fault, a_stream_can_be_cancelled) {
    const auto link = connected(over_tls(*server_));
    const std::string endless = "select seq, repeat(1, 1000) from seq_1_to_100000000";
    auto* const rows = link->prepare(endless, KOINE_PREPARE_STREAM);
    const int session = link->session();
    bool asked = false;
    link->before_wait = [&] {
        if (std::exchange(asked, true)) return;
        wait_until_reading(*server_, session, endless);
        EXPECT_TRUE(link->cancel().ok());
    };
    const auto how = link->execute(rows);
    EXPECT_EQ(how.code, koine::errc::cancelled) << how;
    EXPECT_FALSE(how.poisons_connection);
    EXPECT_EQ(link->number("select 1"), 1);
}

TEST_F(libmariadb_fault, a_cancel_request_goes_the_way_of_its_connection) {
    tcp_gate gate{server_->port()};
    auto how = over_tls(*server_, gate.port());
    const auto link = connected(how);
    auto* const slow = link->prepare(slow_query);
    const int session = link->session();
    bool asked = false;
    link->before_wait = [&] {
        if (std::exchange(asked, true)) return;
        wait_until_reading(*server_, session, slow_query);
        EXPECT_TRUE(link->cancel().ok());
        EXPECT_TRUE(gate.wait_for_connections(2));
    };
    EXPECT_EQ(link->execute(slow).code, koine::errc::cancelled);
}

TEST_F(libmariadb_fault, an_abandoned_connection_says_nothing_to_the_server) {
    const auto link = connected(over_tls(*server_));
    const int session = link->session();
    auto* const statement = link->prepare("select 1");
    const pid_t child = ::fork();
    if (child == 0) {
        driver().abandon(link->handle());
        ::_exit(driver().state(link->handle()) == KOINE_STATE_BROKEN ? 0 : 1);
    }
    int status = 1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(link->execute(statement).ok());
    EXPECT_EQ(link->session(), session);
}

}  // namespace
}  // namespace koine_test
