// Pools that are used up, callbacks that throw, connections that two threads use, threads that end
// without giving back.
#include <future>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include <koine/pool_events.hpp>
#include <koine/types/type_traits.hpp>

#include "servers.hpp"

namespace fault {

// What the program's own code throws.
struct own_failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A value whose conversion throws.
struct prickly {};

}  // namespace fault

template <>
struct koine::type_traits<fault::prickly> {
    static constexpr sql_type type = sql_type::int64;
    static koine_value bind(const fault::prickly&, bind_context&) { throw fault::own_failure{"while binding"}; }
    static bool read(const koine_value&, fault::prickly&) { throw fault::own_failure{"while reading"}; }
};

namespace fault {
namespace {

class pool_use : public with_each_server {
protected:
    static bool on_sqlite() { return std::string_view{GetParam()} == "sqlite3"; }
    void SetUp() override {
        if (!on_sqlite()) with_each_server::SetUp();
    }
    engine open(engine_options options) const {
        if (!on_sqlite()) return over_socket(std::move(options));
        return koine::create_engine("sqlite:///" + (directory_.path() / "pool.db").string(), std::move(options));
    }
    static void expect_balanced(const engine& on) {
        const koine::pool_stats stats = on.stats();
        EXPECT_EQ(stats.acquired, stats.returned + stats.leased + stats.abandoned);
    }

private:
    temp_dir directory_{};
};

TEST_P(pool_use, a_pool_that_is_used_up_says_so_by_the_deadline_with_its_numbers) {
    engine_options options = pool_of(2, 1);
    options.pool.timeout = 100ms;
    const engine on = open(options);
    std::vector<connection> held;
    for (int i = 0; i < 3; ++i) held.push_back(on.connect());
    const auto began = std::chrono::steady_clock::now();
    const auto why = caught<koine::timeout_error>([&] { on.connect(); });
    ASSERT_TRUE(why.has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - began, 100ms + slack);
    EXPECT_EQ(why->code(), errc::pool_timeout);
    EXPECT_EQ(why->outcome(), outcome::not_sent);
    const std::string text = why->what();
    for (const char* const part :
         {"size 2", "max_overflow 1", "leased 3", "waiting ", "oldest lease", "pool_use_test.cpp"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in: " << text;
    EXPECT_EQ(code_of([&] { on.connect(deadline::in(10ms)); }), errc::pool_timeout);
    EXPECT_EQ(on.stats().timeouts, 2U);
    EXPECT_EQ(std::string_view{on.stats().oldest_lease_where.file}.substr(
                  std::string_view{on.stats().oldest_lease_where.file}.size() - 17),
              "pool_use_test.cpp");
    held.pop_back();
    EXPECT_NO_THROW(on.connect());
    expect_balanced(on);
}

TEST_P(pool_use, a_waiter_gets_the_connection_that_comes_back) {
    const engine on = open(pool_of(1));
    connection held = on.connect();
    auto waiter = std::async(std::launch::async, [&] {
        connection mine = on.connect();
        return number(mine, "select 4");
    });
    wait_until([&] { return on.stats().waiting == 1; });
    held.close();
    EXPECT_EQ(waiter.get(), 4);
    EXPECT_EQ(on.stats().opened, 1U);
    expect_balanced(on);
}

// Throws from the hook that it is told to.
class throwing_listener final : public koine::pool_listener {
public:
    enum class hook { none, connect, first_connect, checkout, checkin, reset };
    std::atomic<hook> from{hook::none};

    void on_connect(connection&) override { fail(hook::connect); }
    void on_first_connect(connection&) override { fail(hook::first_connect); }
    void on_checkout(connection&) override { fail(hook::checkout); }
    void on_checkin(connection&) override { fail(hook::checkin); }
    void on_reset(connection&) override { fail(hook::reset); }

private:
    void fail(hook here) const {
        if (from.load() == here) throw own_failure{"from a hook"};
    }
};

TEST_P(pool_use, a_hook_that_throws_reaches_its_caller_and_costs_no_connection) {
    using hook = throwing_listener::hook;
    for (const hook from : {hook::first_connect, hook::connect, hook::checkout}) {
        const engine on = open(pool_of(1));
        const auto listener = std::make_shared<throwing_listener>();
        const auto subscription = on.events().subscribe(listener);
        listener->from = from;
        EXPECT_THROW(on.connect(), own_failure);
        EXPECT_EQ(on.stats().leased, 0U);
        listener->from = hook::none;
        EXPECT_EQ(on.begin([](connection& c) { return number(c, "select 1"); }), 1)
            << "the only place in the pool is free";
        expect_balanced(on);
    }
    for (const hook from : {hook::checkin, hook::reset}) {
        const engine on = open(pool_of(1));
        make_marks(on);
        const auto listener = std::make_shared<throwing_listener>();
        const auto subscription = on.events().subscribe(listener);
        listener->from = from;
        {
            connection c = on.connect();
            mark(c, 1);
            EXPECT_THROW(c.close(), own_failure);
        }
        listener->from = hook::none;
        EXPECT_EQ(on.begin([](connection& c) { return marks(c); }), 0);
        EXPECT_EQ(on.stats().leased, 0U);
        expect_balanced(on);
    }
}

TEST_P(pool_use, a_transaction_body_that_throws_is_rolled_back_and_its_lease_returned) {
    const engine on = open(pool_of(1));
    make_marks(on);
    int attempts = 0;
    EXPECT_THROW(on.run(koine::retry{5},
                        [&](connection& c) {
                            ++attempts;
                            mark(c, 1);
                            throw own_failure{"from the body"};
                        }),
                 own_failure);
    EXPECT_EQ(attempts, 1) << "only the database's conflicts are tried again";
    EXPECT_THROW(on.begin([&](connection& c) -> int {
        mark(c, 1);
        const koine::transaction inner = c.begin_nested();
        mark(c, 2);
        throw own_failure{"from within a savepoint"};
    }),
                 own_failure);
    EXPECT_EQ(on.begin([](connection& c) { return marks(c); }), 0);
    EXPECT_EQ(on.stats().leased, 0U);
    expect_balanced(on);
}

TEST_P(pool_use, a_conversion_that_throws_leaves_connection_and_transaction_as_they_were) {
    const engine on = open(pool_of(1));
    make_marks(on);
    connection c = on.connect();
    mark(c, 1);
    EXPECT_THROW(c.execute(sql("select id from marks")).one<prickly>(), own_failure);
    EXPECT_THROW(c.execute(sql("select id from marks")).into<prickly>(), own_failure);
    EXPECT_THROW(c.execute(sql("insert into marks (id) values (:id)", {{"id", prickly{}}})), own_failure);
    mark(c, 2);
    c.commit();
    EXPECT_EQ(marks(c), 2);
    c.close();
    EXPECT_EQ(on.stats().leased, 0U);
    EXPECT_THROW(on.begin([](connection& in) {
        mark(in, 3);
        return in.execute(sql("select id from marks")).into<prickly>().size();
    }),
                 own_failure);
    EXPECT_EQ(on.begin([](connection& in) { return marks(in); }), 2);
    expect_balanced(on);
}

TEST_P(pool_use, two_threads_on_one_connection_are_told_instead_of_racing) {
    const engine on = open(pool_of(1));
    make_marks(on);
    connection c = on.connect();
    std::atomic<std::int64_t> next{0};
    std::atomic<int> refused{0};
    std::atomic<bool> go{false};
    constexpr int enough = 20;
    const auto work = [&] {
        while (!go.load()) std::this_thread::yield();
        while (refused.load() < enough) {
            try {
                switch (next++ % 4) {
                    case 0:
                        c.execute(sql("select count(*) from marks")).one<std::int64_t>();
                        break;
                    case 1:
                        c.execute(sql("select id from marks where id = :id", {{"id", next.load()}}))
                            .into<std::int64_t>();
                        break;
                    case 2:
                        c.commit();
                        break;
                    default:
                        c.ping();
                        break;
                }
            } catch (const koine::usage_error& why) {
                if (why.code() != errc::operation_in_progress) ADD_FAILURE() << why.what();
                EXPECT_EQ(why.outcome(), outcome::not_sent);
                ++refused;
            } catch (const koine::error& why) {
                ADD_FAILURE() << why.what();
                refused = enough;
            }
        }
    };
    std::thread other{work};
    go = true;
    work();
    other.join();
    // One after the other is no misuse.
    c.rollback();
    std::thread{[&] { mark(c, 1); }}.join();
    c.commit();
    EXPECT_EQ(marks(c), 1);
}

TEST_P(pool_use, a_thread_that_ends_with_a_connection_gives_its_place_back) {
    const engine on = open(pool_of(1));
    make_marks(on);
    std::uint64_t abandoned = 0;
    for (int i = 0; i < 3; ++i) {
        std::thread{[&] {
            thread_local std::optional<connection> kept;
            kept.emplace(on.connect());
            if (i == 1) mark(*kept, 1);
            if (i == 2) {
                thread_local std::optional<koine::rows> open_result;
                mark(*kept, 1);
                open_result.emplace(kept->execute(sql("select id from marks"), {.stream = true}));
                EXPECT_TRUE(open_result->next());
            }
            if (i == 0) kept->ping();
        }}.join();
        if (i != 0) ++abandoned;
        connection next = on.connect(deadline::in(60s));
        EXPECT_EQ(marks(next), 0);
        next.rollback();
        next.close();
        EXPECT_EQ(on.stats().abandoned, abandoned);
        expect_balanced(on);
    }
}

INSTANTIATE_TEST_SUITE_P(on, pool_use, ::testing::ValuesIn(with_sqlite()), name_of);

class dead_thread : public with_each_server {};
INSTANTIATE_TEST_SUITE_P(on, dead_thread, ::testing::ValuesIn(server_names()), name_of);

TEST_P(dead_thread, a_thread_that_ends_behind_a_dead_line_does_not_wait_for_the_network) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    const engine on = over_tcp(pool_of(1), gate.port());
    auto ended = std::async(std::launch::async, [&] {
        std::thread{[&] {
            thread_local std::optional<connection> kept;
            kept.emplace(on.connect());
            mark(*kept, 1);
            gate.swallow(tcp_gate::to_server);
            gate.swallow(tcp_gate::to_client);
        }}.join();
    });
    EXPECT_EQ(ended.wait_for(30s), std::future_status::ready) << "the thread's end waits for the network";
    gate.reset();
    ended.wait();
    gate.pass(tcp_gate::to_server);
    gate.pass(tcp_gate::to_client);
    connection next = connect_when_ready(on);
    EXPECT_EQ(marks(next), 0);
    EXPECT_EQ(on.stats().abandoned, 1U);
}

}  // namespace
}  // namespace fault
