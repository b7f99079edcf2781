// Many threads at once. Meant for ThreadSanitizer as much as for the assertions.
#include <koine/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "scripted_backend.hpp"

namespace {

using namespace koine;
using namespace pool_tests;
using std::chrono::milliseconds;
using std::chrono::seconds;

pool_options four() {
    pool_options o;
    o.size = 4;
    o.max_overflow = 0;
    o.backoff_first = o.backoff_limit = std::chrono::nanoseconds{0};
    return o;
}

// Holds the lease for a moment as its only user.
void use(pool_lease& lease, std::mt19937& random) {
    auto& mine = of(*lease);
    ASSERT_EQ(mine.users.fetch_add(1), 0) << "two threads hold one connection";
    switch (random() % 8) {
        case 0:
            std::this_thread::yield();
            break;
        case 1:
            std::this_thread::sleep_for(std::chrono::microseconds{random() % 200});
            break;
        default:
            for (unsigned i = random() % 64; i > 0; --i) std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    mine.users.fetch_sub(1);
}

void churn(pool& p, unsigned seed, int rounds, std::atomic<int>& timeouts) {
    std::mt19937 random{seed};
    for (int i = 0; i < rounds; ++i) {
        auto got = random() % 2 ? p.try_acquire(deadline::in(std::chrono::microseconds{random() % 2000}))
                                : p.try_acquire(deadline::in(seconds{60}));
        if (!got) {
            ++timeouts;
            continue;
        }
        pool_lease lease = std::move(*got);
        use(lease, random);
        switch (random() % 200) {
            case 0:
                lease.invalidate();
                break;
            case 1:
                lease.soft_invalidate();
                break;
            case 2:
                p.invalidate_all();
                break;
            case 3:
                of(*lease).dirty = true;
                break;
            case 4:
                of(*lease).dirty = true;
                lease.release();
                break;
            case 5: {
                // One lives beside the pool at a time: its place is free before it ends.
                static std::mutex beside;
                const std::lock_guard alone{beside};
                lease.detach();
                break;
            }
            case 6:
                (void)p.stats();
                break;
            case 7:
                std::thread{[moved = std::move(lease)] {}}.join();
                break;
            default:
                if (random() % 2) lease.release();
        }
    }
}

void expect_all_back(pool& p, world& shared) {
    ASSERT_TRUE(p.close(deadline::in(seconds{60})));
    const auto s = p.stats();
    EXPECT_EQ(s.leased, 0U);
    EXPECT_EQ(s.waiting, 0U);
    EXPECT_EQ(s.acquired, s.returned + s.abandoned);
    EXPECT_EQ(shared.live, 0);
}

TEST(pool_threads, share_four_connections_without_ever_sharing_one) {
    world shared;
    pool p{std::make_shared<backend>(shared), four()};
    std::atomic<int> timeouts{0};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 8; ++t) threads.emplace_back([&, t] { churn(p, t, 3000, timeouts); });
    for (auto& t : threads) t.join();
    EXPECT_LE(shared.most_live, 5) << "the bound, and a detached one";
    expect_all_back(p, shared);
}

TEST(pool_threads, lose_no_wake_up) {
    // Everybody waits without a limit: a lost wake-up hangs here.
    world shared;
    pool p{std::make_shared<backend>(shared), four()};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            std::mt19937 random{t};
            for (int i = 0; i < 10'000; ++i) {
                auto lease = p.acquire(deadline::never());
                use(lease, random);
            }
        });
    for (auto& t : threads) t.join();
    EXPECT_EQ(shared.opened, 4);
    EXPECT_EQ(p.stats().acquired, 80'000U);
    expect_all_back(p, shared);
}

TEST(pool_threads, serve_a_waiter_who_came_while_the_only_connection_was_on_its_way_back) {
    world shared;
    auto options = four();
    options.size = 1;
    pool p{std::make_shared<backend>(shared), options};
    gate door;
    door.shut();
    std::thread returner{[&] {
        auto lease = p.acquire();
        of(*lease).at_reusable = &door;
    }};
    door.wait_for_arrivals(1);
    std::thread waiter{[&] { of(*p.acquire(deadline::never())).at_reusable = nullptr; }};
    while (p.stats().waiting == 0) std::this_thread::yield();
    door.open();
    returner.join();
    waiter.join();
    EXPECT_EQ(shared.opened, 1);
}

