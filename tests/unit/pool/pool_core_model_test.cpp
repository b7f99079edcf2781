// The state machine of the pool against a model: random events in any order, the invariants checked
// after each of them.
#include "pool/pool_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace {

using namespace koine;
using namespace koine::detail;
using verdict = pool_waiter::verdict;

struct fake_connection final : pooled {
    explicit fake_connection(int g) : generation{g} {}
    result<void> reset(deadline) override { return {}; }
    bool reusable() const noexcept override { return true; }
    result<void> ping(deadline) override { return {}; }
    void abandon() noexcept override {}
    int generation;  // invalidations before the attempt to open began
};

// One caller. The fast path is taken in its two halves, so that others act in between.
struct actor {
    enum class phase { none, queued, opening, checking, leased, about_to_take, just_parked } at = phase::none;
    pool_waiter w{};
    pool_slot* slot = nullptr;
    fake_connection* item = nullptr;
    pool_slot* remembered = nullptr;
    std::uint64_t word = 0;  // attention word when the fast path began
    int since = 0;           // invalidations when the call began
};

class world {
public:
    world(const pool_options& options, std::uint64_t seed, int actors)
        : core_{options, nullptr, seed}, random_{seed}, actors_(static_cast<std::size_t>(actors)) {}

    void run(int steps) {
        for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
            step();
            settle_woken();
            check();
        }
    }

    // Everybody comes to an end; then nothing may be left.
    void finish() {
        core_.close(now_);
        for (int round = 0; round < 10'000 && core_.occupied() > 0; ++round) {
            settle_woken();
            for (auto& a : actors_)
                if (a.at != actor::phase::none) act(a);
            upkeep(true);
            check();
            ASSERT_FALSE(::testing::Test::HasFatalFailure());
        }
        ASSERT_EQ(core_.occupied(), 0U);
        ASSERT_EQ(live_.size(), 0U);
        const auto s = core_.stats(now_);
        EXPECT_EQ(s.leased, 0U);
        EXPECT_EQ(s.acquired, s.returned + s.abandoned);
        EXPECT_EQ(s.opened, s.closed + detached_);
    }

