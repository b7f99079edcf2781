// Leases that end by their destructor, where the pool resets what they leave behind.
#include <koine/pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "scripted_backend.hpp"

namespace {

using namespace koine;
using namespace pool_tests;
using std::chrono::seconds;

deadline soon() {
    return deadline::in(seconds{20});
}

class pool_abandoned : public ::testing::Test {
protected:
    pool& start(std::uint32_t size, pool_kind kind = pool_kind::queue) {
        options_.size = size;
        options_.max_overflow = 0;
        options_.kind = kind;
        options_.abandoned = abandon_mode::reset;
        return p_.emplace(std::make_shared<backend>(shared_), options_);
    }
    static void spoil(pool_lease lease) { of(*lease).dirty = true; }
    void settle() {
        while (p_->stats().closing > 0) std::this_thread::yield();
    }

    world shared_;
    pool_options options_;
    std::optional<pool> p_{};
};

TEST_F(pool_abandoned, connections_come_back_clean) {
    pool& p = start(1);
    spoil(p.acquire());
    auto again = p.acquire(soon());
    EXPECT_EQ(of(*again).id, 1);
    EXPECT_FALSE(of(*again).dirty);
    EXPECT_EQ(shared_.resets, 1);
    const pool_stats s = p.stats();
    EXPECT_EQ(s.abandoned, 1U);
    EXPECT_EQ(s.acquired, s.returned + s.leased + s.abandoned);
    again.release();
    EXPECT_EQ(shared_.resets, 1);
}

TEST_F(pool_abandoned, connections_hold_up_nobody_who_can_have_another) {
    pool& p = start(2);
    auto other = p.acquire();
    shared_.reset_gate.shut();
    spoil(p.acquire());
    other.release();
    shared_.reset_gate.wait_for_arrivals(1);
    EXPECT_EQ(of(*p.acquire(soon())).id, 1);
    EXPECT_EQ(p.stats().closing, 1U) << "it has its place until it is reset";
    shared_.reset_gate.open();
    settle();
    EXPECT_EQ(p.stats().idle, 2U);
}

TEST_F(pool_abandoned, connections_go_to_who_waits) {
    pool& p = start(1);
    shared_.reset_gate.shut();
    auto held = p.acquire();
    std::thread second{[&] { EXPECT_EQ(of(*p.acquire(soon())).id, 1); }};
    while (p.stats().waiting == 0) std::this_thread::yield();
    spoil(std::move(held));
    shared_.reset_gate.open();
    second.join();
    EXPECT_EQ(shared_.opened, 1);
}

TEST_F(pool_abandoned, connections_that_cannot_be_reset_are_closed) {
    pool& p = start(1);
    shared_.reset_fails = true;
    spoil(p.acquire());
    EXPECT_EQ(of(*p.acquire(soon())).id, 2);
    EXPECT_EQ(shared_.closed, 1);
}

TEST_F(pool_abandoned, connections_are_closed_once_one_of_them_has_met_a_silent_server) {
    options_.reset_timeout = std::chrono::milliseconds{1};
    pool& p = start(3);
    std::vector<pool_lease> all;
    for (int i = 0; i < 3; ++i) all.push_back(p.acquire());
    shared_.reset_gate.shut();
    shared_.close_gate.shut();
    // The background thread closes first, so that the others are queued when the first reset fails.
    auto extra = std::move(all.back());
    all.pop_back();
    extra.invalidate();
    shared_.close_gate.wait_for_arrivals(1);
    for (auto& lease : all) spoil(std::move(lease));
    shared_.close_gate.open();
    settle();
    EXPECT_EQ(shared_.closed, 3);
    EXPECT_EQ(shared_.resets, 1) << "one failure is enough";
    shared_.reset_gate.open();
}

TEST_F(pool_abandoned, connections_that_are_out_of_date_are_not_reset_first) {
    pool& p = start(2);
    auto kept = p.acquire();
    auto first = p.acquire();
    shared_.reset_gate.shut();
    spoil(std::move(first));
    shared_.reset_gate.wait_for_arrivals(1);
    spoil(std::move(kept));
    p.invalidate_all();
    shared_.reset_gate.open();
    settle();
    EXPECT_EQ(shared_.resets, 1);
    EXPECT_EQ(shared_.closed, 2);
}

TEST_F(pool_abandoned, connections_hold_up_no_end_of_the_pool) {
    options_.reset_timeout = std::chrono::hours{1};
    pool& p = start(2);
    auto first = p.acquire();
    auto second = p.acquire();
    shared_.server_stopped = true;
    spoil(std::move(first));
    spoil(std::move(second));
    while (shared_.resets == 0) std::this_thread::yield();
    EXPECT_TRUE(p.close(soon()));
    EXPECT_EQ(shared_.resets, 1);
    EXPECT_EQ(shared_.closed, 2);
}

TEST_F(pool_abandoned, connections_are_closed_where_the_kind_keeps_none_or_each_has_its_thread) {
    for (const pool_kind kind : {pool_kind::null, pool_kind::singleton_thread}) {
        pool& p = start(1, kind);
        const int before = shared_.opened;
        spoil(p.acquire());
        EXPECT_EQ(of(*p.acquire(soon())).id, before + 2);
        settle();
    }
    EXPECT_EQ(shared_.resets, 0);
}

TEST_F(pool_abandoned, does_not_concern_a_release_that_was_told_not_to_reset) {
    options_.reset_on_return = reset_mode::none;
    pool& p = start(1);
    auto lease = p.acquire();
    of(*lease).dirty = true;
    lease.release();
    settle();
    EXPECT_EQ(shared_.resets, 0);
    EXPECT_EQ(shared_.closed, 1);
}

}  // namespace
