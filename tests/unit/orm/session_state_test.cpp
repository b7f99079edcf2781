#include "transaction/session_state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace koine {
namespace detail {

void PrintTo(session_state::decision what, std::ostream* out) {
    static constexpr const char* names[]{"go",
                                         "nothing",
                                         "refused: failed",
                                         "refused: in doubt",
                                         "refused: ended",
                                         "refused: one inside is open",
                                         "refused: over"};
    *out << names[static_cast<std::size_t>(what)];
}

void PrintTo(session_state::condition what, std::ostream* out) {
    static constexpr const char* names[]{"open", "failed", "in doubt", "over"};
    *out << names[static_cast<std::size_t>(what)];
}

}  // namespace detail

namespace {

using detail::session_state;
using condition = session_state::condition;
using operation = session_state::operation;
using decision = session_state::decision;

constexpr condition conditions[]{condition::open, condition::failed, condition::in_doubt};

void bring(session_state& state, condition into) {
    if (into == condition::failed) state.failed();
    if (into == condition::in_doubt) state.commit_in_doubt();
}

// What an operation aims at, in a state with this many open savepoints: the first one opened is the
// outer, the last the innermost.
enum class target { none, over, outer, innermost };

struct answers {
    operation what;
    target at;
    decision open, failed, in_doubt;
};

constexpr decision go = decision::go;
constexpr decision nothing = decision::nothing_to_do;
constexpr decision fails = decision::refused_failed;
constexpr decision doubt = decision::refused_in_doubt;
constexpr decision over = decision::refused_ended;
constexpr decision inner = decision::refused_inner;

// clang-format off
constexpr answers table[]{
    {operation::work,              target::none,      go,      fails,   doubt},
    {operation::rollback,          target::none,      go,      go,      doubt},
    {operation::take_back,         target::none,      go,      go,      nothing},
    {operation::release_savepoint, target::over,      over,    over,    over},
    {operation::release_savepoint, target::outer,     inner,   inner,   inner},
    {operation::release_savepoint, target::innermost, go,      fails,   doubt},
    {operation::undo_savepoint,    target::over,      over,    over,    doubt},
    {operation::undo_savepoint,    target::outer,     go,      go,      doubt},
    {operation::undo_savepoint,    target::innermost, go,      go,      doubt},
    {operation::leave_savepoint,   target::over,      nothing, nothing, nothing},
    {operation::leave_savepoint,   target::outer,     go,      go,      nothing},
    {operation::leave_savepoint,   target::innermost, go,      go,      nothing},
};
// clang-format on

TEST(session_state, decides_every_operation_in_every_state_as_the_table_says) {
    for (int what = 0; what <= static_cast<int>(operation::take_back); ++what) {
        EXPECT_TRUE(std::any_of(std::begin(table), std::end(table),
                                [what](const answers& row) { return row.what == static_cast<operation>(what); }))
            << "the table lacks operation " << what;
    }
    for (const answers& row : table) {
        for (std::size_t i = 0; i < std::size(conditions); ++i) {
            for (std::size_t open = row.at == target::outer       ? 2
                                    : row.at == target::innermost ? 1
                                                                  : 0;
                 open < 4; ++open) {
                session_state state;
                state.reserve_savepoint();
                const std::uint64_t ended = state.opened(0, 1);
                state.closed_innermost();
                std::vector<std::uint64_t> ids;
                for (std::uint32_t depth = 1; depth <= open; ++depth) {
                    state.reserve_savepoint();
                    ids.push_back(state.opened(0, depth));
                }
                bring(state, conditions[i]);
                const std::uint64_t id = row.at == target::none    ? 0
                                         : row.at == target::over  ? ended
                                         : row.at == target::outer ? ids.front()
                                                                   : ids.back();
                const decision wanted = i == 0 ? row.open : i == 1 ? row.failed : row.in_doubt;
                EXPECT_EQ(state.may(row.what, id), wanted)
                    << "operation " << static_cast<int>(row.what) << ", target " << static_cast<int>(row.at) << ", "
                    << testing::PrintToString(conditions[i]) << ", " << open << " savepoints";
                EXPECT_EQ(state.now(), conditions[i]) << "asking changes nothing";
                EXPECT_EQ(state.is_open(), conditions[i] == condition::open);
            }
        }
    }
}

struct event {
    const char* name;
    std::function<void(session_state&)> happens;
    condition open, failed, in_doubt;  // the condition after it
    std::size_t left;                  // of two open savepoints
};

TEST(session_state, every_event_leads_from_every_state_to_the_one_of_the_table) {
    const auto leave = [](std::size_t which) {
        return [which](session_state& state) {
            const std::uint64_t outer = state.innermost().id - 1;
            state.left(outer + which);
        };
    };
    constexpr condition ok = condition::open;
    constexpr condition bad = condition::failed;
    constexpr condition lost = condition::in_doubt;
    // clang-format off
    const event events[]{
        {"failed",                  &session_state::failed,                  bad,  bad,  lost, 2},
        {"commit in doubt",         &session_state::commit_in_doubt,         lost, lost, lost, 2},
        {"ended",                   &session_state::ended,                   ok,   ok,   ok,   0},
        {"ended by a statement",    &session_state::ended_by_statement,      ok,   bad,  lost, 0},
        {"savepoint closed",        &session_state::closed_innermost,        ok,   bad,  lost, 1},
        {"innermost left",          leave(1),                                ok,   bad,  lost, 1},
        {"outer left",              leave(0),                                ok,   bad,  lost, 0},
        {"taken back to savepoint", &session_state::taken_back_to_savepoint, ok,   ok,   lost, 2},
    };
    // clang-format on
    for (const event& e : events) {
        for (std::size_t i = 0; i < std::size(conditions); ++i) {
            session_state state;
            for (std::uint32_t depth = 1; depth <= 2; ++depth) {
                state.reserve_savepoint();
                state.opened(0, depth);
            }
            const std::uint64_t inside = state.innermost().id;
            bring(state, conditions[i]);
            e.happens(state);
            EXPECT_EQ(state.now(), i == 0   ? e.open
                                   : i == 1 ? e.failed
                                            : e.in_doubt)
                << e.name << " while " << testing::PrintToString(conditions[i]);
            EXPECT_EQ(state.has(inside), e.left == 2) << e.name;
            EXPECT_EQ(state.has(inside - 1), e.left != 0) << e.name;
        }
    }
}

TEST(session_state, knows_for_each_savepoint_where_it_was_opened) {
    session_state state;
    for (std::uint32_t depth = 1; depth <= 3; ++depth) {
        state.reserve_savepoint();
        state.opened(depth * 10, depth);
    }
    EXPECT_EQ(state.innermost().undo, 30U);
    EXPECT_EQ(state.innermost().on_connection, 3U);
    const session_state::savepoint second = state.left(state.innermost().id - 1);
    EXPECT_EQ(second.undo, 20U);
    EXPECT_EQ(second.on_connection, 2U);
    EXPECT_EQ(state.innermost().undo, 10U);
}

TEST(session_state, takes_nothing_once_the_session_is_over) {
    for (const condition before : conditions) {
        session_state state;
        state.reserve_savepoint();
        const std::uint64_t id = state.opened(0, 1);
        bring(state, before);
        state.session_ended();
        state.failed();
        EXPECT_EQ(state.now(), condition::over);
        EXPECT_FALSE(state.is_open());
        EXPECT_EQ(state.may(operation::work), decision::refused_over);
        EXPECT_EQ(state.may(operation::rollback), decision::refused_over);
        EXPECT_EQ(state.may(operation::take_back), nothing);
        EXPECT_EQ(state.may(operation::leave_savepoint, id), nothing);
        EXPECT_EQ(state.may(operation::release_savepoint, id), over);
        EXPECT_EQ(state.may(operation::undo_savepoint, id), over);
    }
}

// A plain model of the same: what a session does is asked first, and then told or not.
TEST(session_state, agrees_with_a_model_over_random_sequences) {
    std::mt19937 random{5};
    session_state state;
    condition model = condition::open;
    std::vector<std::uint64_t> open;
    std::uint64_t last = 0;
    for (int step = 0; step < 100'000; ++step) {
        const std::uint64_t id = open.empty() || random() % 4 == 0 ? last + 1 : open[random() % open.size()];
        const auto found = std::find(open.begin(), open.end(), id);
        const bool there = found != open.end();
        const bool works = model == condition::open;
        const bool in_doubt = model == condition::in_doubt;
        ASSERT_EQ(state.now(), model);
        ASSERT_EQ(state.has(id), there);
        switch (random() % 8) {
            case 0:
                ASSERT_EQ(state.may(operation::work) == go, works);
                if (!works || open.size() == 5) break;
                state.reserve_savepoint();
                open.push_back(state.opened(0, static_cast<std::uint32_t>(open.size() + 1)));
                ASSERT_GT(open.back(), last) << "no two savepoints have one id";
                last = open.back();
                break;
            case 1:
                ASSERT_EQ(state.may(operation::work) == go, works);
                if (!works) break;
                model = random() % 3 == 0 ? condition::in_doubt : condition::failed;
                bring(state, model);
                break;
            case 2:
                ASSERT_EQ(state.may(operation::release_savepoint, id) == go, works && there && id == open.back());
                if (!works || !there || id != open.back()) break;
                state.closed_innermost();
                open.pop_back();
                break;
            case 3:
                ASSERT_EQ(state.may(operation::undo_savepoint, id) == go, !in_doubt && there);
                if (in_doubt || !there) break;
                while (state.innermost().id != id) state.closed_innermost();
                state.closed_innermost();
                state.taken_back_to_savepoint();
                open.erase(found, open.end());
                model = condition::open;
                break;
            case 4:
                ASSERT_EQ(state.may(operation::leave_savepoint, id) == go, !in_doubt && there);
                if (in_doubt || !there) break;
                ASSERT_EQ(state.left(id).id, id);
                state.taken_back_to_savepoint();
                open.erase(found, open.end());
                model = condition::open;
                break;
            case 5:
                if (random() % 8 != 0 || in_doubt) break;
                state.ended_by_statement();
                open.clear();
                break;
            default:
                if (random() % 16 != 0) break;
                ASSERT_EQ(state.may(operation::rollback) == go, !in_doubt);
                ASSERT_EQ(state.may(operation::take_back) == go, !in_doubt);
                state.ended();
                open.clear();
                model = condition::open;
        }
    }
    EXPECT_GT(last, 1000U) << "the walk went somewhere";
}

}  // namespace
}  // namespace koine
