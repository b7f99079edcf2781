// Every wait of a pool's callers, ended for each reason there is.
#include <koine/pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <koine_test/test_waiter.hpp>

#include <koine/retry.hpp>

#include "scripted_backend.hpp"

namespace {

using namespace koine;
using namespace pool_tests;
using koine::detail::waiter;
using koine::detail::woken;
using koine_test::test_waiter;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

deadline soon() {
    return deadline::in(seconds{20});
}
deadline in_a_moment() {
    return deadline::in(milliseconds{20});
}
deadline no_time() {
    return deadline::in({});
}

class pool_waits : public ::testing::TestWithParam<woken> {
protected:
    pool& start(std::uint32_t size, bool pre_ping = false) {
        pool_options o;
        o.size = size;
        o.max_overflow = 0;
        o.pre_ping = pre_ping;
        o.backoff_first = o.backoff_limit = std::chrono::hours{1};
        return p_.emplace(std::make_shared<backend>(shared_), o);
    }
    static bool told_to_stop() { return GetParam() == woken::interrupted || GetParam() == woken::abandoned; }

    // Makes a call whose wait number `at` ends as the parameter says.
    template <class Call>
    auto run(int at, std::function<void(int)> during, Call call) {
        test_waiter one{at, GetParam()};
        one.during_waits(std::move(during));
        const waiter::scope running{&one};
        auto answer = call();
        waits_ = one.waits();
        return answer;
    }
    auto acquire(int at, deadline until, std::function<void(int)> during) {
        return run(at, std::move(during), [&] { return p_->try_acquire(until); });
    }
    void expect_refused(const result<pool_lease>& answer, errc code) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().info().code, code);
        EXPECT_EQ(answer.error().info().outcome, outcome::not_sent);
        EXPECT_EQ(p_->stats().waiting, 0U);
        EXPECT_EQ(p_->stats().timeouts, code == errc::pool_timeout ? 1U : 0U);
    }
    void settle() {
        while (p_->stats().closing > 0) std::this_thread::yield();
    }
    // Nobody is left behind, nothing is lost, and there is room for as many as before.
    void expect_sound() {
        settle();
        const pool_stats s = p_->stats();
        EXPECT_EQ(s.waiting, 0U);
        EXPECT_EQ(s.opening, 0U);
        EXPECT_EQ(s.leased, 0U);
        EXPECT_EQ(s.acquired, s.returned + s.abandoned);
        std::vector<pool_lease> all;
        while (all.size() < s.size) all.push_back(p_->acquire(soon()));
    }
    // Until the idle connections are to be pinged before their next use.
    void let_them_idle() {
        p_->acquire(soon()).release();
        std::this_thread::sleep_for(milliseconds{1500});
    }

    world shared_;
    std::optional<pool> p_{};
    int waits_ = 0;
};

TEST_P(pool_waits, a_waiter_leaves_the_queue_when_its_wait_ends) {
    for (int at = 1; at <= 3; ++at) {
        pool& p = start(1);
        auto held = p.acquire();
        auto answer = acquire(at, GetParam() == woken::time ? in_a_moment() : soon(), [&](int number) {
            EXPECT_EQ(p.stats().waiting, 1U) << "no lock is held in a wait";
            if (number != at) waiter::current()->wake();
            if (number == 5) held.release();
        });
        if (GetParam() == woken::ready) {
            EXPECT_EQ(waits_, 5) << "only an answer ends the waiting";
            EXPECT_TRUE(answer);
            answer = pool_lease{};
        } else {
            EXPECT_EQ(waits_, at);
            expect_refused(answer, told_to_stop() ? errc::cancelled : errc::pool_timeout);
            held.release();
        }
        expect_sound();
    }
}

TEST_P(pool_waits, a_lease_granted_at_the_last_moment_is_passed_on) {
    pool& p = start(1);
    auto held = p.acquire();
    auto answer = acquire(1, in_a_moment(), [&](int) { held.release(); });
    EXPECT_EQ(waits_, 1);
    if (told_to_stop()) {
        expect_refused(answer, errc::cancelled);
        EXPECT_EQ(p.stats().idle, 1U);
        EXPECT_EQ(p.stats().returned, 2U);
    } else {
        ASSERT_TRUE(answer);
        EXPECT_EQ(of(**answer).id, 1) << "who was served before the time came is served";
        answer = pool_lease{};
    }
    expect_sound();
    EXPECT_EQ(shared_.opened, 1);
}

