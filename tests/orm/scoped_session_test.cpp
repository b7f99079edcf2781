// A session for each scope.
#include "backend.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <latch>
#include <optional>
#include <thread>

#include <koine/orm/scoped_session.hpp>

namespace koine_test {
namespace {

class orm_scoped : public orm {
protected:
    orm_scoped() { db_session.configure(koine::sessionmaker{engine}); }
    koine::scoped_session db_session;
};

TEST(scoped_session, refuses_to_work_before_it_is_configured) {
    koine::scoped_session early;
    EXPECT_EQ(code_of([&] { early.commit(); }), koine::errc::usage);
    EXPECT_FALSE(early.has_session());
    early.remove();
}

TEST_P(orm_scoped, gives_a_thread_the_same_session_until_it_is_removed) {
    koine::session* const first = &db_session.current();
    EXPECT_EQ(&db_session(), first);
    db_session.add(user{.name = "one"});
    db_session.commit();
    db_session.remove();
    EXPECT_FALSE(db_session.has_session());
    EXPECT_EQ(db_session.query<user>().count(), 1);
    db_session.remove();
    EXPECT_EQ(engine.stats().leased, 0U);
    EXPECT_EQ(engine.stats().acquired, engine.stats().returned);
}

TEST_P(orm_scoped, remove_rolls_back) {
    db_session.add(user{.name = "lost"});
    db_session.flush();
    db_session.remove();
    EXPECT_EQ(db_session.query<user>().count(), 0);
}

TEST_P(orm_scoped, gives_each_thread_a_session_of_its_own) {
    koine::session* const mine = &db_session.current();
    koine::session* theirs = nullptr;
    std::thread{[&] { theirs = &db_session.current(); }}.join();
    EXPECT_NE(mine, theirs);
    EXPECT_EQ(&db_session.current(), mine);
}

TEST_P(orm_scoped, serves_threads_that_remove_their_session_after_each_request) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([this, t] {
            for (int i = 0; i < 20; ++i) {
                db_session.add(user{.name = std::to_string(t) + '.' + std::to_string(i)});
                db_session.commit();
                db_session.remove();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(db_session.query<user>().count(), 80);
    db_session.remove();
    EXPECT_EQ(engine.stats().acquired, engine.stats().returned);
}

TEST_P(orm_scoped, takes_a_clean_connection_back_from_a_thread_that_ends) {
    std::thread{[&] {
        db_session.add(user{.name = "kept"});
        db_session.commit();
    }}.join();
    EXPECT_EQ(engine.stats().leased, 0U);
    EXPECT_EQ(engine.stats().abandoned, 0U);
    EXPECT_EQ(db_session.query<user>().count(), 1);
}

TEST_P(orm_scoped, counts_the_connection_of_a_thread_that_ends_in_a_transaction_as_abandoned) {
    koine::ref<user> kept;
    std::thread{[&] {
        kept = db_session.add(user{.name = "lost"});
        db_session.flush();
    }}.join();
    EXPECT_EQ(engine.stats().leased, 0U);
    EXPECT_EQ(engine.stats().abandoned, 1U);
    EXPECT_EQ(static_cast<const user&>(kept).name, "lost") << "references outlive the thread";
}

TEST_P(orm_scoped, outlives_and_is_outlived_by_the_sessions_of_threads) {
    std::latch in_use{1};
    std::latch gone{1};
    auto scoped = std::make_unique<koine::scoped_session>(koine::sessionmaker{engine});
    std::thread thread{[&] {
        scoped->add(user{.name = "x"});
        in_use.count_down();
        gone.wait();
    }};
    in_use.wait();
    scoped.reset();
    gone.count_down();
    thread.join();
    EXPECT_EQ(engine.stats().leased, 0U);
}

TEST_P(orm_scoped, keys_sessions_by_what_the_scope_function_says) {
    int request = 1;
    koine::scoped_session by_request{koine::sessionmaker{engine}, [&] { return request; }};
    koine::session* const first = &by_request.current();
    request = 2;
    koine::session* const second = &by_request.current();
    EXPECT_NE(first, second);
    request = 1;
    EXPECT_EQ(&by_request.current(), first);
    std::thread{[&] { EXPECT_EQ(&by_request.current(), first); }}.join();
    by_request.remove();
    EXPECT_FALSE(by_request.has_session());
    request = 2;
    EXPECT_EQ(&by_request.current(), second);
}

// The scope function is asked twice where there is no session yet: both threads have found none
// before either makes its own.
TEST_P(orm_scoped, gives_threads_that_begin_one_scope_at_once_one_session) {
    std::barrier both{2};
    static thread_local int asked;
    koine::scoped_session by_request{koine::sessionmaker{engine}, [&both] {
                                         if (++asked == 2) both.arrive_and_wait();
                                         return 1;
                                     }};
    koine::session* found[2]{};
    std::vector<std::thread> threads;
    for (koine::session*& one : found) {
        threads.emplace_back([&] {
            asked = 0;
            one = &by_request.current();
        });
    }
    for (std::thread& one : threads) one.join();
    EXPECT_EQ(found[0], found[1]);
    asked = 2;
    EXPECT_EQ(&by_request.current(), found[0]);
    by_request.add(user{.name = "once"});
    by_request.commit();
    by_request.remove();
    EXPECT_EQ(stored<user>().size(), 1U);
}

TEST_P(orm_scoped, a_forked_child_is_refused_and_leaves_the_parent_alone) {
    db_session.add(user{.name = "parent"});
    db_session.flush();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        int answer = 1;
        try {
            (void)db_session.query<user>().count();
        } catch (const koine::usage_error& why) {
            answer = why.code() == koine::errc::forked ? 0 : 2;
        } catch (...) {
            answer = 3;
        }
        db_session.remove();
        _exit(answer);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    db_session.commit();
    EXPECT_EQ(db_session.query<user>().count(), 1);
    db_session.remove();
}

TEST_P(orm_scoped, a_savepoint_that_is_left_in_a_forked_child_leaves_the_parent_alone) {
    db_session.add(user{.name = "parent"});
    std::optional<koine::savepoint> inner{db_session.begin_nested()};
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        inner.reset();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    inner->commit();
    db_session.commit();
    EXPECT_EQ(db_session.query<user>().count(), 1);
    db_session.remove();
}

INSTANTIATE_TEST_SUITE_P(backends, orm_scoped, testing::ValuesIn(backends()), name_of);

}  // namespace
}  // namespace koine_test
