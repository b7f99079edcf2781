#include <koine/types/temporal.hpp>

#include <string_view>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

using parser = bool(std::string_view text, std::int64_t& out) noexcept;

// The integer of a cell of this tag, or of its text.
bool read_integer(const koine_value& cell, std::uint8_t tag, parser* parse, std::int64_t& out) noexcept {
    if (cell.tag == tag) {
        out = cell.u.i;
        return true;
    }
    return cell.tag == KOINE_TEXT && parse(std::string_view{static_cast<const char*>(cell.u.p), cell.len}, out);
}

// What std::chrono can hold, one day less at both ends: those are the infinities.
constexpr std::int64_t first_day = std::chrono::sys_days{minus_infinite_date}.time_since_epoch().count();
constexpr std::int64_t last_day = std::chrono::sys_days{infinite_date}.time_since_epoch().count();

}  // namespace

bool read_date(const koine_value& cell, date& value) noexcept {
    std::int64_t days = 0;
    if (!read_integer(cell, KOINE_DATE, parse_date, days)) return false;
    if (days == temporal_infinity) {
        value = infinite_date;
    } else if (days == temporal_minus_infinity) {
        value = minus_infinite_date;
    } else if (days > first_day && days < last_day) {
        value = date{std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
    } else {
        return false;
    }
    return true;
}

bool read_time(const koine_value& cell, time_of_day& value) noexcept {
    std::int64_t us = 0;
    if (!read_integer(cell, KOINE_TIME, parse_time, us)) return false;
    if (us < 0 || us > microseconds_per_day) return false;
    value = from_time_us(us);
    return true;
}

bool read_timestamp_text(const koine_value& cell, std::int64_t& us) noexcept {
    return read_integer(cell, KOINE_TIMESTAMP, parse_timestamp, us);
}

bool read_instant_text(const koine_value& cell, std::int64_t& us) noexcept {
    if (cell.tag == KOINE_TIMESTAMP && (cell.flags & KOINE_VALUE_UTC) != 0) {
        us = cell.u.i;
        return true;
    }
    return read_integer(cell, KOINE_INSTANT, parse_instant, us);
}

koine_value date_value(const date& value, bind_context& context) noexcept {
    std::int64_t days = 0;
    if (value == infinite_date) {
        days = temporal_infinity;
    } else if (value == minus_infinite_date) {
        days = temporal_minus_infinity;
    } else if (value.ok()) {
        days = std::chrono::sys_days{value}.time_since_epoch().count();
    } else {
        context.fail(errc::invalid_value, "a date does not exist in the calendar");
    }
    return integer_value(days, KOINE_DATE);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