TEST(pool_threads, close_what_was_on_its_way_back_while_the_pool_was_invalidated) {
    world shared;
    pool p{std::make_shared<backend>(shared), four()};
    gate door;
    door.shut();
    std::thread returner{[&] {
        auto lease = p.acquire();
        of(*lease).at_reusable = &door;
    }};
    door.wait_for_arrivals(1);
    p.invalidate_all();
    door.open();
    returner.join();
    EXPECT_EQ(of(*p.acquire()).id, 2);
}

TEST(pool_threads, may_end_ten_thousand_times_with_a_lease_in_a_thread_local) {
    world shared;
    pool p{std::make_shared<backend>(shared), four()};
    const auto body = [&](int i) {
        thread_local pool_lease kept;
        kept = p.acquire(deadline::in(seconds{60}));
        of(*kept).dirty = i % 7 == 0;
        if (i % 3 == 0) (void)p.try_acquire(deadline::in({}));
    };
    std::vector<std::thread> makers;
    for (int m = 0; m < 2; ++m)
        makers.emplace_back([&, m] {
            for (int i = 0; i < 5000; ++i) std::thread{body, i + m}.join();
        });
    for (auto& t : makers) t.join();
    const auto s = p.stats();
    EXPECT_EQ(s.leased, 0U);
    EXPECT_GT(s.abandoned, 1000U);
    EXPECT_EQ(shared.resets, 0) << "a thread's end talks to no server";
    expect_all_back(p, shared);
}

TEST(pool_threads, may_outlive_the_pools_they_used) {
    world shared;
    std::vector<std::thread> threads;
    std::optional<pool> first{std::in_place, std::make_shared<backend>(shared), four()};
    pool second{std::make_shared<backend>(shared), four()};
    gate used, gone;
    used.open();
    gone.shut();
    for (int t = 0; t < 6; ++t)
        threads.emplace_back([&, t] {
            auto lease = first->acquire();
            if (t % 2) lease.release();
            if (t % 3 == 0) second.acquire().release();
            used.pass(deadline::never());
            gone.pass(deadline::never());
            EXPECT_EQ(static_cast<bool>(lease), t % 2 == 0);
        });
    // Three threads keep a lease, and three do not.
    used.wait_for_arrivals(6);
    first.reset();
    gone.open();
    for (auto& t : threads) t.join();
    expect_all_back(second, shared);
}

TEST(pool_threads, wait_their_turn_while_connections_break_and_the_server_refuses) {
    world shared;
    pool p{std::make_shared<backend>(shared), four()};
    std::atomic<bool> stop{false};
    std::thread saboteur{[&] {
        while (!stop) {
            shared.failing_opens = 2;
            p.invalidate_all();
            std::this_thread::yield();
        }
    }};
    std::vector<std::thread> threads;
    std::atomic<int> served{0};
    for (unsigned t = 0; t < 6; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                auto got = p.try_acquire(deadline::in(seconds{60}));
                if (got)
                    ++served;
                else
                    ASSERT_EQ(got.error().info().code, errc::connection_refused);
            }
        });
    for (auto& t : threads) t.join();
    stop = true;
    saboteur.join();
    EXPECT_GT(served, 0);
    EXPECT_LE(shared.most_live, 4);
    shared.failing_opens = 0;
    expect_all_back(p, shared);
}

TEST(pool_threads, dispose_of_a_pool_in_use) {
    world shared;
    pool p{std::make_shared<backend>(shared), four()};
    std::atomic<int> timeouts{0};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) threads.emplace_back([&, t] { churn(p, t + 100, 800, timeouts); });
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(p.dispose(deadline::in(seconds{60})));
    for (auto& t : threads) t.join();
    expect_all_back(p, shared);
}

}  // namespace
