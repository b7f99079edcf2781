// COMMIT in doubt, as a session and a scoped_session on a real server meet it.
#include <atomic>
#include <csignal>
#include <thread>

#include <koine/mapping.hpp>
#include <koine/orm/scoped_session.hpp>

#include "in_doubt.hpp"

namespace fault {
namespace {

struct order {
    std::int64_t id{};
    std::string customer{};

    static constexpr auto koine_table() {
        return koine::table("orders", koine::col<&order::id>(koine::primary_key, koine::not_generated),
                            koine::col<&order::customer>(koine::length{40}));
    }
};

const order& peek(const koine::ref<order>& object) {
    return *object;
}

class session_commit : public with_server {
protected:
    // One connection, whose statements are prepared, so that INSERT and COMMIT go out together; and
    // an order that is there.
    void SetUp() override {
        with_server::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        const engine direct = over_socket();
        koine::map<order>().drop_all(direct);
        koine::map<order>().create_all(direct);
        gate_ = std::make_unique<tcp_gate>(server().port());
        on = over_tcp(pool_of(1), gate_->port());
        koine::session session{on};
        session.add(order{1, "first"});
        session.commit();
    }

    // What the server answers does not come any more; what it is asked for does.
    void cut_answers() { gate_->cut_after(tcp_gate::to_client, 0); }
    void mend() { gate_->pass(tcp_gate::to_client); }
    static std::string orders_there() { return server().admin("select count(*) from orders"); }

    engine on;

private:
    std::unique_ptr<tcp_gate> gate_{};
};

TEST_F(session_commit, that_rides_with_the_work_and_is_not_answered_leaves_the_session_in_doubt) {
    koine::session session{on};
    const auto second = session.add(order{2, "second"});
    cut_answers();
    expect_in_doubt(caught<koine::in_doubt_error>([&] { session.commit(); }));
    EXPECT_EQ(peek(second).customer, "second");
    expect_only_close_is_accepted(session, second);
    wait_until([] { return orders_there() == "2"; });
    mend();
    session.close();
    EXPECT_EQ(on.stats().leased, 0U);
    EXPECT_EQ(peek(second).customer, "second");
    EXPECT_FALSE(session.contains(second));
    EXPECT_EQ(session.query<order>().count(), 2) << "with a new connection";
    EXPECT_EQ(on.stats().opened, 2U);
}

TEST_F(session_commit, of_flushed_work_that_is_not_answered_leaves_the_session_in_doubt) {
    koine::session session{on};
    auto first = session.query<order>().one();
    first->customer = "changed";
    const auto second = session.add(order{2, "second"});
    session.flush();
    first->customer = "changed again";
    session.flush();
    cut_answers();
    expect_in_doubt(caught<koine::in_doubt_error>([&] { session.commit(); }));
    expect_only_close_is_accepted(session, first);
    wait_until([] { return server().admin("select customer from orders where id = 1") == "changed again"; });
    mend();
    session.close();
    EXPECT_EQ(peek(first).customer, "changed again") << "nothing is taken back that may have been done";
    EXPECT_EQ(peek(second).customer, "second");
    koine::session next{on};
    EXPECT_EQ(next.get<order>(2)->customer, "second");
}

TEST_F(session_commit, of_a_scoped_session_is_in_doubt_until_it_is_removed) {
    koine::scoped_session db_session{koine::sessionmaker{on}};
    const auto second = db_session.add(order{2, "second"});
    cut_answers();
    expect_in_doubt(caught<koine::in_doubt_error>([&] { db_session.commit(); }));
    expect_only_close_is_accepted(db_session.current(), second);
    wait_until([] { return orders_there() == "2"; });
    mend();
    db_session.remove();
    EXPECT_EQ(on.stats().leased, 0U);
    EXPECT_EQ(db_session.query<order>().count(), 2);
    db_session.remove();
    EXPECT_EQ(on.stats().abandoned, 1U) << "the connection in doubt";
    EXPECT_EQ(on.stats().acquired, on.stats().returned + 1);
}

TEST_F(session_commit, that_kills_its_server_process_is_in_doubt_and_its_work_not_run_again) {
    over_socket().begin([](connection& c) {
        c.execute(
            sql("create or replace function dawdle() returns trigger language plpgsql as "
                "$$ begin perform pg_sleep(600); return null; end $$"));
        c.execute(
            sql("create constraint trigger slow after insert on orders deferrable initially deferred "
                "for each row execute function dawdle()"));
    });
    pid_t victim = 0;
    std::atomic<bool> ready{false};
    std::jthread killer{[&] {
        wait_until([&] { return ready.load(); });
        wait_until_waiting(server(), victim, "PgSleep");
        server().kill_backend(victim, SIGKILL);
    }};
    koine::session session{on};
    koine::ref<order> kept;
    int attempts = 0;
    const auto why = caught<koine::in_doubt_error>([&] {
        session.run(koine::retry{5}, [&](koine::session& in) {
            ++attempts;
            victim = static_cast<pid_t>(in.execute(sql("select pg_backend_pid()::bigint")).one<std::int64_t>());
            kept = in.add(order{2, "second"});
            ready = true;
        });
    });
    killer.join();
    expect_in_doubt(why);
    EXPECT_EQ(attempts, 1);
    EXPECT_EQ(peek(kept).customer, "second");
    EXPECT_FALSE(session.contains(kept)) << "run() has closed the session";
    EXPECT_EQ(on.stats().leased, 0U);
    server().wait_until_ready();
    { connection ready_again = connect_when_ready(on); }
    EXPECT_EQ(session.query<order>().count(), 1) << "the server did not come to the end of COMMIT";
}

TEST_F(session_commit, in_doubt_does_no_harm_to_a_session_that_just_ends) {
    koine::ref<order> kept;
    {
        koine::session session{on};
        kept = session.add(order{2, "second"});
        cut_answers();
        expect_in_doubt(caught<koine::in_doubt_error>([&] { session.commit(); }));
    }
    mend();
    EXPECT_EQ(peek(kept).customer, "second");
    EXPECT_EQ(on.stats().leased, 0U);
    koine::session next{on};
    EXPECT_GE(next.query<order>().count(), 1);
}

}  // namespace
}  // namespace fault
