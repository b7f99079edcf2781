#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <koine/log.hpp>

namespace koine {
namespace {

// Brings the default back whatever becomes of the test.
class logging : public testing::Test {
protected:
    void TearDown() override { set_log_handler({}); }
};

TEST_F(logging, goes_to_stderr_in_one_line_unless_told_otherwise) {
    testing::internal::CaptureStderr();
    log(log_level::warning, "the cup is empty");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "koine: warning: the cup is empty\n");
}

TEST_F(logging, goes_to_the_handler_alone_until_that_is_taken_away) {
    std::vector<std::string> heard;
    set_log_handler([&](const log_record& record) {
        EXPECT_EQ(record.level, log_level::warning);
        heard.emplace_back(record.message);
    });
    testing::internal::CaptureStderr();
    log(log_level::warning, "one");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(heard, std::vector<std::string>{"one"});
    set_log_handler({});
    testing::internal::CaptureStderr();
    log(log_level::warning, "two");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "koine: warning: two\n");
    EXPECT_EQ(heard.size(), 1U);
}

TEST_F(logging, survives_a_handler_that_throws) {
    set_log_handler([](const log_record&) { throw std::runtime_error{"no room"}; });
    EXPECT_NO_THROW(log(log_level::warning, "one"));
}

TEST_F(logging, may_be_changed_while_others_log) {
    std::atomic<int> heard{0};
    std::atomic<bool> stop{false};
    set_log_handler([](const log_record&) {});
    std::vector<std::thread> speakers;
    for (int i = 0; i < 3; ++i)
        speakers.emplace_back([&] {
            while (!stop.load()) log(log_level::warning, "again");
        });
    for (int i = 0; i < 200 || heard.load() == 0; ++i) set_log_handler([&heard](const log_record&) { ++heard; });
    stop = true;
    for (auto& one : speakers) one.join();
    EXPECT_GT(heard.load(), 0);
}

}  // namespace
}  // namespace koine
