// What a pool does for its callers, one sentence a test.
#include <koine/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "scripted_backend.hpp"

namespace {

using namespace koine;
using namespace pool_tests;
using std::chrono::milliseconds;
using std::chrono::seconds;

// More than any healthy operation takes on a busy machine.
deadline soon() {
    return deadline::in(seconds{20});
}
deadline no_time() {
    return deadline::in({});
}

struct bench {
    explicit bench(pool_options o = {}) : options{o} {}
    world shared;
    pool_options options;
    pool_events events{};
    std::optional<pool> p{};
    pool& start() { return p.emplace(std::make_shared<backend>(shared), options, events); }
    // Waits until the background thread has done what was to do.
    void settle() {
        while (p->stats().closing > 0) std::this_thread::yield();
    }
};

pool_options sized(std::uint32_t size, std::uint32_t overflow = 0) {
    pool_options o;
    o.size = size;
    o.max_overflow = overflow;
    o.backoff_first = o.backoff_limit = std::chrono::nanoseconds{0};
    return o;
}

void expect_balanced(const pool_stats& s) {
    EXPECT_EQ(s.acquired, s.returned + s.leased + s.abandoned);
}

TEST(pool, opens_nothing_before_the_first_lease) {
    bench b;
    b.start();
    EXPECT_EQ(b.shared.opened, 0);
}

TEST(pool, gives_a_thread_the_connection_it_used_last) {
    bench b{sized(3)};
    pool& p = b.start();
    auto first = p.acquire();
    auto second = p.acquire();
    const int id = of(*second).id;
    first.release();
    second.release();
    auto again = p.acquire();
    EXPECT_EQ(of(*again).id, id);
    EXPECT_EQ(b.shared.opened, 2);
}

TEST(pool, takes_the_longest_idle_connection_where_fifo_is_chosen) {
    auto o = sized(3);
    o.lifo = false;
    bench b{o};
    pool& p = b.start();
    std::vector<pool_lease> all;
    for (int i = 0; i < 3; ++i) all.push_back(p.acquire());
    for (int i : {1, 0, 2}) all[static_cast<std::size_t>(i)].release();
    for (int expected : {2, 1, 3}) {
        auto lease = p.acquire();
        EXPECT_EQ(of(*lease).id, expected);
    }
}

TEST(pool, lets_another_thread_take_what_an_ended_thread_left_idle) {
    bench b{sized(1)};
    pool& p = b.start();
    std::thread{[&] { p.acquire().release(); }}.join();
    auto lease = p.acquire(soon());
    EXPECT_EQ(of(*lease).id, 1);
}

TEST(pool, lets_another_thread_take_what_a_living_thread_holds_idle) {
    bench b{sized(1)};
    pool& p = b.start();
    p.acquire().release();
    std::thread{[&] { EXPECT_EQ(of(*p.acquire(soon())).id, 1); }}.join();
    EXPECT_EQ(b.shared.opened, 1);
}

TEST(pool, closes_overflow_connections_that_come_back_to_a_full_pool) {
    bench b{sized(2, 2)};
    pool& p = b.start();
    std::vector<pool_lease> all;
    for (int i = 0; i < 4; ++i) all.push_back(p.acquire());
    EXPECT_EQ(p.stats().overflow, 2U);
    for (auto& lease : all) lease.release();
    b.settle();
    EXPECT_EQ(p.stats().idle, 2U);
    EXPECT_EQ(b.shared.closed, 2);
    EXPECT_EQ(p.stats().overflow, 0U);
}

TEST(pool, names_its_numbers_and_the_oldest_lease_when_it_is_exhausted) {
    bench b{sized(1)};
    pool& p = b.start();
    auto held = p.acquire();
    auto refused = p.try_acquire(deadline::in(milliseconds{20}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().info().code, errc::pool_timeout);
    EXPECT_EQ(refused.error().info().outcome, outcome::not_sent);
    const auto& text = refused.error().info().message;
    for (const char* part : {"leased 1", "size 1", "waiting 0", "oldest lease", "pool_test.cpp:"})
        EXPECT_NE(text.find(part), std::string::npos) << text;
    EXPECT_EQ(p.stats().timeouts, 1U);
    EXPECT_EQ(p.stats().waiting, 0U);
    EXPECT_GE(p.stats().oldest_lease_age, milliseconds{20});
    EXPECT_THROW(p.acquire(no_time()), timeout_error);
}

TEST(pool, hands_a_returned_connection_to_who_has_waited_longest) {
    bench b{sized(1)};
    pool& p = b.start();
    auto held = p.acquire();
    std::vector<int> order;
    std::mutex lock;
    std::vector<std::thread> waiters;
    for (int i = 0; i < 4; ++i) {
        waiters.emplace_back([&, i] {
            auto lease = p.acquire(soon());
            const std::lock_guard hold{lock};
            order.push_back(i);
        });
        while (p.stats().waiting < static_cast<unsigned>(i) + 1) std::this_thread::yield();
    }
    held.release();
    for (auto& t : waiters) t.join();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
    expect_balanced(p.stats());
}

TEST(pool, tells_a_caller_why_connecting_failed_and_frees_the_slot) {
    bench b{sized(1)};
    pool& p = b.start();
    b.shared.failing_opens = 1;
    auto refused = p.try_acquire(soon());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().info().code, errc::connection_refused);
    EXPECT_TRUE(p.try_acquire(soon()));
}

TEST(pool, lets_the_next_waiter_try_when_one_attempt_to_connect_fails) {
    bench b{sized(1)};
    pool& p = b.start();
    b.shared.failing_opens = 1;
    b.shared.open_gate.shut();
    std::optional<errc> first;
    std::thread opener{[&] { first = p.try_acquire(soon()).error().info().code; }};
    b.shared.open_gate.wait_for_arrivals(1);
    bool second = false;
    std::thread waiter{[&] { second = p.try_acquire(soon()).has_value(); }};
    while (p.stats().waiting == 0) std::this_thread::yield();
    b.shared.open_gate.open();
    opener.join();
    waiter.join();
    EXPECT_EQ(first, errc::connection_refused);
    EXPECT_TRUE(second);
}

TEST(pool, reports_the_database_and_not_exhaustion_to_who_waited_for_a_database_that_is_down) {
    auto o = sized(1);
    o.backoff_first = o.backoff_limit = std::chrono::hours{1};
    bench b{o};
    pool& p = b.start();
    b.shared.failing_opens = 1000;
    EXPECT_EQ(p.try_acquire(soon()).error().info().code, errc::connection_refused);
    auto second = p.try_acquire(deadline::in(milliseconds{20}));
    EXPECT_EQ(second.error().info().code, errc::connection_refused);
    EXPECT_NE(second.error().info().message.find("could be opened within"), std::string::npos);
    EXPECT_EQ(b.shared.failing_opens, 999) << "the second attempt did not wait";
}

TEST(pool, opens_no_more_than_max_opening_connections_at_once) {
    auto o = sized(6);
    o.max_opening = 2;
    bench b{o};
    pool& p = b.start();
    b.shared.open_gate.shut();
    std::vector<std::thread> threads;
    std::latch got{6};
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            auto lease = p.acquire(soon());
            got.arrive_and_wait();
        });
    while (p.stats().opening + p.stats().waiting < 6) std::this_thread::yield();
    EXPECT_EQ(p.stats().opening, 2U);
    b.shared.open_gate.open();
    for (auto& t : threads) t.join();
    EXPECT_EQ(b.shared.opened, 6);
}

