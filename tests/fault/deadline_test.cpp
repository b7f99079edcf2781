// Lines that are dead and servers that are slow: every call ends by its deadline.
#include <future>
#include <thread>

#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>

#include "servers.hpp"

namespace fault {
namespace {

class deadlines : public with_each_server {
protected:
    using clock = std::chrono::steady_clock;

    // The body ends with a timeout by the deadline, or soon after it.
    template <class Body>
    static koine::timeout_error timed_out(std::chrono::milliseconds within, Body&& body) {
        const auto began = clock::now();
        auto why = caught<koine::timeout_error>(std::forward<Body>(body));
        const auto took = clock::now() - began;
        EXPECT_LT(took, within + slack);
        if (!why) throw std::runtime_error{"no timeout_error"};
        return *why;
    }
};

INSTANTIATE_TEST_SUITE_P(on, deadlines, ::testing::ValuesIn(server_names()), name_of);

TEST_P(deadlines, a_line_that_swallows_what_we_send_costs_the_deadline_and_the_connection) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    const engine on = over_tcp({}, gate.port());
    {
        connection c = on.connect();
        mark(c, 1);
        gate.swallow(tcp_gate::to_server);
        const auto why = timed_out(300ms, [&] { c.execute(sql("select 1"), {.deadline = deadline::in(300ms)}); });
        EXPECT_EQ(why.code(), errc::timeout) << why.what();
        EXPECT_TRUE(why.poisons_connection()) << why.what();
        EXPECT_EQ(code_of([&] { c.execute(sql("select 1")); }), errc::disconnected);
    }
    gate.reset();
    gate.pass(tcp_gate::to_server);
    connection next = connect_when_ready(on);
    EXPECT_EQ(marks(next), 0);
}

TEST_P(deadlines, a_line_that_swallows_the_answer_costs_the_deadline_and_the_connection) {
    make_marks(over_socket());
    tcp_gate gate{server().port()};
    const engine on = over_tcp({}, gate.port());
    connection c = on.connect();
    mark(c, 1);
    gate.swallow(tcp_gate::to_client);
    const auto why = timed_out(
        300ms, [&] { c.execute(sql("insert into marks (id) values (2)"), {.deadline = deadline::in(300ms)}); });
    EXPECT_EQ(why.code(), errc::timeout) << why.what();
    EXPECT_TRUE(why.poisons_connection()) << why.what();
    EXPECT_NO_THROW(c.rollback());
    c.close();
    gate.pass(tcp_gate::to_client);
    connection next = connect_when_ready(on);
    EXPECT_EQ(marks(next), 0);
}

TEST_P(deadlines, the_time_of_a_call_holds_for_everything_that_a_connection_does) {
    tcp_gate gate{server().port()};
    engine_options options;
    options.statement_timeout = 5s;
    const auto stuck = [&](auto&& body) {
        gate.pass(tcp_gate::to_client);
        const engine on = over_tcp(options, gate.port());
        connection c = on.connect();
        c.execute(sql("create temporary table rough (id bigint)"));
        gate.swallow(tcp_gate::to_client);
        return timed_out(5s, [&] { body(c); });
    };
    EXPECT_TRUE(stuck([](connection& c) { c.execute(sql("select 1")); }).poisons_connection());
    EXPECT_TRUE(stuck([](connection& c) { c.rollback(); }).poisons_connection());
    EXPECT_TRUE(stuck([](connection& c) { c.begin_nested(); }).poisons_connection());
    EXPECT_TRUE(stuck([](connection& c) { c.ping(deadline::in(1s)); }).poisons_connection());
}

TEST_P(deadlines, a_stream_that_stops_flowing_ends_by_the_deadline_of_its_call) {
    tcp_gate gate{server().port()};
    const engine on = over_tcp({}, gate.port());
    connection c = on.connect();
    const auto limit = 10s;
    koine::rows stream = c.execute(sql(unsafe_sql(words().million)), {.deadline = deadline::in(limit), .stream = true});
    ASSERT_TRUE(stream.next());
    gate.swallow(tcp_gate::to_client);
    const auto why = timed_out(limit, [&] {
        while (stream.next()) {
        }
    });
    EXPECT_EQ(why.code(), errc::timeout) << why.what();
}

TEST_P(deadlines, leaving_a_stream_whose_line_is_dead_blocks_nobody) {
    tcp_gate gate{server().port()};
    const engine on = over_tcp({}, gate.port());
    auto left = std::async(std::launch::async, [&] {
        connection c = on.connect();
        koine::rows stream = c.execute(sql(unsafe_sql(words().million)), {.stream = true});
        EXPECT_TRUE(stream.next());
        gate.swallow(tcp_gate::to_client);
    });
    const bool in_time = left.wait_for(30s) == std::future_status::ready;
    EXPECT_TRUE(in_time) << "the destructor waits for the network";
    gate.reset();
    left.wait();
    gate.pass(tcp_gate::to_client);
    wait_until([&] { return on.stats().leased == 0 && on.stats().closing == 0; });
    EXPECT_EQ(on.stats().abandoned, 1U);
}

TEST_P(deadlines, a_stream_that_is_left_early_leaves_a_good_connection) {
    const engine on = over_socket();
    connection c = on.connect();
    const std::int64_t before = session_of(c);
    for (int i = 0; i < 3; ++i) {
        koine::rows stream = c.execute(sql(unsafe_sql(words().ten_thousand)), {.stream = true});
        EXPECT_TRUE(stream.next());
    }
    {
        koine::rows first = c.execute(sql(unsafe_sql(words().ten_thousand)), {.stream = true});
        EXPECT_TRUE(first.next());
    }
    EXPECT_EQ(session_of(c), before);
    c.commit();
    {
        koine::rows last = c.execute(sql(unsafe_sql(words().ten_thousand)), {.stream = true});
        EXPECT_TRUE(last.next());
    }
    EXPECT_NO_THROW(c.rollback());
    EXPECT_EQ(session_of(c), before);
}

TEST_P(deadlines, a_server_that_accepts_and_says_nothing_costs_the_deadline_of_connecting) {
    tcp_gate gate{server().port()};
    gate.swallow(tcp_gate::to_client);
    const engine on = over_tcp({}, gate.port());
    timed_out(300ms, [&] { on.connect(deadline::in(300ms)); });
    engine_options options;
    options.connect_timeout = 300ms;
    const engine impatient = over_tcp(options, gate.port());
    timed_out(300ms, [&] { impatient.connect(); });
    EXPECT_EQ(impatient.stats().leased, 0U);
    gate.pass(tcp_gate::to_client);
    connection c = connect_when_ready(over_tcp({}, gate.port()));
    EXPECT_EQ(number(c, "select 1"), 1);
}

TEST_P(deadlines, a_line_that_died_while_idle_is_replaced_by_a_ping_with_a_limit) {
    tcp_gate gate{server().port()};
    const engine on = over_tcp({}, gate.port());
    connection c = on.connect();
    gate.swallow(tcp_gate::to_server);
    const auto why = timed_out(300ms, [&] { c.ping(deadline::in(300ms)); });
    EXPECT_TRUE(why.poisons_connection());
}

TEST_P(deadlines, timeouts_of_the_server_and_of_locks_are_told_apart_and_leave_the_connection_good) {
    const engine on = over_socket();
    make_marks(on);
    connection c = on.connect();
    const std::int64_t before = session_of(c);
    c.execute(sql(unsafe_sql(words().statement_limit)));
    const auto slow = caught<koine::timeout_error>([&] { c.execute(sql(unsafe_sql(words().sleep))); });
    ASSERT_TRUE(slow.has_value());
    EXPECT_EQ(slow->code(), errc::timeout) << slow->what();
    EXPECT_EQ(slow->sqlstate().text(), "57014");
    EXPECT_FALSE(slow->poisons_connection());
    EXPECT_TRUE(slow->poisons_transaction());
    c.rollback();

    connection other = on.connect();
    mark(other, 1);
    other.commit();
    other.execute(sql("update marks set id = 2"));
    c.execute(sql(unsafe_sql(words().no_statement_limit)));
    c.execute(sql(unsafe_sql(words().lock_limit)));
    const auto locked = caught<koine::timeout_error>([&] { c.execute(sql("update marks set id = 3")); });
    ASSERT_TRUE(locked.has_value());
    EXPECT_EQ(locked->code(), errc::lock_timeout) << locked->what();
    EXPECT_EQ(locked->sqlstate().text(), "55P03");
    EXPECT_EQ(locked->advice(), advice::retry_transaction);
    EXPECT_FALSE(locked->poisons_connection());
    c.rollback();
    other.rollback();
    EXPECT_EQ(marks(c), 1);
    EXPECT_EQ(session_of(c), before);
}

TEST_P(deadlines, a_deadline_and_a_cancel_stop_only_their_own_statement) {
    const engine on = over_socket();
    connection c = on.connect();
    const std::int64_t before = session_of(c);
    const koine::canceller stop = c.canceller();
    for (int i = 0; i < 10; ++i) {
        const auto late = caught<koine::timeout_error>(
            [&] { c.execute(sql(unsafe_sql(words().sleep)), {.deadline = deadline::in(i % 2 == 0 ? 1ms : 20ms)}); });
        ASSERT_TRUE(late.has_value());
        EXPECT_EQ(late->code(), errc::timeout) << late->what();
        EXPECT_FALSE(late->poisons_connection()) << late->what();
        c.rollback();
        EXPECT_EQ(number(c, "select 7"), 7);
        c.rollback();
        std::jthread other{[&] {
            wait_until([&] { return server().sleeps(before); });
            stop.cancel();
        }};
        const auto cancelled = caught([&] { c.execute(sql(unsafe_sql(words().sleep))); });
        other.join();
        ASSERT_TRUE(cancelled.has_value());
        EXPECT_EQ(cancelled->code(), errc::cancelled) << cancelled->what();
        EXPECT_FALSE(cancelled->poisons_connection());
        c.rollback();
        EXPECT_EQ(number(c, "select 8"), 8);
        c.rollback();
    }
    EXPECT_EQ(session_of(c), before);
}

struct shared_row {
    std::int64_t id{};
    std::int64_t value{};