TEST_P(pool_waits, room_granted_at_the_last_moment_is_passed_on) {
    pool& p = start(1);
    auto held = p.acquire();
    auto answer = acquire(1, GetParam() == woken::time ? in_a_moment() : soon(), [&](int) {
        held.invalidate();
        while (p.stats().opening == 0) std::this_thread::yield();
    });
    EXPECT_EQ(waits_, 1);
    if (told_to_stop()) {
        expect_refused(answer, errc::cancelled);
        EXPECT_EQ(shared_.opened, 1);
    } else {
        ASSERT_TRUE(answer);
        EXPECT_EQ(of(**answer).id, 2);
        answer = pool_lease{};
    }
    expect_sound();
}

TEST_P(pool_waits, the_next_in_the_queue_gets_what_was_passed_on) {
    pool& p = start(1);
    auto held = p.acquire();
    pool_lease next;
    std::thread second;
    auto answer = acquire(1, deadline::in(milliseconds{200}), [&](int) {
        second = std::thread{[&] { next = p.acquire(soon()); }};
        while (p.stats().waiting < 2) std::this_thread::yield();
        held.release();
    });
    if (told_to_stop()) {
        expect_refused(answer, errc::cancelled);
    } else {
        EXPECT_TRUE(answer) << "first come, first served";
        answer = pool_lease{};
    }
    second.join();
    EXPECT_EQ(of(*next).id, 1);
    next = pool_lease{};
    expect_sound();
    EXPECT_EQ(shared_.opened, 1);
}

TEST_P(pool_waits, the_end_of_the_pool_reaches_who_waits) {
    pool& p = start(1);
    auto held = p.acquire();
    const auto answer = acquire(1, in_a_moment(), [&](int) { EXPECT_FALSE(p.close(no_time())); });
    expect_refused(answer, told_to_stop() ? errc::cancelled : errc::closed);
}

TEST_P(pool_waits, connecting_that_was_stopped_holds_nobody_else_up) {
    for (int at = 1; at <= 2; ++at) {
        pool& p = start(1);
        shared_.server_stopped = true;
        const auto answer = acquire(at, in_a_moment(), [&](int number) {
            EXPECT_EQ(p.stats().opening, 1U) << "no lock is held in a wait";
            if (number < at) waiter::current()->wake();
        });
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().info().code, told_to_stop() ? errc::cancelled : errc::timeout);
        EXPECT_EQ(answer.error().info().outcome, outcome::not_sent);
        shared_.server_stopped = false;
        EXPECT_TRUE(p.try_acquire(in_a_moment())) << "there is nothing to wait for";
        expect_sound();
    }
}

TEST_P(pool_waits, a_ping_that_was_stopped_condemns_no_connection_that_is_as_it_was) {
    pool& p = start(1, true);
    let_them_idle();
    shared_.server_stopped = true;
    const auto answer = acquire(1, in_a_moment(), [&](int number) {
        if (number == 1) {
            EXPECT_EQ(p.stats().opening, 1U) << "no lock is held in a wait";
        }
    });
    EXPECT_EQ(shared_.pings, 1);
    shared_.server_stopped = false;
    if (told_to_stop()) {
        expect_refused(answer, errc::cancelled);
        EXPECT_EQ(of(*p.acquire(soon())).id, 1);
        EXPECT_EQ(shared_.pings, 2) << "nothing was proved";
    }
    expect_sound();
}

TEST_P(pool_waits, a_ping_that_was_stopped_costs_its_own_connection_at_most) {
    pool& p = start(2, true);
    {
        auto first = p.acquire();
        auto second = p.acquire();
    }
    let_them_idle();
    shared_.server_stopped = shared_.ping_leaves_dirt = true;
    const auto answer = acquire(1, in_a_moment(), {});
    shared_.server_stopped = false;
    if (told_to_stop()) {
        expect_refused(answer, errc::cancelled);
        settle();
        EXPECT_EQ(shared_.closed, 1);
        EXPECT_EQ(p.stats().idle, 1U);
    }
    expect_sound();
}

