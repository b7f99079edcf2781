// SQL in the hooks of a pool: what is committed, what is rolled back, whose settings last.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/pool_events.hpp>
#include <koine/rows.hpp>

#include "servers.hpp"

namespace fault {
namespace {

struct hook_failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Runs what it was given.
struct scripted_listener final : koine::pool_listener {
    using hook = std::function<void(connection&)>;
    hook connect{}, first_connect{}, checkout{}, checkin{}, reset{}, close{}, invalidate{};

    void on_connect(connection& on) override { run(connect, on); }
    void on_first_connect(connection& on) override { run(first_connect, on); }
    void on_checkout(connection& on) override { run(checkout, on); }
    void on_checkin(connection& on) override { run(checkin, on); }
    void on_reset(connection& on) override { run(reset, on); }
    void on_close(connection& on) override { run(close, on); }
    void on_invalidate(connection& on, bool) override { run(invalidate, on); }

private:
    static void run(const hook& body, connection& on) {
        if (body) body(on);
    }
};

class pool_hooks : public with_each_server {
protected:
    static bool on_sqlite() { return std::string_view{GetParam()} == "sqlite3"; }
    static bool on_postgresql() { return std::string_view{GetParam()} == "libpq"; }
    void SetUp() override {
        if (!on_sqlite()) with_each_server::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        make_marks(open(pool_of(1)));
        on = open(pool_of(1));
        told = std::make_shared<scripted_listener>();
        subscription_ = on.events().subscribe(told);
    }
    engine open(engine_options options) const {
        if (!on_sqlite()) return over_socket(std::move(options));
        return koine::create_engine("sqlite:///" + (directory_.path() / "hooks.db").string(), std::move(options));
    }
    // A setting of the session, which is another one where nobody has made it.
    static void set(connection& c, int value) {
        const std::string text = std::to_string(value);
        if (on_sqlite())
            c.execute(sql(unsafe_sql("pragma cache_size = " + text)));
        else if (on_postgresql())
            c.execute(sql(unsafe_sql("set join_collapse_limit = " + text)));
        else
            c.execute(sql(unsafe_sql("set session lock_wait_timeout = " + text)));
    }
    static std::int64_t setting(connection& c) {
        if (on_sqlite()) return number(c, "pragma cache_size");
        return number(c, on_postgresql() ? "select current_setting('join_collapse_limit')::bigint"
                                         : "select cast(@@lock_wait_timeout as signed)");
    }
    std::int64_t committed() const {
        const engine other = open(pool_of(1));
        return other.begin([](connection& c) { return marks(c); });
    }