private:
    int roll(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

    void step() {
        now_ += roll(4) == 0 ? roll(40'000'000) : roll(1000);
        const int what = roll(1000);
        if (what < 4) {
            ++invalidations_;
            core_.invalidate_all(now_);
        } else if (what < 30) {
            tick_ = core_.tick(now_);
        } else if (what < 200) {
            upkeep(false);
        } else {
            act(actors_[static_cast<std::size_t>(roll(static_cast<int>(actors_.size())))]);
        }
        // The first waiter wakes up when the next attempt to connect is due.
        if (core_.next_attempt() <= now_) core_.attend(now_);
    }

    void act(actor& a) {
        switch (a.at) {
            case actor::phase::none:
                begin(a);
                break;
            case actor::phase::queued:
                if (roll(20) == 0) {
                    give_up(a);
                    queue_.erase(std::find(queue_.begin(), queue_.end(), &a));
                }
                break;
            case actor::phase::opening:
                end_opening(a);
                break;
            case actor::phase::checking:
                end_checking(a);
                break;
            case actor::phase::leased:
                end_lease(a);
                break;
            case actor::phase::about_to_take:
                end_fast_take(a);
                break;
            case actor::phase::just_parked:
                a.at = actor::phase::none;
                if (core_.attention().load() != a.word) core_.attend(now_);
                break;
        }
    }

    void begin(actor& a) {
        a.since = invalidations_;
        if (a.remembered != nullptr && roll(2) == 0) {
            a.word = core_.attention().load();
            if (a.word == a.remembered->admits.load()) {
                a.at = actor::phase::about_to_take;
                return;
            }
        }
        a.w = pool_waiter{};
        a.w.prefer = a.remembered;
        a.w.thread = &a;
        core_.acquire(a.w, now_);
        if (a.w.state == verdict::queued) {
            a.at = actor::phase::queued;
            queue_.push_back(&a);
        } else {
            const auto waits = [](const actor* other) { return other->w.state == verdict::queued; };
            ASSERT_TRUE(own_thread() || std::none_of(queue_.begin(), queue_.end(), waits))
                << "a newcomer overtook those who wait";
            settle_woken();
            answered(a);
        }
    }

    bool own_thread() const { return core_.options().kind == pool_kind::singleton_thread; }

    void end_fast_take(actor& a) {
        a.at = actor::phase::none;
        pooled* item = a.remembered->parked.exchange(nullptr);
        if (item == nullptr) return;
        a.remembered->begin_use(here::now());
        a.slot = a.remembered;
        a.item = static_cast<fake_connection*>(item);
        lease_begins(a);
    }

    void lease_begins(actor& a) {
        a.at = actor::phase::leased;
        a.remembered = a.slot;
        ASSERT_TRUE(live_.contains(a.item));
        ASSERT_TRUE(leased_.insert(a.item).second) << "leased twice";
        ASSERT_FALSE(doomed_.contains(a.item));
        ASSERT_GE(a.item->generation, a.since) << "leased after it was invalidated";
    }

    void answered(actor& a) {
        a.slot = a.w.slot;
        a.item = static_cast<fake_connection*>(a.w.item);
        switch (a.w.state) {
            case verdict::lease:
                lease_begins(a);
                if (roll(20) == 0) {
                    leased_.erase(a.item);
                    give_up(a);
                }
                break;
            case verdict::check:
                a.at = actor::phase::checking;
                ASSERT_FALSE(leased_.contains(a.item));
                break;
            case verdict::open:
                a.at = actor::phase::opening;
                a.since = invalidations_;
                ASSERT_GE(now_, earliest_open_) << "opened before the backoff was over";
                break;
            case verdict::closed:
            case verdict::own_used:
                a.at = actor::phase::none;
                break;
            default:
                FAIL() << "no answer";
        }
    }

    // What it was answered is of no use any more to who asked.
    void give_up(actor& a) {
        core_.leave(a.w, now_);
        a.at = actor::phase::none;
        ASSERT_EQ(a.w.state, verdict::none);
    }

    void end_opening(actor& a) {
        if (roll(12) == 0) return give_up(a);
        if (roll(8) == 0) {
            const bool blame = roll(2) == 0;
            core_.open_failed(*a.slot, std::make_shared<const error_info>(), blame, now_);
            if (blame) earliest_open_ = std::max(earliest_open_, now_ + core_.options().backoff_first.count() / 2);
            a.at = actor::phase::none;
            return;
        }
        auto* made = new fake_connection{a.since};
        live_.insert(made);
        ++opened_;
        earliest_open_ = 0;
        a.item = made;
        if (core_.opened(*a.slot, made, here::now(), now_)) {
            a.since = invalidations_;
            lease_begins(a);
        } else {
            a.at = actor::phase::none;
        }
    }

    void end_checking(actor& a) {
        a.since = invalidations_;
        if (roll(6) == 0) return give_up(a);
        if (roll(5) == 0) {
            core_.check_failed(*a.slot, a.item, now_);
            a.at = actor::phase::none;
        } else if (core_.check_passed(*a.slot, a.item, here::now(), now_)) {
            lease_begins(a);
        } else {
            a.at = actor::phase::none;
        }
    }

    void end_lease(actor& a) {
        if (roll(50) == 0) core_.retire(*a.slot);
        const int how = roll(100);
        leased_.erase(a.item);
        a.at = actor::phase::none;
        if (how < 60) {
            const auto word = core_.attention().load();
            if (word == a.slot->admits.load()) {
                a.slot->end_use();
                a.slot->parked.exchange(a.item);
                a.remembered = a.slot;
                a.word = word;
                a.at = actor::phase::just_parked;
                return;
            }
        }
        if (how < 90)
            core_.give_back(*a.slot, a.item, condition::fit, false, now_);
        else if (how < 94)
            core_.give_back(*a.slot, a.item, condition::dirty, true, now_);
        else if (how < 98)
            core_.give_back(*a.slot, a.item, condition::broken, false, now_);
        else {
            core_.detach(*a.slot, now_);
            live_.erase(a.item);
            delete a.item;
            ++detached_;
        }
    }

    // The background thread: takes work, or ends work that it took earlier.
    void upkeep(bool all) {
        do {
            pooled* item = nullptr;
            if (pool_slot* s = core_.pop_doomed(item)) {
                ASSERT_FALSE(leased_.contains(item)) << "a leased connection is closed";
                ASSERT_TRUE(doomed_.insert(item).second);
                closing_.push_back({s, item});
            }
            if (pool_slot* s = core_.pop_dirty(item)) {
                ASSERT_FALSE(leased_.contains(item));
                resetting_.push_back({s, item});
            }
            if (!closing_.empty() && (all || roll(2) == 0)) {
                auto [s, dead] = closing_.front();
                closing_.pop_front();
                ASSERT_EQ(live_.erase(static_cast<fake_connection*>(dead)), 1U);
                doomed_.erase(dead);
                delete dead;
                core_.closed(*s, now_);
            }
            if (!resetting_.empty() && (all || roll(2) == 0)) {
                auto [s, used] = resetting_.front();
                resetting_.pop_front();
                core_.reset_done(*s, used, roll(4) != 0, now_);
            }
            settle_woken();
        } while (all && (core_.has_doomed() || core_.has_dirty() || !closing_.empty() || !resetting_.empty()));
    }

    void pop_woken() {
        while (pool_waiter* w = core_.pop_woken()) ASSERT_NE(w->state, verdict::none) << "woken after it gave up";
    }

    void settle_woken() {
        pop_woken();
        // Whoever was answered was first in the queue. thread_gone() aside, nobody overtakes.
        while (!queue_.empty() && queue_.front()->w.state != verdict::queued) {
            actor& a = *queue_.front();
            queue_.pop_front();
            a.since = invalidations_;
            answered(a);
            pop_woken();
        }
        for (const actor* a : queue_) ASSERT_EQ(a->w.state, verdict::queued) << "served out of turn";
    }

    void check() {
        std::uint32_t opening = 0, parking = 0, usable = 0;
        for (const auto& a : actors_) {
            if (a.at == actor::phase::opening) ++opening;
            if (a.at == actor::phase::just_parked) ++parking;
        }
        std::set<const pooled*> parked;
        for (std::uint32_t i = 0; i < core_.capacity(); ++i) {
            const auto* item = core_.slot(i).parked.load();
            if (item == nullptr) continue;
            ++usable;
            ASSERT_TRUE(parked.insert(item).second) << "parked twice";
            ASSERT_FALSE(leased_.contains(item)) << "parked and leased";
            ASSERT_TRUE(live_.contains(static_cast<fake_connection*>(const_cast<pooled*>(item))))
                << "parked and closed";
        }
        ASSERT_LE(live_.size() + opening, core_.capacity()) << "the bound is broken";
        ASSERT_LE(opening, core_.options().max_opening);
        const auto s = core_.stats(now_);
        ASSERT_EQ(s.acquired, s.returned + s.leased + s.abandoned);
        ASSERT_EQ(s.leased, leased_.size());
        ASSERT_EQ(s.waiting, queue_.size());
        ASSERT_EQ(s.opened, opened_);
        if (!queue_.empty() && parking == 0 && !own_thread()) {
            ASSERT_EQ(usable, 0U) << "somebody waits beside an idle connection";
        }
        if (!queue_.empty() && parking == 0 && !core_.is_closing()) {
            const bool room = core_.occupied() < core_.capacity() && opening < core_.options().max_opening;
            ASSERT_FALSE(room && core_.next_attempt() == pool_never) << "somebody waits beside an empty slot";
        }
        if (parking == 0 && core_.options().kind == pool_kind::queue) {
            ASSERT_LE(usable, core_.options().size);
        }
    }

    pool_core core_;
    std::mt19937_64 random_;
    std::vector<actor> actors_;
    std::deque<actor*> queue_;
    std::set<fake_connection*> live_;
    std::set<const pooled*> leased_, doomed_;
    std::deque<std::pair<pool_slot*, pooled*>> closing_, resetting_;
    pool_time now_ = 1'000'000'000;
    pool_time tick_ = 0;
    pool_time earliest_open_ = 0;
    int invalidations_ = 0;
    std::uint64_t opened_ = 0, detached_ = 0;
};

