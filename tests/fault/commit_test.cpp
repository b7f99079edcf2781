// Everything that can happen to a COMMIT.
#include <atomic>
#include <future>

#include <libpq-fe.h>

#include <koine/lease/connection_lease.hpp>

#include "in_doubt.hpp"
#include "servers.hpp"

namespace fault {
namespace {

class commit_fault : public with_each_server {
protected:
    static std::string marks_there() { return server().admin("select count(*) from marks"); }
};
INSTANTIATE_TEST_SUITE_P(on, commit_fault, ::testing::ValuesIn(server_names()), name_of);

// With the client library's own handle, and constraints that wait for COMMIT.
class commit_on_postgresql : public with_server {};

TEST_P(commit_fault, a_session_killed_during_commit_leaves_the_work_in_doubt_and_is_never_retried) {
    const engine on = over_socket();
    make_marks(on);
    auto slowly = server().slow_commits(on);
    int attempts = 0;
    std::atomic<std::int64_t> victim{0};
    auto work = std::async(std::launch::async, [&] {
        return caught<koine::in_doubt_error>([&] {
            on.run(koine::retry{5}, [&](connection& c) {
                ++attempts;
                const std::int64_t session = session_of(c);
                mark(c, 1);
                victim = session;
            });
        });
    });
    wait_until([&] { return victim.load() != 0 && slowly->commits(victim.load()); });
    server().crash(victim.load());
    const auto why = work.get();
    slowly.reset();
    expect_in_doubt(why);
    EXPECT_EQ(attempts, 1);
    server().wait_until_ready();
    connection next = connect_when_ready(on);
    EXPECT_EQ(marks(next), 0);
    EXPECT_EQ(on.stats().leased, 1U);
}

TEST_P(commit_fault, a_commit_whose_answer_is_cut_off_is_in_doubt_and_may_have_been_done) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    const engine on = over_tcp(patient(), gate.port());
    int attempts = 0;
    const auto why = caught<koine::in_doubt_error>([&] {
        on.run(koine::retry{5}, [&](connection& c) {
            ++attempts;
            mark(c, attempts);
            gate.cut_after(tcp_gate::to_client, 0);
        });
    });
    expect_in_doubt(why);
    EXPECT_EQ(attempts, 1);
    wait_until([] { return marks_there() == "1"; });
    gate.pass(tcp_gate::to_client);
    connection next = connect_when_ready(on);
    EXPECT_EQ(marks(next), 1);
}

TEST_P(commit_fault, a_commit_without_an_answer_is_in_doubt_when_the_time_of_a_call_is_over) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    engine_options options;
    options.statement_timeout = 5s;
    const engine on = over_tcp(options, gate.port());
    {
        connection c = on.connect();
        mark(c, 1);
        gate.swallow(tcp_gate::to_client);
        const auto began = std::chrono::steady_clock::now();
        expect_in_doubt(caught<koine::in_doubt_error>([&] { c.commit(); }));
        EXPECT_LT(std::chrono::steady_clock::now() - began, 5s + slack);
        EXPECT_FALSE(c.in_transaction());
    }
    wait_until([] { return marks_there() == "1"; });
}

TEST_P(commit_fault, a_transaction_object_is_over_after_a_commit_in_doubt) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    const engine on = over_tcp(patient(), gate.port());
    connection c = on.connect();
    koine::transaction work = c.begin();
    mark(c, 1);
    gate.cut_after(tcp_gate::to_client, 0);
    expect_in_doubt(caught<koine::in_doubt_error>([&] { work.commit(); }));
    EXPECT_FALSE(work.active());
    EXPECT_EQ(code_of([&] { work.rollback(); }), errc::usage);
    EXPECT_EQ(code_of([&] { c.execute(sql("select 1")); }), errc::disconnected);
    wait_until([] { return marks_there() == "1"; });
}

