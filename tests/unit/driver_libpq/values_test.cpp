// Values on their way to the server and back, in both wire formats.
#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "client.hpp"

namespace koine_test {
namespace {

constexpr std::int64_t plus_infinity = INT64_MAX;
constexpr std::int64_t minus_infinity = INT64_MIN;

class libpq_values : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_POSTGRES();
        link_ = std::make_unique<client>(over_socket(pg_cluster::shared()));
        ASSERT_TRUE(link_->connect().ok());
    }

    // The value through a parameter and a column of the type: in binary format, and in text format
    // because a column without a decoder stands beside it.
    void goes_round(const std::string& type, const koine_value& value) {
        const std::string cast = "select $1::" + type;
        EXPECT_EQ(link_->value(cast, {value}), kept{value}) << type << " binary";
        EXPECT_EQ(link_->value(cast + ", point(1,2)", {value}), kept{value}) << type << " text";
        EXPECT_EQ(link_->value(cast, {value}, KOINE_PREPARE_ONCE), kept{value}) << type << " once";
        EXPECT_EQ(link_->value(cast, {value}, KOINE_PREPARE_STREAM), kept{value}) << type << " stream";
        EXPECT_EQ(link_->value("select $1::" + type, {null()}), kept{null()}) << type << " NULL";
        EXPECT_EQ(link_->value("select $1::" + type + ", point(1,2)", {null()}), kept{null()})
            << type << " NULL as text";
    }
    report fails(const std::string& type, const koine_value& value) {
        auto how = link_->run("select $1::" + type, {value});
        EXPECT_EQ(how.status, KOINE_ERROR) << type;
        EXPECT_EQ(link_->state(), 0U);
        return how;
    }

    std::unique_ptr<client> link_;
};

TEST_F(libpq_values, integers_go_round_in_every_width) {
    for (const std::int64_t v : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{INT16_MAX}, std::int64_t{INT16_MIN}})
        goes_round("int2", integer(v));
    for (const std::int64_t v : {std::int64_t{INT32_MAX}, std::int64_t{INT32_MIN}}) goes_round("int4", integer(v));
    for (const std::int64_t v : {INT64_MAX, INT64_MIN}) goes_round("int8", integer(v));
    goes_round("oid", integer(UINT32_MAX));
}

TEST_F(libpq_values, an_integer_that_does_not_fit_is_refused_before_it_is_sent) {
    for (const auto& [type, value] :
         {std::pair{"int2", std::int64_t{INT16_MAX} + 1}, std::pair{"int4", std::int64_t{INT32_MAX} + 1},
          std::pair{"int4", std::int64_t{INT32_MIN} - 1}, std::pair{"oid", std::int64_t{-1}},
          std::pair{"float8", (std::int64_t{1} << 53) + 1}, std::pair{"float8", INT64_MAX},
          std::pair{"float4", (std::int64_t{1} << 24) + 1}, std::pair{"float4", INT64_MAX}}) {
        const auto how = fails(type, integer(value));
        EXPECT_EQ(how.code, koine::errc::out_of_range) << type;
        EXPECT_EQ(how.outcome, koine::outcome::not_sent) << type;
    }
}

TEST_F(libpq_values, an_integer_is_exact_as_float_and_as_numeric) {
    EXPECT_EQ(link_->value("select $1::float8", {integer(std::int64_t{1} << 53)}).f, 9007199254740992.0);
    EXPECT_EQ(link_->value("select $1::numeric", {integer(INT64_MIN)}).text, "-9223372036854775808");
    EXPECT_EQ(link_->value("select $1::text", {integer(42)}).text, "42");
}

TEST_F(libpq_values, floats_go_round_with_infinities_and_nan) {
    for (const double v :
         {0.0, -1.5, 0.1, std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(),
          std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), std::nan("")})
        goes_round("float8", real(v));
    goes_round("float4", real(1.5));
    EXPECT_EQ(fails("float4", real(1e300)).sqlstate, "22003");
}

TEST_F(libpq_values, booleans_go_round) {
    goes_round("bool", integer(1, KOINE_BOOL));
    goes_round("bool", integer(0, KOINE_BOOL));
}

TEST_F(libpq_values, texts_go_round_in_every_text_type) {
    for (const char* type : {"text", "varchar", "name"}) {
        goes_round(type, bytes("Za\u017c\u00f3\u0142\u0107 'g\u0119\u015bl\u0105' \\ \"ja\u017a\u0144\" \n"));
        goes_round(type, bytes(""));
    }
    const std::string long_text(1 << 20, 'x');
    goes_round("text", bytes(long_text));
}

