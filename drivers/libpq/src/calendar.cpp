#include "calendar.hpp"

#include <cstdio>
#include <cstring>

namespace koine::libpq {

namespace {

struct civil {
    std::int64_t year;  // astronomical: 0 is 1 BC
    unsigned month;
    unsigned day;
};

constexpr std::int64_t days_of_era = 146'097;  // 400 Gregorian years

// Both directions count from 0000-03-01, so that the leap day ends the year.
constexpr std::int64_t days_from_civil(civil c) noexcept {
    const std::int64_t year = c.month <= 2 ? c.year - 1 : c.year;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t shifted = c.month > 2 ? c.month - 3 : c.month + 9;
    const std::int64_t day_of_year = (153 * shifted + 2) / 5 + c.day - 1;
    const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * days_of_era + day_of_era - 719'468;
}

constexpr civil civil_from_days(std::int64_t days) noexcept {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - days_of_era + 1) / days_of_era;
    const std::int64_t day_of_era = days - era * days_of_era;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted = (5 * day_of_year + 2) / 153;
    const auto day = static_cast<unsigned>(day_of_year - (153 * shifted + 2) / 5 + 1);
    const auto month = static_cast<unsigned>(shifted < 10 ? shifted + 3 : shifted - 9);
    return civil{year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// A cursor over the text; every reader moves it past what it took.
struct reader {
    std::string_view left;

    bool literal(char c) noexcept {
        if (left.empty() || left.front() != c) return false;
        left.remove_prefix(1);
        return true;
    }
    bool word(std::string_view text) noexcept {
        if (left.substr(0, text.size()) != text) return false;
        left.remove_prefix(text.size());
        return true;
    }
    bool number(std::size_t least, std::size_t most, std::int64_t& out) noexcept {
        std::size_t n = 0;
        out = 0;
        while (n < most && n < left.size() && left[n] >= '0' && left[n] <= '9') out = out * 10 + (left[n++] - '0');
        left.remove_prefix(n);
        return n >= least;
    }
    bool date(civil& out) noexcept {
        std::int64_t month = 0;
        std::int64_t day = 0;
        if (!number(4, 7, out.year) || !literal('-') || !number(2, 2, month) || !literal('-') || !number(2, 2, day))
            return false;
        if (month < 1 || month > 12 || day < 1 || day > 31) return false;
        out.month = static_cast<unsigned>(month);
        out.day = static_cast<unsigned>(day);
        return true;
    }
    bool time(std::int64_t& out) noexcept {
        std::int64_t hour = 0;
        std::int64_t minute = 0;
        std::int64_t second = 0;
        if (!number(2, 2, hour) || !literal(':') || !number(2, 2, minute) || !literal(':') || !number(2, 2, second))
            return false;
        if (hour > 24 || minute > 59 || second > 60) return false;
        out = ((hour * 60 + minute) * 60 + second) * 1'000'000;
        if (!literal('.')) return true;
        std::int64_t unit = 100'000;
        std::int64_t digit = 0;
        bool any = false;
        while (unit != 0 && number(1, 1, digit)) {
            out += digit * unit;
            unit /= 10;
            any = true;
        }
        return any;
    }
    // An offset of the clock from UTC, in seconds: +05:30.
    bool offset(std::int64_t& out) noexcept {
        const bool west = literal('-');
        if (!west && !literal('+')) return false;
        std::int64_t hours = 0;
        std::int64_t minutes = 0;
        std::int64_t seconds = 0;
        if (!number(2, 2, hours)) return false;
        if (literal(':') && !number(2, 2, minutes)) return false;
        if (literal(':') && !number(2, 2, seconds)) return false;
        out = (hours * 60 + minutes) * 60 + seconds;
        if (west) out = -out;
        return true;
    }
    // The end of the text, behind the mark of years before Christ.
    bool end(civil& date) noexcept {
        if (word(" BC")) date.year = 1 - date.year;
        return left.empty();
    }
};

std::optional<std::int64_t> infinity(std::string_view text) noexcept {
    if (text == "infinity") return plus_infinity;
    if (text == "-infinity") return minus_infinity;
    return std::nullopt;
}

std::optional<std::int64_t> read_moment(std::string_view text, bool with_offset) noexcept {
    if (const auto endless = infinity(text)) return endless;
    reader in{text};
    civil day{};
    std::int64_t clock = 0;
    std::int64_t offset = 0;
    if (!in.date(day) || !in.literal(' ') || !in.time(clock)) return std::nullopt;
    if (with_offset && !in.offset(offset)) return std::nullopt;
    if (!in.end(day)) return std::nullopt;
    std::int64_t result = 0;
    if (__builtin_mul_overflow(days_from_civil(day), day_microseconds, &result)) return std::nullopt;
    if (__builtin_add_overflow(result, clock - offset * 1'000'000, &result)) return std::nullopt;
    return result;
}

std::size_t copy(std::string_view text, char* out) noexcept {
    std::memcpy(out, text.data(), text.size());
    return text.size();
}

std::size_t printed(int count) noexcept {
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t write_day(civil c, char* out) noexcept {
    const long long year = c.year > 0 ? c.year : 1 - c.year;
    return printed(std::snprintf(out, max_time_text, "%04lld-%02u-%02u", year, c.month, c.day));
}

}  // namespace

std::optional<std::int64_t> read_date(std::string_view text) noexcept {
    if (const auto endless = infinity(text)) return endless;
    reader in{text};
    civil day{};
    if (!in.date(day) || !in.end(day)) return std::nullopt;
    return days_from_civil(day);
}

std::optional<std::int64_t> read_time(std::string_view text) noexcept {
    reader in{text};
    std::int64_t clock = 0;
    if (!in.time(clock) || !in.left.empty() || clock > day_microseconds) return std::nullopt;
    return clock;
}

std::optional<std::int64_t> read_timestamp(std::string_view text) noexcept {
    return read_moment(text, false);
}
std::optional<std::int64_t> read_instant(std::string_view text) noexcept {
    return read_moment(text, true);
}

std::size_t write_date(std::int64_t days, char* out) noexcept {
    if (days == plus_infinity) return copy("infinity", out);
    if (days == minus_infinity) return copy("-infinity", out);
    // Beyond any calendar of the server; keeps the arithmetic below inside 64 bits.
    if (days > 4'000'000'000 || days < -4'000'000'000) return copy("out of range", out);
    const civil c = civil_from_days(days);
    std::size_t size = write_day(c, out);
    if (c.year <= 0) size += copy(" BC", out + size);
    return size;
}

std::size_t write_time(std::int64_t microseconds, char* out) noexcept {
    if (microseconds < 0 || microseconds > day_microseconds) return copy("out of range", out);
    const auto seconds = static_cast<unsigned>(microseconds / 1'000'000);
    return printed(std::snprintf(out, max_time_text, "%02u:%02u:%02u.%06u", seconds / 3600, seconds / 60 % 60,
                                 seconds % 60, static_cast<unsigned>(microseconds % 1'000'000)));
}

std::size_t write_timestamp(std::int64_t microseconds, bool with_zone, char* out) noexcept {
    if (microseconds == plus_infinity) return copy("infinity", out);
    if (microseconds == minus_infinity) return copy("-infinity", out);
    std::int64_t days = microseconds / day_microseconds;
    std::int64_t clock = microseconds % day_microseconds;
    if (clock < 0) {
        clock += day_microseconds;
        --days;
    }
    const civil c = civil_from_days(days);
    std::size_t size = write_day(c, out);
    out[size++] = ' ';
    size += write_time(clock, out + size);
    if (with_zone) size += copy("+00", out + size);
    if (c.year <= 0) size += copy(" BC", out + size);
    return size;
}

}  // namespace koine::libpq
