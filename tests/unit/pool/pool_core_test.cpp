// The state machine of the pool, with a clock that the test moves.
#include "pool/pool_core.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

namespace {

using namespace koine;
using namespace koine::detail;
using verdict = pool_waiter::verdict;

constexpr pool_time ms = 1'000'000;
constexpr pool_time s = 1000 * ms;

struct nothing final : pooled {
    result<void> reset(deadline) override { return {}; }
    bool reusable() const noexcept override { return true; }
    result<void> ping(deadline) override { return {}; }
    void abandon() noexcept override {}
};

struct bench {
    explicit bench(const pool_options& o, std::uint64_t seed = 7) : core{o, nullptr, seed} {}

    pool_waiter ask() {
        pool_waiter w;
        core.acquire(w, now);
        return w;
    }
    // Acquires, opening where that is the answer.
    pool_slot& lease() {
        pool_waiter w = ask();
        if (w.state == verdict::open) {
            EXPECT_TRUE(core.opened(*w.slot, &item, here::now(), now));
        } else {
            EXPECT_EQ(w.state, verdict::lease);
        }
        return *w.slot;
    }
    void fast_return(pool_slot& slot) {
        slot.end_use();
        slot.parked = &item;
    }
    pool_slot* close_one() {
        pooled* dead = nullptr;
        pool_slot* slot = core.pop_doomed(dead);
        if (slot != nullptr) core.closed(*slot, now);
        return slot;
    }