TEST_P(pool_waits, a_reset_at_the_end_of_a_lease_waits_with_its_caller) {
    pool& p = start(1);
    auto lease = p.acquire();
    of(*lease).dirty = true;
    shared_.server_stopped = true;
    const auto answer = run(
        1, [&](int) { EXPECT_EQ(p.stats().leased, 1U); }, [&] { return lease.try_release(in_a_moment()); });
    EXPECT_EQ(answer.error().info().code, told_to_stop() ? errc::cancelled : errc::timeout);
    shared_.server_stopped = false;
    expect_sound();
    EXPECT_EQ(shared_.closed, 1);
}

TEST_P(pool_waits, disposing_ends_and_leaves_the_rest_to_those_who_return) {
    for (int at = 1; at <= 3; ++at) {
        pool& p = start(2);
        auto held = p.acquire();
        const auto answer = run(
            at,
            [&](int number) {
                EXPECT_EQ(p.stats().leased, 1U) << "no lock is held in a wait";
                if (number != at) waiter::current()->wake();
                if (number == 5) {
                    held.release();
                    settle();
                }
            },
            [&] { return p.dispose(GetParam() == woken::time ? in_a_moment() : soon()); });
        if (GetParam() == woken::ready) {
            EXPECT_EQ(waits_, 5);
            EXPECT_TRUE(answer);
        } else {
            EXPECT_EQ(waits_, at);
            EXPECT_EQ(answer.error().info().code, told_to_stop() ? errc::cancelled : errc::timeout);
            EXPECT_EQ(answer.error().info().outcome, outcome::not_sent);
            held.release();
        }
        settle();
        EXPECT_EQ(p.stats().closed, 1U);
        expect_sound();
    }
}

TEST_P(pool_waits, disposing_succeeds_where_the_last_one_came_back_in_time) {
    pool& p = start(1);
    auto held = p.acquire();
    const auto answer = run(
        1,
        [&](int) {
            held.release();
            settle();
        },
        [&] { return p.dispose(in_a_moment()); });
    EXPECT_TRUE(answer);
    expect_sound();
}

TEST_P(pool_waits, closing_can_be_gone_on_with) {
    pool& p = start(1);
    auto held = p.acquire();
    const auto close = [&] { return p.close(in_a_moment()); };
    EXPECT_FALSE(run(1, {}, close));
    EXPECT_EQ(p.try_acquire(soon()).error().info().code, errc::closed);
    EXPECT_FALSE(run(1, {}, close));
    held.release();
    EXPECT_TRUE(p.close(soon()));
    EXPECT_EQ(shared_.live, 0);
}

INSTANTIATE_TEST_SUITE_P(ended, pool_waits,
                         ::testing::Values(woken::ready, woken::time, woken::interrupted, woken::abandoned),
                         [](const auto& one) {
                             switch (one.param) {
                                 case woken::ready:
                                     return "without_a_reason";
                                 case woken::time:
                                     return "by_its_time";
                                 case woken::interrupted:
                                     return "by_a_cancellation";
                                 default:
                                     return "for_good";
                             }
                         });

// Connections are closed by another thread where the caller's is needed for others.
TEST(pool_flow, closes_no_connection_itself) {
    world shared;
    pool_options o;
    o.size = 2;
    o.max_overflow = 0;
    pool p{std::make_shared<backend>(shared), o};
    {
        auto idle = p.acquire();
        auto surplus = p.acquire();
        surplus.soft_invalidate();
        shared.close_gate.shut();
        test_waiter one;
        one.during_waits([&](int) { shared.close_gate.open(); });
        const waiter::scope running{&one};
        surplus.release();
        idle.release();
        EXPECT_EQ(shared.closed, 0);
        EXPECT_TRUE(p.dispose(soon()));
        EXPECT_GE(one.waits(), 1);
        EXPECT_TRUE(p.close(soon()));
    }
    EXPECT_EQ(shared.closed, 2);
}

int lose(errc code) {
    error_info why;
    why.code = code;
    why.outcome = outcome::rejected;
    throw_error(std::move(why));
}

