// The relaying form of the fake driver through its C table, over the scripted form: what it demands
// of its caller.
#include <koine/drivers/fake.hpp>

#include <gtest/gtest.h>

#include <poll.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace koine;
using fake::operation;

koine_driver made_by(koine_driver_init_function init) {
    koine_driver driver{};
    driver.struct_size = sizeof driver;
    koine_error error{};
    EXPECT_EQ(init(KOINE_ABI_VERSION, &driver, &error), KOINE_DONE);
    return driver;
}

koine_string c(std::string_view text) {
    return {text.data(), text.size()};
}

class relay : public ::testing::Test {
protected:
    relay() {
        outer.relay_to(made_by(&fake_driver_init), {{"database", "inner"}});
        inner.on("select n", {.columns = {{"n", KOINE_INT64}, {"t", KOINE_TEXT}},
                              .rows = {{1, "one"}, {2, "two"}, {3, "three"}, {4, "four"}, {5, "five"}}});
        inner.on("select ?", {.columns = {{"n", KOINE_INT64}}, .rows = {{1}}});
        inner.on("update a", {.affected = 3});
        inner.on("update b", {.affected = 4});
        const koine_parameter parameter{c("database"), c("outer")};
        run([&] { return table.create(&parameter, 1, &handle, &error); });
        run([&] { return table.connect(handle, &wait, &error); });
    }
    ~relay() override { table.close(handle); }
    relay(const relay&) = delete;
    relay& operator=(const relay&) = delete;

    // Runs a call to its end, waiting as core does; counts the answers KOINE_WAIT.
    template <class Call>
    errc run(Call call) {
        waits = 0;
        for (;;) {
            release();
            const koine_status status = call();
            if (status == KOINE_DONE) return errc{};
            if (status == KOINE_ERROR) return static_cast<errc>(error.code);
            ++waits;
            await();
        }
    }
    void release() {
        if (error.release != nullptr) error.release(&error);
        error = {};
    }
    void await() const {
        pollfd one{wait.fd, static_cast<short>((wait.events & KOINE_WAIT_WRITE) != 0 ? POLLOUT : POLLIN), 0};
        ::poll(&one, 1, wait.deadline_ns == KOINE_NO_DEADLINE ? -1 : 1);
    }
    koine_statement* prepare(std::string_view sql) {
        koine_statement* made = nullptr;
        EXPECT_EQ(run([&] { return table.prepare(handle, c(sql), 0, &made, &wait, &error); }), errc{});
        return made;
    }
    errc execute(koine_statement* s, std::uint32_t rows = 4) {
        return run([&] { return table.execute(s, nullptr, 0, cells, rows, &got, &wait, &error); });
    }
    errc fetch(koine_statement* s, std::uint32_t rows = 4) {
        return run([&] { return table.fetch(s, cells, rows, &got, &wait, &error); });
    }

    fake::script inner{"inner"};
    fake::script outer{"outer"};
    koine_driver table = made_by(&fake_relay_driver_init);
    koine_connection* handle = nullptr;
    koine_value cells[8]{};
    std::uint32_t got = 0;
    koine_wait wait{};
    koine_error error{};
    int waits = 0;
};

TEST_F(relay, waits_in_every_operation_on_descriptors_and_timers) {
    bool descriptor = false;
    bool timer = false;
    for (int i = 0; i < 8; ++i) {
        run([&] {
            const koine_status status = table.ping(handle, &wait, &error);
            if (status == KOINE_WAIT) (wait.fd >= 0 ? descriptor : timer) = true;
            return status;
        });
        EXPECT_GT(waits, 0);
    }
    EXPECT_TRUE(descriptor);
    EXPECT_TRUE(timer);
    EXPECT_EQ(outer.violations(), std::vector<std::string>{});
}

TEST_F(relay, delivers_all_rows_in_blocks_of_changing_size) {
    koine_statement* const s = prepare("select n");
    std::vector<std::uint32_t> sizes;
    for (int round = 0; round < 3; ++round) {
        std::vector<std::int64_t> numbers;
        std::vector<std::string> texts;
        ASSERT_EQ(execute(s), errc{});
        while (got != 0) {
            sizes.push_back(got);
            for (std::uint32_t i = 0; i < got; ++i) numbers.push_back(cells[2 * i].u.i);
            for (std::uint32_t i = 0; i < got; ++i) {
                const koine_value& text = cells[2 * i + 1];
                texts.emplace_back(static_cast<const char*>(text.u.p), text.len);
            }
            for (std::uint32_t i = 2 * got; i < 8; ++i)
                EXPECT_EQ(cells[i].tag, 0xee) << "cells without a row are spoiled";
            ASSERT_EQ(fetch(s), errc{});
        }
        EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
        EXPECT_EQ(texts, (std::vector<std::string>{"one", "two", "three", "four", "five"}));
    }
    EXPECT_NE(std::count(sizes.begin(), sizes.end(), 1U), 0);
    EXPECT_NE(std::count(sizes.begin(), sizes.end(), 4U), 0);
}

