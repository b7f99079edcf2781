// Two connections, two threads: locks, deadlines, cancelling.
#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

namespace {

using namespace std::chrono_literals;

void make_counters(connection& on) {
    on.execute(sql("drop table if exists counters"));
    on.execute(sql("create table counters (id bigint primary key, n bigint)"));
    on.execute(sql("insert into counters (id, n) values (1, 0)"));
    on.execute(sql("insert into counters (id, n) values (2, 0)"));
    on.commit();
}

rows add_one(connection& on, int id, call_options options = {}) {
    return on.execute(sql("update counters set n = n + 1 where id = :id", {{"id", id}}), options);
}

void stops_a_statement_when_its_deadline_passes(context& given) {
    connection on = given.connect();
    try {
        on.execute(sql(unsafe_sql(given.under_test.slow_statement)), {.deadline = deadline::in(100ms)})
            .into<std::int64_t>();
        ADD_FAILURE() << "the statement was not stopped";
    } catch (const timeout_error& why) {
        EXPECT_EQ(why.code(), errc::timeout) << why.what();
        EXPECT_FALSE(why.poisons_connection()) << why.what();
    }
    on.rollback();
    EXPECT_EQ(on.execute(sql("select 1")).one<std::int64_t>(), 1) << "the connection is good";
}

void stops_a_statement_from_another_thread(context& given) {
    connection on = given.connect();
    const canceller stop = on.canceller();
    std::atomic<bool> done{false};
    // Asked again until it takes effect: a request that comes before the statement has nothing to
    // stop.
    std::thread other{[&] {
        while (!done.load()) {
            stop.cancel();
            std::this_thread::sleep_for(10ms);
        }
    }};
    errc found{};
    try {
        on.execute(sql(unsafe_sql(given.under_test.slow_statement))).into<std::int64_t>();
    } catch (const error& why) {
        found = why.code();
    }
    done = true;
    other.join();
    EXPECT_EQ(found, errc::cancelled);
    on.rollback();
    on.close();
    EXPECT_NO_THROW(stop.cancel()) << "nothing is left to be stopped";
}

void waits_for_a_lock_until_the_deadline(context& given) {
    connection first = given.connect();
    make_counters(first);
    connection second = given.connect();
    add_one(first, 1);
    try {
        add_one(second, 1, {.deadline = deadline::in(150ms)});
        ADD_FAILURE() << "the row was locked";
    } catch (const timeout_error& why) {
        EXPECT_TRUE(why.code() == errc::lock_timeout || why.code() == errc::timeout) << why.what();
        EXPECT_NE(why.outcome(), outcome::unknown);
    }
    second.rollback();
    first.commit();
    add_one(second, 1);
    second.commit();
    EXPECT_EQ(first.execute(sql("select n from counters where id = 1")).one<std::int64_t>(), 2);
}

void loses_no_update_to_another_thread(context& given) {
    connection on = given.connect();
    make_counters(on);
    on.close();
    constexpr int threads = 4;
    constexpr int rounds = 25;
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) given.engine.run(retry{50}, [](connection& c) { add_one(c, 1); });
        });
    for (auto& w : workers) w.join();
    connection after = given.connect();
    EXPECT_EQ(after.execute(sql("select n from counters where id = 1")).one<std::int64_t>(), threads * rounds);
}

void retries_a_transaction_that_lost_a_deadlock(context& given) {
    connection setup = given.connect();
    make_counters(setup);
    setup.close();
    // Each takes its first row, waits until the other has its own, and asks for the other's: one of
    // them must lose and come again.
    std::promise<void> has[2];
    std::shared_future<void> took[2] = {has[0].get_future().share(), has[1].get_future().share()};
    std::atomic<int> attempts{0};
    const auto work = [&](int mine) {
        bool first = true;
        given.engine.run(retry{20}, [&](connection& on) {
            ++attempts;
            add_one(on, mine + 1);
            if (std::exchange(first, false)) {
                has[mine].set_value();
                took[1 - mine].wait();
            }
            add_one(on, 2 - mine);
        });
    };
    std::thread other{[&] { work(1); }};
    work(0);
    other.join();
    EXPECT_GE(attempts.load(), 3);
    connection after = given.connect();
    EXPECT_EQ(after.execute(sql("select count(*) from counters where n = 2")).one<std::int64_t>(), 2);
}

void refuses_two_threads_at_once(context& given) {
    connection on = given.connect();
    const canceller stop = on.canceller();
    std::atomic<bool> refused{false};
    std::thread other{[&] {
        while (!refused.load()) {
            try {
                on.commit();
            } catch (const usage_error& why) {
                if (why.code() == errc::operation_in_progress) refused = true;
            }
            std::this_thread::yield();
        }
        for (;;) {
            stop.cancel();
            if (!refused.load()) break;
            std::this_thread::sleep_for(10ms);
        }
    }};
    // The other thread's own short call may be what meets this one: then it is this thread that is
    // refused, and tries again.
    bool seen = false;
    while (!seen) {
        try {
            on.execute(sql(unsafe_sql(given.under_test.slow_statement))).into<std::int64_t>();
        } catch (const error&) {
        }
        seen = refused.exchange(false);
    }
    other.join();
    EXPECT_TRUE(seen);
}

}  // namespace

std::span<const test_case> concurrency_tests() {
    static constexpr auto needs_two = [](const quirks& q) -> const char* {
        return q.one_connection ? "one_connection" : nullptr;
    };
    static constexpr auto needs_cancel = [](const quirks& q) -> const char* {
        return q.cannot_cancel ? "cannot_cancel" : q.no_slow_statement ? "no_slow_statement" : nullptr;
    };
    static constexpr auto needs_row_locks = [](const quirks& q) -> const char* {
        return q.one_connection ? "one_connection" : q.one_writer ? "one_writer" : nullptr;
    };
    static const test_case tests[] = {
        {"stops_a_statement_when_its_deadline_passes", &stops_a_statement_when_its_deadline_passes, needs_cancel},
        {"stops_a_statement_from_another_thread", &stops_a_statement_from_another_thread, needs_cancel},
        {"waits_for_a_lock_until_the_deadline", &waits_for_a_lock_until_the_deadline, needs_two},
        {"loses_no_update_to_another_thread", &loses_no_update_to_another_thread, nullptr},
        {"retries_a_transaction_that_lost_a_deadlock", &retries_a_transaction_that_lost_a_deadlock, needs_row_locks},
        {"refuses_two_threads_at_once", &refuses_two_threads_at_once, needs_cancel},
    };
    return tests;
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