TEST(pool, resets_a_dirty_connection_on_release_and_keeps_it) {
    bench b{sized(1)};
    pool& p = b.start();
    auto lease = p.acquire();
    of(*lease).dirty = true;
    lease.release();
    EXPECT_FALSE(lease);
    EXPECT_EQ(b.shared.resets, 1);
    EXPECT_EQ(of(*p.acquire()).id, 1);
    EXPECT_EQ(p.stats().abandoned, 0U);
}

TEST(pool, reports_a_failed_reset_and_closes_the_connection) {
    bench b{sized(1)};
    pool& p = b.start();
    auto lease = p.acquire();
    of(*lease).dirty = true;
    b.shared.reset_fails = true;
    EXPECT_EQ(lease.try_release().error().info().code, errc::disconnected);
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
}

TEST(pool, closes_a_dirty_connection_where_reset_is_switched_off) {
    auto o = sized(1);
    o.reset_on_return = reset_mode::none;
    bench b{o};
    pool& p = b.start();
    auto lease = p.acquire();
    of(*lease).dirty = true;
    lease.release();
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
    EXPECT_EQ(b.shared.resets, 0);
}

TEST(pool, closes_a_connection_that_was_dropped_dirty_in_the_background_and_counts_it) {
    bench b{sized(1)};
    pool& p = b.start();
    b.shared.close_gate.shut();
    {
        auto lease = p.acquire();
        of(*lease).dirty = true;
    }  // returns although closing is stuck
    EXPECT_EQ(b.shared.resets, 0);
    EXPECT_EQ(p.stats().abandoned, 1U);
    EXPECT_FALSE(p.try_acquire(deadline::in(milliseconds{5}))) << "the bound counts a connection until it is closed";
    b.shared.close_gate.open();
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
    expect_balanced(p.stats());
}

