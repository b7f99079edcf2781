// Who waits for whom: the waiter of a thread, and who the thread is.
#include <koine/platform/waiter.hpp>

#include <gtest/gtest.h>

#include <thread>

#include <koine_test/test_waiter.hpp>

namespace {

using koine::detail::self;
using koine::detail::waiter;
using koine_test::test_waiter;

TEST(waiter, is_none_until_one_is_set) {
    EXPECT_EQ(waiter::current(), nullptr);
}

TEST(waiter, is_that_of_the_innermost_scope_on_its_thread_alone) {
    test_waiter outer, inner;
    const waiter::scope around{&outer};
    EXPECT_EQ(waiter::current(), &outer);
    {
        const waiter::scope within{&inner};
        EXPECT_EQ(waiter::current(), &inner);
        const waiter::scope blocking{nullptr};
        EXPECT_EQ(waiter::current(), nullptr);
    }
    EXPECT_EQ(waiter::current(), &outer);
    std::thread{[] { EXPECT_EQ(waiter::current(), nullptr); }}.join();
}

TEST(self, tells_threads_apart_that_run_at_the_same_time) {
    const void* const here = self();
    EXPECT_EQ(self(), here);
    std::thread{[&] { EXPECT_NE(self(), here); }}.join();
}

}  // namespace
