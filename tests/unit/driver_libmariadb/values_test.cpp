// Values of every type, both ways.
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client.hpp"

namespace koine_test {
namespace {

constexpr std::int64_t day = 86'400'000'000;

kept number(std::int64_t value, std::uint8_t tag = KOINE_INT64) {
    return kept{integer(value, tag)};
}

class libmariadb_values : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_MARIADB();
        link_ = std::make_unique<client>(over_socket(mariadb_server::shared()));
        ASSERT_TRUE(link_->connect().ok());
    }

    // Through a column of the type and back; by streaming too.
    kept through(const std::string& type, koine_value value) {
        EXPECT_TRUE(link_->run("create or replace temporary table v (x " + type + ")").ok());
        const auto how = link_->run("insert into v values (?)", {value});
        EXPECT_TRUE(how.ok()) << type << ' ' << how;
        const auto streamed = link_->value("select x from v", {}, KOINE_PREPARE_STREAM);
        const auto stored = link_->value("select x from v");
        EXPECT_EQ(streamed, stored);
        return stored;
    }
    void comes_back(const std::string& type, koine_value value) {
        EXPECT_EQ(through(type, value), kept{value}) << type;
    }
    report refused(koine_value value) {
        auto how = link_->run("select ?", {value});
        EXPECT_EQ(link_->number("select 1"), 1);
        return how;
    }

    std::unique_ptr<client> link_;
};