TEST(pool, never_leases_again_what_was_invalidated) {
    bench b{sized(2)};
    pool& p = b.start();
    auto held = p.acquire();
    p.acquire().release();
    p.invalidate_all();
    EXPECT_EQ(of(*p.acquire(soon())).id, 3);
    held.release();
    b.settle();
    EXPECT_EQ(b.shared.closed, 2);
    EXPECT_EQ(of(*p.acquire(soon())).id, 3);
}

TEST(pool, closes_a_single_connection_that_a_lease_declares_broken) {
    bench b{sized(2)};
    pool& p = b.start();
    auto broken = p.acquire();
    auto fine = p.acquire();
    broken.invalidate();
    EXPECT_FALSE(broken);
    fine.release();
    b.settle();
    EXPECT_EQ(b.shared.closed, 1);
    EXPECT_EQ(of(*p.acquire()).id, 2);
    EXPECT_EQ(p.stats().abandoned, 0U);
}

TEST(pool, lets_a_softly_invalidated_connection_work_to_the_end_of_its_lease) {
    bench b{sized(1)};
    pool& p = b.start();
    auto lease = p.acquire();
    lease.soft_invalidate();
    EXPECT_TRUE(lease->reusable());
    EXPECT_EQ(b.shared.closed, 0);
    lease.release();
    EXPECT_EQ(b.shared.closed, 1);
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
}

TEST(pool, fills_the_place_of_a_detached_connection) {
    bench b{sized(1)};
    pool& p = b.start();
    auto lease = p.acquire();
    auto mine = lease.detach();
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
    EXPECT_EQ(b.shared.closed, 0);
    mine.reset();
    EXPECT_EQ(b.shared.closed, 1);
}

TEST(pool, keeps_nothing_where_its_kind_is_null) {
    auto o = sized(2);
    o.kind = pool_kind::null;
    bench b{o};
    pool& p = b.start();
    p.acquire().release();
    EXPECT_EQ(b.shared.closed, 1);
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
}

TEST(pool, shares_one_connection_exclusively_where_its_kind_is_static) {
    pool_options o;
    o.kind = pool_kind::static_;
    bench b{o};
    pool& p = b.start();
    auto lease = p.acquire();
    EXPECT_EQ(p.try_acquire(deadline::in(milliseconds{5})).error().info().code, errc::pool_timeout);
    of(*lease).dirty = true;
    // dropped dirty: reset in the background, since closing would lose a database in memory
    lease = pool_lease{};
    auto again = p.acquire(soon());
    EXPECT_EQ(of(*again).id, 1);
    EXPECT_FALSE(of(*again).dirty);
    EXPECT_EQ(b.shared.opened, 1);
}

TEST(pool, gives_each_thread_its_own_connection_where_its_kind_is_singleton_thread) {
    auto o = sized(1, 1);
    o.kind = pool_kind::singleton_thread;
    bench b{o};
    pool& p = b.start();
    p.acquire().release();
    std::thread{[&] {
        EXPECT_EQ(of(*p.acquire(soon())).id, 2);
        auto mine = p.acquire(soon());
        EXPECT_EQ(of(*mine).id, 2);
        EXPECT_EQ(p.try_acquire(soon()).error().info().code, errc::operation_in_progress);
    }}.join();
    b.settle();
    EXPECT_EQ(b.shared.closed, 1) << "a thread's connection goes with it";
    EXPECT_EQ(of(*p.acquire(soon())).id, 1);
    std::thread{[&] { EXPECT_EQ(of(*p.acquire(soon())).id, 3); }}.join();
}

