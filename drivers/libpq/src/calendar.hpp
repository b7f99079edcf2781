// Dates and times as PostgreSQL's ISO texts, far beyond the years that std::chrono holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace koine::libpq {

// Microseconds from 1970-01-01 to PostgreSQL's own epoch, 2000-01-01, and the days of it.
inline constexpr std::int64_t epoch_microseconds = 946'684'800'000'000;
inline constexpr std::int64_t epoch_days = 10'957;
inline constexpr std::int64_t day_microseconds = 86'400'000'000;

// What koine_value says for the two infinities of dates and timestamps.
inline constexpr std::int64_t plus_infinity = INT64_MAX;
inline constexpr std::int64_t minus_infinity = INT64_MIN;

// Most bytes that one of the writers below makes.
inline constexpr std::size_t max_time_text = 48;

// Readers of whole texts in DateStyle ISO; nothing for any other text or a value that 64 bits do
// not hold. days since 1970-01-01
std::optional<std::int64_t> read_date(std::string_view text) noexcept;
// microseconds since midnight
std::optional<std::int64_t> read_time(std::string_view text) noexcept;
// microseconds since 1970-01-01, local clock
std::optional<std::int64_t> read_timestamp(std::string_view text) noexcept;
// with its offset, microseconds since 1970 UTC
std::optional<std::int64_t> read_instant(std::string_view text) noexcept;

// Writers of the same texts into `out`, which holds max_time_text bytes; they answer the bytes
// written. Days and times outside the calendar of the server make a text that the server refuses.
std::size_t write_date(std::int64_t days, char* out) noexcept;
std::size_t write_time(std::int64_t microseconds, char* out) noexcept;
std::size_t write_timestamp(std::int64_t microseconds, bool with_zone, char* out) noexcept;

}  // namespace koine::libpq