TEST_F(commit_on_postgresql, a_commit_that_the_server_turns_into_a_rollback_is_an_error) {
    const engine on = over_socket();
    make_marks(on);
    connection c = on.connect();
    mark(c, 1);
    // Behind Koine's back, so that only the server knows.
    PGconn* const raw = static_cast<PGconn*>(c.native_handle());
    PGresult* const failed = PQexec(raw, "select 1/0");
    EXPECT_EQ(PQresultStatus(failed), PGRES_FATAL_ERROR);
    PQclear(failed);
    const auto why = caught([&] { c.commit(); });
    ASSERT_TRUE(why.has_value()) << "nothing was committed, and nobody told";
    EXPECT_EQ(why->code(), errc::transaction_failed) << why->what();
    EXPECT_EQ(why->outcome(), outcome::rejected);
    EXPECT_FALSE(why->poisons_connection());
    EXPECT_FALSE(c.in_transaction());
    EXPECT_EQ(marks(c), 0) << "the connection goes on";
}

TEST_F(commit_on_postgresql, a_statement_that_fails_in_front_of_commit_fails_the_transaction_and_does_not_end_it) {
    const engine on = over_socket(pool_of(1));
    make_marks(on);
    koine::detail::connection_lease lease{on};
    koine::detail::prepared& insert = lease->prepare("insert into marks (id) values (1)");
    lease->enqueue(insert, {});
    lease->enqueue(insert, {});
    EXPECT_EQ(code_of([&] { lease->flush(true); }), errc::unique_violation);
    EXPECT_EQ(lease->transaction().now(), koine::detail::transaction_state::phase::failed);
    EXPECT_EQ(code_of([&] { lease->execute(insert, {}); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { lease->commit(); }), errc::transaction_failed);
    lease->rollback();
    EXPECT_FALSE(lease->in_transaction());
    lease->enqueue(insert, {});
    lease->flush(true);
    lease.release();
    connection c = on.connect();
    EXPECT_EQ(marks(c), 1);
    EXPECT_EQ(on.stats().opened, 1U);
}

TEST_F(commit_on_postgresql, a_constraint_that_fails_at_commit_ends_the_transaction_and_nothing_else) {
    const engine on = over_socket(pool_of(1));
    on.begin([](connection& c) {
        c.execute(sql("drop table if exists seats"));
        c.execute(sql("create table seats (id bigint, constraint one_each unique (id) deferrable initially deferred)"));
    });
    pid_t before = 0;
    int attempts = 0;
    const auto why = caught<koine::constraint_error>([&] {
        on.run(koine::retry{5}, [&](connection& c) {
            ++attempts;
            before = backend_of(c);
            c.execute(sql("insert into seats values (1), (1)"));
        });
    });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::unique_violation) << why->what();
    EXPECT_EQ(why->sqlstate().text(), "23505");
    EXPECT_EQ(why->info().constraint, "one_each");
    EXPECT_EQ(why->outcome(), outcome::rejected);
    EXPECT_FALSE(why->poisons_connection());
    EXPECT_EQ(attempts, 1);
    connection c = on.connect();
    EXPECT_EQ(backend_of(c), before) << "the connection is good";
    EXPECT_EQ(number(c, "select count(*) from seats"), 0);
    c.execute(sql("insert into seats values (1), (1)"));
    EXPECT_THROW(c.commit(), koine::constraint_error);
    EXPECT_FALSE(c.in_transaction());
    c.execute(sql("insert into seats values (1)"));
    EXPECT_NO_THROW(c.commit());
}

TEST_F(commit_on_postgresql, a_commit_behind_the_end_of_a_savepoint_that_failed_is_in_doubt_when_its_answer_is_lost) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    const engine on = over_tcp(patient(), gate.port());
    connection c = on.connect();
    mark(c, 1);
    {
        const koine::transaction inner = c.begin_nested();
        EXPECT_EQ(code_of([&] { mark(c, 1); }), errc::unique_violation);
        // Its end undoes it, with the next round trip.
    }
    gate.cut_after(tcp_gate::to_client, 0);
    expect_in_doubt(caught<koine::in_doubt_error>([&] { c.commit(); }));
    wait_until([] { return server().admin("select count(*) from marks") == "1"; });
}