TEST_F(libpq_values, bytes_go_round_with_nul_and_backslash) {
    goes_round("bytea", bytes(std::string_view{"\0\\x\xff\x80'\0", 7}, KOINE_BLOB));
    goes_round("bytea", bytes("", KOINE_BLOB));
    ASSERT_TRUE(link_->run("set bytea_output = escape").ok());
    goes_round("bytea", bytes(std::string_view{"\0\\x\xff\x80'\0", 7}, KOINE_BLOB));
}

TEST_F(libpq_values, uuids_go_round) {
    const std::string_view uuid{"\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x11\x22\x33\x44\x55\x66\xff", 16};
    goes_round("uuid", bytes(uuid, KOINE_UUID));
    EXPECT_EQ(link_->value("select $1::text", {bytes(uuid, KOINE_UUID)}).text, "01234567-89ab-cdef-0011-2233445566ff");
    EXPECT_EQ(link_->value("select $1::uuid", {bytes("01234567-89ab-cdef-0011-2233445566ff")}).text, uuid);
}

TEST_F(libpq_values, json_goes_round) {
    goes_round("json", bytes("{\"a\": [1, 2]}", KOINE_JSON));
    goes_round("jsonb", bytes("{\"a\": [1, 2]}", KOINE_JSON));
}

TEST_F(libpq_values, dates_go_round_from_the_first_to_the_last) {
    for (const std::int64_t days :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{11017}, std::int64_t{-2440588}, std::int64_t{2145042905}})
        goes_round("date", integer(days, KOINE_DATE));
    goes_round("date", integer(plus_infinity, KOINE_DATE));
    goes_round("date", integer(minus_infinity, KOINE_DATE));
    EXPECT_EQ(link_->value("select date '2000-02-29'").i, 11016);
    EXPECT_EQ(fails("date", integer(INT64_MAX - 1, KOINE_DATE)).code, koine::errc::out_of_range);
    EXPECT_EQ(fails("date", integer(-2440589, KOINE_DATE)).sqlstate, "22008");
}