    static constexpr auto koine_table() {
        return koine::table("shared_rows", koine::col<&shared_row::id>(koine::primary_key, koine::not_generated),
                            koine::col<&shared_row::value>);
    }
};

TEST_P(deadlines, the_time_of_a_call_holds_for_what_a_session_sends) {
    const engine direct = over_socket();
    koine::map<shared_row>().drop_all(direct);
    koine::map<shared_row>().create_all(direct);
    {
        koine::session setup{direct};
        setup.add(shared_row{1, 0});
        setup.commit();
    }
    engine_options options = patient();
    options.statement_timeout = 300ms;
    const engine on = over_socket(options);
    connection holder = direct.connect();
    holder.execute(sql("update shared_rows set value = 1"));
    koine::session blocked{on};
    auto row = blocked.get<shared_row>(1);
    row->value = 2;
    EXPECT_EQ(timed_out(5s, [&] { blocked.flush(); }).code(), errc::timeout);
    blocked.rollback();
    EXPECT_EQ(timed_out(5s, [&] { blocked.query<shared_row>().update(koine::col<&shared_row::value>.set(3)); }).code(),
              errc::timeout);
    blocked.rollback();
    EXPECT_EQ(timed_out(5s, [&] { koine::map<shared_row>().drop_all(on); }).code(), errc::timeout);
    holder.rollback();
    EXPECT_EQ(blocked.get<shared_row>(1)->value, 0);
    blocked.rollback();
    koine::map<shared_row>().drop_all(direct);
}

}  // namespace
}  // namespace fault
