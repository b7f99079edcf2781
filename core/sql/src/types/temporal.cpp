#include <koine/types/temporal.hpp>

#include <string_view>

#include <koine/detail/temporal_text.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// How a type is written as text, and how much of that may be missing at the end.
struct text_form {
    bool (*parse)(std::string_view text, std::int64_t& out) noexcept;
    std::size_t (*format)(std::int64_t value, char* out) noexcept;
    std::size_t least;  // characters that are always there: down to the seconds
    std::size_t zone;   // characters behind the fraction
};
constexpr text_form date_form{&parse_date, &format_date, 10, 0};
constexpr text_form time_form{&parse_time, &format_time, 8, 0};
constexpr text_form timestamp_form{&parse_timestamp, &format_timestamp, 19, 0};
constexpr text_form instant_form{&parse_instant, &format_instant, 19, 1};

// Reads the text that is bound for a value, and what is the same but for zeros at the end of the
// fraction and for the Z of an instant, as CURRENT_TIMESTAMP writes it. Those are what a query finds
// again: they lie between the shortest of them and the bound one, and no other value's text does.
bool read_text(const koine_value& cell, const text_form& form, std::int64_t& out) noexcept {
    const std::string_view text{static_cast<const char*>(cell.u.p), cell.len};
    std::int64_t value = 0;
    if (!form.parse(text, value)) return false;
    char room[temporal_text_size];
    const std::string_view bound{room, form.format(value, room)};
    const bool shortened = text.size() >= form.least && bound.size() >= form.zone &&
                           bound.substr(0, bound.size() - form.zone).starts_with(text);
    if (text != bound && !shortened) return false;
    out = value;
    return true;
}

// The integer of a cell of this tag, or of its text.
bool read_integer(const koine_value& cell, std::uint8_t tag, const text_form& form, std::int64_t& out) noexcept {
    if (cell.tag == tag) {
        out = cell.u.i;
        return true;
    }
    return cell.tag == KOINE_TEXT && read_text(cell, form, out);
}

// What std::chrono can hold, one day less at both ends: those are the infinities.
constexpr std::int64_t first_day = std::chrono::sys_days{minus_infinite_date}.time_since_epoch().count();
constexpr std::int64_t last_day = std::chrono::sys_days{infinite_date}.time_since_epoch().count();

}  // namespace

bool read_date(const koine_value& cell, date& value) noexcept {
    std::int64_t days = 0;
    if (!read_integer(cell, KOINE_DATE, date_form, days)) return false;
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
    if (!read_integer(cell, KOINE_TIME, time_form, us)) return false;
    if (us < 0 || us > microseconds_per_day) return false;
    value = from_time_us(us);
    return true;
}

bool read_timestamp_text(const koine_value& cell, std::int64_t& us) noexcept {
    return read_integer(cell, KOINE_TIMESTAMP, timestamp_form, us);
}

bool read_instant_text(const koine_value& cell, std::int64_t& us) noexcept {
    if (cell.tag == KOINE_TIMESTAMP && (cell.flags & KOINE_VALUE_UTC) != 0) {
        us = cell.u.i;
        return true;
    }
    return read_integer(cell, KOINE_INSTANT, instant_form, us);
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
