#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <koine/mapping.hpp>

namespace storage {

enum class signed_level : signed char { low = -2, none = 0, high = 2 };
enum class far_away { somewhere = 500, elsewhere = 501 };
enum letter : char { letter_a = 1, letter_b = 2 };

struct celsius {
    double degrees = 0;
};
struct tag {
    std::string text;
};

}  // namespace storage

template <>
struct koine::enum_range<storage::signed_level> {
    static constexpr int min = -2;
    static constexpr int max = 2;
};
template <>
struct koine::enum_range<storage::far_away> {
    static constexpr int min = 500;
    static constexpr int max = 510;
};
template <>
struct koine::type_traits<storage::celsius> : koine::stored_as<storage::celsius, double> {
    static double to_storage(const storage::celsius& value) { return value.degrees; }
    static bool from_storage(double&& degrees, storage::celsius& value) {
        value.degrees = degrees;
        return degrees >= -273.15;
    }
};
template <>
struct koine::type_traits<storage::tag> : koine::stored_as<storage::tag, std::string> {
    static std::string to_storage(const storage::tag& value) { return "#" + value.text; }
    static bool from_storage(std::string&& text, storage::tag& value) {
        if (text.empty() || text[0] != '#') return false;
        value.text = text.substr(1);
        return true;
    }
};