    engine on{};
    std::shared_ptr<scripted_listener> told{};

private:
    temp_dir directory_{};
    koine::pool_subscription subscription_{};
};

TEST_P(pool_hooks, commit_what_they_have_run_when_they_return) {
    told->first_connect = [](connection& c) { mark(c, 1); };
    told->connect = [](connection& c) { mark(c, 2); };
    told->checkout = [](connection& c) { mark(c, 3); };
    told->checkin = [](connection& c) { mark(c, 4); };
    connection c = on.connect();
    EXPECT_FALSE(c.in_transaction());
    EXPECT_EQ(committed(), 3);
    EXPECT_FALSE(c.close()) << "there is nothing to roll back";
    EXPECT_EQ(committed(), 4);
    told->close = [](connection& closing) { mark(closing, 5); };
    on.dispose();
    wait_until([&] { return on.stats().idle == 0 && committed() == 5; });
}

TEST_P(pool_hooks, roll_back_what_they_have_run_when_they_throw) {
    using hook = std::function<void(connection&)>;
    const hook fails = [](connection& c) {
        mark(c, 1);
        throw hook_failure{"by a hook"};
    };
    for (hook scripted_listener::*one :
         {&scripted_listener::first_connect, &scripted_listener::connect, &scripted_listener::checkout}) {
        on.dispose();
        (*told).*one = fails;
        EXPECT_THROW(on.connect(), hook_failure);
        (*told).*one = nullptr;
        EXPECT_EQ(committed(), 0);
        connection c = on.connect();
        EXPECT_EQ(marks(c), 0) << "the only place in the pool is free";
    }
    told->checkin = fails;
    connection c = on.connect();
    EXPECT_THROW(c.close(), hook_failure);
    EXPECT_EQ(committed(), 0);
    { const connection dropped = on.connect(); }
    EXPECT_EQ(committed(), 0) << "and is dropped where nobody waits for it";
    told->checkin = nullptr;
    told->close = fails;
    on.dispose();
    EXPECT_EQ(marks(*std::make_unique<connection>(on.connect())), 0);
    EXPECT_EQ(committed(), 0);
}

TEST_P(pool_hooks, pass_the_failure_of_their_sql_to_who_connects) {
    told->connect = [](connection& c) {
        mark(c, 1);
        mark(c, 1);
    };
    EXPECT_EQ(code_of([&] { on.connect(); }), errc::unique_violation);
    EXPECT_EQ(committed(), 0);
    told->connect = nullptr;
    EXPECT_EQ(on.begin([](connection& c) { return marks(c); }), 0);
}

TEST_P(pool_hooks, lend_their_connection_for_no_longer_than_they_run) {
    std::optional<connection> kept;
    std::optional<koine::rows> rows;
    std::optional<koine::transaction> work;
    std::optional<koine::canceller> stop;
    told->connect = [&](connection& c) {
        rows.emplace(c.execute(sql("select 1 union all select 2"), {.stream = true}));
        stop.emplace(c.canceller());
        kept.emplace(std::move(c));
    };
    told->checkout = [&](connection& c) {
        work.emplace(c.begin());
        mark(c, 1);
    };
    connection c = on.connect();
    EXPECT_THROW(kept->execute(sql("select 1")), koine::usage_error);
    EXPECT_THROW(rows->next(), koine::usage_error);
    EXPECT_FALSE(work->active());
    EXPECT_THROW(work->commit(), koine::usage_error);
    EXPECT_FALSE(kept->close());
    stop->cancel();
    EXPECT_EQ(marks(c), 1);
    work.reset();
    kept.reset();
    rows.reset();
    mark(c, 2);
    c.commit();
    EXPECT_EQ(on.stats().leased, 1U) << "the lease was not the hook's to end";
    c.close();
    EXPECT_EQ(on.stats().opened, 1U);
    EXPECT_EQ(committed(), 2);
}

TEST_P(pool_hooks, may_close_their_connection_themselves) {
    told->checkout = [](connection& c) {
        mark(c, 1);
        EXPECT_TRUE(c.close());
        EXPECT_THROW(mark(c, 2), koine::usage_error);
    };
    connection c = on.connect();
    EXPECT_FALSE(c.in_transaction());
    EXPECT_EQ(marks(c), 0);
    EXPECT_EQ(on.stats().leased, 1U);
}

TEST_P(pool_hooks, find_a_connection_that_is_lost_closed) {
    if (on_sqlite()) GTEST_SKIP() << "there is no server that could end the session";
    int refused = 0;
    told->close = [&](connection& c) {
        EXPECT_THROW(c.execute(sql("select 1")), koine::usage_error);
        EXPECT_THROW(c.begin(), koine::usage_error);
        ++refused;
    };
    told->invalidate = told->checkin = told->close;
    {
        connection c = on.connect();
        server().end(session_of(c));
        EXPECT_THROW(marks(c), koine::error);
        EXPECT_NO_THROW(c.close());
    }
    wait_until([&] { return on.stats().closed == on.stats().opened; });
    EXPECT_GE(refused, 1);
}

TEST_P(pool_hooks, do_not_commit_what_a_user_has_left_open) {
    told->close = [](connection& c) { EXPECT_THROW(mark(c, 2), koine::usage_error); };
    {
        connection c = on.connect();
        mark(c, 1);
    }
    wait_until([&] { return on.stats().closed == on.stats().opened; });
    EXPECT_EQ(committed(), 0);
}

// ---- Settings ----

TEST_P(pool_hooks, make_settings_that_statements_which_cannot_change_them_leave_alone) {
    int connects = 0, resets = 0;
    told->connect = [&](connection& c) { ++connects, set(c, 5); };
    told->reset = [&](connection& c) { ++resets, set(c, 5); };
    for (int i = 0; i < 3; ++i) on.connect().close();
    EXPECT_EQ(connects, 1);
    EXPECT_EQ(resets, 0) << "nobody has run a text";
    EXPECT_EQ(on.begin([](connection& c) { return setting(c); }), 5);
}

TEST_P(pool_hooks, make_their_settings_again_after_a_user_has_changed_them) {
    int made = 0;
    told->connect = told->reset = [&](connection& c) {
        ++made;
        set(c, 5);
    };
    for (int i = 0; i < 3; ++i) {
        connection c = on.connect();
        EXPECT_EQ(setting(c), 5);
        set(c, 7);
        EXPECT_EQ(setting(c), 7);
        c.commit();
        c.close();
    }
    connection c = on.connect();
    EXPECT_EQ(setting(c), 5);
    EXPECT_EQ(made, 4);
}

TEST_P(pool_hooks, that_set_something_at_checkout_set_it_for_that_lease) {
    told->checkout = [&](connection& c) { set(c, 6); };
    {
        connection c = on.connect();
        EXPECT_EQ(setting(c), 6);
        c.close();
    }
    told->checkout = nullptr;
    connection c = on.connect();
    EXPECT_NE(setting(c), 6);
}

TEST_P(pool_hooks, that_throw_at_a_reset_have_the_connection_closed) {
    told->reset = [](connection& c) {
        mark(c, 9);
        throw hook_failure{"by a hook"};
    };
    connection c = on.connect();
    mark(c, 1);
    EXPECT_THROW(c.close(), hook_failure);
    told->reset = nullptr;
    EXPECT_EQ(on.begin([](connection& next) { return marks(next); }), 0);
    EXPECT_EQ(on.stats().opened, 2U);
}

INSTANTIATE_TEST_SUITE_P(on, pool_hooks, ::testing::ValuesIn(with_sqlite()), name_of);

}  // namespace
}  // namespace fault
