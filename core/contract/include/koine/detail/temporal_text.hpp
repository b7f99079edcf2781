// Dates and times as text, on the integers of the driver contract (days and microseconds; see
// koine_tag in driver_abi.h).
//
// The text forms are canonical: one value has one form, and for years 0000 to 9999 the order of
// texts is the order of time, so that a database without these types can store, compare and index
// them as text.
//   date       2024-02-29
//   time       23:59:59.999999               six digits; the day ends at 24:00:00.000000
//   timestamp  2024-02-29 23:59:59.999999    a local clock, no zone
//   instant    2024-02-29 23:59:59.999999Z   UTC
//   INT64_MAX and INT64_MIN (all but time)   infinity and -infinity, which sort behind and in front
//                                            of every year
// Other years are written with a sign and at least four digits (+10000-01-01, -0001-12-31). Such
// texts do not sort: whoever stores values as text must refuse values that are not sortable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

inline constexpr std::int64_t temporal_infinity = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t temporal_minus_infinity = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t microseconds_per_day = 86'400'000'000;
inline constexpr std::int64_t first_sortable_day = -719'528;  // 0000-01-01
inline constexpr std::int64_t last_sortable_day = 2'932'896;  // 9999-12-31

// Enough room for every text made here.
inline constexpr std::size_t temporal_text_size = 40;

// True if the text of this value sorts as the value does: years 0000 to 9999 and the infinities.
constexpr bool is_sortable_date(std::int64_t days) noexcept {
    return (days >= first_sortable_day && days <= last_sortable_day) || days == temporal_infinity ||
           days == temporal_minus_infinity;
}
constexpr bool is_sortable_timestamp(std::int64_t us) noexcept {
    return (us >= first_sortable_day * microseconds_per_day && us < (last_sortable_day + 1) * microseconds_per_day) ||
           us == temporal_infinity || us == temporal_minus_infinity;
}

// Write the canonical text to `out`, which has room for temporal_text_size characters, without a
// NUL, and answer its length; 0 for a value that is none (a time outside its day, a date beyond
// year 999999999). Thread-safe.
KOINE_API std::size_t format_date(std::int64_t days, char* out) noexcept;
KOINE_API std::size_t format_time(std::int64_t us, char* out) noexcept;
KOINE_API std::size_t format_timestamp(std::int64_t us, char* out) noexcept;
KOINE_API std::size_t format_instant(std::int64_t us, char* out) noexcept;

// Read the canonical text and what databases write: hours and minutes without seconds, any number
// of digits of fraction (those behind the sixth must be 0), a `T` between date and time, and a date
// alone for its midnight. An instant may end in Z or in an offset (+02, +0200, +02:00, +02:00:00);
// without one it is UTC, as SQLite's datetime('now') is. A timestamp has no zone. False, and `out`
// untouched, if the text is anything else or outside the integer's range. Thread-safe.
KOINE_API bool parse_date(std::string_view text, std::int64_t& out) noexcept;
KOINE_API bool parse_time(std::string_view text, std::int64_t& out) noexcept;
KOINE_API bool parse_timestamp(std::string_view text, std::int64_t& out) noexcept;
KOINE_API bool parse_instant(std::string_view text, std::int64_t& out) noexcept;

}  // namespace detail
}  // namespace v1
}  // namespace koine
