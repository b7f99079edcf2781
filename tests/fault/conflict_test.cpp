// Transactions that lose against others, and statements that the schema has left behind.
#include <future>
#include <thread>

#include "servers.hpp"

namespace fault {
namespace {

void make_counters(const engine& on) {
    on.begin([](connection& c) {
        c.execute(sql("drop table if exists counters"));
        c.execute(sql("create table counters (id bigint primary key, n bigint not null)"));
        c.execute(sql("insert into counters values (1, 0), (2, 0)"));
    });
}

void add_one(connection& on, std::int64_t id) {
    on.execute(sql("update counters set n = n + 1 where id = :id", {{"id", id}}));
}

std::int64_t sum(connection& on) {
    std::int64_t out = 0;
    for (const std::int64_t n : on.execute(sql("select n from counters")).into<std::int64_t>()) out += n;
    return out;
}

class conflicts : public with_each_server {};
INSTANTIATE_TEST_SUITE_P(on, conflicts, ::testing::ValuesIn(server_names()), name_of);

// What only PostgreSQL finds out when it is too late for locks.
class serialization : public with_server {};

TEST_P(conflicts, a_deadlock_costs_one_of_two_its_transaction_but_not_its_connection) {
    const engine on = over_socket();
    make_counters(on);
    connection mine = on.connect();
    connection theirs = on.connect();
    add_one(mine, 1);
    add_one(theirs, 2);
    const std::int64_t other = session_of(theirs);
    auto crossing =
        std::async(std::launch::async, [&] { return caught<koine::serialization_error>([&] { add_one(theirs, 1); }); });
    wait_until([&] { return server().waits_for_row(other); });
    const auto here = caught<koine::serialization_error>([&] { add_one(mine, 2); });
    if (here) mine.rollback();
    const auto there = crossing.get();
    ASSERT_NE(here.has_value(), there.has_value()) << "exactly one of them is the victim";
    const koine::serialization_error& why = here ? *here : *there;
    EXPECT_EQ(why.code(), errc::deadlock) << why.what();
    EXPECT_EQ(why.sqlstate().text(), "40P01");
    EXPECT_EQ(why.advice(), advice::retry_transaction);
    EXPECT_EQ(why.outcome(), outcome::rejected);
    EXPECT_TRUE(why.poisons_transaction());
    EXPECT_FALSE(why.poisons_connection());
    connection& victim = here ? mine : theirs;
    connection& winner = here ? theirs : mine;
    victim.rollback();
    winner.commit();
    EXPECT_EQ(sum(victim), 2);
}

// Reads one row and writes the other: two of these at once cannot both be right.
void skew(connection& on, std::int64_t read, std::int64_t write) {
    number(on, "select n from counters where id = " + std::to_string(read));
    on.execute(sql("update counters set n = n + 1 where id = :id", {{"id", write}}));
}

TEST_F(serialization, a_failure_may_come_as_late_as_commit) {
    const engine on = over_socket();
    make_counters(on);
    connection first = on.connect();
    connection second = on.connect();
    koine::transaction early = first.begin({.isolation = koine::isolation::serializable});
    koine::transaction late = second.begin({.isolation = koine::isolation::serializable});
    skew(first, 1, 2);
    skew(second, 2, 1);
    early.commit();
    const auto why = caught<koine::serialization_error>([&] { late.commit(); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::serialization_failure) << why->what();
    EXPECT_EQ(why->sqlstate().text(), "40001");
    EXPECT_EQ(why->advice(), advice::retry_transaction);
    EXPECT_EQ(why->outcome(), outcome::rejected);
    EXPECT_FALSE(why->poisons_connection());
    EXPECT_FALSE(late.active());
    EXPECT_FALSE(second.in_transaction());
    EXPECT_EQ(sum(second), 1);
}

TEST_F(serialization, run_tries_again_what_failed_to_serialize_at_commit) {
    engine_options options = patient();
    options.isolation = koine::isolation::serializable;
    const engine on = over_socket(options);
    make_counters(on);
    int attempts = 0;
    on.run(koine::retry{3}, [&](connection& c) {
        skew(c, 1, 2);
        if (++attempts > 1) return;
        on.begin([](connection& rival) { skew(rival, 2, 1); });
    });
    EXPECT_EQ(attempts, 2);
    connection c = on.connect();
    EXPECT_EQ(sum(c), 2);
}

TEST_P(conflicts, run_tries_again_what_lost_a_deadlock) {
    const engine on = over_socket();
    make_counters(on);
    std::promise<std::int64_t> waiting;
    std::promise<void> holding;
    std::atomic<int> attempts{0};
    // The victim comes again when the winner is through: before that it could take the row that it
    // has let go, and meet it once more.
    std::atomic<bool> one_is_through{false};
    const auto come_again = [&] { wait_until([&] { return one_is_through.load(); }); };
    std::thread rival{[&] {
        auto held = holding.get_future();
        bool first = true;
        on.run(koine::retry{20}, [&](connection& c) {
            ++attempts;
            const std::int64_t self = session_of(c);
            if (!first) come_again();
            add_one(c, 2);
            if (std::exchange(first, false)) {
                held.wait();
                waiting.set_value(self);
            }
            add_one(c, 1);
        });
        one_is_through = true;
    }};
    auto seen = waiting.get_future();
    bool first = true;
    on.run(koine::retry{20}, [&](connection& c) {
        ++attempts;
        if (!first) come_again();
        add_one(c, 1);
        if (std::exchange(first, false)) {
            holding.set_value();
            const std::int64_t rival_session = seen.get();
            wait_until([&] { return server().waits_for_row(rival_session); });
        }
        add_one(c, 2);
    });
    one_is_through = true;
    rival.join();
    EXPECT_EQ(attempts.load(), 3);
    connection c = on.connect();
    EXPECT_EQ(sum(c), 4);
}

TEST_F(serialization, run_gives_up_when_its_attempts_are_used_up) {
    const engine on = over_socket();
    int attempts = 0;
    const auto why = caught<koine::serialization_error>([&] {
        on.run(koine::retry{3}, [&](connection& c) {
            ++attempts;
            c.execute(sql("do $$ begin raise exception 'never' using errcode = '40001'; end $$"));
        });
    });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(attempts, 3);
    EXPECT_EQ(on.stats().leased, 0U);
}

class outdated_statements : public with_each_server {
protected:
    // A table whose columns can be read by "select *", and a connection that has prepared that.
    static connection prepared_on(const engine& on) {
        server().admin("drop table if exists things");
        server().admin("create table things (id bigint)");
        server().admin("insert into things values (1)");
        connection c = on.connect();
        EXPECT_EQ(c.execute(sql("select * from things")).column_count(), 1U);
        c.commit();
        return c;
    }
    static void change_shape() { server().admin("alter table things add column more bigint default 2"); }
    static std::uint32_t columns(connection& c) {
        koine::rows found = c.execute(sql("select * from things"));
        EXPECT_TRUE(found.next());
        if (found.column_count() > 1) {
            EXPECT_EQ(found.current()["more"].as<std::int64_t>(), 2);
        }
        return found.column_count();
    }
    static void expect_retry(const std::optional<koine::error>& why) {
        ASSERT_TRUE(why.has_value());
        EXPECT_EQ(why->code(), errc::statement_outdated) << why->what();
        EXPECT_EQ(why->advice(), advice::retry_transaction);
        EXPECT_FALSE(why->poisons_connection());
    }
};

INSTANTIATE_TEST_SUITE_P(on, outdated_statements, ::testing::ValuesIn(server_names()), name_of);

// PostgreSQL fails the transaction with the statement, and can be made to forget statements.
class forgotten_statements : public outdated_statements {};
INSTANTIATE_TEST_SUITE_P(on, forgotten_statements, ::testing::Values("libpq"), name_of);

TEST_P(outdated_statements, a_changed_table_is_prepared_anew_where_no_transaction_can_suffer) {
    const engine on = over_socket();
    connection c = prepared_on(on);
    change_shape();
    EXPECT_EQ(columns(c), 2U) << "as the first statement of a transaction";
    c.commit();
    engine_options options = patient();
    options.isolation = koine::isolation::autocommit;
    connection single = prepared_on(over_socket(options));
    change_shape();
    EXPECT_EQ(columns(single), 2U) << "outside of any transaction";
}

TEST_P(forgotten_statements, a_changed_table_fails_a_transaction_under_way_and_the_repetition_succeeds) {
    const engine on = over_socket();
    connection c = prepared_on(on);
    change_shape();
    const auto work = [&] {
        number(c, "select 5");
        return columns(c);
    };
    expect_retry(caught([&] { work(); }));
    EXPECT_EQ(code_of([&] { c.commit(); }), errc::transaction_failed);
    c.rollback();
    EXPECT_EQ(work(), 2U);
    c.commit();
}

#if defined(KOINE_TEST_MARIADB)

// Here nothing of the transaction is lost with the statement.
class changed_table : public outdated_statements {};
INSTANTIATE_TEST_SUITE_P(on, changed_table, ::testing::Values("libmariadb"), name_of);

TEST_P(changed_table, is_read_anew_in_a_transaction_under_way) {
    const engine on = over_socket();
    connection c = prepared_on(on);
    change_shape();
    make_marks(on);
    mark(c, 1);
    EXPECT_EQ(columns(c), 2U);
    c.commit();
    EXPECT_EQ(marks(c), 1);
}

#endif

TEST_P(forgotten_statements, run_gets_over_a_changed_table) {
    const engine on = over_socket(pool_of(1));
    prepared_on(on).close();
    change_shape();
    int attempts = 0;
    const std::uint32_t found = on.run(koine::retry{3}, [&](connection& c) {
        ++attempts;
        number(c, "select 5");
        return columns(c);
    });
    EXPECT_EQ(found, 2U);
    EXPECT_EQ(attempts, 2);
}

TEST_P(forgotten_statements, statements_that_the_server_has_forgotten_are_prepared_anew) {
    for (const char* const forget : {"deallocate all", "discard all"}) {
        engine_options options = patient();
        options.isolation = koine::isolation::autocommit;
        connection single = prepared_on(over_socket(options));
        single.execute(sql(unsafe_sql(forget)));
        EXPECT_EQ(columns(single), 1U) << forget;
        EXPECT_EQ(columns(single), 1U) << forget;
    }
    connection c = prepared_on(over_socket());
    c.execute(sql("deallocate all"));
    c.commit();
    EXPECT_EQ(columns(c), 1U) << "as the first statement of a transaction";
    c.commit();
}

TEST_P(forgotten_statements,
       statements_that_the_server_has_forgotten_fail_a_transaction_under_way_and_the_repetition_succeeds) {
    const engine on = over_socket();
    connection c = prepared_on(on);
    c.execute(sql("deallocate all"));
    expect_retry(caught([&] { columns(c); }));
    c.rollback();
    number(c, "select 5");
    EXPECT_EQ(columns(c), 1U);
    c.commit();
}

}  // namespace
}  // namespace fault