TEST_F(relay, refuses_a_resumption_with_other_arguments) {
    koine_statement* const s = prepare("select n");
    ASSERT_EQ(table.execute(s, nullptr, 0, cells, 4, &got, &wait, &error), KOINE_WAIT);
    std::uint32_t other = 0;
    EXPECT_EQ(table.execute(s, nullptr, 0, cells, 4, &other, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(error.code, static_cast<int>(errc::usage));
    EXPECT_EQ(outer.violations().size(), 1U);
    release();
    EXPECT_EQ(table.state(handle), static_cast<unsigned>(KOINE_STATE_BROKEN));
}

TEST_F(relay, refuses_another_operation_before_the_end_of_one) {
    koine_statement* const s = prepare("select n");
    ASSERT_EQ(table.execute(s, nullptr, 0, cells, 4, &got, &wait, &error), KOINE_WAIT);
    EXPECT_EQ(table.ping(handle, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(outer.violations().size(), 1U);
    release();
}

TEST_F(relay, refuses_bound_values_that_change_while_the_execution_waits) {
    koine_statement* const s = prepare("select ?");
    std::string text = "before";
    koine_value bind{};
    bind.tag = KOINE_TEXT;
    bind.len = static_cast<std::uint32_t>(text.size());
    bind.u.p = text.data();
    ASSERT_EQ(table.execute(s, &bind, 1, cells, 4, &got, &wait, &error), KOINE_WAIT);
    text[0] = 'B';
    EXPECT_EQ(table.execute(s, &bind, 1, cells, 4, &got, &wait, &error), KOINE_ERROR);
    EXPECT_EQ(outer.violations().size(), 1U);
    release();
}

TEST_F(relay, sends_nothing_of_a_queue_before_the_flush_and_then_counts_in_order) {
    koine_statement* const a = prepare("update a");
    inner.clear_log();
    EXPECT_EQ(table.enqueue(handle, nullptr, c("BEGIN"), nullptr, 0, &error), KOINE_DONE);
    EXPECT_EQ(table.enqueue(handle, a, {}, nullptr, 0, &error), KOINE_DONE);
    EXPECT_TRUE(inner.executed().empty());
    std::int64_t affected[2] = {7, 7};
    EXPECT_EQ(run([&] { return table.flush(handle, affected, 2, &wait, &error); }), errc{});
    EXPECT_EQ(affected[0], -1);
    EXPECT_EQ(affected[1], 3);
    EXPECT_EQ(inner.executed(), (std::vector<std::string>{"BEGIN", "update a"}));
}

TEST_F(relay, runs_nothing_behind_a_queued_statement_that_fails) {
    koine_statement* const a = prepare("update a");
    koine_statement* const b = prepare("update b");
    inner.fail_containing("update a", {.code = errc::deadlock});
    EXPECT_EQ(table.enqueue(handle, nullptr, c("BEGIN"), nullptr, 0, &error), KOINE_DONE);
    EXPECT_EQ(table.enqueue(handle, a, {}, nullptr, 0, &error), KOINE_DONE);
    inner.clear_log();
    EXPECT_EQ(execute(b), errc::deadlock);
    EXPECT_EQ(error.queued_index, 2U);
    release();
    EXPECT_EQ(inner.executed(), (std::vector<std::string>{"BEGIN", "update a"}));
}

TEST_F(relay, hands_a_cancellation_on_to_work_that_is_under_way) {
    koine_statement* const s = prepare("update a");
    const auto held = inner.hold_up_containing("update a");
    bool asked = false;
    EXPECT_EQ(run([&] {
                  if (inner.executed().size() == 1 && !asked) {
                      asked = true;
                      EXPECT_EQ(table.cancel(handle, &error), KOINE_DONE);
                  }
                  const koine_status status = table.execute(s, nullptr, 0, cells, 4, &got, &wait, &error);
                  if (status == KOINE_WAIT && !asked) {
                      wait.fd = -1;
                      wait.deadline_ns = 0;
                  }
                  return status;
              }),
              errc::cancelled);
    release();
}

TEST_F(relay, frees_a_statement_whose_operation_was_given_up) {
    koine_statement* const s = prepare("update a");
    const auto held = inner.hold_up_containing("update a");
    ASSERT_EQ(table.execute(s, nullptr, 0, cells, 4, &got, &wait, &error), KOINE_WAIT);
    table.finalize(s);
    EXPECT_EQ(table.state(handle), static_cast<unsigned>(KOINE_STATE_BROKEN));
    EXPECT_EQ(outer.violations(), std::vector<std::string>{});
}

}  // namespace