TEST_F(libpq_values, times_go_round_up_to_twenty_four_hours) {
    goes_round("time", integer(0, KOINE_TIME));
    goes_round("time", integer(86'399'999'999, KOINE_TIME));
    goes_round("time", integer(86'400'000'000, KOINE_TIME));
    EXPECT_EQ(fails("time", integer(-1, KOINE_TIME)).sqlstate, "22008");
}

TEST_F(libpq_values, timestamps_and_instants_go_round) {
    for (const std::int64_t v : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'700'000'000'123'456},
                                 std::int64_t{-210'866'803'200'000'000}, std::int64_t{9'000'000'000'000'000'000},
                                 plus_infinity, minus_infinity}) {
        goes_round("timestamp", integer(v, KOINE_TIMESTAMP));
        goes_round("timestamptz", integer(v, KOINE_INSTANT));
    }
    EXPECT_EQ(fails("timestamp", integer(INT64_MIN + 1, KOINE_TIMESTAMP)).code, koine::errc::out_of_range);
}

TEST_F(libpq_values, instants_in_text_format_are_right_in_any_time_zone) {
    const auto instant = integer(1'700'000'000'123'456, KOINE_INSTANT);
    for (const char* zone : {"America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "UTC"}) {
        ASSERT_TRUE(link_->run(std::string{"set timezone = '"} + zone + "'").ok());
        goes_round("timestamptz", instant);
        // Offsets of the past have seconds.
        goes_round("timestamptz", integer(-5'000'000'000'000'000, KOINE_INSTANT));
    }
}

TEST_F(libpq_values, a_far_timestamp_beyond_our_range_is_an_error_not_a_wrong_date) {
    const auto how = link_->run("select timestamp '294276-12-31 23:59:59'");
    EXPECT_EQ(how.code, koine::errc::out_of_range) << how;
    EXPECT_TRUE(link_->run("select 1").ok());
}

TEST_F(libpq_values, text_dates_of_another_style_are_an_error_not_a_wrong_date) {
    ASSERT_TRUE(link_->run("set datestyle = 'SQL, DMY'").ok());
    EXPECT_EQ(link_->value("select date '2024-03-04'").i, 19786);  // binary
    const auto how = link_->run("select date '2024-03-04', point(1,2)");
    EXPECT_EQ(how.code, koine::errc::invalid_value) << how;
    EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U);
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->value("select date '2024-03-04', point(1,2)").i, 19786);
}

TEST_F(libpq_values, numerics_are_exact_texts) {
    for (const char* v :
         {"0", "1", "-1", "10000", "0.1", "0.00001", "-12345678901234567890.0001", "1.50", "100000000", "0.0000",
          "99999.99999", "123456789012345678901234567890123456789.123456789012345678901234567890", "NaN", "Infinity",
          "-Infinity"})
        goes_round("numeric", bytes(v, KOINE_DECIMAL));
    const std::string wide = std::string(5000, '7') + '.' + std::string(3000, '3');
    goes_round("numeric", bytes(wide, KOINE_DECIMAL));
}

TEST_F(libpq_values, many_numerics_of_a_block_keep_their_texts) {
    ASSERT_TRUE(link_->run("select i::numeric / 4 from generate_series(1, 1000) i").ok());
    ASSERT_EQ(link_->rows().size(), 1000U);
    EXPECT_EQ(link_->rows()[0].text.substr(0, 4), "0.25");
    EXPECT_EQ(link_->rows()[999].text.substr(0, 6), "250.00");
}

TEST_F(libpq_values, a_row_alone_and_a_row_among_others_are_read_alike) {
    auto* const rows = link_->prepare("select * from (values (1::int8, 'one'), (null, null), (3, '')) as v (i, t)");
    const std::vector<kept> expected{kept{integer(1)}, kept{bytes("one")}, kept{null()},
                                     kept{null()},     kept{integer(3)},   kept{bytes("")}};
    for (const std::uint32_t block : {64U, 2U, 1U}) {
        ASSERT_TRUE(link_->execute(rows, {}, block).ok());
        EXPECT_EQ(link_->rows(), expected) << block;
    }
    auto* const streamed = link_->prepare("select * from (values (1::int8, 'one'), (null, null), (3, '')) as v (i, t)",
                                          KOINE_PREPARE_STREAM);
    ASSERT_TRUE(link_->execute(streamed).ok());
    EXPECT_EQ(link_->rows(), expected);
}

TEST_F(libpq_values, a_statement_takes_other_kinds_of_values_each_time) {
    auto* const echo = link_->prepare("select $1::int8, $2::text");
    const std::string longer(5'000, 'x');
    const std::vector<std::pair<koine_value, koine_value>> all{
        {integer(1), bytes("text")}, {null(), null()},    {integer(2), bytes(longer)},
        {integer(3), null()},        {null(), bytes("")}, {integer(4), bytes("again")}};
    for (const auto& [i, t] : all) {
        ASSERT_TRUE(link_->execute(echo, {i, t}).ok());
        EXPECT_EQ(link_->rows(), (std::vector<kept>{kept{i}, kept{t}}));
    }
    ASSERT_TRUE(link_->execute(echo, {integer(5), integer(6)}).ok());
    EXPECT_EQ(link_->rows(), (std::vector<kept>{kept{integer(5)}, kept{bytes("6")}})) << "an integer as text";
    ASSERT_TRUE(link_->execute(echo, {bytes("7"), bytes("seven")}).ok());
    EXPECT_EQ(link_->rows(), (std::vector<kept>{kept{integer(7)}, kept{bytes("seven")}})) << "a text as integer";
}

TEST_F(libpq_values, types_without_decoder_are_opaque_texts) {
    const auto value = link_->value("select '1 day'::interval, 1");
    EXPECT_EQ(value.tag, KOINE_OPAQUE);
    EXPECT_EQ(value.text, "1 day");
    EXPECT_EQ(link_->rows()[1].i, 1);
    auto* const statement = link_->prepare("select '1 day'::interval as span, 1::int8 as n");
    koine_column column{};
    driver().column(statement, 0, &column);
    EXPECT_EQ(std::string(column.name.data, column.name.size), "span");
    EXPECT_EQ(column.native_type, 1186U);
    EXPECT_EQ(column.tag, KOINE_OPAQUE);
    driver().column(statement, 1, &column);
    EXPECT_EQ(std::string(column.type_name.data, column.type_name.size), "bigint");
    EXPECT_EQ(column.tag, KOINE_INT64);
}

TEST_F(libpq_values, an_enum_takes_and_gives_its_name) {
    ASSERT_TRUE(link_->run("create type pg_temp.mood as enum ('sad', 'happy')").ok());
    EXPECT_EQ(link_->value("select $1::pg_temp.mood", {bytes("happy")}).text, "happy");
    EXPECT_EQ(link_->run("select $1::pg_temp.mood", {bytes("grumpy")}).sqlstate, "22P02");
}

TEST_F(libpq_values, a_value_whose_meaning_would_change_is_refused) {
    EXPECT_EQ(fails("bytea", bytes("text")).code, koine::errc::type_mismatch);
    EXPECT_EQ(fails("text", bytes("bytes", KOINE_BLOB)).code, koine::errc::type_mismatch);
    EXPECT_EQ(fails("timestamp", integer(0, KOINE_INSTANT)).code, koine::errc::type_mismatch);
    EXPECT_EQ(fails("timestamptz", integer(0, KOINE_TIMESTAMP)).code, koine::errc::type_mismatch);
    EXPECT_EQ(fails("date", integer(0, KOINE_TIMESTAMP)).code, koine::errc::type_mismatch);
    EXPECT_EQ(fails("time", integer(0, KOINE_INSTANT)).code, koine::errc::type_mismatch);
    const auto why = fails("int4", bytes("seven \"of\" nine"));
    EXPECT_EQ(why.sqlstate, "22P02");
    EXPECT_EQ(why.message, "invalid input syntax for type integer: \"...\"") << "a value has no place in the message";
    EXPECT_NE(why.detail.find("seven"), std::string::npos) << why.detail;
    EXPECT_EQ(fails("int4", integer(1, KOINE_BOOL)).sqlstate, "22P02");
    koine_value strange{};
    strange.tag = 200;
    EXPECT_EQ(fails("int4", strange).code, koine::errc::usage);
}

TEST_F(libpq_values, a_nul_byte_is_never_cut_off_in_silence) {
    EXPECT_EQ(fails("text", bytes(std::string_view{"ab\0cd", 5})).code, koine::errc::invalid_encoding);
    EXPECT_EQ(fails("numeric", bytes(std::string_view{"12\0", 3})).code, koine::errc::invalid_encoding);
    EXPECT_EQ(fails("jsonb", bytes(std::string_view{"1\0 ", 3})).code, koine::errc::invalid_encoding);
    koine_statement* none = nullptr;
    const auto how = link_->try_prepare(std::string_view{"select 1\0; drop table x", 23}, none);
    EXPECT_EQ(how.code, koine::errc::invalid_encoding);
    EXPECT_EQ(how.outcome, koine::outcome::not_sent);
    EXPECT_EQ(link_->enqueue(std::string_view{"begin\0", 6}).code, koine::errc::invalid_encoding);
}

TEST_F(libpq_values, invalid_utf8_is_the_servers_error_and_leaves_the_connection_good) {
    for (const char* bad : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\xc3"}) {
        EXPECT_EQ(fails("text", bytes(bad)).code, koine::errc::invalid_encoding);
        EXPECT_EQ(fails("jsonb", bytes(bad)).status, KOINE_ERROR);
    }
}

TEST_F(libpq_values, the_number_of_values_must_be_the_number_of_parameters) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{2}, std::size_t{65'536}, std::size_t{65'537}}) {
        const auto how = link_->run("select $1::int4", std::vector<koine_value>(count, integer(1)));
        EXPECT_EQ(how.code, koine::errc::usage);
        EXPECT_EQ(how.outcome, koine::outcome::not_sent);
    }
    EXPECT_EQ(link_->value("select 1").i, 1);
}

TEST_F(libpq_values, a_statement_takes_as_many_parameters_as_the_driver_says_and_no_more) {
    const auto most = static_cast<int>(driver().capabilities->max_parameters);
    const auto sum = [](int count) {
        std::string sql = "select array_length(array[$1::int4";
        for (int i = 2; i <= count; ++i) sql += ",$" + std::to_string(i);
        return sql + "], 1)";
    };
    EXPECT_EQ(link_->value(sum(most), std::vector<koine_value>(static_cast<std::size_t>(most), integer(1))).i, most);
    for (const int count : {most + 1, 65'535, 65'536, 70'000}) {
        const auto how = link_->run(sum(count), std::vector<koine_value>(static_cast<std::size_t>(count), integer(1)));
        EXPECT_EQ(how.code, koine::errc::usage) << count;
        EXPECT_EQ(how.outcome, koine::outcome::not_sent);
        EXPECT_FALSE(how.poisons_connection);
    }
    EXPECT_EQ(link_->value("select '$9999', 1 -- $9999").text, "$9999");
    EXPECT_EQ(link_->state(), 0U);
}

TEST_F(libpq_values, a_value_longer_than_a_message_is_refused_without_touching_it) {
    koine_value huge = bytes("x");
    huge.len = 1'073'741'824u;
    EXPECT_EQ(fails("text", huge).code, koine::errc::too_big);
}

}  // namespace
}  // namespace koine_test
