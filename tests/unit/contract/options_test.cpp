// The keys, values and hosts of a URL on the driver's side.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <koine/spi/hosts.hpp>
#include <koine/spi/options.hpp>

namespace {

namespace spi = koine::spi;
using koine::errc;

constexpr std::array options{spi::text_option("name", "a text"), spi::integer_option("size", "a number"),
                             spi::boolean_option("fast", "a truth"), spi::choice_option("mode", "ro|rw|rwc", "a word")};

template <class Body>
spi::failure refusal(Body body) {
    try {
        body();
    } catch (const spi::failure& why) {
        EXPECT_TRUE(why.outcome == koine::outcome::not_sent);
        return why;
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
}

TEST(spi_options, are_entries_of_the_drivers_table) {
    static_assert(options[1].type == KOINE_OPTION_INTEGER);
    EXPECT_EQ(spi::to_view(options[3].key), "mode");
    EXPECT_EQ(options[3].type, KOINE_OPTION_CHOICE);
    EXPECT_EQ(spi::to_view(options[3].choices), "ro|rw|rwc");
    EXPECT_EQ(spi::to_view(options[3].summary), "a word");
    EXPECT_EQ(options[0].choices.size, 0U);
}

TEST(spi_options, say_what_a_value_means) {
    EXPECT_EQ(spi::read_value(options[0], "anything"), 0);
    EXPECT_EQ(spi::read_value(options[1], "-12"), -12);
    for (const char* yes : {"true", "on", "yes", "1"}) EXPECT_EQ(spi::read_value(options[2], yes), 1);
    for (const char* no : {"false", "off", "no", "0"}) EXPECT_EQ(spi::read_value(options[2], no), 0);
    EXPECT_EQ(spi::read_value(options[3], "ro"), 0);
    EXPECT_EQ(spi::read_value(options[3], "rwc"), 2);
    EXPECT_EQ(spi::read_integer("size", "7", 0, 7), 7);
}

TEST(spi_options, refuse_values_by_what_they_have_to_be_and_show_none) {
    for (const auto& [option, value] :
         {std::pair{1, ""}, std::pair{1, "1s"}, std::pair{1, "+1"}, std::pair{1, "9223372036854775808"},
          std::pair{2, ""}, std::pair{2, "True"}, std::pair{2, "o"}, std::pair{3, ""}, std::pair{3, "r"},
          std::pair{3, "rw|rwc"}}) {
        const auto& one = options[static_cast<std::size_t>(option)];
        EXPECT_TRUE(refusal([&] { spi::read_value(one, value); }).code == errc::invalid_url) << value;
    }
    EXPECT_EQ(refusal([] { spi::read_value(options[3], "secret"); }).message,
              "the option mode must be one of ro|rw|rwc");
    EXPECT_EQ(refusal([] { spi::read_integer("size", "8", 0, 7); }).message,
              "the option size must be a whole number from 0 to 7");
}

TEST(spi_options, are_read_with_the_parts_of_the_url) {
    const std::array given{koine_parameter{spi::to_c("host"), spi::to_c("h")},
                           koine_parameter{spi::to_c("mode"), spi::to_c("rw")},
                           koine_parameter{spi::to_c("password"), {}}};
    std::string seen;
    spi::read_parameters(
        "Any", options, given, [&](std::string_view key, std::string_view value, const koine_option* of) {
            seen.append(key).append("=").append(value).append(of == &options[3] ? "!" : of == nullptr ? ";" : "?");
        });
    EXPECT_EQ(seen, "host=h;mode=rw!password=;");
}

TEST(spi_options, refuse_unknown_keys_and_nul_bytes) {
    const auto reading = [](std::string_view key, std::string_view value) {
        return refusal([&] {
            const koine_parameter given{spi::to_c(key), spi::to_c(value)};
            spi::read_parameters("Any", options, {&given, 1}, [](auto, auto, auto) {});
        });
    };
    const auto unknown = reading("nmae", "x");
    EXPECT_TRUE(unknown.code == errc::unknown_name);
    EXPECT_EQ(unknown.message, "the Any driver has no option nmae");
    EXPECT_TRUE(reading("password", std::string_view{"a\0b", 3}).code == errc::invalid_url);
}

TEST(spi_options, refuse_keys_that_come_twice_unless_they_are_lists) {
    const std::array given{
        koine_parameter{spi::to_c("name"), spi::to_c("a")}, koine_parameter{spi::to_c("size"), spi::to_c("1")},
        koine_parameter{spi::to_c("name"), spi::to_c("b")}, koine_parameter{spi::to_c("host"), spi::to_c("h")},
        koine_parameter{spi::to_c("host"), spi::to_c("h")}};
    std::string seen;
    const auto take = [&](std::string_view key, std::string_view value, const koine_option*) {
        seen.append(key).append("=").append(value).append(";");
    };
    const auto twice = refusal([&] { spi::read_parameters("Any", options, given, take); });
    EXPECT_TRUE(twice.code == errc::invalid_url);
    EXPECT_EQ(twice.message, "the option name is given twice; write it once");
    EXPECT_TRUE(refusal([&] { spi::read_parameters("Any", options, given, take, "size|name"); }).code ==
                errc::invalid_url);
    seen.clear();
    spi::read_parameters("Any", options, given, take, "host|name");
    EXPECT_EQ(seen, "name=a;size=1;name=b;host=h;host=h;");
}

std::string described(const std::vector<spi::host>& hosts) {
    std::string out;
    for (const auto& one : hosts) out += one.name + '/' + std::to_string(one.port) + ' ';
    return out;
}

TEST(spi_hosts, come_back_from_the_texts_that_carry_them) {
    for (const std::vector<spi::host>& hosts :
         {std::vector<spi::host>{}, std::vector<spi::host>{{"a", 0}}, std::vector<spi::host>{{"a", 5432}},
          std::vector<spi::host>{{"a", 1}, {"::1", 0}, {"/run/db", 65535}}, std::vector<spi::host>{{"", 0}, {"", 0}}}) {
        const auto texts = spi::write_hosts(hosts);
        EXPECT_EQ(described(spi::read_hosts(texts.hosts, texts.ports)), described(hosts));
    }
    const auto texts = spi::write_hosts({{"a", 1}, {"::1", 0}});
    EXPECT_EQ(texts.hosts, "a,::1");
    EXPECT_EQ(texts.ports, "1,");
    EXPECT_EQ(spi::write_hosts({{"a", 0}, {"b", 0}}).ports, "");
}

TEST(spi_hosts, share_one_port) {
    EXPECT_EQ(described(spi::read_hosts("a,b", "7")), "a/7 b/7 ");
    EXPECT_EQ(described(spi::read_hosts("", "7")), "/7 ");
    EXPECT_EQ(described(spi::read_hosts("", "")), "");
}

TEST(spi_hosts, may_have_ports_of_their_own) {
    EXPECT_EQ(described(spi::read_hosts("a:1,[::1]:2,[::2],::3,/run/a:b,@n:1,c", "")),
              "a/1 ::1/2 ::2/0 ::3/0 /run/a:b/0 @n:1/0 c/0 ");
    EXPECT_EQ(described(spi::read_hosts("a:1,b", "7")), "a/1 b/7 ");
    for (const char* host : {"[::1", "[::1]7", "[", "a:x", "a,[::1"})
        EXPECT_TRUE(refusal([&] { spi::read_hosts(host, ""); }).code == errc::invalid_url) << host;
}

TEST(spi_hosts, refuse_ports_that_are_none) {
    for (const auto& [hosts, ports] : {std::pair{"a", "0"}, std::pair{"a", "65536"}, std::pair{"a", "x"},
                                       std::pair{"a", "1,2"}, std::pair{"a,b,c", "1,2"}, std::pair{"", "1,2"}})
        EXPECT_TRUE(refusal([&] { spi::read_hosts(hosts, ports); }).code == errc::invalid_url) << ports;
}

}  // namespace
