// Every request and every report in every state, against a table; and long random histories against
// a server that is modelled apart.
#include <koine/wire/transaction_state.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace koine::detail {

// So that failures can be read.
inline void PrintTo(transaction_state::phase value, std::ostream* out) {
    static constexpr const char* names[] = {"none", "pending", "begun", "failed", "in_doubt"};
    *out << names[static_cast<std::size_t>(value)];
}
inline void PrintTo(transaction_state::verdict value, std::ostream* out) {
    static constexpr const char* names[] = {"go",           "begin_first",        "nothing",
                                            "already_open", "not_in_transaction", "failed",
                                            "in_doubt",     "savepoint_over",     "savepoint_inside"};
    *out << names[static_cast<std::size_t>(value)];
}

}  // namespace koine::detail

namespace {

using koine::isolation;
using koine::transaction_options;
using koine::detail::transaction_state;
using phase = transaction_state::phase;
using verdict = transaction_state::verdict;

constexpr transaction_options ordinary{};
constexpr transaction_options autocommitting{.isolation = isolation::autocommit};

// A state under a name, with two savepoints where there can be some.
struct situation {
    const char* name;
    transaction_state is{};
    std::uint64_t outer = 0;
    std::uint64_t inner = 0;
};

situation make(const char* name) {
    situation made{name};
    const std::string_view is{name};
    if (is == "none") return made;
    if (is == "autocommitting") {
        made.is.intend(autocommitting, false, true);
        return made;
    }
    made.is.intend(ordinary, is == "lazy", is != "begun by a statement");
    if (is == "pending" || is == "lazy") return made;
    made.is.began();
    made.outer = made.is.opened_savepoint();
    made.inner = made.is.opened_savepoint();
    if (is == "failed") made.is.statement_failed();
    if (is == "in doubt") made.is.lost_commit();
    return made;
}

// What each request meets in each state.
struct line {
    const char* name;
    phase now;
    verdict begin;
    verdict read;
    verdict write;
    verdict commit;
    verdict rollback;
    verdict savepoint;
    verdict release_inner;
    verdict release_outer;
    verdict release_unknown;
    verdict back_to_inner;
    verdict back_to_outer;
    verdict back_to_unknown;
};

constexpr verdict go = verdict::go, begin_first = verdict::begin_first, nothing = verdict::nothing,
                  open = verdict::already_open, outside = verdict::not_in_transaction, failed = verdict::failed,
                  doubt = verdict::in_doubt, over = verdict::savepoint_over, inside = verdict::savepoint_inside;

constexpr line lines[] = {
    {"none", phase::none, go, go, go, nothing, nothing, outside, over, over, over, over, over, over},
    {"pending", phase::pending, open, begin_first, begin_first, nothing, nothing, begin_first, over, over, over, over,
     over, over},
    {"lazy", phase::pending, open, go, begin_first, nothing, nothing, begin_first, over, over, over, over, over, over},
    {"autocommitting", phase::pending, open, go, go, nothing, nothing, outside, over, over, over, over, over, over},
    {"begun", phase::begun, open, go, go, go, go, go, go, inside, over, go, go, over},
    {"begun by a statement", phase::begun, open, go, go, go, go, go, go, inside, over, go, go, over},
    {"failed", phase::failed, failed, failed, failed, failed, go, failed, failed, failed, failed, go, go, over},
    {"in doubt", phase::in_doubt, doubt, doubt, doubt, doubt, doubt, doubt, doubt, doubt, doubt, doubt, doubt, doubt},
};

TEST(transaction_state, says_of_every_request_in_every_state_what_is_due) {
    for (const line& expected : lines) {
        const situation s = make(expected.name);
        SCOPED_TRACE(expected.name);
        const std::uint64_t unknown = 1000;
        EXPECT_EQ(s.is.now(), expected.now);
        EXPECT_EQ(s.is.begun(), expected.now == phase::begun);
        EXPECT_EQ(s.is.wants_intent(), expected.now == phase::none);
        EXPECT_EQ(s.is.before_begin(), expected.begin);
        EXPECT_EQ(s.is.before_statement(true), expected.read);
        EXPECT_EQ(s.is.before_statement(false), expected.write);
        EXPECT_EQ(s.is.before_commit(), expected.commit);
        EXPECT_EQ(s.is.before_rollback(), expected.rollback);
        EXPECT_EQ(s.is.before_savepoint(), expected.savepoint);
        EXPECT_EQ(s.is.before_release(s.inner), expected.release_inner);
        EXPECT_EQ(s.is.before_release(s.outer), expected.release_outer);
        EXPECT_EQ(s.is.before_release(unknown), expected.release_unknown);
        EXPECT_EQ(s.is.before_rollback_to(s.inner), expected.back_to_inner);
        EXPECT_EQ(s.is.before_rollback_to(s.outer), expected.back_to_outer);
        EXPECT_EQ(s.is.before_rollback_to(unknown), expected.back_to_unknown);
        EXPECT_EQ(s.is.id() == 0, expected.now == phase::none);
    }
}

// What each report leaves: the state and the number of savepoints.
struct outcome_of_report {
    const char* name;
    phase after_failure;
    phase after_end_by_statement;
    std::uint32_t depth;  // before, and after a failure
};

TEST(transaction_state, moves_by_every_report_as_it_should) {
    constexpr outcome_of_report table[] = {
        {"none", phase::none, phase::none, 0},       {"pending", phase::pending, phase::pending, 0},
        {"lazy", phase::pending, phase::pending, 0}, {"autocommitting", phase::pending, phase::pending, 0},
        {"begun", phase::failed, phase::pending, 2}, {"begun by a statement", phase::failed, phase::none, 2},
        {"failed", phase::failed, phase::failed, 2},
    };
    for (const outcome_of_report& expected : table) {
        SCOPED_TRACE(expected.name);
        situation s = make(expected.name);
        EXPECT_EQ(s.is.depth(), expected.depth);
        s.is.statement_failed();
        EXPECT_EQ(s.is.now(), expected.after_failure);
        EXPECT_EQ(s.is.depth(), expected.depth);

        s = make(expected.name);
        const std::uint64_t id = s.is.id();
        EXPECT_FALSE(s.is.take_ended_by_statement());
        s.is.ended_by_statement();
        EXPECT_EQ(s.is.now(), expected.after_end_by_statement);
        EXPECT_EQ(s.is.depth(), 0U);
        EXPECT_EQ(s.is.id(), expected.after_end_by_statement == phase::none ? 0 : id) << "the same one goes on";
        EXPECT_TRUE(s.is.take_ended_by_statement());
        EXPECT_FALSE(s.is.take_ended_by_statement()) << "told once";

        s = make(expected.name);
        s.is.ended();
        EXPECT_EQ(s.is.now(), phase::none);
        EXPECT_EQ(s.is.depth(), 0U);
        EXPECT_EQ(s.is.options().isolation, isolation::default_);
        EXPECT_EQ(s.is.id(), 0U);
    }
}

TEST(transaction_state, stays_in_doubt_until_the_connection_is_given_up) {
    situation s = make("in doubt");
    EXPECT_EQ(s.is.depth(), 0U);
    s.is.statement_failed();
    EXPECT_EQ(s.is.now(), phase::in_doubt);
    s.is.ended();
    EXPECT_EQ(s.is.now(), phase::none);
}

TEST(transaction_state, ends_savepoints_with_what_they_are_in) {
    situation s = make("begun");
    const std::uint64_t third = s.is.opened_savepoint();
    EXPECT_EQ(s.is.depth_of(s.outer), 1U);
    EXPECT_EQ(s.is.depth_of(s.inner), 2U);
    EXPECT_EQ(s.is.depth_of(third), 3U);
    s.is.statement_failed();
    s.is.rolled_back_to(s.inner);
    EXPECT_EQ(s.is.now(), phase::begun) << "the failure is undone with it";
    EXPECT_EQ(s.is.depth(), 1U);
    EXPECT_EQ(s.is.depth_of(third), 0U);
    EXPECT_EQ(s.is.before_rollback_to(s.inner), verdict::savepoint_over);
    const std::uint64_t again = s.is.opened_savepoint();
    EXPECT_NE(again, s.inner) << "a handle of one that is over must not name another";
    EXPECT_NE(again, third);
    s.is.released(again);
    EXPECT_EQ(s.is.depth(), 1U);
    s.is.released(s.outer);
    EXPECT_EQ(s.is.depth(), 0U);
    EXPECT_EQ(s.is.now(), phase::begun);
}

TEST(transaction_state, begins_again_where_begin_was_in_vain) {
    situation s = make("pending");
    s.is.began();
    const std::uint64_t id = s.is.id();
    s.is.began_in_vain();
    EXPECT_EQ(s.is.before_statement(false), verdict::begin_first);
    EXPECT_EQ(s.is.id(), id);
    s.is.ended();
    s.is.intend(ordinary, false, true);
    EXPECT_NE(s.is.id(), id);
}

// A server and a program that obeys the machine. What the machine permits must make sense on the
// server, and what the server holds must be what the machine says.
class history {
public:
    explicit history(std::uint32_t seed) : random_{seed} {}

