// Forks and the end of the process.
#include <koine/pool.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>

#include "scripted_backend.hpp"

namespace {

using namespace koine;
using namespace pool_tests;
using std::chrono::seconds;

#if defined(__SANITIZE_THREAD__)
constexpr bool threads_after_fork = false;  // ThreadSanitizer forbids them
#else
constexpr bool threads_after_fork = true;
#endif

pool_options sized(std::uint32_t size) {
    pool_options o;
    o.size = size;
    o.max_overflow = 0;
    return o;
}

// Runs `body` in a forked child; its answer is the exit status.
template <class Body>
int in_child(Body body) {
    const pid_t child = fork();
    if (child == 0) _exit(body());
    int status = -1;
    if (waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST(pool_fork, leaves_the_child_an_empty_pool_that_works) {
    world shared;
    pool p{std::make_shared<backend>(shared), sized(2)};
    auto held = p.acquire();
    p.acquire().release();
    EXPECT_EQ(in_child([&] {
                  if (p.stats().idle != 0 || p.stats().leased != 0 || p.stats().acquired != 0) return 1;
                  if (shared.closed != 0 || shared.abandoned != 1) return 2;
                  auto mine = p.acquire(deadline::in(seconds{20}));
                  if (of(*mine).id != 3 || mine.forked()) return 3;
                  auto second = p.acquire(deadline::in(seconds{20}));
                  mine.release();
                  if (of(*p.acquire(deadline::in(seconds{20}))).id != 3) return 4;
                  return 0;
              }),
              0);
    EXPECT_EQ(p.stats().leased, 1U);
    EXPECT_EQ(p.stats().idle, 1U);
    held.release();
    EXPECT_EQ(of(*p.acquire()).id, 1) << "the parent goes on";
}

TEST(pool_fork, makes_leases_of_the_parent_useless_in_the_child) {
    world shared;
    pool p{std::make_shared<backend>(shared), sized(5)};
    auto released = p.acquire();
    auto dropped = p.acquire();
    auto invalidated = p.acquire();
    auto detached = p.acquire();
    of(*dropped).dirty = true;
    EXPECT_TRUE(released.check());
    EXPECT_EQ(in_child([&] {
                  if (!released.forked() || released.check().error().info().code != errc::forked) return 1;
                  if (released.try_release().error().info().code != errc::forked) return 2;
                  dropped = pool_lease{};
                  invalidated.invalidate();
                  if (detached.detach() != nullptr) return 3;
                  if (shared.closed != 0 || shared.resets != 0 || shared.abandoned != 4) return 4;
                  const auto s = p.stats();
                  return s.acquired == 0 && s.returned == 0 && s.abandoned == 0 ? 0 : 5;
              }),
              0);
    EXPECT_TRUE(released.check());
    EXPECT_FALSE(released.forked());
}

TEST(pool_fork, closes_nothing_when_the_child_destroys_the_pool) {
    world shared;
    std::optional<pool> p{std::in_place, std::make_shared<backend>(shared), sized(3)};
    auto held = p->acquire();
    p->acquire().release();
    EXPECT_EQ(in_child([&] {
                  p.reset();
                  held = pool_lease{};
                  return shared.closed == 0 && shared.abandoned == 2 ? 0 : 1;
              }),
              0);
    EXPECT_TRUE(held->reusable());
}

TEST(pool_fork, may_happen_while_other_threads_use_the_pool) {
    world shared;
    auto options = sized(2);
    // the background thread is busy
    if (threads_after_fork) options.leak_after = std::chrono::milliseconds{1};
    pool p{std::make_shared<backend>(shared), options};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            while (!stop) {
                auto lease = p.acquire();
                of(*lease).dirty = false;
                if (p.stats().acquired % 64 == 0) lease.invalidate();
            }
        });
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(in_child([&] {
                      const int before = shared.closed;
                      auto mine = p.acquire(deadline::in(seconds{20}));
                      if (threads_after_fork) {
                          mine.invalidate();
                          if (!p.dispose(deadline::in(seconds{20}))) return 1;
                          if (shared.closed != before + 1) return 2;
                      } else {
                          mine.release();
                      }
                      return 0;
                  }),
                  0);
    }
    stop = true;
    for (auto& t : threads) t.join();
}

// The end of the process: each in a process of its own

struct leaves_late {
    std::optional<pool_lease> lease{};
    ~leaves_late() = default;
};

void use_at_exit() {
    static world shared;
    static leaves_late before;  // destroyed after the pool
    static std::optional<pool> p;
    static leaves_late after;  // destroyed before the pool
    auto options = sized(4);
    options.leak_after = std::chrono::hours{1};
    p.emplace(std::make_shared<backend>(shared), options);
    before.lease = p->acquire();
    after.lease = p->acquire();
    of(**after.lease).dirty = true;
    p->acquire().invalidate();  // the background thread is at work
}

[[noreturn]] void exit_with_leases() {
    use_at_exit();
    std::exit(0);
}

[[noreturn]] void exit_from_another_thread() {
    std::thread{exit_with_leases}.join();
    std::abort();
}

[[noreturn]] void exit_with_a_pool_that_is_never_destroyed() {
    static auto* const shared = new world;
    static auto* const forever = new pool{std::make_shared<backend>(*shared), sized(2)};
    forever->acquire().invalidate();
    forever->acquire().release();
    std::exit(0);
}

TEST(pool_exit, survives_static_destruction_with_leases_on_either_side) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(exit_with_leases(), ::testing::ExitedWithCode(0), "");
}

TEST(pool_exit, survives_exit_from_another_thread_while_the_main_thread_waits) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(exit_from_another_thread(), ::testing::ExitedWithCode(0), "");
}

TEST(pool_exit, survives_a_pool_that_is_never_destroyed) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(exit_with_a_pool_that_is_never_destroyed(), ::testing::ExitedWithCode(0), "");
}

TEST(pool_exit, survives_a_thread_local_lease_that_ends_after_the_pool) {
    world shared;
    std::optional<pool> p{std::in_place, std::make_shared<backend>(shared), sized(2)};
    std::thread{[&] {
        thread_local pool_lease clean;
        thread_local pool_lease dirty;
        clean = p->acquire();
        dirty = p->acquire();
        of(*dirty).dirty = true;
        p.reset();
    }}.join();
    EXPECT_EQ(shared.live, 0);
}

}  // namespace