TEST(pool, dispose_closes_what_is_there_and_goes_on_with_new_connections) {
    bench b{sized(2)};
    pool& p = b.start();
    auto held = p.acquire();
    p.acquire().release();
    EXPECT_EQ(p.dispose(no_time()).error().info().code, errc::timeout);
    EXPECT_EQ(b.shared.closed, 1);
    std::thread disposer{[&] { EXPECT_TRUE(p.dispose(soon())); }};
    held.release();
    disposer.join();
    EXPECT_EQ(b.shared.closed, 2);
    EXPECT_EQ(of(*p.acquire(soon())).id, 3);
}

TEST(pool, close_is_final_fails_waiters_at_once_and_waits_for_leases) {
    bench b{sized(1)};
    pool& p = b.start();
    auto held = p.acquire();
    std::optional<errc> waiter_got;
    std::thread waiter{[&] { waiter_got = p.try_acquire(soon()).error().info().code; }};
    while (p.stats().waiting == 0) std::this_thread::yield();
    EXPECT_EQ(p.close(no_time()).error().info().code, errc::timeout);
    waiter.join();
    EXPECT_EQ(waiter_got, errc::closed);
    EXPECT_EQ(p.try_acquire(soon()).error().info().code, errc::closed);
    std::thread closer{[&] { EXPECT_TRUE(p.close(soon())); }};
    held.release();
    closer.join();
    EXPECT_EQ(b.shared.live, 0);
}

TEST(pool, may_be_destroyed_before_its_leases) {
    bench b{sized(4)};
    pool& p = b.start();
    auto clean = p.acquire();
    auto dirty = p.acquire();
    auto detached = p.acquire();
    auto elsewhere = p.acquire();
    of(*dirty).dirty = true;
    b.p.reset();
    EXPECT_EQ(b.shared.live, 4);
    EXPECT_TRUE(clean->reusable());
    clean = pool_lease{};
    dirty = pool_lease{};
    detached.detach().reset();
    EXPECT_EQ(b.shared.live, 1);
    std::thread{[mine = std::move(elsewhere)] {}}.join();
    EXPECT_EQ(b.shared.live, 0);
}

TEST(pool, ends_a_lease_in_another_thread_than_it_began) {
    bench b{sized(1)};
    pool& p = b.start();
    auto lease = p.acquire();
    std::thread{[mine = std::move(lease)]() mutable { mine.release(); }}.join();
    EXPECT_EQ(of(*p.acquire(soon())).id, 1);
    expect_balanced(p.stats());
}

TEST(pool, replaces_idle_connections_that_no_longer_answer_before_a_caller_sees_them) {
    auto o = sized(3);
    o.pre_ping = true;
    bench b{o};
    pool& p = b.start();
    {
        auto first = p.acquire();
        auto second = p.acquire();
    }
    b.shared.ping_fails = true;  // the server was restarted
    while (p.stats().opened == 2) {
        std::this_thread::sleep_for(milliseconds{1500});  // being idle is what is tested
        p.acquire(soon()).release();
    }
    EXPECT_EQ(of(*p.acquire(soon())).id, 3);
    b.settle();
    EXPECT_EQ(b.shared.pings, 1) << "one failed ping condemns all";
    EXPECT_EQ(b.shared.closed, 2);
}

TEST(pool, replaces_connections_that_are_too_old_but_never_takes_one_away) {
    auto o = sized(2);
    o.recycle = seconds{0};
    bench b{o};
    pool& p = b.start();
    auto lease = p.acquire();
    EXPECT_TRUE(lease->reusable());
    EXPECT_EQ(b.shared.closed, 0);
    lease.release();
    b.settle();
    EXPECT_EQ(b.shared.closed, 1);
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
}

TEST(pool, refuses_options_that_make_no_sense) {
    world shared;
    const auto source = std::make_shared<backend>(shared);
    pool_options none;
    none.size = 0;
    EXPECT_THROW(pool(source, none), usage_error);
    pool_options stuck;
    stuck.max_opening = 0;
    EXPECT_THROW(pool(source, stuck), usage_error);
    pool_options huge;
    huge.max_overflow = ~0U;
    EXPECT_THROW(pool(source, huge), usage_error);
}

TEST(pool, honours_the_deadline_while_a_connection_is_being_opened) {
    bench b{sized(1)};
    pool& p = b.start();
    b.shared.open_gate.shut();
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(p.try_acquire(deadline::in(milliseconds{30})).error().info().code, errc::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{10});
    b.shared.open_gate.open();
    EXPECT_TRUE(p.try_acquire(soon())) << "one caller's haste holds nobody else up";
}

}  // namespace