namespace {

using koine::sql_type;
using koine::type_traits;
using koine::detail::integer_value;

koine_value text(std::string_view value) {
    return koine::detail::content_value(value.data(), value.size(), KOINE_TEXT);
}
std::string content(const koine_value& value) {
    return {static_cast<const char*>(value.u.p), value.len};
}

template <class T>
bool reads(const koine_value& cell) {
    T value{};
    return type_traits<T>::read(cell, value);
}
template <class T>
T read(const koine_value& cell) {
    T value{};
    EXPECT_TRUE(type_traits<T>::read(cell, value));
    return value;
}
template <class T>
koine_value bound(const T& value) {
    static koine::bind_context context;
    context.clear();
    const koine_value out = type_traits<T>::bind(value, context);
    EXPECT_FALSE(context.failed()) << context.what();
    return out;
}
template <class T>
koine::errc complaint(const T& value) {
    koine::bind_context context;
    type_traits<T>::bind(value, context);
    return context.code();
}

TEST(integer_column, refuses_what_its_type_cannot_hold) {
    EXPECT_EQ(read<std::int16_t>(integer_value(-32768)), -32768);
    EXPECT_FALSE(reads<std::int16_t>(integer_value(32768)));
    EXPECT_FALSE(reads<std::int16_t>(integer_value(-32769)));
    EXPECT_EQ(read<std::int32_t>(integer_value(2147483647)), 2147483647);
    EXPECT_FALSE(reads<std::int32_t>(integer_value(2147483648)));
    EXPECT_EQ(read<std::int64_t>(integer_value(INT64_MIN)), INT64_MIN);
    EXPECT_FALSE(reads<std::int64_t>(text("5")));
    EXPECT_FALSE(reads<std::int64_t>(koine::detail::float_value(5)));
    EXPECT_EQ(bound<std::int16_t>(-3).u.i, -3);
    EXPECT_EQ(type_traits<std::int16_t>::type, sql_type::int16);
    EXPECT_EQ(type_traits<long long>::type, sql_type::int64);
}

TEST(bool_column, reads_its_tag_and_what_databases_write_instead) {
    EXPECT_TRUE(read<bool>(integer_value(1, KOINE_BOOL)));
    EXPECT_FALSE(read<bool>(integer_value(0)));
    EXPECT_TRUE(read<bool>(integer_value(1)));
    // Words are not what is bound: a query for true would not find them.
    for (const char* const word : {"t", "f", "true", "false"}) EXPECT_FALSE(reads<bool>(text(word)));
    EXPECT_FALSE(reads<bool>(integer_value(2)));
    EXPECT_FALSE(reads<bool>(text("yes")));
    EXPECT_EQ(bound(true).tag, KOINE_BOOL);
}

TEST(double_column, reads_integers_that_it_holds_exactly) {
    EXPECT_EQ(read<double>(koine::detail::float_value(0.1)), 0.1);
    EXPECT_EQ(read<double>(integer_value(-7)), -7.0);
    EXPECT_EQ(read<double>(integer_value(std::int64_t{1} << 60)), 0x1p60);
    EXPECT_FALSE(reads<double>(integer_value((std::int64_t{1} << 53) + 1)));
    EXPECT_FALSE(reads<double>(integer_value(INT64_MAX)));
    EXPECT_EQ(read<double>(integer_value(INT64_MIN)), -0x1p63);
    EXPECT_FALSE(reads<double>(text("1.5")));
}

TEST(text_column, replaces_what_the_string_held) {
    std::string value = "something long enough to live on the heap, surely";
    ASSERT_TRUE(type_traits<std::string>::read(text("short"), value));
    EXPECT_EQ(value, "short");
    const std::string large(1000, 'x');
    ASSERT_TRUE(type_traits<std::string>::read(text(large), value));
    EXPECT_EQ(value, large);
    ASSERT_TRUE(type_traits<std::string>::read(text(""), value));
    EXPECT_EQ(value, "");
    EXPECT_FALSE(reads<std::string>(integer_value(5)));
    EXPECT_FALSE(reads<std::string>(koine::detail::content_value("x", 1, KOINE_BLOB)));
    EXPECT_EQ(read<std::string>(koine::detail::content_value("1.50", 4, KOINE_DECIMAL)), "1.50");
}

TEST(text_column, is_left_empty_and_valid_when_memory_runs_out) {
    std::string value = "before";
    // Volatile, because a compiler that sees the size warns of it.
    const volatile std::size_t size = std::numeric_limits<std::ptrdiff_t>::max();
    EXPECT_THROW(koine::detail::rebuild(value, "x", size), std::exception);
    EXPECT_EQ(value, "");
}

TEST(text_column, binds_utf8_without_nul_only) {
    EXPECT_EQ(content(bound(std::string{"gr\xc3\xbc\xc3\x9f"})), "gr\xc3\xbc\xc3\x9f");
    EXPECT_EQ(complaint(std::string{"\xc3"}), koine::errc::invalid_encoding);
    EXPECT_EQ(complaint(std::string{"a\0b", 3}), koine::errc::invalid_encoding);
    EXPECT_EQ(complaint(std::string_view{"\xed\xa0\x80"}), koine::errc::invalid_encoding);
    koine::bind_context context;
    EXPECT_EQ(content(type_traits<const char*>::bind("literal", context)), "literal");
    EXPECT_EQ(content(type_traits<char[4]>::bind("abc", context)), "abc");
    EXPECT_EQ(type_traits<const char*>::bind(nullptr, context).tag, KOINE_NULL);
}

TEST(bytes_column, keeps_every_byte) {
    std::vector<std::byte> all(256);
    for (std::size_t i = 0; i < 256; ++i) all[i] = static_cast<std::byte>(i);
    const koine_value value = bound(all);
    EXPECT_EQ(value.tag, KOINE_BLOB);
    EXPECT_EQ(read<std::vector<std::byte>>(value), all);
    EXPECT_FALSE(reads<std::vector<std::byte>>(text("x")));
    EXPECT_TRUE(read<std::vector<std::byte>>(koine::detail::content_value(nullptr, 0, KOINE_BLOB)).empty());
}

TEST(optional_column, is_null_or_its_type) {
    std::optional<std::int32_t> value = 5;
    ASSERT_TRUE(type_traits<std::optional<std::int32_t>>::read(koine::detail::null_value(), value));
    EXPECT_EQ(value, std::nullopt);
    ASSERT_TRUE(type_traits<std::optional<std::int32_t>>::read(integer_value(7), value));
    EXPECT_EQ(value, 7);
    EXPECT_FALSE((type_traits<std::optional<std::int32_t>>::read(integer_value(INT64_MAX), value)));
    EXPECT_EQ(bound(std::optional<std::string>{}).tag, KOINE_NULL);
    EXPECT_EQ(content(bound(std::optional<std::string>{"x"})), "x");
}

TEST(every_column, refuses_null_unless_optional) {
    const koine_value null = koine::detail::null_value();
    EXPECT_FALSE(reads<std::int64_t>(null));
    EXPECT_FALSE(reads<bool>(null));
    EXPECT_FALSE(reads<double>(null));
    EXPECT_FALSE(reads<std::string>(null));
    EXPECT_FALSE(reads<std::vector<std::byte>>(null));
    EXPECT_FALSE(reads<koine::date>(null));
    EXPECT_FALSE(reads<koine::time_of_day>(null));
    EXPECT_FALSE(reads<koine::timestamp>(null));
    EXPECT_FALSE(reads<koine::instant>(null));
    EXPECT_FALSE(reads<koine::uuid>(null));
    EXPECT_FALSE(reads<storage::far_away>(null));
}

TEST(enumeration_column, is_stored_by_name) {
    EXPECT_EQ(content(bound(storage::signed_level::low)), "low");
    EXPECT_EQ(content(bound(storage::signed_level::none)), "none");
    EXPECT_EQ(content(bound(storage::far_away::elsewhere)), "elsewhere");
    EXPECT_EQ(content(bound(storage::letter_b)), "letter_b");
    EXPECT_EQ(read<storage::signed_level>(text("high")), storage::signed_level::high);
    EXPECT_EQ(read<storage::far_away>(koine::detail::content_value("somewhere", 9, KOINE_OPAQUE)),
              storage::far_away::somewhere);
    EXPECT_FALSE(reads<storage::far_away>(text("nowhere")));
    EXPECT_FALSE(reads<storage::far_away>(text("")));
    EXPECT_FALSE(reads<storage::far_away>(integer_value(500)));
    EXPECT_EQ(complaint(static_cast<storage::signed_level>(1)), koine::errc::invalid_value);
    EXPECT_EQ(complaint(static_cast<storage::far_away>(7)), koine::errc::invalid_value);
    const auto names = type_traits<storage::signed_level>::enumerators();
    EXPECT_EQ((std::vector<std::string_view>{names.begin(), names.end()}),
              (std::vector<std::string_view>{"low", "none", "high"}));
}

TEST(date_column, reads_days_and_text) {
    using namespace std::chrono;
    const koine::date leap = year{2024} / February / 29;
    EXPECT_EQ(bound(leap).tag, KOINE_DATE);
    EXPECT_EQ(bound(leap).u.i, 19782);
    EXPECT_EQ(read<koine::date>(integer_value(19782, KOINE_DATE)), leap);
    EXPECT_EQ(read<koine::date>(text("2024-02-29")), leap);
    EXPECT_FALSE(reads<koine::date>(text("2023-02-29")));
    EXPECT_FALSE(reads<koine::date>(integer_value(19782)));
    EXPECT_FALSE(reads<koine::date>(integer_value(100'000'000, KOINE_DATE)));
    EXPECT_EQ(read<koine::date>(integer_value(INT64_MAX, KOINE_DATE)), koine::infinite_date);
    EXPECT_EQ(read<koine::date>(text("-infinity")), koine::minus_infinite_date);
    EXPECT_EQ(bound(koine::infinite_date).u.i, INT64_MAX);
    EXPECT_EQ(complaint(koine::date{year{2023} / February / 29}), koine::errc::invalid_value);
}

TEST(time_column, reads_microseconds_and_text) {
    const koine::time_of_day noon{std::chrono::hours{12}};
    EXPECT_EQ(bound(noon).u.i, 43'200'000'000);
    EXPECT_EQ(bound(noon).tag, KOINE_TIME);
    EXPECT_EQ(read<koine::time_of_day>(integer_value(43'200'000'000, KOINE_TIME)), noon);
    EXPECT_EQ(read<koine::time_of_day>(text("12:00:00.000000")), noon);
    EXPECT_FALSE(reads<koine::time_of_day>(integer_value(-1, KOINE_TIME)));
    EXPECT_FALSE(reads<koine::time_of_day>(integer_value(86'400'000'001, KOINE_TIME)));
}

TEST(timestamp_and_instant_columns, are_not_taken_for_each_other) {
    const koine::timestamp local{std::chrono::microseconds{1}};
    const koine::instant point{std::chrono::microseconds{1}};
    EXPECT_EQ(bound(local).tag, KOINE_TIMESTAMP);
    EXPECT_EQ(bound(point).tag, KOINE_INSTANT);
    EXPECT_EQ(read<koine::timestamp>(text("1970-01-01 00:00:00.000001")), local);
    EXPECT_EQ(read<koine::instant>(text("1970-01-01 00:00:00.000001Z")), point);
    EXPECT_FALSE(reads<koine::timestamp>(integer_value(1, KOINE_INSTANT)));
    auto of_utc = integer_value(1, KOINE_TIMESTAMP);
    of_utc.flags = KOINE_VALUE_UTC;
    EXPECT_EQ(read<koine::instant>(of_utc), koine::instant{std::chrono::microseconds{1}});
    EXPECT_EQ(read<koine::timestamp>(of_utc), koine::timestamp{std::chrono::microseconds{1}});
    EXPECT_FALSE(reads<koine::instant>(integer_value(1, KOINE_TIMESTAMP)));
    EXPECT_FALSE(reads<koine::timestamp>(text("1970-01-01 00:00:00Z")));
    EXPECT_EQ(read<koine::instant>(integer_value(INT64_MAX, KOINE_INSTANT)), koine::infinite_instant);
    EXPECT_EQ(bound(koine::minus_infinite_timestamp).u.i, INT64_MIN);
}

// Those texts whose rows a comparison with the value finds.
TEST(columns_of_moments, read_the_forms_that_are_found_again) {
    const koine::timestamp local{std::chrono::microseconds{500'000}};
    const koine::instant point{local.time_since_epoch()};
    for (const std::string end : {".5", ".50", ".500", ".500000"}) {
        EXPECT_EQ(read<koine::timestamp>(text("1970-01-01 00:00:00" + end)), local);
        EXPECT_EQ(read<koine::instant>(text("1970-01-01 00:00:00" + end)), point);
        EXPECT_EQ(read<koine::time_of_day>(text("00:00:00" + end)).since_midnight(), local.time_since_epoch());
    }
    EXPECT_EQ(read<koine::instant>(text("1970-01-01 00:00:00")), koine::instant{});
    EXPECT_EQ(read<koine::timestamp>(text("infinity")), koine::infinite_timestamp);
    for (const char* const other : {"1970-01-01", "1970-01-01 00:00", "1970-01-01T00:00:00.500000",
                                    "1970-01-01 00:00:00.5000000", "+1970-01-01 00:00:00.500000"}) {
        EXPECT_FALSE(reads<koine::timestamp>(text(other))) << other;
        EXPECT_FALSE(reads<koine::instant>(text(other))) << other;
    }
    for (const char* const other : {"1970-01-01 00:00:00Z", "1970-01-01 00:00:00.5Z", "1970-01-01 02:00:00.500000+02"})
        EXPECT_FALSE(reads<koine::instant>(text(other))) << other;
    EXPECT_FALSE(reads<koine::time_of_day>(text("00:00")));
    EXPECT_FALSE(reads<koine::date>(text("+1970-01-01")));
}

TEST(uuid_column, reads_bytes_and_text) {
    const koine::uuid id = koine::uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
    const koine_value value = bound(id);
    EXPECT_EQ(value.tag, KOINE_UUID);
    EXPECT_EQ(read<koine::uuid>(value), id);
    EXPECT_EQ(read<koine::uuid>(text("00112233-4455-6677-8899-aabbccddeeff")), id);
    for (const char* const other : {"00112233-4455-6677-8899-AABBCCDDEEFF", "00112233445566778899aabbccddeeff",
                                    "{00112233-4455-6677-8899-aabbccddeeff}"})
        EXPECT_FALSE(reads<koine::uuid>(text(other))) << other;
    EXPECT_FALSE(reads<koine::uuid>(text("00112233")));
    EXPECT_FALSE(reads<koine::uuid>(koine::detail::content_value(id.bytes().data(), 16, KOINE_BLOB)));
}

TEST(column_of_a_users_type, is_stored_as_another_type) {
    EXPECT_EQ(type_traits<storage::celsius>::type, sql_type::float64);
    EXPECT_EQ(bound(storage::celsius{21.5}).u.f, 21.5);
    EXPECT_EQ(read<storage::celsius>(koine::detail::float_value(-3)).degrees, -3.0);
    EXPECT_FALSE(reads<storage::celsius>(koine::detail::float_value(-300)));
    EXPECT_EQ(content(bound(storage::tag{"a text that does not fit a short string"})),
              "#a text that does not fit a short string");
    EXPECT_EQ(read<storage::tag>(text("#x")).text, "x");
    EXPECT_FALSE(reads<storage::tag>(text("x")));
}

}  // namespace