    void step() {
        switch (pick(12)) {
            case 0:
                begin();
                break;
            case 1:
                statement(true, true);
                break;
            case 2:
                statement(false, true);
                break;
            case 3:
                statement(false, false);
                break;
            case 4:
                commit();
                break;
            case 5:
                rollback();
                break;
            case 6:
                savepoint();
                break;
            case 7:
                release();
                break;
            case 8:
                rollback_to();
                break;
            case 9:
                ddl();
                break;
            case 10:
                lost_commit();
                break;
            default:
                failing_ddl();
                break;
        }
        compare();
    }

private:
    std::uint32_t pick(std::uint32_t below) {
        return std::uniform_int_distribution<std::uint32_t>{0, below - 1}(random_);
    }

    void compare() {
        if (in_doubt_) {
            ASSERT_EQ(machine_.now(), phase::in_doubt);
            return;
        }
        ASSERT_EQ(machine_.now() == phase::begun || (machine_.now() == phase::failed && !over_), open_);
        ASSERT_EQ(machine_.now() == phase::failed, aborted_ || over_);
        ASSERT_EQ(machine_.depth(), saves_.size());
        for (std::size_t i = 0; i < saves_.size(); ++i) ASSERT_EQ(machine_.depth_of(saves_[i]), i + 1);
        if (!wants_) return;
        ASSERT_NE(machine_.now(), phase::none) << "what was begun explicitly goes on";
    }

