// Core's ways out of faults, on real data and without a server: SQLite behind a driver that waits,
// queues and fails as a server's would.
#include "relay_fixture.hpp"

namespace fault {
namespace {

koine::fake::fault outdated(bool poisons_transaction) {
    return {errc::statement_outdated,
            poisons_transaction ? outcome::rejected : outcome::not_sent,
            poisons_transaction,
            false,
            "0A000",
            "the statement is outdated",
            {}};
}

TEST_F(relay_fault, a_connection_lost_while_rows_are_read_takes_its_transaction_along) {
    const engine on = open();
    make_marks(on);
    make_numbers(on, 100);
    {
        connection c = on.connect();
        mark(c, 1);
        koine::rows found = c.execute(sql("select id from numbers order by id"));
        script.fail(operation::fetch, 2,
                    {errc::disconnected, outcome::rejected, true, true, "08006", "the line is cut", {}});
        std::int64_t seen = 0;
        const auto why = caught([&] {
            while (found.next()) EXPECT_EQ(found.current()[0].as<std::int64_t>(), ++seen);
        });
        ASSERT_TRUE(why.has_value());
        EXPECT_EQ(why->code(), errc::disconnected);
        EXPECT_TRUE(why->poisons_connection());
        EXPECT_GT(seen, 0);
        EXPECT_LT(seen, 100);
        EXPECT_EQ(code_of([&] { c.execute(sql("select 1")); }), errc::disconnected);
    }
    connection next = on.connect();
    EXPECT_EQ(marks(next), 0);
    EXPECT_EQ(on.stats().leased, 1U);
}

TEST_F(relay_fault, rows_in_front_of_an_error_are_delivered_before_it) {
    const engine on = open();
    make_numbers(on, 100);
    connection c = on.connect();
    // The first time teaches the link that the result is large.
    for (int round = 0; round < 3; ++round) {
        koine::rows found = c.execute(
            sql("select case when id = 90 then abs(-9223372036854775807 - 1) else id end from numbers order by id"));
        std::int64_t seen = 0;
        const auto why = caught([&] {
            while (found.next()) EXPECT_EQ(found.current()[0].as<std::int64_t>(), ++seen);
        });
        ASSERT_TRUE(why.has_value());
        EXPECT_EQ(seen, 89);
        EXPECT_FALSE(why->poisons_connection());
        c.rollback();
        EXPECT_EQ(number(c, "select count(*) from numbers"), 100);
    }
}

TEST_F(relay_fault, a_commit_whose_answer_is_lost_is_in_doubt_and_never_retried) {
    const engine on = open();
    make_marks(on);
    script.lose_commit();
    int attempts = 0;
    const auto why =
        caught<koine::in_doubt_error>([&] { on.run(koine::retry{5}, [&](connection& c) { mark(c, ++attempts); }); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::in_doubt);
    EXPECT_EQ(why->advice(), advice::ask_the_database);
    EXPECT_EQ(attempts, 1);
    connection next = on.connect();
    EXPECT_EQ(marks(next), 1);
}

TEST_F(relay_fault, a_commit_that_is_refused_is_retried_and_done_once) {
    const engine on = open();
    make_marks(on);
    script.fail_containing("COMMIT",
                           {errc::serialization_failure, outcome::rejected, true, false, "40001", "try again", {}});
    int attempts = 0;
    on.run(koine::retry{5}, [&](connection& c) {
        mark(c, ++attempts);
        if (attempts == 2) script.clear_faults();
    });
    EXPECT_EQ(attempts, 2);
    connection next = on.connect();
    EXPECT_EQ(number(next, "select id from marks"), 2);
}

TEST_F(relay_fault, a_begin_that_fails_in_front_of_a_statement_keeps_it_from_running) {
    const engine on = open();
    make_marks(on);
    connection c = on.connect();
    script.fail_containing("BEGIN", {errc::lock_timeout, outcome::not_sent, false, false, "55P03", "locked", {}});
    script.clear_log();
    EXPECT_EQ(code_of([&] { mark(c, 1); }), errc::lock_timeout);
    EXPECT_EQ(count(operation::execute, "insert"), 0);
    script.clear_faults();
    EXPECT_EQ(code_of([&] { mark(c, 1); }), errc::transaction_failed) << "it would run outside of a transaction";
    c.rollback();
    mark(c, 2);
    c.commit();
    EXPECT_EQ(number(c, "select id from marks"), 2);
}

TEST_F(relay_fault, an_error_in_a_queued_statement_stops_those_behind_it_and_names_its_text) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::session session{on};
    for (int i = 1; i <= 4; ++i) session.add(account{i, "owner " + std::to_string(i)});
    session.commit();
    std::vector<koine::ref<account>> found;
    for (int i = 1; i <= 4; ++i) found.push_back(session.get<account>(i));
    found[0]->owner = "first";
    found[1]->owner = "owner 3";
    found[3]->owner = "fourth";
    script.clear_log();
    const auto why = caught<koine::constraint_error>([&] { session.flush(); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::unique_violation);
    EXPECT_NE(why->statement().find("UPDATE"), std::string_view::npos) << why->statement();
    EXPECT_EQ(count(operation::execute, "UPDATE"), 2);
    session.rollback();
    EXPECT_EQ(session.get<account>(1)->owner, "owner 1");
}

TEST_F(relay_fault, an_outdated_statement_is_prepared_again_without_a_word) {
    const engine on = open();
    make_marks(on);
    connection c = on.connect();
    EXPECT_EQ(marks(c), 0);
    script.clear_log();
    script.fail(operation::execute, 1, outdated(false));
    EXPECT_EQ(marks(c), 0) << "a read without a transaction";
    EXPECT_EQ(count(operation::prepare, "select count(*)"), 1);
    mark(c, 1);
    c.commit();
    script.clear_log();
    script.fail(operation::execute, 2, outdated(true));
    mark(c, 2);
    c.commit();
    EXPECT_EQ(count(operation::prepare, "insert"), 1);
    EXPECT_EQ(count(operation::execute, "BEGIN"), 2) << "the statement was the first of its transaction";
    EXPECT_EQ(marks(c), 2);
}

TEST_F(relay_fault, an_outdated_statement_inside_a_transaction_asks_for_the_whole_of_it_again) {
    const engine on = open();
    make_marks(on);
    connection c = on.connect();
    mark(c, 1);
    script.fail(operation::execute, 1, outdated(true));
    const auto why = caught([&] { mark(c, 2); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::statement_outdated);
    EXPECT_EQ(why->advice(), advice::retry_transaction);
    EXPECT_EQ(code_of([&] { mark(c, 3); }), errc::transaction_failed);
    c.rollback();
    EXPECT_EQ(marks(c), 0);
    c.close();
    int attempts = 0;
    on.run(koine::retry{5}, [&](connection& again) {
        mark(again, 10);
        if (++attempts == 1) script.fail(operation::execute, 1, outdated(true));
        mark(again, 11);
    });
    EXPECT_EQ(attempts, 2);
    connection after = on.connect();
    EXPECT_EQ(marks(after), 2);
}

TEST_F(relay_fault, a_schema_that_another_connection_changed_is_noticed) {
    const engine on = open();
    make_numbers(on, 10);
    connection first = on.connect();
    EXPECT_EQ(first.execute(sql("select * from numbers")).column_count(), 1U);
    first.rollback();
    connection second = on.connect();
    second.execute(sql("alter table numbers add column more bigint default 7"));
    second.commit();
    koine::rows found = first.execute(sql("select * from numbers order by id"));
    ASSERT_EQ(found.column_count(), 2U);
    std::int64_t seen = 0;
    while (found.next()) {
        EXPECT_EQ(found.current()["id"].as<std::int64_t>(), ++seen);
        EXPECT_EQ(found.current()["more"].as<std::int64_t>(), 7);
    }
    EXPECT_EQ(seen, 10);
}

TEST_F(relay_fault, a_statement_that_waits_too_long_is_cancelled_and_the_connection_kept) {
    const engine on = open();
    make_marks(on);
    connection c = on.connect();
    const auto held = script.hold_up_containing("insert");
    const auto why = caught<koine::timeout_error>(
        [&] { c.execute(sql("insert into marks (id) values (1)"), {.deadline = deadline::in(20ms)}); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::timeout);
    EXPECT_FALSE(why->poisons_connection());
    EXPECT_GE(script.connections().cancels, 1);
    c.rollback();
    EXPECT_EQ(marks(c), 0);
}

TEST_F(relay_fault, a_connection_that_heeds_no_cancellation_is_given_up_and_replaced) {
    engine_options options;
    options.cancel_grace = 20ms;
    const engine on = open(options);
    make_marks(on);
    script.on_cancel(koine::fake::cancelling::ignored);
    {
        connection c = on.connect();
        mark(c, 1);
        const auto held = script.hold_up_containing("values (2)");
        const auto why =
            caught([&] { c.execute(sql("insert into marks (id) values (2)"), {.deadline = deadline::in(20ms)}); });
        ASSERT_TRUE(why.has_value());
        EXPECT_EQ(why->code(), errc::timeout);
        EXPECT_EQ(why->outcome(), outcome::unknown);
        EXPECT_TRUE(why->poisons_connection());
    }
    connection next = on.connect();
    EXPECT_EQ(marks(next), 0);
    EXPECT_EQ(on.stats().opened, 2U);
}

TEST_F(relay_fault, a_savepoint_is_undone_although_a_statement_queued_in_it_fails) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::session session{on};
    session.add(account{1, "kept"});
    session.add(account{2, "kept too"});
    session.flush();
    {
        auto inner = session.begin_nested();
        session.add(account{1, "the key is taken"});
        session.get<account>(2)->owner = "no text\xff";
        EXPECT_EQ(code_of([&] { session.flush(); }), errc::invalid_encoding) << "the insert is queued by then";
        EXPECT_EQ(code_of([&] { inner.rollback(); }), errc{});
    }
    session.commit();
    connection c = on.connect();
    EXPECT_EQ(number(c, "select count(*) from accounts"), 2);
}

TEST_F(relay_fault, a_rollback_drops_what_was_queued) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::session session{on};
    session.add(account{2, "kept"});
    session.commit();
    session.add(account{3, "dropped"});
    session.get<account>(2)->owner = "no text\xff";
    script.clear_log();
    EXPECT_EQ(code_of([&] { session.flush(); }), errc::invalid_encoding) << "the insert is queued by then";
    EXPECT_EQ(code_of([&] { session.rollback(); }), errc{});
    EXPECT_EQ(session.query<account>().count(), 1);
    EXPECT_EQ(count(operation::execute, "INSERT"), 0);
}

}  // namespace
}  // namespace fault