TEST(retry, waits_with_the_caller_and_ends_with_it) {
    const auto fails = [] { return lose(errc::serialization_failure); };
    test_waiter patient;
    {
        const waiter::scope running{&patient};
        EXPECT_THROW(detail::run_with_retry(retry{3}, fails), error);
    }
    EXPECT_EQ(patient.waits(), 2);
    for (const woken why : {woken::interrupted, woken::abandoned}) {
        test_waiter stopped{2, why};
        const waiter::scope running{&stopped};
        try {
            detail::run_with_retry(retry{5}, fails);
            FAIL();
        } catch (const error& told) {
            EXPECT_EQ(told.code(), errc::cancelled);
            EXPECT_EQ(told.outcome(), outcome::not_sent);
        }
        EXPECT_EQ(stopped.waits(), 2);
    }
    bool waited = false;
    retry again{.attempts = 2, .first_pause = 200ms};
    again.on_failure = [&waited](const failed_attempt& failed) { waited = waited || failed.pause > 1ms; };
    while (!waited) {
        test_waiter woken_early{1, woken::ready};
        const waiter::scope running{&woken_early};
        EXPECT_THROW(detail::run_with_retry(again, fails), error);
        EXPECT_EQ(woken_early.waits(), waited ? 2 : woken_early.waits()) << "the time has to come";
    }
}

TEST(retry, pauses_for_any_time_up_to_a_limit_that_doubles_and_is_capped) {
    test_waiter patient;
    const waiter::scope running{&patient};
    std::vector<std::int64_t> longest(9);
    retry policy{.attempts = 9, .first_pause = 16us, .longest_pause = 500us};
    policy.on_failure = [&](const failed_attempt& failed) {
        EXPECT_EQ(failed.last, failed.number == 9);
        EXPECT_EQ(failed.pause.count() * (failed.last ? 1 : 0), 0);
        auto& most = longest[failed.number - 1];
        most = std::max<std::int64_t>(most, failed.pause.count());
    };
    for (int i = 0; i < 200; ++i)
        EXPECT_THROW(detail::run_with_retry(policy, [] { return lose(errc::deadlock); }), error);
    std::int64_t limit = 16'000;
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_LE(longest[i], limit) << i;
        EXPECT_GT(longest[i], limit / 2) << i;
        limit = std::min<std::int64_t>(limit * 2, 500'000);
    }
}

TEST(retry, tells_of_each_failure_with_its_error_and_of_none_that_is_not_retried) {
    std::vector<std::string> told;
    retry policy{.attempts = 3, .first_pause = 0ns};
    policy.on_failure = [&told](const failed_attempt& failed) {
        told.push_back(std::to_string(failed.number) + ' ' + std::string{to_string(failed.why.code())} +
                       (failed.last ? " last" : ""));
    };
    int attempts = 0;
    EXPECT_EQ(detail::run_with_retry(policy, [&] { return ++attempts < 3 ? lose(errc::stale_object) : attempts; }), 3);
    EXPECT_EQ(told, (std::vector<std::string>{"1 stale_object", "2 stale_object"}));
    told.clear();
    EXPECT_THROW(detail::run_with_retry(policy, [] { return lose(errc::lock_timeout); }), timeout_error);
    EXPECT_EQ(told, (std::vector<std::string>{"1 lock_timeout", "2 lock_timeout", "3 lock_timeout last"}));
    told.clear();
    EXPECT_THROW(detail::run_with_retry(policy, [] { return lose(errc::unique_violation); }), constraint_error);
    EXPECT_TRUE(told.empty());
    policy.on_failure = [](const failed_attempt&) { throw std::logic_error{"enough"}; };
    EXPECT_THROW(detail::run_with_retry(policy, [] { return lose(errc::deadlock); }), std::logic_error);
}

TEST(retry, begins_no_attempt_behind_its_deadline) {
    int attempts = 0;
    bool last = false;
    retry policy{.attempts = 1000, .first_pause = 0ns, .total = 0ns};
    policy.on_failure = [&last](const failed_attempt& failed) { last = failed.last; };
    const auto fails = [&attempts] {
        ++attempts;
        return lose(errc::deadlock);
    };
    EXPECT_THROW(detail::run_with_retry(policy, fails), serialization_error);
    EXPECT_EQ(attempts, 1);
    EXPECT_TRUE(last);
    policy.total = 1ms;
    policy.attempts = std::numeric_limits<std::uint32_t>::max();
    EXPECT_THROW(detail::run_with_retry(policy, fails), serialization_error);
    EXPECT_GT(attempts, 1);
}

}  // namespace
