// Days and microseconds of the contract, and the year, month and day of the protocol.
#pragma once

#include <chrono>
#include <cstdint>

namespace koine::libmariadb {

inline constexpr std::int64_t day_microseconds = 86'400'000'000;
// What the server's calendar holds: 0000-01-01 and 9999-12-31 as days since 1970-01-01.
inline constexpr std::int64_t first_day = -719'528;
inline constexpr std::int64_t last_day = 2'932'896;

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar; whether the date exists is
// not looked at.
constexpr std::int64_t days_of(int year, unsigned month, unsigned day) noexcept {
    const std::chrono::sys_days days = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{1};
    return days.time_since_epoch().count() + static_cast<std::int64_t>(day) - 1;
}

constexpr bool exists(int year, unsigned month, unsigned day) noexcept {
    return (std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}).ok();
}

constexpr std::chrono::year_month_day date_of(std::int64_t days) noexcept {
    return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{days}}};
}

}  // namespace koine::libmariadb
