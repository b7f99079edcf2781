#include <koine/detail/temporal_text.hpp>

#include <chrono>
#include <cstring>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// The calendar repeats every 400 years. Dates are moved into the first such era for <chrono>, whose
// years end at 32767.
constexpr std::int64_t days_per_era = 146'097;
constexpr std::int64_t years_per_era = 400;
constexpr std::int64_t largest_year = 999'999'999;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}
// What is left, from 0 to b - 1; does not overflow where a - floor_divide(a, b) * b would.
std::int64_t floor_rest(std::int64_t a, std::int64_t b) noexcept {
    const auto rest = a % b;
    return rest < 0 ? rest + b : rest;
}

char* put_digits(char* out, std::int64_t value, int digits) noexcept {
    for (int i = digits - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

char* put_year(char* out, std::int64_t year) noexcept {
    if (year >= 0 && year <= 9999) return put_digits(out, year, 4);
    *out++ = year < 0 ? '-' : '+';
    if (year < 0) year = -year;
    int digits = 4;
    for (auto rest = year / 10'000; rest != 0; rest /= 10) ++digits;
    return put_digits(out, year, digits);
}

// Null beyond the largest year.
char* put_date(char* out, std::int64_t days) noexcept {
    using namespace std::chrono;
    const auto era = floor_divide(days, days_per_era);
    const year_month_day ymd{sys_days{std::chrono::days{static_cast<int>(floor_rest(days, days_per_era))}}};
    const auto year = static_cast<int>(ymd.year()) + era * years_per_era;
    if (year < -largest_year || year > largest_year) return nullptr;
    out = put_year(out, year);
    *out++ = '-';
    out = put_digits(out, static_cast<unsigned>(ymd.month()), 2);
    *out++ = '-';
    return put_digits(out, static_cast<unsigned>(ymd.day()), 2);
}

char* put_time(char* out, std::int64_t us) noexcept {
    out = put_digits(out, us / 3'600'000'000, 2);
    *out++ = ':';
    out = put_digits(out, us / 60'000'000 % 60, 2);
    *out++ = ':';
    out = put_digits(out, us / 1'000'000 % 60, 2);
    *out++ = '.';
    return put_digits(out, us % 1'000'000, 6);
}

constexpr std::string_view infinity_text = "infinity";
constexpr std::string_view minus_infinity_text = "-infinity";

// The length of the text, 0 if the value is finite.
std::size_t put_infinity(std::int64_t value, char* out) noexcept {
    if (value != temporal_infinity && value != temporal_minus_infinity) return 0;
    const auto text = value == temporal_infinity ? infinity_text : minus_infinity_text;
    std::memcpy(out, text.data(), text.size());
    return text.size();
}

bool read_infinity(std::string_view text, std::int64_t& out) noexcept {
    if (text != infinity_text && text != minus_infinity_text) return false;
    out = text == infinity_text ? temporal_infinity : temporal_minus_infinity;
    return true;
}

// Reads from the front of a text; a failed read leaves it anywhere.
class reader {
public:
    explicit reader(std::string_view text) noexcept : text_{text} {}

    bool at_end() const noexcept { return text_.empty(); }
    bool next_is(char c) const noexcept { return !text_.empty() && text_.front() == c; }
    bool take(char c) noexcept {
        if (!next_is(c)) return false;
        text_.remove_prefix(1);
        return true;
    }

    // Between `least` and `most` digits.
    bool number(std::size_t least, std::size_t most, std::int64_t& out) noexcept {
        std::size_t digits = 0;
        out = 0;
        while (digits < most && next_is_digit()) {
            out = out * 10 + (text_.front() - '0');
            text_.remove_prefix(1);
            ++digits;
        }
        return digits >= least;
    }

    bool date(std::int64_t& out) noexcept {
        using namespace std::chrono;
        const bool negative = take('-');
        const bool is_signed = negative || take('+');
        std::int64_t year = 0;
        std::int64_t month = 0;
        std::int64_t day = 0;
        if (!number(4, is_signed ? 9 : 4, year) || !take('-') || !number(2, 2, month) || !take('-') ||
            !number(2, 2, day))
            return false;
        if (negative) year = -year;
        const auto era = floor_divide(year, years_per_era);
        const year_month_day ymd{std::chrono::year{static_cast<int>(floor_rest(year, years_per_era))},
                                 std::chrono::month{static_cast<unsigned>(month)},
                                 std::chrono::day{static_cast<unsigned>(day)}};
        if (!ymd.ok()) return false;
        out = sys_days{ymd}.time_since_epoch().count() + era * days_per_era;
        return true;
    }

    // HH:MM, HH:MM:SS or HH:MM:SS.f, up to the end of the day.
    bool time(std::int64_t& out) noexcept {
        std::int64_t hours = 0;
        std::int64_t minutes = 0;
        std::int64_t seconds = 0;
        std::int64_t fraction = 0;
        if (!number(2, 2, hours) || !take(':') || !number(2, 2, minutes)) return false;
        if (take(':') && (!number(2, 2, seconds) || (take('.') && !micros(fraction)))) return false;
        if (hours > 24 || minutes > 59 || seconds > 59) return false;
        out = ((hours * 60 + minutes) * 60 + seconds) * 1'000'000 + fraction;
        return out <= microseconds_per_day;
    }

    // Z or an offset; nothing is UTC. The answer is in seconds.
    bool zone(std::int64_t& out) noexcept {
        out = 0;
        if (at_end() || take('Z')) return true;
        const bool west = take('-');
        if (!west && !take('+')) return false;
        std::int64_t hours = 0;
        std::int64_t minutes = 0;
        std::int64_t seconds = 0;
        if (!number(2, 2, hours)) return false;
        if (take(':') ? !number(2, 2, minutes) : next_is_digit() && !number(2, 2, minutes)) return false;
        if (take(':') && !number(2, 2, seconds)) return false;
        if (hours > 23 || minutes > 59 || seconds > 59) return false;
        out = (hours * 60 + minutes) * 60 + seconds;
        if (west) out = -out;
        return true;
    }

private:
    bool next_is_digit() const noexcept { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }

    bool micros(std::int64_t& out) noexcept {
        if (!next_is_digit()) return false;
        std::int64_t unit = 100'000;
        for (out = 0; next_is_digit(); text_.remove_prefix(1)) {
            const auto digit = text_.front() - '0';
            if (unit == 0 && digit != 0) return false;
            out += digit * unit;
            unit /= 10;
        }
        return true;
    }

    std::string_view text_;
};

// A date and, if there is one, a time behind it. `in` is left at the zone.
bool read_moment(reader& in, std::int64_t& out) noexcept {
    std::int64_t days = 0;
    std::int64_t us = 0;
    if (!in.date(days)) return false;
    if ((in.take(' ') || in.take('T')) && (!in.time(us) || us == microseconds_per_day)) return false;
    std::int64_t start = 0;
    // Both infinities' numbers stay out of reach of finite values.
    return !__builtin_mul_overflow(days, microseconds_per_day, &start) && !__builtin_add_overflow(start, us, &out) &&
           out != temporal_infinity && out != temporal_minus_infinity;
}

std::size_t format_moment(std::int64_t us, char* out, std::string_view zone) noexcept {
    if (const auto length = put_infinity(us, out)) return length;
    const auto days = floor_divide(us, microseconds_per_day);
    auto* end = put_date(out, days);
    *end++ = ' ';
    end = put_time(end, floor_rest(us, microseconds_per_day));
    for (const char c : zone) *end++ = c;
    return static_cast<std::size_t>(end - out);
}

}  // namespace

std::size_t format_date(std::int64_t days, char* out) noexcept {
    if (const auto length = put_infinity(days, out)) return length;
    const auto* const end = put_date(out, days);
    return end == nullptr ? 0 : static_cast<std::size_t>(end - out);
}

std::size_t format_time(std::int64_t us, char* out) noexcept {
    if (us < 0 || us > microseconds_per_day) return 0;
    return static_cast<std::size_t>(put_time(out, us) - out);
}

std::size_t format_timestamp(std::int64_t us, char* out) noexcept {
    return format_moment(us, out, "");
}
std::size_t format_instant(std::int64_t us, char* out) noexcept {
    return format_moment(us, out, "Z");
}

bool parse_date(std::string_view text, std::int64_t& out) noexcept {
    if (read_infinity(text, out)) return true;
    reader in{text};
    std::int64_t days = 0;
    if (!in.date(days) || !in.at_end()) return false;
    out = days;
    return true;
}

bool parse_time(std::string_view text, std::int64_t& out) noexcept {
    reader in{text};
    std::int64_t us = 0;
    if (!in.time(us) || !in.at_end()) return false;
    out = us;
    return true;
}

bool parse_timestamp(std::string_view text, std::int64_t& out) noexcept {
    if (read_infinity(text, out)) return true;
    reader in{text};
    std::int64_t us = 0;
    if (!read_moment(in, us) || !in.at_end()) return false;
    out = us;
    return true;
}

bool parse_instant(std::string_view text, std::int64_t& out) noexcept {
    if (read_infinity(text, out)) return true;
    reader in{text};
    std::int64_t local = 0;
    std::int64_t offset = 0;
    std::int64_t us = 0;
    if (!read_moment(in, local) || !in.zone(offset) || !in.at_end()) return false;
    if (__builtin_sub_overflow(local, offset * 1'000'000, &us)) return false;
    if (us == temporal_infinity || us == temporal_minus_infinity) return false;
    out = us;
    return true;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