    void begin() {
        const bool free = !open_ && !intended_ && !over_ && !in_doubt_;
        const verdict due = machine_.before_begin();
        ASSERT_EQ(due == verdict::go, free);
        if (due != verdict::go) return;
        machine_.intend(ordinary, lazy_ = pick(2) == 0, true);
        intended_ = wants_ = true;
    }

    // Whether the server may be sent it.
    bool ready(bool read_only) {
        if (machine_.wants_intent()) {
            machine_.intend(ordinary, lazy_ = pick(2) == 0, false);
            intended_ = true;
        }
        const verdict due = machine_.before_statement(read_only);
        const bool refused = aborted_ || over_ || in_doubt_;
        EXPECT_EQ(due == verdict::go || due == verdict::begin_first, !refused);
        if (refused) return false;
        if (due == verdict::begin_first) {
            EXPECT_FALSE(open_) << "BEGIN in a transaction";
            open_ = true;
            intended_ = false;
            machine_.began();
        }
        EXPECT_TRUE(open_ || read_only) << "a write outside of the transaction";
        return true;
    }

    void statement(bool read_only, bool succeeds) {
        if (!ready(read_only) || succeeds) return;
        machine_.statement_failed();
        if (open_) aborted_ = true;
    }

    void commit() {
        const verdict due = machine_.before_commit();
        if (in_doubt_ || aborted_ || over_) {
            ASSERT_NE(due, verdict::go) << "failed work must not be committed";
            ASSERT_NE(due, verdict::nothing);
            return;
        }
        ASSERT_EQ(due, open_ ? verdict::go : verdict::nothing);
        // Refused while rows are streamed: nothing is reported, nothing changes.
        if (open_ && pick(3) == 0) return;
        end();
    }