TEST_F(libmariadb_values, integers_of_all_sizes_come_back) {
    for (const auto value : {std::int64_t{-128}, std::int64_t{0}, std::int64_t{127}})
        comes_back("tinyint", integer(value));
    for (const auto value : {std::int64_t{-32'768}, std::int64_t{32'767}}) comes_back("smallint", integer(value));
    for (const auto value : {std::int64_t{-8'388'608}, std::int64_t{8'388'607}})
        comes_back("mediumint", integer(value));
    for (const auto value : {std::int64_t{INT32_MIN}, std::int64_t{INT32_MAX}}) comes_back("int", integer(value));
    for (const auto value : {INT64_MIN, INT64_MAX}) comes_back("bigint", integer(value));
    comes_back("tinyint unsigned", integer(255));
    comes_back("smallint unsigned", integer(65'535));
    comes_back("int unsigned", integer(4'294'967'295));
    comes_back("bigint unsigned", integer(INT64_MAX));
    comes_back("year", integer(2155));
}

TEST_F(libmariadb_values, a_truth_is_a_tiny_integer) {
    EXPECT_EQ(through("tinyint(1)", integer(1, KOINE_BOOL)), number(1));
    EXPECT_EQ(through("boolean", integer(0, KOINE_BOOL)), number(0));
}

TEST_F(libmariadb_values, an_unsigned_number_beyond_int64_is_a_decimal) {
    EXPECT_EQ(link_->value("select cast(18446744073709551615 as unsigned)"),
              kept{bytes("18446744073709551615", KOINE_DECIMAL)});
    EXPECT_EQ(through("bigint unsigned", bytes("9223372036854775808", KOINE_DECIMAL)),
              kept{bytes("9223372036854775808", KOINE_DECIMAL)});
}

TEST_F(libmariadb_values, an_integer_that_does_not_fit_is_an_error) {
    ASSERT_TRUE(link_->run("create temporary table v (x smallint)").ok());
    const auto how = link_->run("insert into v values (?)", {integer(32'768)});
    EXPECT_EQ(how.code, koine::errc::out_of_range) << how;
    EXPECT_EQ(how.native_code, 1264);
    EXPECT_EQ(how.sqlstate, "22003");
    EXPECT_EQ(how.column, "x");
    EXPECT_EQ(link_->number("select count(*) from v"), 0);
}

TEST_F(libmariadb_values, floating_point_comes_back_bit_by_bit) {
    for (const double value :
         {0.0, -0.0, 0.1, -1.5, std::numeric_limits<double>::max(), std::numeric_limits<double>::min()})
        comes_back("double", real(value));
    EXPECT_EQ(through("float", real(0.5)).f, 0.5);
}

TEST_F(libmariadb_values, what_the_database_cannot_hold_is_refused_before_it_is_sent) {
    for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const auto how = refused(real(value));
        EXPECT_EQ(how.code, koine::errc::out_of_range) << how;
        EXPECT_EQ(how.outcome, koine::outcome::not_sent);
        EXPECT_FALSE(how.poisons_connection);
    }
    for (const auto tag : {KOINE_DATE, KOINE_TIMESTAMP, KOINE_INSTANT})
        for (const auto value : {INT64_MIN, INT64_MAX})
            EXPECT_EQ(refused(integer(value, static_cast<std::uint8_t>(tag))).code, koine::errc::out_of_range);
    EXPECT_EQ(refused(integer(2'932'897, KOINE_DATE)).code, koine::errc::out_of_range);
    EXPECT_EQ(refused(integer(-719'529, KOINE_DATE)).code, koine::errc::out_of_range);
    EXPECT_EQ(refused(integer(2'932'897 * day, KOINE_TIMESTAMP)).code, koine::errc::out_of_range);
}

TEST_F(libmariadb_values, texts_come_back_unchanged) {
    comes_back("text", bytes(""));
    comes_back("text", bytes("it's \"quoted\" \\ and ` ticked`"));
    comes_back("varchar(20)", bytes("trailing  "));
    comes_back("longtext", bytes("\xf0\x9f\x98\x80 gr\xc3\xbc\xc3\x9f"));
    const std::string large(300'000, 'x');
    comes_back("longtext", bytes(large));
    comes_back("char(36) character set ascii", bytes("0189c4c2-0000-7000-8000-00000000abcd"));
}

TEST_F(libmariadb_values, a_text_longer_than_its_column_is_an_error) {
    ASSERT_TRUE(link_->run("create temporary table v (x varchar(3))").ok());
    const auto how = link_->run("insert into v values (?)", {bytes("four")});
    EXPECT_EQ(how.code, koine::errc::too_big) << how;
    EXPECT_EQ(how.native_code, 1406);
    EXPECT_EQ(how.sqlstate, "22001");
    EXPECT_EQ(how.column, "x");
    EXPECT_TRUE(link_->run("insert into v values (?)", {bytes("\xc3\xa4\xc3\xb6\xc3\xbc")}).ok());
}

TEST_F(libmariadb_values, bytes_come_back_unchanged) {
    std::string all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
    comes_back("longblob", bytes(all, KOINE_BLOB));
    comes_back("varbinary(300)", bytes(all, KOINE_BLOB));
    comes_back("blob", bytes("", KOINE_BLOB));
    const std::string large(20'000'000 / 2, '\0');
    comes_back("longblob", bytes(large, KOINE_BLOB));
}

TEST_F(libmariadb_values, dates_of_the_whole_calendar_come_back) {
    for (const std::int64_t days : {-719'528, -1, 0, 19'782, 2'932'896}) comes_back("date", integer(days, KOINE_DATE));
    EXPECT_EQ(link_->value("select date '2024-02-29'"), number(19'782, KOINE_DATE));
}

TEST_F(libmariadb_values, times_of_day_come_back) {
    for (const std::int64_t us : {std::int64_t{0}, std::int64_t{1}, day - 1, day})
        comes_back("time(6)", integer(us, KOINE_TIME));
}

TEST_F(libmariadb_values, timestamps_come_back_and_may_be_read_as_instants) {
    for (const std::int64_t us : {-719'528 * day, std::int64_t{-1}, std::int64_t{0}, 2'932'897 * day - 1})
        comes_back("datetime(6)", integer(us, KOINE_TIMESTAMP));
    EXPECT_EQ(through("datetime(6)", integer(1'700'000'000'123'456, KOINE_INSTANT)),
              number(1'700'000'000'123'456, KOINE_TIMESTAMP));
    EXPECT_EQ(link_->value("select cast(from_unixtime(1700000000) as datetime)"),
              number(1'700'000'000'000'000, KOINE_TIMESTAMP));
    koine_statement* const statement = link_->prepare("select timestamp '2024-01-01 00:00:00'");
    koine_value cell{};
    std::uint32_t got = 0;
    const auto how = link_->drive(
        [&](koine_wait* w, koine_error* e) { return driver().execute(statement, nullptr, 0, &cell, 1, &got, w, e); });
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(cell.flags, KOINE_VALUE_UTC);
    driver().finalize(statement);
}

TEST_F(libmariadb_values, dates_that_are_none_and_long_times_come_as_text) {
    ASSERT_TRUE(link_->run("set sql_mode = ''").ok());
    ASSERT_TRUE(link_->run("create temporary table v (d date, t datetime, s time)").ok());
    ASSERT_TRUE(link_->run("insert into v values ('0000-00-00', '2024-02-00 10:11:12', '-838:59:59')").ok());
    ASSERT_TRUE(link_->run("select * from v").ok());
    EXPECT_EQ(link_->rows()[0], kept{bytes("0000-00-00", KOINE_OPAQUE)});
    EXPECT_EQ(link_->rows()[1], kept{bytes("2024-02-00 10:11:12.000000", KOINE_OPAQUE)});
    EXPECT_EQ(link_->rows()[2], kept{bytes("-838:59:59.000000", KOINE_OPAQUE)});
    EXPECT_EQ(link_->value("select time '25:00:00.5'"), kept{bytes("25:00:00.500000", KOINE_OPAQUE)});
}

TEST_F(libmariadb_values, decimals_are_exact) {
    comes_back("decimal(30,10)", bytes("12345678901234567890.0123456789", KOINE_DECIMAL));
    EXPECT_EQ(link_->value("select -0.10"), kept{bytes("-0.10", KOINE_DECIMAL)});
    EXPECT_EQ(link_->value("select sum(x) from (select 1 as x union all select 2) t"), kept{bytes("3", KOINE_DECIMAL)});
}

TEST_F(libmariadb_values, uuids_are_text_of_36_characters) {
    const std::string raw = "\x01\x89\xc4\xc2\xff\xfe\x70\x01\x80\x02\x03\x04\x05\x06\xab\xcd";
    const kept shown{bytes("0189c4c2-fffe-7001-8002-03040506abcd")};
    EXPECT_EQ(through("char(36) character set ascii", bytes(raw, KOINE_UUID)), shown);
    EXPECT_EQ(through("uuid", bytes(raw, KOINE_UUID)), shown);
}

TEST_F(libmariadb_values, other_types_of_the_server_have_their_tags) {
    comes_back("json", bytes(R"({"a": [1, null]})", KOINE_JSON));
    EXPECT_EQ(through("enum('red','green')", bytes("green")), kept{bytes("green")});
    EXPECT_EQ(through("set('a','b')", bytes("a,b")), kept{bytes("a,b")});
    EXPECT_EQ(through("inet6", bytes("::1")), kept{bytes("::1")});
    EXPECT_EQ(link_->value("select b'101'").text, "\x05");
    ASSERT_TRUE(link_->run("create or replace temporary table v (x bit(1), y bit(64))").ok());
    ASSERT_TRUE(link_->run("insert into v values (b'1', ~0)").ok());
    ASSERT_TRUE(link_->run("select * from v").ok());
    EXPECT_EQ(link_->rows()[0], number(1));
    EXPECT_EQ(link_->rows()[1], kept{bytes("18446744073709551615", KOINE_DECIMAL)});
}

TEST_F(libmariadb_values, null_stands_in_every_place_of_a_row) {
    // Bits of the row's bitmap on both sides of a byte.
    for (const int columns : {1, 6, 7, 14, 15, 70}) {
        for (int at = 0; at < columns; ++at) {
            std::string sql = "select ";
            for (int i = 0; i < columns; ++i)
                sql += (i != 0 ? ", " : "") + (i == at ? std::string{"null"} : std::to_string(i));
            for (const std::uint32_t flags : {0U, std::uint32_t{KOINE_PREPARE_STREAM}}) {
                ASSERT_TRUE(link_->run(sql, {}, flags).ok());
                ASSERT_EQ(link_->rows().size(), static_cast<std::size_t>(columns));
                for (int i = 0; i < columns; ++i)
                    EXPECT_EQ(link_->rows()[static_cast<std::size_t>(i)], i == at ? kept{null()} : number(i))
                        << columns << ' ' << at;
            }
        }
    }
}

TEST_F(libmariadb_values, null_and_values_take_turns_in_one_parameter) {
    koine_statement* const statement = link_->prepare("select ?, ?");
    const std::vector<std::vector<koine_value>> turns = {
        {null(), integer(1)},    {integer(2), null()},        {bytes("a"), real(0.5)}, {null(), null()},
        {bytes("b"), real(1.5)}, {integer(3), bytes("text")}, {integer(4), bytes("")}};
    for (const auto& binds : turns) {
        const auto how = link_->execute(statement, binds);
        ASSERT_TRUE(how.ok()) << how;
        EXPECT_EQ(link_->rows()[0], kept{binds[0]});
        EXPECT_EQ(link_->rows()[1], kept{binds[1]});
    }
    driver().finalize(statement);
}

TEST_F(libmariadb_values, a_statement_wants_as_many_values_as_it_has_parameters) {
    koine_statement* const statement = link_->prepare("select ?, ?");
    EXPECT_EQ(driver().parameter_count(statement), 2U);
    EXPECT_EQ(link_->execute(statement, {integer(1)}).code, koine::errc::usage);
    EXPECT_TRUE(link_->execute(statement, {integer(1), integer(2)}).ok());
    driver().finalize(statement);
}

TEST_F(libmariadb_values, a_statement_takes_as_many_parameters_as_the_driver_says_and_no_more) {
    std::string sql = "select 7 in (?";
    for (std::uint32_t i = 1; i < driver().capabilities->max_parameters; ++i) sql += ",?";
    std::vector<koine_value> binds(driver().capabilities->max_parameters, integer(1));
    binds.back() = integer(7);
    EXPECT_EQ(link_->value(sql + ")", binds).i, 1);
    const auto how = link_->run(sql + ",?)", binds);
    EXPECT_EQ(how.code, koine::errc::usage) << how;
    EXPECT_EQ(how.outcome, koine::outcome::not_sent);
}

TEST_F(libmariadb_values, a_value_larger_than_the_packet_limit_is_refused_and_the_connection_goes_on) {
    const std::string large(17'000'000, 'x');  // the server's limit is 16 MiB
    const auto how = link_->run("select length(?)", {bytes(large)});
    EXPECT_EQ(how.code, koine::errc::too_big) << how;
    EXPECT_EQ(how.outcome, koine::outcome::not_sent);
    EXPECT_NE(how.message.find("max_allowed_packet"), std::string::npos);
    EXPECT_EQ(link_->number("select 1"), 1);
    EXPECT_EQ(link_->run("select '" + large + "'").code, koine::errc::too_big);
    EXPECT_EQ(link_->number("select 1"), 1);
}

TEST_F(libmariadb_values, a_value_of_more_than_one_packet_of_the_protocol_comes_back) {
    mariadb_server roomy{{"max_allowed_packet=128M", "innodb_log_file_size=64M"}};
    const std::string large = std::string(40'000'000, 'y') + "end";
    for (const auto& how : {over_socket(roomy), over_tls(roomy)}) {
        client link{how};
        ASSERT_TRUE(link.connect().ok());
        for (const std::uint32_t flags : {0U, std::uint32_t{KOINE_PREPARE_STREAM}}) {
            const auto back = link.value("select ?", {bytes(large)}, flags);
            EXPECT_TRUE(back.text == large) << back.text.size();
        }
    }
}

TEST_F(libmariadb_values, columns_tell_their_names_and_types) {
    koine_statement* const statement =
        link_->prepare("select 1 as one, 'x' as `a b`, now() as t, cast(1 as decimal(5,2)) d, x'00' b");
    ASSERT_EQ(driver().column_count(statement), 5U);
    std::vector<std::pair<std::string, std::int32_t>> seen;
    for (std::uint32_t i = 0; i < 5; ++i) {
        koine_column one{};
        driver().column(statement, i, &one);
        seen.emplace_back(std::string{one.name.data, one.name.size}, one.tag);
        EXPECT_NE(one.type_name.size, 0U);
    }
    const std::vector<std::pair<std::string, std::int32_t>> expected = {
        {"one", KOINE_INT64}, {"a b", KOINE_TEXT}, {"t", KOINE_TIMESTAMP}, {"d", KOINE_DECIMAL}, {"b", KOINE_BLOB}};
    EXPECT_EQ(seen, expected);
    driver().finalize(statement);
}

}  // namespace
}  // namespace koine_test
