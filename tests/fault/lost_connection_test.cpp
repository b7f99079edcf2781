// Servers and sessions that go away while a program holds connections to them.
#include <csignal>
#include <set>
#include <thread>
#include <vector>

#include "servers.hpp"

namespace fault {
namespace {

// What every use of a lost connection looks like.
void expect_lost(const std::optional<koine::disconnected_error>& why, outcome expected) {
    ASSERT_TRUE(why.has_value()) << "the loss was not told";
    EXPECT_EQ(why->code(), errc::disconnected) << why->what();
    EXPECT_EQ(why->outcome(), expected) << why->what();
    EXPECT_TRUE(why->poisons_connection()) << why->what();
    EXPECT_TRUE(why->poisons_transaction()) << why->what();
}

class lost_connection : public with_each_server {
protected:
    static std::set<std::int64_t> fill_pool(const engine& on, std::uint32_t size) {
        std::vector<connection> all;
        std::set<std::int64_t> sessions;
        for (std::uint32_t i = 0; i < size; ++i) sessions.insert(session_of(all.emplace_back(on.connect())));
        for (connection& one : all) one.close();
        return sessions;
    }
};
INSTANTIATE_TEST_SUITE_P(on, lost_connection, ::testing::ValuesIn(server_names()), name_of);

// What only PostgreSQL's many processes can do.
class lost_backend : public with_server {};

TEST_P(lost_connection, a_server_killed_in_an_open_transaction_has_done_nothing_and_the_next_connection_works) {
    for (const bool tcp : {false, true}) {
        const engine on = tcp ? over_tcp(pool_of(4)) : over_socket(pool_of(4));
        make_marks(on);
        fill_pool(on, 4);
        connection broken = on.connect();
        mark(broken, 1);
        server().crash(session_of(broken));
        expect_lost(caught<koine::disconnected_error>([&] { mark(broken, 2); }), outcome::rejected);
        EXPECT_EQ(code_of([&] { broken.commit(); }), errc::disconnected) << "the connection can only be closed";
        EXPECT_EQ(code_of([&] { mark(broken, 3); }), errc::disconnected);
        EXPECT_NO_THROW(broken.rollback());
        broken.close();
        server().wait_until_ready();
        connection next = connect_when_ready(on);
        EXPECT_EQ(marks(next), 0);
    }
}

TEST_P(lost_connection, one_terminated_session_makes_the_pool_replace_the_others) {
    const engine on = over_socket(pool_of(4));
    const std::set<std::int64_t> old = fill_pool(on, 4);
    ASSERT_EQ(old.size(), 4U);
    connection broken = on.connect();
    connection bystander = on.connect();
    const std::int64_t victim = session_of(broken);
    EXPECT_EQ(session_of(bystander), session_of(bystander));
    server().end(victim);
    wait_until_gone(victim);
    expect_lost(caught<koine::disconnected_error>([&] { broken.execute(sql("select 1")); }), outcome::rejected);
    // Even before the broken one is given back nobody gets a connection that is as old.
    connection fresh = on.connect();
    EXPECT_EQ(old.count(session_of(fresh)), 0U);
    EXPECT_EQ(number(bystander, "select 1"), 1) << "a leased connection is never taken away";
    fresh.close();
    bystander.close();
    broken.close();
    for (const std::int64_t backend : fill_pool(on, 4)) EXPECT_EQ(old.count(backend), 0U);
    const koine::pool_stats stats = on.stats();
    EXPECT_EQ(stats.acquired, stats.returned + stats.leased + stats.abandoned);
}

TEST_P(lost_connection, sessions_that_the_server_times_out_are_lost_connections) {
    const engine on = over_socket();
    make_marks(on);
    {
        connection broken = on.connect();
        mark(broken, 1);
        const std::int64_t session = session_of(broken);
        // From here on the time runs: nothing else needs the session.
        broken.execute(sql(unsafe_sql(words().ends_when_idle_in_transaction)));
        wait_until_gone(session);
        expect_lost(caught<koine::disconnected_error>([&] { mark(broken, 2); }), outcome::rejected);
    }
    {
        connection broken = on.connect();
        const std::int64_t session = session_of(broken);
        broken.execute(sql(unsafe_sql(words().ends_when_idle)));
        // From here on the time runs.
        broken.commit();
        wait_until_gone(session);
        expect_lost(caught<koine::disconnected_error>([&] { mark(broken, 3); }), outcome::rejected);
    }
    connection next = on.connect();
    EXPECT_EQ(marks(next), 0);
}

TEST_P(lost_connection, a_restart_is_a_lost_connection) {
    const engine on = over_socket();
    make_marks(on);
    connection broken = on.connect();
    mark(broken, 1);
    server().restart();
    expect_lost(caught<koine::disconnected_error>([&] { mark(broken, 2); }), outcome::rejected);
    connection next = on.connect();
    EXPECT_EQ(marks(next), 0);
}

TEST_F(lost_backend, a_fast_restart_is_a_lost_connection_that_says_why) {
    const engine on = over_socket();
    make_marks(on);
    connection broken = on.connect();
    mark(broken, 1);
    server().restart(pg_cluster::shutdown::fast);
    const auto why = caught<koine::disconnected_error>([&] { mark(broken, 2); });
    expect_lost(why, outcome::rejected);
    EXPECT_EQ(why->sqlstate().text(), "57P01") << why->what();
    connection next = on.connect();
    EXPECT_EQ(marks(next), 0);
}

TEST_F(lost_backend, bystanders_of_a_crash_and_of_an_immediate_shutdown_learn_why) {
    const engine on = over_socket(pool_of(2));
    make_marks(on);
    {
        connection bystander = on.connect();
        connection victim = on.connect();
        mark(bystander, 1);
        const pid_t other = backend_of(bystander);
        wait_until_listening(server(), other);
        server().kill_backend(backend_of(victim), SIGKILL);
        wait_until_gone(server(), other);
        const auto why = caught<koine::disconnected_error>([&] { mark(bystander, 2); });
        expect_lost(why, outcome::rejected);
        EXPECT_EQ(why->sqlstate().text(), "57P02") << why->what();
    }
    {
        connection bystander = connect_when_ready(on);
        mark(bystander, 3);
        wait_until_listening(server(), backend_of(bystander));
        server().restart(pg_cluster::shutdown::immediate);
        const auto why = caught<koine::disconnected_error>([&] { mark(bystander, 4); });
        expect_lost(why, outcome::rejected);
        EXPECT_EQ(why->sqlstate().text(), "57P01") << why->what();
    }
    connection next = connect_when_ready(on);
    EXPECT_EQ(marks(next), 0);
}

TEST_P(lost_connection, what_is_known_of_a_statement_that_was_killed_depends_on_what_it_could_do) {
    make_marks(over_socket());
    const auto killed = [&](koine::isolation level, const std::string& text) {
        engine_options options = patient();
        options.isolation = level;
        const engine on = over_socket(options);
        connection broken = on.connect();
        const std::int64_t victim = session_of(broken);
        const std::jthread killer{[&] {
            wait_until([&] { return server().sleeps(victim); });
            server().end(victim);
        }};
        return caught<koine::disconnected_error>([&] { broken.execute(sql(unsafe_sql(text))); });
    };
    const std::string& read = words().sleep;
    const std::string& write = words().sleeping_write;
    expect_lost(killed(koine::isolation::autocommit, read), outcome::rejected);
    expect_lost(killed(koine::isolation::autocommit, write), outcome::unknown);
    expect_lost(killed(koine::isolation::default_, read), outcome::rejected);
    expect_lost(killed(koine::isolation::default_, write), outcome::rejected);
    connection next = over_socket().connect();
    EXPECT_EQ(marks(next), 0);
}

TEST_P(lost_connection, a_stream_whose_session_is_killed_throws_and_never_looks_complete) {
    const engine on = over_socket();
    connection broken = on.connect();
    const std::int64_t victim = session_of(broken);
    constexpr std::int64_t all = 1'000'000;
    koine::rows stream = broken.execute(sql(unsafe_sql(words().million)), {.stream = true});
    std::int64_t seen = 0;
    while (seen < 1000 && stream.next()) EXPECT_EQ(stream.current()[0].as<std::int64_t>(), ++seen);
    ASSERT_EQ(seen, 1000);
    server().end(victim);
    const auto why = caught<koine::disconnected_error>([&] {
        while (stream.next()) ++seen;
    });
    expect_lost(why, outcome::rejected);
    EXPECT_LT(seen, all);
    EXPECT_EQ(code_of([&] { stream.next(); }), errc::usage) << "an end never follows the error";
    broken.close();
    connection next = on.connect();
    EXPECT_EQ(number(next, "select 1"), 1);
}

// Uses the pool forty times in turn; answers how often that failed.
int failures_of_forty(const engine& on) {
    int failures = 0;
    for (int i = 0; i < 40; ++i) {
        try {
            connection one = on.connect();
            EXPECT_EQ(number(one, "select 1"), 1);
        } catch (const koine::error& why) {
            EXPECT_EQ(why.code(), errc::disconnected) << why.what();
            ++failures;
        }
    }
    return failures;
}

TEST_P(lost_connection, a_restart_behind_a_pool_of_twenty_is_seen_at_most_once) {
    for (const bool lifo : {true, false}) {
        engine_options options = pool_of(20);
        options.pool.lifo = lifo;
        const engine on = over_socket(options);
        ASSERT_EQ(fill_pool(on, 20).size(), 20U);
        server().restart();
        EXPECT_LE(failures_of_forty(on), 1);
    }
}

TEST_P(lost_connection, a_restart_behind_a_pool_of_twenty_is_not_seen_at_all_with_pre_ping) {
    engine_options options = pool_of(20);
    options.pool.pre_ping = true;
    const engine on = over_socket(options);
    ASSERT_EQ(fill_pool(on, 20).size(), 20U);
    server().restart();
    // A connection is pinged when nobody has used it for about a second: that time is part of the
    // case.
    std::this_thread::sleep_for(4s);
    EXPECT_EQ(failures_of_forty(on), 0);
}

}  // namespace
}  // namespace fault
