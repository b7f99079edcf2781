#include <koine/temporal.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <koine/error.hpp>

namespace {

using namespace std::chrono_literals;
namespace detail = koine::detail;

using koine::to_string;

template <std::size_t (*Format)(std::int64_t, char*) noexcept>
std::string text(std::int64_t value) {
    char out[detail::temporal_text_size];
    return {out, Format(value, out)};
}

template <bool (*Parse)(std::string_view, std::int64_t&) noexcept>
std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t out = 4711;
    if (Parse(text, out)) return out;
    EXPECT_EQ(out, 4711) << text;
    return std::nullopt;
}

const auto date_text = text<detail::format_date>;
const auto time_text = text<detail::format_time>;
const auto timestamp_text = text<detail::format_timestamp>;
const auto instant_text = text<detail::format_instant>;
const auto date_of = number<detail::parse_date>;
const auto time_of = number<detail::parse_time>;
const auto timestamp_of = number<detail::parse_timestamp>;
const auto instant_of = number<detail::parse_instant>;

constexpr auto most = std::numeric_limits<std::int64_t>::max();
constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t day = detail::microseconds_per_day;

// Counts the calendar forward by its rules alone, as a second opinion.
TEST(temporal, writes_and_reads_every_day_of_ten_thousand_years) {
    std::int64_t days = detail::first_sortable_day;
    int wrong = 0;
    char expected[] = "0000-00-00";
    const auto put = [&expected](std::size_t at, std::size_t digits, int value) {
        for (; digits > 0; --digits, value /= 10) expected[at + digits - 1] = static_cast<char>('0' + value % 10);
    };
    for (int year = 0; year <= 9999; ++year) {
        const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        put(0, 4, year);
        for (int month = 1; month <= 12; ++month) {
            put(5, 2, month);
            for (int d = 1; d <= lengths[month - 1]; ++d, ++days) {
                put(8, 2, d);
                char written[detail::temporal_text_size];
                std::int64_t read = 0;
                const std::string_view text{written, detail::format_date(days, written)};
                if (text != expected || !detail::parse_date(text, read) || read != days) ++wrong;
            }
        }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(days, detail::last_sortable_day + 1);
    EXPECT_EQ(date_text(0), "1970-01-01");
}

TEST(temporal, refuses_days_that_do_not_exist) {
    for (const char* text : {"2023-02-29",   "1900-02-29",       "2024-02-30",  "2024-04-31", "2024-00-01",
                             "2024-13-01",   "2024-01-00",       "2024-01-32",  "",           "2024",
                             "2024-1-1",     "2024-01-01 ",      " 2024-01-01", "2024/01/01", "02024-01-01",
                             "+-2024-01-01", "2024-01-01Z",      "Infinity",    "+infinity",  "now",
                             "2024-01-0a",   "+1234567890-01-01"})
        EXPECT_EQ(date_of(text), std::nullopt) << text;
    EXPECT_TRUE(date_of("2000-02-29") && date_of("2024-02-29"));
}

TEST(temporal, writes_other_years_with_a_sign_and_says_that_they_do_not_sort) {
    EXPECT_EQ(date_text(detail::last_sortable_day + 1), "+10000-01-01");
    EXPECT_EQ(date_text(detail::first_sortable_day - 1), "-0001-12-31");
    EXPECT_EQ(date_of("+10000-01-01"), detail::last_sortable_day + 1);
    EXPECT_EQ(date_of("-0001-12-31"), detail::first_sortable_day - 1);
    EXPECT_EQ(date_text(2'145'042'905), "+5874897-12-31");
    for (const std::int64_t days : {365'000'000'000, -365'000'000'000}) EXPECT_EQ(date_of(date_text(days)), days);
    EXPECT_EQ(date_text(most - 1), "");
    EXPECT_EQ(date_text(least + 1), "");
    EXPECT_TRUE(detail::is_sortable_date(detail::first_sortable_day) &&
                detail::is_sortable_date(detail::last_sortable_day));
    EXPECT_FALSE(detail::is_sortable_date(detail::first_sortable_day - 1) ||
                 detail::is_sortable_date(detail::last_sortable_day + 1));
    EXPECT_TRUE(detail::is_sortable_timestamp(*timestamp_of("9999-12-31 23:59:59.999999")));
    EXPECT_FALSE(detail::is_sortable_timestamp(*timestamp_of("9999-12-31 23:59:59.999999") + 1));
    EXPECT_TRUE(detail::is_sortable_timestamp(*timestamp_of("0000-01-01")));
    EXPECT_FALSE(detail::is_sortable_timestamp(*timestamp_of("0000-01-01") - 1));
    EXPECT_TRUE(detail::is_sortable_date(most) && detail::is_sortable_date(least) &&
                detail::is_sortable_timestamp(most) && detail::is_sortable_timestamp(least));
}

TEST(temporal, writes_infinity_so_that_it_sorts_outside_all_years) {
    EXPECT_EQ(date_text(most), "infinity");
    EXPECT_EQ(date_text(least), "-infinity");
    EXPECT_EQ(timestamp_text(most), "infinity");
    EXPECT_EQ(instant_text(least), "-infinity");
    EXPECT_EQ(date_of("infinity"), most);
    EXPECT_EQ(timestamp_of("-infinity"), least);
    EXPECT_EQ(instant_of("infinity"), most);
    EXPECT_LT(date_text(least), date_text(detail::first_sortable_day));
    EXPECT_LT(date_text(detail::last_sortable_day), date_text(most));
}

TEST(temporal, writes_and_reads_times) {
    EXPECT_EQ(time_text(0), "00:00:00.000000");
    EXPECT_EQ(time_text(1), "00:00:00.000001");
    EXPECT_EQ(time_text(day - 1), "23:59:59.999999");
    EXPECT_EQ(time_text(day), "24:00:00.000000");
    EXPECT_EQ(time_text(-1), "");
    EXPECT_EQ(time_text(day + 1), "");
    for (std::int64_t us = 0; us <= day; us += 12'345'679) ASSERT_EQ(time_of(time_text(us)), us);
    EXPECT_EQ(time_of("12:34"), 45'240'000'000);
    EXPECT_EQ(time_of("12:34:56"), 45'296'000'000);
    EXPECT_EQ(time_of("12:34:56.7"), 45'296'700'000);
    EXPECT_EQ(time_of("12:34:56.789"), 45'296'789'000);
    EXPECT_EQ(time_of("12:34:56.789123000"), 45'296'789'123);
    EXPECT_EQ(time_of("24:00:00"), day);
    for (const char* text : {"", "12", "12:", "1:00", "12:3", "12:60", "25:00", "24:00:01", "24:01", "12:34:60",
                             "12:34:5", "12:34:56.", "12:34:56.1234567", "12:34:56Z", "-01:00", "12:34:56 ", "12.34"})
        EXPECT_EQ(time_of(text), std::nullopt) << text;
}

TEST(temporal, writes_and_reads_timestamps) {
    EXPECT_EQ(timestamp_text(0), "1970-01-01 00:00:00.000000");
    EXPECT_EQ(timestamp_text(-1), "1969-12-31 23:59:59.999999");
    EXPECT_EQ(timestamp_text(most - 1), "+294247-01-10 04:00:54.775806");
    EXPECT_EQ(timestamp_text(least + 1), "-290308-12-21 19:59:05.224193");
    EXPECT_EQ(timestamp_of(timestamp_text(most - 1)), most - 1);
    EXPECT_EQ(timestamp_of("1970-01-02"), day);
    EXPECT_EQ(timestamp_of("1970-01-02 00:00:01"), day + 1'000'000);
    EXPECT_EQ(timestamp_of("1970-01-02T00:01"), day + 60'000'000);
    for (const char* text : {"", "1970-01-01 ", "1970-01-01 24:00:00", "1970-01-01 00:00:00Z", "1970-01-01 00:00:00+00",
                             "1970-01-01x00:00:00", "1970-01-01  00:00:00", "12:00", "+294247-01-10 04:00:54.775807",
                             "+294247-01-10 04:00:54.775808", "+999999999-01-01", "-999999999-01-01"})
        EXPECT_EQ(timestamp_of(text), std::nullopt) << text;
}

TEST(temporal, writes_and_reads_instants) {
    EXPECT_EQ(instant_text(0), "1970-01-01 00:00:00.000000Z");
    EXPECT_EQ(instant_of("1970-01-01 00:00:00.000000Z"), 0);
    EXPECT_EQ(instant_of("1970-01-01 00:00:01"), 1'000'000);
    EXPECT_EQ(instant_of("1970-01-01T02:00:00+02:00"), 0);
    EXPECT_EQ(instant_of("1970-01-01 02:00:00+02"), 0);
    EXPECT_EQ(instant_of("1970-01-01 02:30:00+0230"), 0);
    EXPECT_EQ(instant_of("1969-12-31 19:00:00-05"), 0);
    EXPECT_EQ(instant_of("1970-01-01 00:19:32+00:19:32"), 0);
    EXPECT_EQ(instant_of("1970-01-02"), day);
    for (const char* text :
         {"", "1970-01-01 00:00:00z", "1970-01-01 00:00:00 Z", "1970-01-01 00:00:00+2", "1970-01-01 00:00:00+25:00",
          "1970-01-01 00:00:00+02:60", "1970-01-01 00:00:00+02:", "1970-01-01 00:00:00ZZ", "1970-01-01 00:00:00 UTC",
          "+294247-01-10 04:00:54-05", "-290308-12-21 19:59:06+05"})
        EXPECT_EQ(instant_of(text), std::nullopt) << text;
}

TEST(temporal, keeps_text_in_the_order_of_time) {
    std::vector<std::int64_t> values{least, most};
    const auto first = detail::first_sortable_day * day;
    const auto last = (detail::last_sortable_day + 1) * day - 1;
    for (auto us = first; us < last - 7'777'777'777'777; us += 7'777'777'777'777) {
        values.push_back(us);
        values.push_back(us + 1);
    }
    values.push_back(last);
    std::sort(values.begin(), values.end());
    for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_EQ(instant_of(instant_text(values[i])), values[i]);
        ASSERT_EQ(timestamp_of(timestamp_text(values[i])), values[i]);
        if (i == 0) continue;
        ASSERT_LT(instant_text(values[i - 1]), instant_text(values[i]));
        ASSERT_LT(timestamp_text(values[i - 1]), timestamp_text(values[i]));
    }
}

TEST(temporal, turns_dates_into_days_and_back) {
    using namespace std::chrono;
    EXPECT_EQ(detail::to_days(koine::date{1970y / January / 2}), 1);
    EXPECT_EQ(detail::from_days(-1), koine::date{1969y / December / 31});
    EXPECT_EQ(detail::to_days(koine::infinite_date), most);
    EXPECT_EQ(detail::from_days(least), koine::minus_infinite_date);
    EXPECT_THROW(detail::to_days(koine::date{2023y / February / 29}), koine::error);
    // The outermost days mean infinity, so they must not be taken for themselves.
    EXPECT_THROW(detail::from_days(sys_days{koine::infinite_date}.time_since_epoch().count()), koine::error);
    EXPECT_THROW(detail::from_days(sys_days{koine::minus_infinite_date}.time_since_epoch().count()), koine::error);
    EXPECT_EQ(detail::from_days(sys_days{koine::infinite_date}.time_since_epoch().count() - 1),
              koine::date{32767y / December / 30});
    EXPECT_THROW(detail::from_days(most - 1), koine::error);
}

TEST(temporal, holds_times_within_their_day) {
    EXPECT_EQ(koine::time_of_day{}.since_midnight(), 0us);
    EXPECT_EQ(koine::time_of_day{24h}.since_midnight(), 24h);
    EXPECT_LT(koine::time_of_day{1h}, koine::time_of_day{61min});
    EXPECT_EQ(detail::from_time_us(7), koine::time_of_day{7us});
    EXPECT_EQ(detail::to_time_us(koine::time_of_day{1s}), 1'000'000);
    EXPECT_THROW(koine::time_of_day{-1us}, koine::error);
    EXPECT_THROW(koine::time_of_day{24h + 1us}, koine::error);
    EXPECT_THROW(detail::from_time_us(most), koine::error);
}

TEST(temporal, prints_values) {
    using namespace std::chrono;
    EXPECT_EQ(to_string(koine::date{2024y / February / 29}), "2024-02-29");
    EXPECT_EQ(to_string(koine::infinite_date), "infinity");
    EXPECT_EQ(to_string(koine::time_of_day{1h + 2min + 3s + 4us}), "01:02:03.000004");
    EXPECT_EQ(to_string(koine::timestamp{local_days{2024y / 2 / 29} + 1us}), "2024-02-29 00:00:00.000001");
    EXPECT_EQ(to_string(koine::instant{sys_days{2024y / 2 / 29} + 1us}), "2024-02-29 00:00:00.000001Z");
    EXPECT_EQ(to_string(koine::minus_infinite_instant), "-infinity");
    EXPECT_THROW(to_string(koine::date{2023y / February / 29}), koine::error);
    EXPECT_EQ(detail::to_us(koine::infinite_timestamp), most);
    EXPECT_EQ(detail::instant_from_us(5), koine::instant{5us});
    EXPECT_EQ(detail::timestamp_from_us(5), koine::timestamp{5us});
}

}  // namespace
