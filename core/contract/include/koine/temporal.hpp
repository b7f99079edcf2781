// Dates and times: the C++ types, and what turns them into the integers of the driver contract and
// into text.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

#include <koine/api.hpp>
#include <koine/detail/temporal_text.hpp>

namespace koine {
inline namespace v1 {

// A day of the proleptic Gregorian calendar.
using date = std::chrono::year_month_day;
// What a local clock shows, without a zone.
using timestamp = std::chrono::local_time<std::chrono::microseconds>;
// A point in time.
using instant = std::chrono::sys_time<std::chrono::microseconds>;

// The infinite dates and times of databases that have them: the first and last value of each type.
inline constexpr date infinite_date = std::chrono::year::max() / std::chrono::December / 31;
inline constexpr date minus_infinite_date = std::chrono::year::min() / std::chrono::January / 1;
inline constexpr timestamp infinite_timestamp = timestamp::max();
inline constexpr timestamp minus_infinite_timestamp = timestamp::min();
inline constexpr instant infinite_instant = instant::max();
inline constexpr instant minus_infinite_instant = instant::min();

namespace detail {
[[noreturn]] KOINE_API void throw_time_out_of_range();
}  // namespace detail

// A time of day without a date: microseconds since midnight, from 0 to 24 hours (24:00 is the end
// of the day). A value type.
class time_of_day {
public:
    constexpr time_of_day() noexcept = default;
    // Throws koine::error (out_of_range) for a time outside the day.
    constexpr explicit time_of_day(std::chrono::microseconds since_midnight) : us_{since_midnight.count()} {
        if (us_ < 0 || us_ > detail::microseconds_per_day) detail::throw_time_out_of_range();
    }

    constexpr std::chrono::microseconds since_midnight() const noexcept { return std::chrono::microseconds{us_}; }

    friend constexpr auto operator<=>(time_of_day, time_of_day) noexcept = default;

private:
    std::int64_t us_ = 0;
};

// The canonical text (see detail/temporal_text.hpp), the same on every database: 2024-02-29,
// 23:59:59.000000, 2024-02-29 23:59:59.000000, 2024-02-29 23:59:59.000000Z. Throw koine::error
// (invalid_value) for a date that does not exist.
KOINE_API std::string to_string(const date& value);
KOINE_API std::string to_string(time_of_day value);
KOINE_API std::string to_string(timestamp value);
KOINE_API std::string to_string(instant value);

namespace detail {

// Between the C++ types and the contract's integers. to_days throws koine::error (invalid_value)
// for a date that does not exist; from_days throws koine::error (out_of_range) for one that
// std::chrono cannot hold, from_time_us for one outside the day.
KOINE_API std::int64_t to_days(const date& value);
KOINE_API date from_days(std::int64_t days);
constexpr std::int64_t to_time_us(time_of_day value) noexcept {
    return value.since_midnight().count();
}
constexpr time_of_day from_time_us(std::int64_t us) {
    return time_of_day{std::chrono::microseconds{us}};
}
constexpr std::int64_t to_us(timestamp value) noexcept {
    return value.time_since_epoch().count();
}
constexpr std::int64_t to_us(instant value) noexcept {
    return value.time_since_epoch().count();
}
constexpr timestamp timestamp_from_us(std::int64_t us) noexcept {
    return timestamp{std::chrono::microseconds{us}};
}
constexpr instant instant_from_us(std::int64_t us) noexcept {
    return instant{std::chrono::microseconds{us}};
}

}  // namespace detail

}  // namespace v1
}  // namespace koine
