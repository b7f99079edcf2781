// The scripted driver through its C table, as core uses it.
#include <koine/drivers/fake.hpp>

#include <gtest/gtest.h>

#include <poll.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace koine;
using fake::operation;

const koine_driver& table() {
    static const koine_driver made = [] {
        koine_driver driver{};
        driver.struct_size = sizeof driver;
        koine_error error{};
        EXPECT_EQ(fake_driver_init(KOINE_ABI_VERSION, &driver, &error), KOINE_DONE);
        return driver;
    }();
    return made;
}

koine_string c(std::string_view text) {
    return {text.data(), text.size()};
}

struct problem {
    errc code{};
    koine::outcome outcome{};
    unsigned poisons = 0;
    std::uint32_t queued = 0;
    std::string sqlstate{}, message{};
};

// One connection; every call runs to its end, waiting as core does.
class client {
public:
    explicit client(std::string_view database) {
        const koine_parameter parameter{c("database"), c(database)};
        run([&] { return table().create(&parameter, 1, &handle, &error); });
        if (handle != nullptr) run([&] { return table().connect(handle, &wait, &error); });
    }
    ~client() {
        for (auto* s : statements) table().finalize(s);
        if (handle != nullptr) table().close(handle);
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    template <class Call>
    bool run(Call call) {
        failed = {};
        for (;;) {
            error = {};
            const koine_status status = call();
            if (status == KOINE_DONE) return true;
            if (status == KOINE_ERROR) {
                failed = {static_cast<errc>(error.code),
                          static_cast<koine::outcome>(error.outcome),
                          error.poisons,
                          error.queued_index,
                          error.sqlstate,
                          std::string{error.message.data, error.message.size}};
                if (error.release != nullptr) error.release(&error);
                return false;
            }
            pollfd one{wait.fd, POLLIN, 0};
            ::poll(&one, 1, -1);
        }
    }
    koine_statement* prepare(std::string_view sql) {
        koine_statement* made = nullptr;
        run([&] { return table().prepare(handle, c(sql), 0, &made, &wait, &error); });
        if (made != nullptr) statements.push_back(made);
        return made;
    }
    bool execute(std::string_view sql, std::initializer_list<std::int64_t> numbers = {}) {
        koine_statement* s = prepare(sql);
        if (s == nullptr) return false;
        std::vector<koine_value> binds;
        for (const auto n : numbers) {
            koine_value bind{};
            bind.tag = KOINE_INT64;
            bind.u.i = n;
            binds.push_back(bind);
        }
        current = s;
        return run([&] {
            return table().execute(s, binds.data(), static_cast<std::uint32_t>(binds.size()), cells, 2, &got, &wait,
                                   &error);
        });
    }
    bool fetch() {
        return run([&] { return table().fetch(current, cells, 2, &got, &wait, &error); });
    }
    std::uint32_t state() const { return table().state(handle); }

    koine_connection* handle = nullptr;
    koine_statement* current = nullptr;
    std::vector<koine_statement*> statements{};
    koine_value cells[8]{};
    std::uint32_t got = 0;
    koine_wait wait{};
    koine_error error{};
    problem failed{};
};

TEST(fake_driver, refuses_a_database_that_no_script_describes) {
    client lost{"nowhere"};
    EXPECT_EQ(lost.failed.code, errc::database_not_found);
}

TEST(fake_driver, gives_the_rows_of_the_script_and_records_what_was_sent) {
    fake::script db{"rows"};
    db.on("select ?",
          {.columns = {{"n", KOINE_INT64}, {"t", KOINE_TEXT}}, .rows = {{1, "one"}, {2, nullptr}, {3, "three"}}});
    client me{"rows"};
    ASSERT_TRUE(me.execute("select ?", {42}));
    ASSERT_EQ(me.got, 2U);
    EXPECT_EQ(me.cells[0].u.i, 1);
    EXPECT_EQ((std::string_view{static_cast<const char*>(me.cells[1].u.p), me.cells[1].len}), "one");
    EXPECT_EQ(me.cells[3].tag, KOINE_NULL);
    EXPECT_EQ(me.state(), static_cast<unsigned>(KOINE_STATE_BUSY));
    EXPECT_EQ(table().rows_remaining(me.current), 1);
    ASSERT_TRUE(me.fetch());
    EXPECT_EQ(me.got, 1U);
    ASSERT_TRUE(me.fetch());
    EXPECT_EQ(me.got, 0U);
    EXPECT_EQ(me.state(), 0U);
    const auto log = db.log();
    EXPECT_EQ(log[0].what, operation::connect);
    EXPECT_EQ(log[2].sql, "select ?");
    EXPECT_EQ(log[2].binds, (std::vector<fake::value>{42}));
}

TEST(fake_driver, answers_one_text_differently_each_time) {
    fake::script db{"each"};
    db.on_each("update t", {{.affected = 1}, {.affected = 0}});
    client me{"each"};
    for (const std::int64_t expected : {1, 0, 0}) {
        ASSERT_TRUE(me.execute("update t"));
        EXPECT_EQ(table().rows_affected(me.current), expected);
    }
}

TEST(fake_driver, names_a_statement_that_the_script_does_not_know) {
    fake::script db{"unknown"};
    client me{"unknown"};
    EXPECT_FALSE(me.execute("select secret"));
    EXPECT_EQ(me.failed.code, errc::syntax_error);
    EXPECT_NE(me.failed.message.find("select secret"), std::string::npos);
}

TEST(fake_driver, follows_transactions) {
    fake::script db{"tx"};
    client me{"tx"};
    ASSERT_TRUE(me.execute("BEGIN"));
    EXPECT_EQ(me.state(), static_cast<unsigned>(KOINE_STATE_IN_TRANSACTION));
    EXPECT_FALSE(me.execute("nonsense"));
    EXPECT_EQ(me.state(), static_cast<unsigned>(KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION));
    EXPECT_FALSE(me.execute("SAVEPOINT a"));
    EXPECT_EQ(me.failed.sqlstate, "25P02");
    ASSERT_TRUE(me.execute("ROLLBACK"));
    EXPECT_EQ(me.state(), 0U);
    ASSERT_TRUE(me.execute("BEGIN"));
    ASSERT_TRUE(me.run([&] { return table().reset(me.handle, &me.wait, &me.error); }));
    EXPECT_EQ(me.state(), 0U);
}

TEST(fake_driver, fails_the_nth_operation_as_scripted) {
    fake::script db{"nth"};
    db.on("q", {});
    db.fail(operation::execute, 2, {.code = errc::unique_violation, .sqlstate = "23505", .constraint = "users_pkey"});
    client me{"nth"};
    EXPECT_TRUE(me.execute("q"));
    EXPECT_FALSE(me.execute("q"));
    EXPECT_EQ(me.failed.code, errc::unique_violation);
    EXPECT_EQ(me.failed.sqlstate, "23505");
    EXPECT_TRUE(me.execute("q"));
    db.fail(operation::connect, 1, {.code = errc::connection_refused, .outcome = outcome::not_sent});
    client refused{"nth"};
    EXPECT_EQ(refused.failed.code, errc::connection_refused);
}

TEST(fake_driver, breaks_a_result_off_in_the_middle) {
    fake::script db{"middle"};
    db.on("q", {.columns = {{"n"}},
                .rows = {{1}, {2}, {3}, {4}},
                .breaks_after = 3,
                .fault = {.code = errc::disconnected, .outcome = outcome::unknown, .poisons_connection = true}});
    client me{"middle"};
    ASSERT_TRUE(me.execute("q"));
    ASSERT_TRUE(me.fetch());
    EXPECT_EQ(me.got, 1U);
    EXPECT_FALSE(me.fetch());
    EXPECT_EQ(me.failed.code, errc::disconnected);
    EXPECT_NE(me.state() & KOINE_STATE_BROKEN, 0U);
    EXPECT_FALSE(me.execute("q")) << "a broken connection does nothing more";
}

TEST(fake_driver, loses_the_answer_to_commit) {
    fake::script db{"doubt"};
    db.lose_commit();
    client me{"doubt"};
    ASSERT_TRUE(me.execute("BEGIN"));
    EXPECT_FALSE(me.execute("COMMIT"));
    EXPECT_EQ(me.failed.code, errc::in_doubt);
    EXPECT_EQ(me.failed.outcome, outcome::unknown);
    EXPECT_NE(me.failed.poisons & KOINE_POISONS_CONNECTION, 0U);
}

TEST(fake_driver, gives_values_of_wrong_widths_where_told_to) {
    fake::script db{"widths"};
    db.on("q", {.columns = {{"u", KOINE_UUID}}, .rows = {{fake::value::raw(KOINE_UUID, "short")}}});
    client me{"widths"};
    ASSERT_TRUE(me.execute("q"));
    EXPECT_EQ(me.cells[0].tag, KOINE_UUID);
    EXPECT_EQ(me.cells[0].len, 5U);
}

TEST(fake_driver, holds_an_operation_up_until_it_is_let_go) {
    fake::script db{"held"};
    db.on("q", {.affected = 7});
    client me{"held"};
    auto door = db.hold_up_containing("q");
    bool done = false;
    std::thread other{[&] { done = me.execute("q"); }};
    door.wait_for(1);
    EXPECT_EQ(db.executed(), (std::vector<std::string>{"q"}));
    door.open();
    other.join();
    EXPECT_TRUE(done);
    EXPECT_EQ(db.executed().size(), 1U) << "resuming sends nothing twice";
}

TEST(fake_driver, ends_a_held_operation_when_it_is_cancelled) {
    fake::script db{"cancel"};
    db.on("q", {});
    client me{"cancel"};
    auto door = db.hold_up(operation::execute);
    std::thread other{[&] { EXPECT_FALSE(me.execute("q")); }};
    door.wait_for(1);
    koine_error error{};
    EXPECT_EQ(table().cancel(me.handle, &error), KOINE_DONE);
    other.join();
    EXPECT_EQ(me.failed.code, errc::cancelled);
    EXPECT_EQ(db.connections().cancels, 1);
    EXPECT_EQ(me.state(), 0U);
}

TEST(fake_driver, drains_slowly_after_a_cancel_where_told_to) {
    fake::script db{"drain"};
    db.on("q", {});
    db.on_cancel(fake::cancelling::slow);
    client me{"drain"};
    auto door = db.hold_up(operation::execute);
    koine_statement* s = me.prepare("q");
    const auto step = [&] { return table().execute(s, nullptr, 0, me.cells, 2, &me.got, &me.wait, &me.error); };
    EXPECT_EQ(step(), KOINE_WAIT);
    EXPECT_EQ(table().cancel(me.handle, &me.error), KOINE_DONE);
    EXPECT_EQ(step(), KOINE_WAIT);
    db.open_drain();
    EXPECT_FALSE(me.run(step));
    EXPECT_EQ(me.failed.code, errc::cancelled);
}

TEST(fake_driver, runs_its_queue_before_a_statement_and_names_the_one_that_failed) {
    fake::script db{"queue"};
    db.on("a", {.affected = 1});
    db.on("b", {.affected = 2});
    client me{"queue"};
    const auto queue = [&](std::string_view sql) {
        return table().enqueue(me.handle, nullptr, c(sql), nullptr, 0, &me.error);
    };
    queue("BEGIN");
    queue("a");
    ASSERT_TRUE(me.execute("b"));
    EXPECT_EQ(db.executed(), (std::vector<std::string>{"BEGIN", "a", "b"}));
    db.fail_containing("b", {.code = errc::check_violation, .poisons_transaction = true});
    queue("a");
    queue("b");
    queue("a");
    std::int64_t affected[3] = {-9, -9, -9};
    EXPECT_FALSE(me.run([&] { return table().flush(me.handle, affected, 3, &me.wait, &me.error); }));
    EXPECT_EQ(me.failed.queued, 2U);
    EXPECT_EQ(affected[0], 1);
    EXPECT_EQ(affected[2], -9);
}

TEST(fake_driver, can_be_made_dirty_and_is_clean_after_a_reset) {
    fake::script db{"dirty"};
    client me{"dirty"};
    db.make_dirty();
    EXPECT_EQ(me.state(), static_cast<unsigned>(KOINE_STATE_DIRTY));
    ASSERT_TRUE(me.run([&] { return table().reset(me.handle, &me.wait, &me.error); }));
    EXPECT_EQ(me.state(), 0U);
}

TEST(fake_driver, counts_its_connections) {
    fake::script db{"counts"};
    {
        client one{"counts"};
        client two{"counts"};
        table().abandon(two.handle);
        EXPECT_EQ(db.connections().open(), 1);
    }
    EXPECT_EQ(db.connections().closed, 1);
    EXPECT_EQ(db.connections().abandoned, 1);
}

}  // namespace