struct model_case {
    const char* name;
    pool_kind kind;
    bool lifo;
    std::uint32_t size, overflow;
    bool timed;
    abandon_mode abandoned = abandon_mode::close;
};

class pool_core_model : public ::testing::TestWithParam<model_case> {};

TEST_P(pool_core_model, keeps_every_invariant_under_random_events) {
    const auto& c = GetParam();
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        pool_options options;
        options.kind = c.kind;
        options.lifo = c.lifo;
        options.size = c.size;
        options.max_overflow = c.overflow;
        options.max_opening = 2;
        options.abandoned = c.abandoned;
        if (c.timed) {
            options.recycle = std::chrono::seconds{3};
            options.pre_ping = true;
            options.leak_after = std::chrono::seconds{1};
        }
        world w{options, seed * 7919, 9};
        w.run(25'000);
        ASSERT_FALSE(HasFatalFailure());
        w.finish();
    }
}

INSTANTIATE_TEST_SUITE_P(all, pool_core_model,
                         ::testing::Values(model_case{"bounded", pool_kind::queue, true, 4, 0, false},
                                           model_case{"overflowing", pool_kind::queue, true, 2, 3, false},
                                           model_case{"timed", pool_kind::queue, true, 3, 1, true},
                                           model_case{"resetting", pool_kind::queue, true, 3, 2, true,
                                                      abandon_mode::reset},
                                           model_case{"fifo", pool_kind::queue, false, 3, 2, true},
                                           model_case{"null", pool_kind::null, true, 3, 0, false},
                                           model_case{"static", pool_kind::static_, true, 1, 0, false},
                                           model_case{"singleton", pool_kind::singleton_thread, true, 5, 6, true}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
