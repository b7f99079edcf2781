// What a connection has to tell the observers of its statements.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/here.hpp>

#include "wire/observers.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// One thread at a time.
class statement_watch {
public:
    using clock = std::chrono::steady_clock;

    explicit statement_watch(std::shared_ptr<observers> heard) noexcept : heard_{std::move(heard)} {}

    // Tells these too; null: none besides the engine's.
    void set_also(std::shared_ptr<observers> also) noexcept { also_ = std::move(also); }
    // Of statements that have no place of their own.
    void set_lease_place(here where) noexcept { lease_ = next_ = where; }
    // Of the next statement alone.
    void set_next_place(here where) noexcept { next_ = where; }
    here take_place() noexcept { return std::exchange(next_, lease_); }
    here lease_place() const noexcept { return lease_; }

    // The values as text, or nothing where no observer wants them.
    std::string values(std::span<const koine_value> binds) const;
    void tell(statement_event what, clock::time_point began) const noexcept;

    // A statement waits for the next round trip.
    void queued(std::string_view text, std::span<const koine_value> binds);
    // The round trip is over. `failed` counts from 1: what is behind it was not run; 0: none of the
    // queue has failed. `rows` may be shorter than the queue.
    void queue_sent(clock::time_point began, std::span<const std::int64_t> rows, std::uint32_t failed = 0,
                    const error_info* why = nullptr) noexcept;
    void forget_queue() noexcept { waiting_.clear(); }

    // Which of the queue the failure that is on its way is of; 0: none.
    std::uint32_t failed_in_queue = 0;

private:
    struct waiting {
        std::string text;
        std::string values;
        here place;
    };

    template <class Body>
    void for_each(Body body) const noexcept {
        heard_->tell_quietly(body);
        if (also_) also_->tell_quietly(body);
    }

    std::shared_ptr<observers> heard_;
    std::shared_ptr<observers> also_{};
    here lease_{};
    here next_{};
    std::vector<waiting> waiting_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
