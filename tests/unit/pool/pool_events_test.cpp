// The hooks of a pool: when they are called, and what becomes of their exceptions.
#include <koine/pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <koine/lease/connection_access.hpp>

#include "scripted_backend.hpp"

namespace {

using namespace koine;
using namespace pool_tests;

class recorder final : public pool_listener {
public:
    void on_connect(koine::connection&) override { note("connect"); }
    void on_first_connect(koine::connection&) override { note("first_connect"); }
    void on_checkout(koine::connection&) override { note("checkout"); }
    void on_checkin(koine::connection&) override { note("checkin"); }
    void on_reset(koine::connection&) override { note("reset"); }
    void on_close(koine::connection&) override { note("close"); }
    void on_invalidate(koine::connection&, bool soft) override { note(soft ? "invalidate soft" : "invalidate"); }
    void on_detach(koine::connection&) override { note("detach"); }
    void on_leak(here where, std::chrono::nanoseconds age) override {
        note(std::string{"leak "} + where.function + (age.count() > 0 ? "" : " without age"));
    }

    std::vector<std::string> take() {
        const std::lock_guard hold{lock_};
        return std::exchange(notes_, {});
    }
    bool has(const std::string& note) {
        const std::lock_guard hold{lock_};
        return std::find(notes_.begin(), notes_.end(), note) != notes_.end();
    }
    std::string throw_at{};

private:
    void note(std::string what) {
        const std::lock_guard hold{lock_};
        notes_.push_back(what);
        if (throw_at == what) throw std::runtime_error{what};
    }
    std::mutex lock_;
    std::vector<std::string> notes_;
};

using notes = std::vector<std::string>;

// Calls hooks with a connection on which nothing can be run.
struct bare_caller final : detail::hook_caller {
    void call(detail::pool_moment due, pool_lease lent, pool_listener& listener) override {
        const pool_lease mine{std::move(lent)};
        koine::connection on = detail::connection_access::adopt({}, {});
        using moment = detail::pool_moment;
        if (due == moment::connect) listener.on_connect(on);
        if (due == moment::first_connect) listener.on_first_connect(on);
        if (due == moment::checkout) listener.on_checkout(on);
        if (due == moment::checkin) listener.on_checkin(on);
        if (due == moment::reset) listener.on_reset(on);
        if (due == moment::close) listener.on_close(on);
        if (due == moment::invalidate) listener.on_invalidate(on, false);
        if (due == moment::soft_invalidate) listener.on_invalidate(on, true);
        if (due == moment::detach) listener.on_detach(on);
    }
};

pool_events hooks() {
    return pool_events{std::make_shared<bare_caller>()};
}

struct bench {
    explicit bench(pool_options o = {}) : p{std::make_shared<backend>(shared), o, hooks()} {}
    world shared;
    std::shared_ptr<recorder> heard = std::make_shared<recorder>();
    pool p;
    pool_subscription subscription = p.events().subscribe(heard);
};

pool_options single() {
    pool_options o;
    o.size = 1;
    o.max_overflow = 0;
    return o;
}

TEST(pool_events, tell_of_a_connection_from_its_opening_to_its_end) {
    bench b{single()};
    auto lease = b.p.acquire();
    EXPECT_EQ(b.heard->take(), (notes{"first_connect", "connect", "checkout"}));
    of(*lease).dirty = true;
    lease.release();
    EXPECT_EQ(b.heard->take(), (notes{"reset", "checkin"}));
    lease = b.p.acquire();
    lease.release();
    EXPECT_EQ(b.heard->take(), (notes{"checkout", "checkin"}));
    lease = b.p.acquire();
    lease.soft_invalidate();
    lease.release();
    EXPECT_EQ(b.heard->take(), (notes{"checkout", "invalidate soft", "checkin", "close"}));
    lease = b.p.acquire();
    EXPECT_EQ(b.heard->take(), (notes{"connect", "checkout"}));
    lease.detach();
    EXPECT_EQ(b.heard->take(), (notes{"detach"}));
    lease = b.p.acquire();
    b.heard->take();
    lease.invalidate();
    ASSERT_TRUE(b.p.close(deadline::never()));
    EXPECT_EQ(b.heard->take(), (notes{"invalidate", "close"}));
}

TEST(pool_events, end_with_their_subscription) {
    bench b{single()};
    b.subscription = pool_subscription{};
    b.p.acquire().release();
    EXPECT_TRUE(b.heard->take().empty());
    EXPECT_EQ(b.heard.use_count(), 1);
}

TEST(pool_events, pass_an_exception_of_connect_to_the_caller_and_close_the_connection) {
    for (const char* hook : {"connect", "first_connect"}) {
        bench b{single()};
        b.heard->throw_at = hook;
        EXPECT_THROW(b.p.acquire(), std::runtime_error);
        EXPECT_EQ(b.shared.live, 0);
        b.heard->throw_at = "";
        b.heard->take();
        EXPECT_TRUE(b.p.acquire());
        EXPECT_EQ(b.heard->has("first_connect"), std::string{"first_connect"} == hook)
            << "a first connection that failed was none";
    }
}

TEST(pool_events, pass_an_exception_of_checkout_to_the_caller_and_give_the_connection_back) {
    bench b{single()};
    b.heard->throw_at = "checkout";
    EXPECT_THROW(b.p.acquire(), std::runtime_error);
    EXPECT_EQ(b.p.stats().leased, 0U);
    EXPECT_EQ(b.p.stats().idle, 1U);
    b.heard->throw_at = "";
    EXPECT_EQ(of(*b.p.acquire()).id, 1);
}

TEST(pool_events, pass_an_exception_of_checkin_to_who_releases_and_give_the_connection_back) {
    bench b{single()};
    auto lease = b.p.acquire();
    b.heard->throw_at = "checkin";
    EXPECT_THROW(lease.release(), std::runtime_error);
    EXPECT_FALSE(lease);
    EXPECT_EQ(b.p.stats().idle, 1U);
    { auto dropped = b.p.acquire(); }  // a destructor throws nothing
    EXPECT_EQ(b.p.stats().idle, 1U);
}

TEST(pool_events, may_use_the_pool_they_are_told_of) {
    struct curious final : pool_listener {
        explicit curious(pool& p) : asked{p} {}
        void on_checkout(koine::connection&) override { leased = asked.stats().leased; }
        void on_close(koine::connection&) override { asked.stats(); }
        pool& asked;
        unsigned leased = 0;
    };
    bench b{single()};
    const auto listener = std::make_shared<curious>(b.p);
    const auto subscription = b.p.events().subscribe(listener);
    b.p.acquire().invalidate();
    b.p.acquire().release();
    EXPECT_EQ(listener->leased, 1U);
    EXPECT_TRUE(b.p.close(deadline::never()));
}

TEST(pool_events, report_a_lease_that_is_held_too_long_once_with_its_place) {
    auto o = single();
    o.leak_after = std::chrono::milliseconds{5};
    bench b{o};
    auto lease = b.p.acquire();
    while (b.p.stats().leaks == 0) std::this_thread::yield();
    while (!b.heard->has("leak TestBody")) std::this_thread::yield();
    // time for a second report
    for (int i = 0; i < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{10});
    EXPECT_EQ(b.p.stats().leaks, 1U);
    EXPECT_TRUE(lease->reusable());
    lease.release();
    EXPECT_EQ(b.p.stats().idle, 1U) << "it was never taken away";
}

TEST(pool_events, may_end_the_pool_from_its_own_background_thread) {
    struct assassin final : pool_listener {
        explicit assassin(std::optional<pool>& p) : victim{p} {}
        void on_close(koine::connection&) override {
            victim.reset();
            done = true;
        }
        std::optional<pool>& victim;
        std::atomic<bool> done{false};
    };
    world shared;
    std::optional<pool> p{std::in_place, std::make_shared<backend>(shared), single(), hooks()};
    const auto listener = std::make_shared<assassin>(p);
    const auto subscription = p->events().subscribe(listener);
    p->acquire().invalidate();
    while (!listener->done) std::this_thread::yield();
    while (shared.live > 0) std::this_thread::yield();
}

}  // namespace
