// What is kept back for the next round trip, and what has to be done before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/wire/prepared.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

class wire;

// Core's picture of the driver's queue. Functions that call the driver return its status; the error
// is the wire's then. One thread at a time.
class KOINE_API send_queue {
public:
    explicit send_queue(wire& on) noexcept : wire_{on} {}
    send_queue(const send_queue&) = delete;
    send_queue& operator=(const send_queue&) = delete;

    bool empty() const noexcept { return queued_.empty(); }
    // Whether statements wait, and not only BEGIN and its like.
    bool has_statements() const noexcept;
    koine_status push(prepared& statement, std::span<const koine_value> binds);
    // Transaction control: nobody counts its rows.
    koine_status push_text(std::string_view text);
    // Sends all of it. Counts of the statements go to counts().
    koine_status flush();
    // What the last flush() told of each that it has sent, texts of ours among them.
    std::span<const std::int64_t> told() const noexcept { return told_; }
    // It went along with an execution, which tells no counts.
    void was_sent();
    // The batch has failed, and the driver has dropped it. Returns the statement that the error is
    // of, or null if it is none of the queue.
    prepared* failed(std::uint32_t queued_index) noexcept;
    // Whether the last of the queue that failed was what failed.
    bool last_has_failed() const noexcept { return last_failed_; }
    void expect_last(bool alone) noexcept { last_failed_ = alone; }
    // Forgets what was queued, and counts.
    void clear() noexcept;

    // Rows affected by each statement since they were taken last; -1: not told.
    std::span<const std::int64_t> take_counts() noexcept {
        counts_taken_ = true;
        return counts_;
    }
    // Before the first statement behind take_counts().
    void start_counts() noexcept {
        if (!counts_taken_) return;
        counts_taken_ = false;
        counts_.clear();
    }
    void count(std::int64_t affected) { counts_.push_back(affected); }

private:
    wire& wire_;
    std::vector<prepared*> queued_{};     // null: a text of ours
    std::vector<std::int64_t> counts_{};  // of statements that were sent
    std::vector<std::int64_t> told_{};
    bool counts_taken_ = false;
    bool last_failed_ = false;
};

// What the connection owes: results that were left before their end, and transaction control that a
// destructor wanted and could not wait for. Done before anything else. One thread at a time.
class KOINE_API arrears {
public:
    bool any() const noexcept { return any_; }
    // The results in order. The end of the first is under way in the driver, which may be asked for
    // nothing else until it is done.
    bool has_results() const noexcept { return !results_.empty(); }
    prepared& first_result() const noexcept { return *results_.front(); }
    void add_result(prepared& statement);
    // add_result() will not throw.
    void reserve_result() { results_.reserve(results_.size() + 1); }
    void drop_first_result() noexcept;

    // To be run in order, once the results are ended.
    void add_text(std::string_view text);
    // All of them, which are owed no more.
    std::vector<std::string> take_texts() noexcept;

private:
    void update() noexcept { any_ = !results_.empty() || !texts_.empty(); }

    std::vector<prepared*> results_{};
    std::vector<std::string> texts_{};
    bool any_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
