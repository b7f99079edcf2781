#include <koine/scope_registry.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <thread>
#include <vector>

namespace koine {
namespace {

std::atomic<int> ended{0};
void end(void* object) noexcept {
    ++ended;
    delete static_cast<int*>(object);
}

TEST(scope_registry, keeps_one_object_for_each_thread) {
    scope_registry registry{&end};
    EXPECT_EQ(registry.find(), nullptr);
    int* const mine = new int{1};
    registry.put(mine);
    std::thread{[&] {
        EXPECT_EQ(registry.find(), nullptr);
        registry.put(new int{2});
        EXPECT_EQ(*static_cast<int*>(registry.find()), 2);
    }}.join();
    EXPECT_EQ(registry.find(), mine);
    EXPECT_EQ(registry.take(), mine);
    EXPECT_EQ(registry.find(), nullptr);
    EXPECT_EQ(registry.take(), nullptr);
    delete mine;
}

TEST(scope_registry, ends_the_object_of_a_thread_that_ends) {
    ended = 0;
    scope_registry registry{&end};
    std::thread{[&] { registry.put(new int{1}); }}.join();
    EXPECT_EQ(ended, 1);
}

TEST(scope_registry, does_not_mix_up_two_registries_or_one_that_takes_the_place_of_another) {
    auto first = std::make_unique<scope_registry>(&end);
    scope_registry second{&end};
    first->put(new int{1});
    second.put(new int{2});
    EXPECT_EQ(*static_cast<int*>(first->find()), 1);
    EXPECT_EQ(*static_cast<int*>(second.find()), 2);
    first = std::make_unique<scope_registry>(&end);
    EXPECT_EQ(first->find(), nullptr);
    EXPECT_EQ(*static_cast<int*>(second.find()), 2);
}

TEST(scope_registry, can_be_destroyed_before_the_threads_that_used_it) {
    ended = 0;
    auto registry = std::make_unique<scope_registry>(&end);
    std::thread thread{[&] {
        registry->put(new int{1});
        registry.reset();
        EXPECT_EQ(ended, 1) << "the object of the thread that destroys the registry ends with it";
    }};
    thread.join();
    EXPECT_EQ(ended, 1);
}

TEST(scope_registry, shares_objects_between_callers_with_the_same_key) {
    ended = 0;
    {
        std::atomic<int> key{1};
        scope_registry registry{&end, [&] { return key.load(); }};
        registry.put(new int{1});
        std::thread{[&] { EXPECT_EQ(*static_cast<int*>(registry.find()), 1); }}.join();
        key = 2;
        EXPECT_EQ(registry.find(), nullptr);
        registry.put(new int{2});
        key = 1;
        std::unique_ptr<int> taken{static_cast<int*>(registry.take())};
        EXPECT_EQ(*taken, 1);
    }
    EXPECT_EQ(ended, 1) << "what was not taken out ends with the registry";
}

// Both have found nothing before either puts its own.
TEST(scope_registry, gives_two_threads_that_begin_one_scope_at_once_one_object) {
    ended = 0;
    {
        std::barrier both{2};
        scope_registry registry{&end, [] { return 1; }};
        int* objects[2]{};
        std::vector<std::thread> threads;
        for (int*& mine : objects) {
            threads.emplace_back([&] {
                EXPECT_EQ(registry.find(), nullptr);
                both.arrive_and_wait();
                auto made = std::make_unique<int>(1);
                mine = static_cast<int*>(registry.put(made.get()));
                if (mine == made.get()) static_cast<void>(made.release());
            });
        }
        for (std::thread& one : threads) one.join();
        EXPECT_EQ(objects[0], objects[1]);
        EXPECT_EQ(registry.find(), objects[0]);
    }
    EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace koine