    nothing item;
    pool_core core;
    pool_time now = 100 * s;
};

pool_options sized(std::uint32_t size, std::uint32_t overflow = 0) {
    pool_options o;
    o.size = size;
    o.max_overflow = overflow;
    return o;
}

TEST(pool_core, asks_for_a_ping_after_a_second_of_idleness_and_not_before) {
    auto o = sized(1);
    o.pre_ping = true;
    bench b{o};
    b.fast_return(b.lease());
    EXPECT_LE(b.core.tick(b.now), b.now + 250 * ms);
    b.now += 600 * ms;
    b.core.tick(b.now);
    pool_slot& slot = b.lease();
    b.fast_return(slot);
    b.core.tick(b.now);
    b.now += 1 * s;
    EXPECT_EQ(b.core.tick(b.now), pool_never) << "nothing is left to watch";
    EXPECT_NE(slot.admits, b.core.attention()) << "the fast path is shut";
    const auto w = b.ask();
    ASSERT_EQ(w.state, verdict::check);
    EXPECT_TRUE(b.core.check_passed(*w.slot, w.item, here::now(), b.now));
    EXPECT_TRUE(b.core.take_restless()) << "the clock is wanted again";
    EXPECT_EQ(slot.admits, b.core.attention());
}

TEST(pool_core, spreads_the_age_limit_by_a_tenth_to_either_side) {
    auto o = sized(200);
    o.max_opening = 200;
    o.recycle = std::chrono::seconds{1000};
    bench b{o};
    pool_time least = pool_never, most = 0;
    for (int i = 0; i < 200; ++i) {
        const auto age = b.lease().expires - b.now;
        least = std::min(least, age);
        most = std::max(most, age);
    }
    EXPECT_GE(least, 900 * s);
    EXPECT_LE(most, 1100 * s);
    EXPECT_GT(most - least, 150 * s);
}

TEST(pool_core, closes_an_idle_connection_at_its_age_limit_and_a_leased_one_afterwards) {
    auto o = sized(2);
    o.recycle = std::chrono::seconds{100};
    bench b{o};
    pool_slot& leased = b.lease();
    pool_slot& idle = b.lease();
    b.fast_return(idle);
    const auto next = b.core.tick(b.now);
    EXPECT_GE(next, b.now + 90 * s);
    b.now += 111 * s;
    b.core.tick(b.now);
    EXPECT_EQ(b.close_one(), &idle);
    EXPECT_EQ(b.close_one(), nullptr) << "a leased connection is never retired";
    EXPECT_NE(leased.admits, b.core.attention());
    b.core.give_back(leased, &b.item, condition::fit, false, b.now);
    EXPECT_EQ(b.close_one(), &leased);
}

TEST(pool_core, reports_a_leak_once_a_lease) {
    auto o = sized(1);
    o.leak_after = std::chrono::seconds{10};
    bench b{o};
    pool_slot& slot = b.lease();
    here where;
    pool_time age = 0;
    for (int i = 0; i < 9; ++i, b.now += s) {
        b.core.tick(b.now);
        ASSERT_FALSE(b.core.pop_leak(where, age, b.now));
    }
    b.now += 2 * s;
    b.core.tick(b.now);
    ASSERT_TRUE(b.core.pop_leak(where, age, b.now));
    EXPECT_EQ(age, 11 * s);
    EXPECT_STREQ(where.function, "lease");
    b.now += 60 * s;
    b.core.tick(b.now);
    EXPECT_FALSE(b.core.pop_leak(where, age, b.now));
    b.fast_return(slot);
    b.lease();
    b.core.tick(b.now);
    b.now += 11 * s;
    b.core.tick(b.now);
    EXPECT_TRUE(b.core.pop_leak(where, age, b.now)) << "the next lease is another one";
}

TEST(pool_core, doubles_the_delay_between_attempts_to_connect_up_to_the_limit) {
    auto o = sized(1);
    o.backoff_first = std::chrono::milliseconds{100};
    o.backoff_limit = std::chrono::milliseconds{500};
    bench b{o};
    std::set<pool_time> delays;
    for (const pool_time full : {100, 200, 400, 500, 500}) {
        pool_waiter w = b.ask();
        if (w.state == verdict::queued) {
            const pool_time due = b.core.next_attempt();
            b.now = due - 1;
            b.core.attend(b.now);
            ASSERT_EQ(w.state, verdict::queued);
            b.now = due;
            b.core.attend(b.now);
        }
        ASSERT_EQ(w.state, verdict::open);
        b.core.open_failed(*w.slot, std::make_shared<const error_info>(), true, b.now);
        while (b.core.pop_woken() != nullptr) {
        }
        pool_waiter probe = b.ask();
        const auto delay = b.core.next_attempt() - b.now;
        EXPECT_GE(delay, full * ms / 2);
        EXPECT_LE(delay, full * ms);
        EXPECT_TRUE(delays.insert(delay).second) << "delays are random";
        EXPECT_NE(b.core.open_trouble(), nullptr);
        b.core.leave(probe, b.now);
        while (b.core.pop_woken() != nullptr) {
        }
    }
    b.now += s;
    b.lease();
    EXPECT_EQ(b.core.open_trouble(), nullptr);
    EXPECT_EQ(b.core.next_attempt(), pool_never);
}

TEST(pool_core, hands_the_time_of_the_next_attempt_to_the_second_when_the_first_gives_up) {
    bench b{sized(1)};
    pool_waiter opener = b.ask();
    pool_waiter first, second;
    b.core.acquire(first, b.now);
    b.core.acquire(second, b.now);
    b.core.open_failed(*opener.slot, std::make_shared<const error_info>(), true, b.now);
    EXPECT_EQ(b.core.pop_woken(), &first);
    b.core.leave(first, b.now);
    EXPECT_EQ(b.core.pop_woken(), &second);
    EXPECT_EQ(b.core.pop_woken(), nullptr);
    b.now = b.core.next_attempt();
    b.core.attend(b.now);
    EXPECT_EQ(second.state, verdict::open);
    EXPECT_EQ(first.state, verdict::none) << "who has given up is not served";
    while (b.core.pop_woken() != nullptr) {
    }
}

TEST(pool_core, closes_what_came_back_too_late_for_its_generation) {
    bench b{sized(2)};
    pool_slot& slot = b.lease();
    const auto word = b.core.attention().load();
    b.core.invalidate_all(b.now);
    EXPECT_NE(b.core.attention(), word);
    // A returner on the fast path that had read the word before: parks, sees the change, and calls
    // attend().
    b.fast_return(slot);
    b.core.attend(b.now);
    EXPECT_EQ(b.close_one(), &slot);
}

TEST(pool_core, does_not_lease_a_connection_whose_opening_began_before_an_invalidation) {
    bench b{sized(1)};
    pool_waiter w = b.ask();
    b.core.invalidate_all(b.now);
    EXPECT_FALSE(b.core.opened(*w.slot, &b.item, here::now(), b.now));
    EXPECT_EQ(b.close_one(), w.slot);
}

TEST(pool_core, is_empty_in_a_forked_child) {
    bench b{sized(3)};
    pool_slot& leased = b.lease();
    b.fast_return(b.lease());
    const auto word = b.core.attention().load();
    b.core.mark_forked();
    EXPECT_NE(b.core.attention(), word) << "nobody takes the fast path";
    EXPECT_EQ(b.core.forget_parent(), &b.item);
    EXPECT_EQ(b.core.forget_parent(), nullptr);
    EXPECT_FALSE(b.core.is_forked());
    EXPECT_EQ(b.core.occupied(), 0U);
    EXPECT_NE(leased.admits, b.core.attention());
    const auto numbers = b.core.stats(b.now);
    EXPECT_EQ(numbers.acquired + numbers.returned + numbers.leased + numbers.idle, 0U);
    EXPECT_EQ(b.ask().state, verdict::open);
}

TEST(pool_core, does_not_depend_on_the_wall_clock) {
    // Time only ever enters as a steady one: going back a little must not matter either.
    auto o = sized(1);
    o.recycle = std::chrono::seconds{100};
    o.pre_ping = true;
    bench b{o};
    pool_slot& slot = b.lease();
    b.now -= 50 * ms;
    b.core.give_back(slot, &b.item, condition::fit, false, b.now);
    b.core.tick(b.now);
    EXPECT_EQ(&b.lease(), &slot);
}

}  // namespace
