// An operation that is refused changes nothing, and what it says is true: while rows are streamed,
// after a lost COMMIT, with savepoints open, inside of a block that ends its own transaction.
#include <optional>
#include <string>
#include <string_view>

#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>
#include <koine/rows.hpp>

#include "servers.hpp"

namespace fault {
namespace {

// A row of marks whose key is given, so that nothing has to be read back.
struct mark_row {
    std::int64_t id{};
    static constexpr auto koine_table() { return koine::table("marks", koine::col<&mark_row::id>(koine::primary_key)); }
};

class refused : public with_each_server {
protected:
    void SetUp() override {
        with_each_server::SetUp();
        on = over_socket(pool_of(2));
        make_marks(on);
    }
    void TearDown() override { on = {}; }

    template <class Body>
    static void expect_refused(Body&& body) {
        const auto why = caught(body);
        ASSERT_TRUE(why);
        EXPECT_EQ(why->code(), errc::operation_in_progress) << why->what();
        EXPECT_EQ(why->outcome(), outcome::not_sent);
        EXPECT_FALSE(why->poisons_connection());
        EXPECT_FALSE(why->poisons_transaction());
    }
    std::int64_t stored() {
        connection other = on.connect();
        return marks(other);
    }

    engine on;
};

TEST_P(refused, commit_while_rows_are_streamed_leaves_the_transaction_as_it_was) {
    connection c = on.connect();
    mark(c, 1);
    {
        koine::rows rows = stream(c);
        expect_refused([&] { c.commit(); });
        EXPECT_TRUE(c.in_transaction());
        while (rows.next()) {
        }
    }
    mark(c, 2);
    c.commit();
    EXPECT_FALSE(c.in_transaction());
    EXPECT_EQ(stored(), 2);
}

TEST_P(refused, a_transaction_whose_commit_was_refused_can_still_be_ended) {
    connection c = on.connect();
    auto work = c.begin();
    mark(c, 1);
    {
        koine::rows rows = stream(c);
        expect_refused([&] { work.commit(); });
        EXPECT_TRUE(work.active());
    }
    work.commit();
    EXPECT_FALSE(work.active());
    EXPECT_EQ(stored(), 1);
}

TEST_P(refused, a_savepoint_whose_rollback_was_refused_can_be_rolled_back_afterwards) {
    connection c = on.connect();
    mark(c, 1);
    auto part = c.begin_nested();
    mark(c, 2);
    {
        koine::rows rows = stream(c);
        expect_refused([&] { part.rollback(); });
        EXPECT_TRUE(part.active());
    }
    part.rollback();
    EXPECT_FALSE(part.active());
    c.commit();
    EXPECT_EQ(stored(), 1);
}

TEST_P(refused, a_savepoint_whose_release_was_refused_is_still_there) {
    connection c = on.connect();
    mark(c, 1);
    auto part = c.begin_nested();
    mark(c, 2);
    {
        koine::rows rows = stream(c);
        expect_refused([&] { part.commit(); });
        expect_refused([&] { c.begin_nested(); });
    }
    part.rollback();
    c.commit();
    EXPECT_EQ(stored(), 1);
}

TEST_P(refused, ping_while_rows_are_streamed_harms_nothing) {
    connection c = on.connect();
    const std::int64_t session = session_of(c);
    mark(c, 1);
    {
        koine::rows rows = stream(c);
        expect_refused([&] { c.ping(); });
        EXPECT_TRUE(rows.next());
    }
    c.ping();
    c.commit();
    EXPECT_EQ(session_of(c), session);
    EXPECT_EQ(stored(), 1);
}

TEST_P(refused, a_lost_commit_stays_in_doubt) {
    const auto slow = server().slow_commits(on);
    connection c = on.connect();
    mark(c, 1);
    const std::int64_t session = session_of(c);
    std::thread killer{[&] {
        wait_until([&] { return slow->commits(session); });
        server().end(session);
    }};
    EXPECT_EQ(code_of([&] { c.commit(); }), errc::in_doubt);
    killer.join();
    EXPECT_EQ(code_of([&] { c.commit(); }), errc::in_doubt);
    EXPECT_EQ(code_of([&] { c.rollback(); }), errc::in_doubt);
    EXPECT_EQ(code_of([&] { c.begin(); }), errc::disconnected);
    EXPECT_EQ(code_of([&] { c.begin_nested(); }), errc::disconnected);
    EXPECT_EQ(code_of([&] { mark(c, 3); }), errc::disconnected);
    EXPECT_FALSE(c.in_transaction());
    EXPECT_FALSE(c.close());
}

TEST_P(refused, commit_of_a_connection_that_was_lost_before_never_says_that_all_is_well) {
    connection c = on.connect();
    const std::int64_t session = session_of(c);
    mark(c, 1);
    server().end(session);
    wait_until_gone(session);
    EXPECT_NE(code_of([&] { c.commit(); }), errc{});
    EXPECT_NE(code_of([&] { c.commit(); }), errc{});
    EXPECT_EQ(stored(), 0);
}

INSTANTIATE_TEST_SUITE_P(on, refused, ::testing::ValuesIn(server_names()), name_of);

// The same on SQLite: which transaction a call ends, and which it does not.
class transactions_by_hand : public with_each_server {
protected:
    static bool on_sqlite() { return std::string_view{GetParam()} == "sqlite3"; }
    void SetUp() override {
        if (!on_sqlite()) with_each_server::SetUp();
        on = with({});
        make_marks(on);
    }
    void TearDown() override { on = {}; }
    engine with(engine_options options) {
        options.cancel_grace = patient().cancel_grace;
        return on_sqlite() ? koine::create_engine("sqlite:///" + (directory_.path() / "marks.db").string(), options)
                           : over_socket(options);
    }

