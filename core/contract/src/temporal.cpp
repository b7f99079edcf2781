#include <koine/temporal.hpp>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

namespace {

[[noreturn]] void refuse(errc code, const char* message) {
    error_info info;
    info.code = code;
    info.outcome = outcome::not_sent;
    info.message = message;
    throw_error(info);
}

template <class Format>
std::string text_of(Format format, std::int64_t value) {
    char text[detail::temporal_text_size];
    return std::string{text, format(value, text)};
}

// Days since 1970 of the first and the last day of std::chrono's years; both are taken by the
// infinities.
constexpr std::int64_t first_day = std::chrono::sys_days{minus_infinite_date}.time_since_epoch().count();
constexpr std::int64_t last_day = std::chrono::sys_days{infinite_date}.time_since_epoch().count();

}  // namespace

std::string to_string(const date& value) {
    return text_of(detail::format_date, detail::to_days(value));
}
std::string to_string(time_of_day value) {
    return text_of(detail::format_time, detail::to_time_us(value));
}
std::string to_string(timestamp value) {
    return text_of(detail::format_timestamp, detail::to_us(value));
}
std::string to_string(instant value) {
    return text_of(detail::format_instant, detail::to_us(value));
}

namespace detail {

void throw_time_out_of_range() {
    refuse(errc::out_of_range, "a time of day lies outside its day");
}

std::int64_t to_days(const date& value) {
    if (value == infinite_date) return temporal_infinity;
    if (value == minus_infinite_date) return temporal_minus_infinity;
    if (!value.ok()) refuse(errc::invalid_value, "a date does not exist in the calendar");
    return std::chrono::sys_days{value}.time_since_epoch().count();
}

date from_days(std::int64_t days) {
    if (days == temporal_infinity) return infinite_date;
    if (days == temporal_minus_infinity) return minus_infinite_date;
    if (days <= first_day || days >= last_day)
        refuse(errc::out_of_range, "a date lies outside the years that std::chrono can hold");
    return date{std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