TEST_F(commit_on_postgresql, a_write_behind_the_end_of_a_transaction_may_have_been_done_when_its_answer_is_lost) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    engine_options options = patient();
    options.isolation = koine::isolation::autocommit;
    const engine on = over_tcp(options, gate.port());
    connection c = on.connect();
    {
        koine::transaction_options real;
        real.isolation = koine::isolation::read_committed;
        const koine::transaction work = c.begin(real);
        mark(c, 1);
    }
    gate.cut_after(tcp_gate::to_client, 0);
    const auto why = caught([&] { mark(c, 2); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::disconnected) << why->what();
    EXPECT_EQ(why->outcome(), outcome::unknown);
    EXPECT_EQ(why->advice(), advice::ask_the_database);
    wait_until([] { return server().admin("select min(id) from marks") == "2"; });
}

TEST_F(commit_on_postgresql, what_committed_inside_before_it_failed_is_never_done_again) {
    engine_options options = patient();
    options.isolation = koine::isolation::autocommit;
    const engine on = over_socket(options);
    make_marks(on);
    int attempts = 0;
    const auto why = caught([&] {
        on.run(koine::retry{5}, [&](connection& c) {
            ++attempts;
            c.execute(
                sql("do $$ begin insert into marks values (1); commit; "
                    "raise 'try again' using errcode = 'serialization_failure'; end $$"));
        });
    });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::serialization_failure) << why->what();
    EXPECT_EQ(why->outcome(), outcome::unknown);
    EXPECT_EQ(why->advice(), advice::ask_the_database);
    EXPECT_FALSE(why->poisons_connection());
    EXPECT_EQ(attempts, 1);
    connection c = on.connect();
    EXPECT_EQ(marks(c), 1);
}

TEST_F(commit_on_postgresql, a_constraint_that_fails_when_queued_work_commits_itself_is_told_as_such) {
    engine_options options = pool_of(1);
    options.isolation = koine::isolation::autocommit;
    const engine on = over_socket(options);
    {
        connection c = on.connect();
        c.execute(sql("drop table if exists seats"));
        c.execute(sql("create table seats (id bigint, constraint one_each unique (id) deferrable initially deferred)"));
    }
    koine::detail::connection_lease lease{on};
    koine::detail::prepared& insert = lease->prepare("insert into seats values (1)");
    lease->enqueue(insert, {});
    lease->enqueue(insert, {});
    const auto why = caught<koine::constraint_error>([&] { lease->flush(false); });
    ASSERT_TRUE(why.has_value()) << "told as something else";
    EXPECT_EQ(why->info().constraint, "one_each");
    EXPECT_EQ(why->outcome(), outcome::rejected);
    EXPECT_FALSE(why->poisons_connection());
    lease->execute(insert, {});
    lease.release();
    connection c = on.connect();
    EXPECT_EQ(number(c, "select count(*) from seats"), 1);
    EXPECT_EQ(on.stats().opened, 1U) << "the connection is good";
}

TEST_F(commit_on_postgresql, a_session_that_is_ended_before_it_comes_to_its_queued_commit_has_done_nothing) {
    const engine on = over_socket();
    make_marks(on);
    connection holder = on.connect();
    mark(holder, 1);
    koine::detail::connection_lease lease{on};
    koine::detail::prepared& insert = lease->prepare("insert into marks (id) values (1)");
    lease->enqueue(insert, {});
    auto work = std::async(std::launch::async, [&] { return caught([&] { lease->flush(true); }); });
    std::string victim;
    wait_until([&] {
        victim = server().admin("select pid from pg_stat_activity where wait_event = 'transactionid'");
        return !victim.empty();
    });
    server().admin("select pg_terminate_backend(" + victim + ")");
    const auto why = work.get();
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::disconnected) << why->what();
    EXPECT_EQ(why->outcome(), outcome::rejected) << "COMMIT stood behind it";
    EXPECT_EQ(why->sqlstate().text(), "57P01");
    holder.rollback();
    EXPECT_EQ(marks(holder), 0);
}

}  // namespace
}  // namespace fault
