// Dates and times as columns.
#pragma once

#include <chrono>

#include <koine/temporal.hpp>
#include <koine/types/type_traits.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Read the native tag, the canonical text or a shortened one (no zeros at the end of the fraction,
// or no fraction; an instant without its Z) into the contract's integer; false for anything else,
// which a comparison with the value would not find.
KOINE_API bool read_date(const koine_value& cell, date& value) noexcept;
KOINE_API bool read_time(const koine_value& cell, time_of_day& value) noexcept;
KOINE_API KOINE_COLD bool read_timestamp_text(const koine_value& cell, std::int64_t& us) noexcept;
// Also a timestamp of a session whose clock is UTC.
KOINE_API KOINE_COLD bool read_instant_text(const koine_value& cell, std::int64_t& us) noexcept;
KOINE_API koine_value date_value(const date& value, bind_context& context) noexcept;

}  // namespace detail

// A day. koine::infinite_date and minus_infinite_date are the database's infinities; a day that
// does not exist is not bound, and one that std::chrono cannot hold is not read.
template <>
struct type_traits<date> {
    static constexpr sql_type type = sql_type::date;

    static koine_value bind(const date& value, bind_context& context) noexcept {
        return detail::date_value(value, context);
    }
    static bool read(const koine_value& cell, date& value) noexcept { return detail::read_date(cell, value); }
};

template <>
struct type_traits<time_of_day> {
    static constexpr sql_type type = sql_type::time;

    static koine_value bind(const time_of_day& value, bind_context&) noexcept {
        return detail::integer_value(detail::to_time_us(value), KOINE_TIME);
    }
    static bool read(const koine_value& cell, time_of_day& value) noexcept { return detail::read_time(cell, value); }
};

// What a local clock shows. The first and last value are the database's infinities.
template <>
struct type_traits<timestamp> {
    static constexpr sql_type type = sql_type::timestamp;

    static koine_value bind(const timestamp& value, bind_context&) noexcept {
        return detail::integer_value(detail::to_us(value), KOINE_TIMESTAMP);
    }
    static bool read(const koine_value& cell, timestamp& value) noexcept {
        std::int64_t us = cell.u.i;
        if (cell.tag != KOINE_TIMESTAMP && !detail::read_timestamp_text(cell, us)) return false;
        value = detail::timestamp_from_us(us);
        return true;
    }
};

// A point in time. The first and last value are the database's infinities.
template <>
struct type_traits<instant> {
    static constexpr sql_type type = sql_type::instant;

    static koine_value bind(const instant& value, bind_context&) noexcept {
        return detail::integer_value(detail::to_us(value), KOINE_INSTANT);
    }
    static bool read(const koine_value& cell, instant& value) noexcept {
        std::int64_t us = cell.u.i;
        if (cell.tag != KOINE_INSTANT && !detail::read_instant_text(cell, us)) return false;
        value = detail::instant_from_us(us);
        return true;
    }
};

template <class Clock, class Duration>
struct type_traits<std::chrono::time_point<Clock, Duration>>
    : detail::unstorable<std::chrono::time_point<Clock, Duration>> {
    static_assert(detail::never<Clock>,
                  "koine: a time column is koine::instant (sys_time<microseconds>) or koine::timestamp "
                  "(local_time<microseconds>); "
                  "other clocks and precisions do not survive a database");
};

}  // namespace v1
}  // namespace koine