    engine on;

private:
    temp_dir directory_{};
};

TEST_P(transactions_by_hand, an_outer_savepoint_takes_those_inside_with_it) {
    connection c = on.connect();
    mark(c, 1);
    auto outer = c.begin_nested();
    mark(c, 2);
    auto inner = c.begin_nested();
    mark(c, 3);
    outer.rollback();
    EXPECT_FALSE(outer.active());
    EXPECT_FALSE(inner.active());
    EXPECT_EQ(code_of([&] { inner.rollback(); }), errc::usage);
    EXPECT_EQ(code_of([&] { inner.commit(); }), errc::usage);
    EXPECT_EQ(marks(c), 1);
    c.commit();
    EXPECT_EQ(marks(c), 1);
}

TEST_P(transactions_by_hand, a_savepoint_with_another_one_inside_is_not_released) {
    connection c = on.connect();
    auto work = c.begin();
    auto outer = c.begin_nested();
    mark(c, 1);
    {
        auto inner = c.begin_nested();
        mark(c, 2);
        EXPECT_EQ(code_of([&] { outer.commit(); }), errc::usage);
        EXPECT_EQ(code_of([&] { work.commit(); }), errc::usage);
        EXPECT_TRUE(outer.active());
        EXPECT_TRUE(work.active());
    }
    outer.commit();
    work.commit();
    EXPECT_EQ(marks(c), 1);
}

TEST_P(transactions_by_hand, a_handle_of_one_that_is_over_ends_no_other) {
    connection c = on.connect();
    auto first = c.begin();
    mark(c, 1);
    c.commit();
    EXPECT_FALSE(first.active());
    auto second = c.begin();
    mark(c, 2);
    EXPECT_EQ(code_of([&] { first.commit(); }), errc::usage);
    EXPECT_EQ(code_of([&] { first.rollback(); }), errc::usage);
    auto stale = c.begin_nested();
    c.rollback();
    EXPECT_FALSE(second.active());
    mark(c, 3);
    auto fresh = c.begin_nested();
    mark(c, 4);
    EXPECT_EQ(code_of([&] { stale.rollback(); }), errc::usage);
    { auto gone = std::move(stale); }
    fresh.commit();
    c.commit();
    EXPECT_EQ(marks(c), 3);
}

TEST_P(transactions_by_hand, a_block_ends_its_transaction_itself) {
    for (const bool commits : {true, false}) {
        const auto body = [&](connection& c) {
            mark(c, 1);
            if (commits)
                c.commit();
            else
                c.rollback();
            mark(c, 2);
        };
        for (const bool repeated : {true, false}) {
            const auto why = caught<koine::usage_error>([&] {
                if (repeated)
                    on.run(koine::retry{3}, body);
                else
                    on.begin(body);
            });
            ASSERT_TRUE(why);
            EXPECT_EQ(why->outcome(), outcome::not_sent);
            connection c = on.connect();
            EXPECT_EQ(marks(c), 0) << "none of it is done, and nothing twice";
        }
    }
    on.begin([](connection& c) {
        auto part = c.begin_nested();
        mark(c, 1);
        part.commit();
    });
    connection c = on.connect();
    EXPECT_EQ(marks(c), 1);
}

TEST_P(transactions_by_hand, autocommit_holds_from_the_first_statement_on) {
    engine_options options;
    options.isolation = koine::isolation::autocommit;
    const engine each = with(options);
    {
        connection c = each.connect();
        c.execute(sql("begin"));
        mark(c, 1);
        c.execute(sql("rollback"));
        EXPECT_EQ(marks(c), 0);
        c.execute(sql("begin"));
        mark(c, 2);
        c.execute(sql("commit"));
    }
    {
        connection c = each.connect();
        EXPECT_EQ(code_of([&] { c.begin_nested(); }), errc::usage);
        mark(c, 3);
        EXPECT_EQ(code_of([&] { c.begin_nested(); }), errc::usage);
        EXPECT_EQ(marks(c), 2);
    }
    connection c = on.connect();
    const auto work = c.begin({.isolation = koine::isolation::autocommit});
    EXPECT_EQ(code_of([&] { c.begin_nested(); }), errc::usage);
    mark(c, 4);
    EXPECT_EQ(code_of([&] { c.begin_nested(); }), errc::usage);
    connection other = on.connect();
    EXPECT_EQ(marks(other), 3);
}

TEST_P(transactions_by_hand, commit_sends_what_autocommit_has_queued) {
    engine_options options;
    options.isolation = koine::isolation::autocommit;
    const engine each = with(options);
    koine::session session{each};
    session.add(mark_row{.id = 1});
    session.commit();
    session.add(mark_row{.id = 2});
    session.add(mark_row{.id = 3});
    session.commit();
    session.add(mark_row{.id = 4});
    session.flush();
    session.rollback();
    connection c = on.connect();
    EXPECT_EQ(marks(c), 4) << "each statement is its own transaction";
}

TEST_P(transactions_by_hand, read_only_holds_from_the_first_statement_on) {
    engine_options options;
    options.read_only = true;
    const engine reads = with(options);
    connection c = reads.connect();
    EXPECT_EQ(code_of([&] { mark(c, 1); }), errc::read_only);
    c.rollback();
    EXPECT_EQ(marks(c), 0);
}

INSTANTIATE_TEST_SUITE_P(on, transactions_by_hand, ::testing::ValuesIn(with_sqlite()), name_of);

}  // namespace
}  // namespace fault
