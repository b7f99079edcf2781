// Connections given back in the middle of something: reset by the pool in the background, or by
// close() with somebody else looking.
#include <algorithm>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include <koine/pool_events.hpp>

#include <koine_test/frozen.hpp>
#if defined(KOINE_TEST_MARIADB)
#include <koine_test/mariadb_server.hpp>
#endif

#include "servers.hpp"

namespace fault {
namespace {

class pool_reset : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        need_server(GetParam());
        if (IsSkipped() || HasFatalFailure()) return;
#if defined(KOINE_TEST_MARIADB)
        if (on_mariadb()) {
            url_ = koine_test::mariadb_server::shared().tcp_url();
            process_ = koine_test::mariadb_server::shared().process();
            return;
        }
#endif
        url_ = pg_cluster::shared().url();
        process_ = pg_cluster::shared().process();
    }
    static bool on_mariadb() {
        return std::string_view{GetParam()} == "libmariadb";
    }

    engine open(std::uint32_t size) const {
        engine_options options = pool_of(size);
        options.pool.abandoned = koine::abandon_mode::reset;
        // Whoever waited for a reset here would wait too long for any test.
        options.pool.reset_timeout = 1h;
        engine made = koine::create_engine(url_, options);
        make_marks(made);
        return made;
    }
    static std::int64_t session_of(connection& on) {
        return number(on, on_mariadb() ? "select connection_id()" : "select pg_backend_pid()::bigint");
    }
    // A setting, a temporary table, and an open transaction.
    static void spoil(connection& on) {
        on.execute(sql(unsafe_sql(on_mariadb() ? "set @left = 1" : "set application_name = 'left'")));
        on.execute(sql("create temporary table left_behind (id integer)"));
        on.commit();
        static std::int64_t last = 0;
        mark(on, ++last);
    }
    static void expect_clean(connection& on) {
        EXPECT_EQ(marks(on), 0);
        EXPECT_EQ(number(on, on_mariadb() ? "select @left is null"
                                          : "select (current_setting('application_name') <> 'left')::int::bigint"),
                  1);
        on.rollback();
        EXPECT_THROW(on.execute(sql("select * from left_behind")), koine::error);
        on.rollback();
    }
    static void expect_balanced(const engine& on) {
        const koine::pool_stats stats = on.stats();
        EXPECT_EQ(stats.acquired, stats.returned + stats.leased + stats.abandoned);
    }

    std::string url_{};
    pid_t process_ = 0;
};

TEST_P(pool_reset, what_a_destructor_leaves_behind_is_cleaned_and_used_again) {
    const engine on = open(1);
    std::int64_t session = 0;
    {
        connection c = on.connect();
        session = session_of(c);
        spoil(c);
    }
    {
        connection c = on.connect();
        EXPECT_EQ(session_of(c), session);
        expect_clean(c);
        // a transaction that failed
        mark(c, 1);
        EXPECT_THROW(c.execute(sql("select no_such_column from marks")), koine::error);
    }
    {
        connection c = on.connect();
        EXPECT_EQ(session_of(c), session);
        expect_clean(c);
        c.close();
    }
    EXPECT_EQ(on.stats().opened, 1U);
    EXPECT_EQ(on.stats().abandoned, 2U);
    expect_balanced(on);
}

TEST_P(pool_reset, nobody_waits_for_a_server_that_is_stopped) {
    const engine on = open(3);
    std::vector<connection> all;
    for (int i = 0; i < 3; ++i) all.push_back(on.connect());
    spoil(all[0]);
    spoil(all[1]);
    {
        const koine_test::frozen server{process_};
        all.clear();
        wait_until([&] { return on.stats().idle == 1; });
        EXPECT_EQ(on.stats().closing, 2U);
        EXPECT_NO_THROW(on.connect().close()) << "the one that was clean is free";
        EXPECT_EQ(code_of([&] {
                      const connection free = on.connect();
                      on.connect(deadline::in(20ms));
                  }),
                  errc::pool_timeout)
            << "the bound holds";
    }
    wait_until([&] { return on.stats().closing == 0; });
    EXPECT_EQ(on.begin([](connection& c) { return marks(c); }), 0);
    expect_balanced(on);
}

TEST_P(pool_reset, an_engine_ends_beside_a_server_that_is_stopped) {
    std::optional<engine> on = open(2);
    connection first = on->connect();
    connection second = on->connect();
    spoil(first);
    spoil(second);
    const koine_test::frozen server{process_};
    first = connection{std::move(second)};
    wait_until([&] { return on->stats().closing == 1; });
    on.reset();
}

TEST_P(pool_reset, what_waited_for_a_server_that_was_stopped_is_as_good_as_before) {
    const engine on = open(2);
    std::vector<std::int64_t> sessions;
    {
        connection first = on.connect();
        connection second = on.connect();
        sessions = {session_of(first), session_of(second)};
        spoil(first);
        second.rollback();
        const koine_test::frozen server{process_};
        first = connection{std::move(second)};
    }
    std::vector<connection> again;
    for (int i = 0; i < 2; ++i) {
        again.push_back(on.connect());
        const auto found = std::find(sessions.begin(), sessions.end(), session_of(again.back()));
        ASSERT_NE(found, sessions.end());
        sessions.erase(found);
        expect_clean(again.back());
    }
    EXPECT_EQ(on.stats().opened, 2U);
    expect_balanced(on);
}

// Cancels from another thread while a connection is being reset, as a hook sees it.
struct cancelling_listener final : koine::pool_listener {
    std::unique_ptr<koine::canceller> target{};
    int resets = 0;

    void on_reset(connection&) override {
        ++resets;
        std::thread{[&] { target->cancel(); }}.join();
    }
};

TEST_P(pool_reset, a_canceller_does_not_wait_for_a_connection_that_is_being_closed) {
    const engine on = open(1);
    const auto listener = std::make_shared<cancelling_listener>();
    const auto subscription = on.events().subscribe(listener);
    connection c = on.connect();
    listener->target = std::make_unique<koine::canceller>(c.canceller());
    mark(c, 1);
    EXPECT_TRUE(c.close());
    EXPECT_EQ(listener->resets, 1);
    EXPECT_EQ(on.begin([](connection& next) { return marks(next); }), 0);
    EXPECT_EQ(on.stats().opened, 1U);
    expect_balanced(on);
}

INSTANTIATE_TEST_SUITE_P(on, pool_reset, ::testing::ValuesIn(server_names()), name_of);

}  // namespace
}  // namespace fault
