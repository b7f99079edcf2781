// How a connection is asked for step by step, by who waits in a way of its own.
#include "pool/pool_shell.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include <koine_test/test_waiter.hpp>

#include "scripted_backend.hpp"

namespace {

using namespace koine;
using namespace pool_tests;
using koine_test::test_waiter;
using verdict = koine::detail::pool_waiter::verdict;

class pool_steps : public ::testing::Test {
protected:
    struct request : detail::pool_request {
        explicit request(deadline limit = deadline::never()) {
            who = &bell;
            until = limit;
        }
        test_waiter bell{};
    };

    pool_steps() {
        pool_options o;
        o.size = 1;
        o.max_overflow = 0;
        shell_ = new detail::pool_shell{std::make_shared<backend>(shared_), o, pool_events{}.list()};
        held_ = shell_->acquire_slowly(deadline::never(), here::now()).value();
    }
    ~pool_steps() override {
        held_ = pool_lease{};
        shell_->orphan();
    }
    pool_lease take(request& r) {
        bool again = true;
        auto lease = shell_->take(r, again).value();
        EXPECT_FALSE(again);
        return lease;
    }

    world shared_;
    detail::pool_shell* shell_;
    pool_lease held_{};
};

TEST_F(pool_steps, serve_those_who_wait_in_their_order) {
    std::vector<std::unique_ptr<request>> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(std::make_unique<request>());
        EXPECT_TRUE(shell_->ask(*all.back())) << "queued";
    }
    EXPECT_EQ(shell_->stats().waiting, 4U);
    held_.release();
    for (auto& r : all) {
        EXPECT_EQ(r->bell.wakes(), 1) << "woken when it is served";
        if (&r != &all.back()) {
            EXPECT_EQ((*(&r + 1))->bell.wakes(), 0) << "and not before";
        }
        EXPECT_FALSE(shell_->look(*r));
        EXPECT_EQ(r->state, verdict::lease);
        take(*r).release();
    }
    EXPECT_EQ(shared_.opened, 1);
}

TEST_F(pool_steps, pass_on_what_a_request_got_that_is_withdrawn) {
    request first, second, third;
    for (request* r : {&first, &second, &third}) shell_->ask(*r);
    held_.release();
    EXPECT_EQ(shell_->withdraw(first).info().code, errc::cancelled);
    EXPECT_EQ(second.bell.wakes(), 1);
    EXPECT_FALSE(shell_->look(second));
    EXPECT_EQ(shell_->withdraw(third).info().code, errc::cancelled);
    auto lease = take(second);
    request late;
    EXPECT_TRUE(shell_->ask(late));
    lease.release();
    take(late).release();
    const pool_stats s = shell_->stats();
    EXPECT_EQ(s.waiting, 0U);
    EXPECT_EQ(s.leased, 0U);
    EXPECT_EQ(s.acquired, s.returned);
    EXPECT_EQ(third.bell.wakes(), 0) << "nobody is told anything after it has left";
}

TEST_F(pool_steps, tell_when_to_look_again_and_that_it_is_too_late) {
    request r{deadline::in({})};
    const auto next = shell_->ask(r);
    ASSERT_TRUE(next);
    EXPECT_EQ(*next, r.until.ns());
    EXPECT_FALSE(shell_->look(r)) << "the time has come";
    EXPECT_EQ(shell_->stats().waiting, 0U);
    bool again = true;
    EXPECT_EQ(shell_->take(r, again).error().info().code, errc::pool_timeout);
    EXPECT_FALSE(again);
    EXPECT_EQ(shell_->stats().timeouts, 1U);
}

TEST_F(pool_steps, take_a_connection_given_back_without_the_lock) {
    request r;
    {
        // A return by the fast path that has looked at the pool before the request came.
        gate at_the_door;
        at_the_door.shut();
        of(*held_).at_reusable = &at_the_door;
        std::thread returner{[&] { held_.release(); }};
        at_the_door.wait_for_arrivals(1);
        EXPECT_TRUE(shell_->ask(r));
        at_the_door.open();
        returner.join();
    }
    EXPECT_EQ(r.bell.wakes(), 1);
    EXPECT_FALSE(shell_->look(r));
    auto lease = take(r);
    of(*lease).at_reusable = nullptr;
}

}  // namespace