    void lost_commit() {
        if (machine_.before_commit() != verdict::go) return;
        if (pick(20) != 0) return;
        machine_.lost_commit();
        in_doubt_ = true;
        saves_.clear();
        // The connection is given up, a new one begins.
        machine_.ended();
        in_doubt_ = false;
        forget();
    }

    void rollback() {
        const verdict due = machine_.before_rollback();
        ASSERT_EQ(due, in_doubt_ ? verdict::in_doubt : open_ || over_ ? verdict::go : verdict::nothing);
        end();
    }

    void end() {
        machine_.ended();
        forget();
    }
    void forget() {
        open_ = aborted_ = intended_ = wants_ = over_ = false;
        saves_.clear();
    }

    void savepoint() {
        if (machine_.wants_intent()) {
            machine_.intend(ordinary, lazy_ = pick(2) == 0, false);
            intended_ = true;
        }
        const verdict due = machine_.before_savepoint();
        const bool refused = aborted_ || over_ || in_doubt_;
        ASSERT_EQ(due == verdict::go || due == verdict::begin_first, !refused);
        if (refused) return;
        ASSERT_EQ(due == verdict::begin_first, !open_);
        if (!open_) machine_.began();
        open_ = true;
        intended_ = false;
        const std::uint64_t id = machine_.opened_savepoint();
        ASSERT_TRUE(ever_.insert(id).second) << "a name that was used before";
        saves_.push_back(id);
    }

    std::uint64_t any_savepoint() {
        if (ever_.empty()) return 1;
        if (!saves_.empty() && pick(4) != 0) return saves_[pick(static_cast<std::uint32_t>(saves_.size()))];
        return *std::next(ever_.begin(), pick(static_cast<std::uint32_t>(ever_.size())));
    }

    void release() {
        const std::uint64_t which = any_savepoint();
        const bool top = !saves_.empty() && saves_.back() == which;
        ASSERT_EQ(machine_.before_release(which) == verdict::go, top && !aborted_ && !over_);
        if (machine_.before_release(which) != verdict::go) return;
        machine_.released(which);
        saves_.pop_back();
    }

    void rollback_to() {
        const std::uint64_t which = any_savepoint();
        const auto at = std::find(saves_.begin(), saves_.end(), which);
        ASSERT_EQ(machine_.before_rollback_to(which) == verdict::go, at != saves_.end());
        if (at == saves_.end()) return;
        if (pick(4) == 0) return;  // refused by the driver
        machine_.rolled_back_to(which);
        saves_.erase(at, saves_.end());
        aborted_ = false;
    }

    // Commits what is open, and is told by the driver.
    void ddl() {
        if (!ready(false) || !open_) return;
        machine_.ended_by_statement();
        ASSERT_TRUE(machine_.take_ended_by_statement());
        open_ = false;
        saves_.clear();
        intended_ = wants_;
    }

    // Commits what is open, and fails then.
    void failing_ddl() {
        if (!ready(false) || !open_) return;
        machine_.statement_failed();
        machine_.ended_by_statement();
        open_ = false;
        over_ = true;
        saves_.clear();
    }

    transaction_state machine_{};
    std::mt19937 random_;
    // The server's.
    bool open_ = false;
    bool aborted_ = false;
    std::vector<std::uint64_t> saves_{};
    // The program's.
    bool intended_ = false;
    bool wants_ = false;  // explicitly
    bool over_ = false;   // a failing statement has ended it
    bool in_doubt_ = false;
    bool lazy_ = false;
    std::set<std::uint64_t> ever_{};
};

TEST(transaction_state, agrees_with_a_server_over_long_histories) {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        history one{seed};
        for (int i = 0; i < 500; ++i) {
            one.step();
            if (HasFatalFailure() || HasNonfatalFailure()) return;
        }
    }
}

}  // namespace
