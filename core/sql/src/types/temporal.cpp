#include <koine/types/temporal.hpp>

#include <algorithm>
#include <string_view>

#include <koine/detail/temporal_text.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// How a type is written as text.
struct text_form {
    bool (*parse)(std::string_view text, std::int64_t& out) noexcept;
    std::size_t (*format)(std::int64_t value, char* out) noexcept;
    bool has_date;
    bool has_time;
    bool has_zone;  // Z
};
constexpr text_form date_form{&parse_date, &format_date, true, false, false};
constexpr text_form time_form{&parse_time, &format_time, false, true, false};
constexpr text_form timestamp_form{&parse_timestamp, &format_timestamp, true, true, false};
constexpr text_form instant_form{&parse_instant, &format_instant, true, true, true};

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Whether a text that could be parsed is the bound one, but for zeros at the end of the fraction
// and for the Z of an instant. Of years beyond 9999 and infinities nothing is known here.
bool is_usual(std::string_view text, const text_form& form) noexcept {
    constexpr std::size_t date_size = 10;
    constexpr std::size_t time_size = 8;
    const std::size_t time_at = form.has_date ? date_size + 1 : 0;
    if (!is_digit(text[0])) return false;
    if (!form.has_time) return text.size() == date_size;
    if (text.size() < time_at + time_size || text[time_at + 5] != ':') return false;
    if (form.has_date && text[date_size] != ' ') return false;
    std::string_view fraction = text.substr(time_at + time_size);
    constexpr std::size_t longest = 7;
    if (form.has_zone && fraction.size() == longest + 1 && fraction.back() == 'Z') fraction.remove_suffix(1);
    return fraction.size() <= longest && (fraction.empty() || fraction[0] == '.') &&
           std::all_of(fraction.begin() + (fraction.empty() ? 0 : 1), fraction.end(), &is_digit);
}

// Reads a text that a query for its value finds: the bound one, or one without zeros at the end of
// the fraction or without the Z, as CURRENT_TIMESTAMP writes it. Those lie between the shortest of
// them and the bound one, and no other value's text does.
bool read_text(const koine_value& cell, const text_form& form, std::int64_t& out) noexcept {
    const std::string_view text{static_cast<const char*>(cell.u.p), cell.len};
    std::int64_t value = 0;
    if (!form.parse(text, value)) return false;
    if (!is_usual(text, form)) {
        char bound[temporal_text_size];
        if (text != std::string_view{bound, form.format(value, bound)}) return false;
    }
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
