#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <koine/log.hpp>

#include <koine_test/captured_log.hpp>

namespace koine {
namespace {

// What goes to stderr while a line is logged.
std::string written(std::string_view line) {
    testing::internal::CaptureStderr();
    log(log_level::warning, line);
    return testing::internal::GetCapturedStderr();
}

TEST(logging, goes_to_stderr_in_one_line_unless_told_otherwise) {
    EXPECT_EQ(written("the cup is empty"), "koine: warning: the cup is empty\n");
}

TEST(logging, goes_to_the_handler_alone_until_that_is_taken_away) {
    {
        const koine_test::captured_log heard;
        EXPECT_EQ(written("one"), "");
        EXPECT_EQ(heard.lines(), std::vector<std::string>{"one"});
    }
    EXPECT_EQ(written("two"), "koine: warning: two\n");
}

TEST(logging, survives_a_handler_that_throws) {
    struct throwing final : log_handler {
        void on_log(const log_record&) override { throw std::runtime_error{"no room"}; }
    };
    set_log_handler(std::make_shared<throwing>());
    EXPECT_EQ(written("one"), "");
    set_log_handler(nullptr);
}

TEST(logging, may_be_changed_while_others_log) {
    struct counting final : log_handler {
        explicit counting(std::atomic<int>& of) : count{of} {}
        void on_log(const log_record& record) override {
            EXPECT_EQ(record.level, log_level::warning);
            EXPECT_EQ(record.message, "again");
            ++count;
        }
        std::atomic<int>& count;
    };
    std::atomic<int> heard{0};
    std::atomic<bool> stop{false};
    set_log_handler(std::make_shared<counting>(heard));
    std::vector<std::thread> speakers;
    for (int i = 0; i < 3; ++i)
        speakers.emplace_back([&] {
            while (!stop.load()) log(log_level::warning, "again");
        });
    for (int i = 0; i < 200 || heard.load() == 0; ++i) set_log_handler(std::make_shared<counting>(heard));
    stop = true;
    for (auto& one : speakers) one.join();
    set_log_handler(nullptr);
}

}  // namespace
}  // namespace koine
