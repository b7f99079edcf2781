// What a connection is made with, by what the URL says.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <koine/driver_spi.hpp>

#include "options.hpp"

namespace {

namespace spi = koine::spi;
using koine::libpq::connect_settings;

connect_settings settings(const std::vector<std::pair<std::string, std::string>>& given) {
    std::vector<koine_parameter> parameters;
    for (const auto& [key, value] : given) parameters.push_back({spi::to_c(key), spi::to_c(value)});
    return koine::libpq::read_settings(parameters);
}

// The same, with what the library would take from elsewhere.
connect_settings completed(const std::vector<std::pair<std::string, std::string>>& given,
                           const koine::libpq::library_values& library = {}) {
    return koine::libpq::complete(settings(given), library);
}

std::string targets(const std::vector<std::pair<std::string, std::string>>& given,
                    const koine::libpq::library_values& library = {}) {
    std::string out;
    for (const auto& one : completed(given, library).targets)
        out += one.host + '|' + one.address + '|' + one.port + ' ';
    return out;
}

std::string keyword(const connect_settings& made, std::string_view key) {
    for (const auto& [name, value] : made.keywords)
        if (name == key) return value;
    return "none";
}

TEST(libpq_options, name_the_servers_in_every_form) {
    EXPECT_EQ(targets({}), "|| ");
    EXPECT_EQ(targets({{"host", "a"}, {"port", "1"}}), "a||1 ");
    EXPECT_EQ(targets({{"port", "1"}}), "||1 ");
    EXPECT_EQ(targets({{"host", "a,b"}, {"port", "1,2"}}), "a||1 b||2 ");
    EXPECT_EQ(targets({{"host", "a,::1"}, {"port", "1"}}), "a||1 ::1|::1|1 ");
    EXPECT_EQ(targets({{"host", "a:1"}, {"host", "[::1]:2"}}), "a||1 ::1|::1|2 ");
    EXPECT_EQ(targets({{"host", "a,,/dir"}}), "a|| || /dir|| ");
    EXPECT_EQ(targets({{"host", "a,b"}, {"hostaddr", "127.0.0.1,127.0.0.2"}}), "a|127.0.0.1| b|127.0.0.2| ");
    EXPECT_EQ(targets({{"hostaddr", "127.0.0.1"}, {"port", "1"}}), "|127.0.0.1|1 ");
    EXPECT_EQ(targets({{"hostaddr", "127.0.0.1,127.0.0.2"}, {"port", "1,2"}}), "|127.0.0.1|1 |127.0.0.2|2 ");
    EXPECT_EQ(targets({{"host", ","}, {"hostaddr", "127.0.0.1,127.0.0.2"}, {"port", "1,2"}}),
              "|127.0.0.1|1 |127.0.0.2|2 ");
    EXPECT_EQ(targets({{"hostaddr", "127.0.0.1,127.0.0.2"}, {"port", "1"}}), "|127.0.0.1|1 |127.0.0.2|1 ");
    EXPECT_THROW(settings({{"host", "a,b"}, {"hostaddr", "127.0.0.1"}}), spi::failure);
    EXPECT_THROW(settings({{"hostaddr", "127.0.0.1"}, {"port", "1,2"}}), spi::failure);
    EXPECT_THROW(settings({{"host", ","}, {"port", "1,2"}}), spi::failure);
}

TEST(libpq_options, take_the_servers_that_the_library_knows_where_the_url_names_none) {
    const koine::libpq::library_values library{{"host", "a,/dir"}, {"port", "1,2"}};
    EXPECT_EQ(targets({}, library), "a||1 /dir||2 ");
    EXPECT_EQ(targets({{"port", "7"}}, library), "a||7 /dir||7 ");
    EXPECT_EQ(targets({}, {{"hostaddr", "127.0.0.1"}, {"port", "5432"}}), "|127.0.0.1|5432 ");
    EXPECT_EQ(targets({{"host", "h,i:9"}}, {{"port", "5433"}}), "h||5433 i||9 ");
    EXPECT_EQ(targets({{"host", "h,i:9"}}, {{"host", "other"}, {"port", "1,2"}}), "h||1 i||9 ");
    EXPECT_THROW(targets({{"host", "h,i,j"}}, {{"port", "1,2"}}), spi::failure);
}

TEST(libpq_options, are_not_led_elsewhere_by_an_address_that_the_library_knows) {
    const koine::libpq::library_values library{{"hostaddr", "192.0.2.1"}};
    EXPECT_EQ(targets({{"host", "127.0.0.1"}}, library), "127.0.0.1|127.0.0.1| ");
    EXPECT_EQ(targets({{"host", "h"}}, library), "h|| ") << "its address is looked up";
    EXPECT_THROW(targets({{"host", "/dir"}}, library), spi::failure);
}

TEST(libpq_options, limit_the_time_for_each_of_several_servers) {
    EXPECT_EQ(completed({{"host", "a"}}).attempt_timeout_ns, 0);
    EXPECT_EQ(completed({{"host", "a,b"}}).attempt_timeout_ns, 10'000'000'000);
    EXPECT_EQ(completed({{"host", "a,b"}, {"connect_timeout", "0"}}).attempt_timeout_ns, 0);
    EXPECT_EQ(completed({{"host", "a"}, {"connect_timeout", "3"}}).attempt_timeout_ns, 3'000'000'000);
    EXPECT_EQ(completed({{"connect_timeout", "-3"}}).attempt_timeout_ns, 0);
    const koine::libpq::library_values library{{"connect_timeout", "5"}};
    EXPECT_EQ(completed({{"host", "a"}}, library).attempt_timeout_ns, 5'000'000'000);
    EXPECT_EQ(completed({{"host", "a"}, {"connect_timeout", "3"}}, library).attempt_timeout_ns, 3'000'000'000);
    EXPECT_THROW(completed({}, {{"connect_timeout", "soon"}}), spi::failure);
}

TEST(libpq_options, become_keywords_of_the_library) {
    const std::vector<std::pair<std::string, std::string>> given{{"database", "shop"},
                                                                 {"sslmode", "verify-full"},
                                                                 {"options", "-c a=1"},
                                                                 {"options", "-c b=2"},
                                                                 {"keepalives_idle", "7"}};
    const auto asked = koine::libpq::ask_library(settings(given));
    const auto made = completed(given, asked);
    const std::string own = "-c DateStyle=ISO -c TimeZone=UTC -c standard_conforming_strings=on";
    EXPECT_EQ(keyword(made, "dbname"), "shop");
    EXPECT_EQ(keyword(made, "options"), own + " -c a=1 -c b=2");
    EXPECT_EQ(keyword(made, "keepalives_idle"), "7");
    EXPECT_EQ(keyword(made, "keepalives_count"), "3");
    EXPECT_TRUE(made.requires_tls);
    EXPECT_FALSE(made.transaction_pooler);
    const auto pooled = completed({{"pooler", "transaction"}, {"sslmode", "prefer"}}, {{"options", "-c a=1"}});
    EXPECT_TRUE(pooled.transaction_pooler);
    EXPECT_EQ(keyword(pooled, "options"), "none") << "the library takes its own";
    EXPECT_FALSE(pooled.requires_tls);
    EXPECT_EQ(keyword(completed({}), "options"), own);
    EXPECT_THROW(settings({{"sslmode", "prefer"}, {"sslmode", "prefer"}}), spi::failure);
    EXPECT_THROW(settings({{"tcp_user_timeout", "soon"}}), spi::failure);
    EXPECT_THROW(settings({{"tcp_user_timeout", "2147483648"}}), spi::failure);
    EXPECT_THROW(settings({{"pooler", "session"}}), spi::failure);
}

TEST(libpq_options, are_added_to_what_the_library_takes_from_elsewhere) {
    const koine::libpq::library_values library{{"options", "-c search_path=app"},
                                               {"keepalives_idle", "9"},
                                               {"tcp_user_timeout", "1000"},
                                               {"fallback_application_name", "it"},
                                               {"sslmode", "verify-ca"}};
    const auto made = completed({}, library);
    EXPECT_EQ(keyword(made, "options"),
              "-c DateStyle=ISO -c TimeZone=UTC -c standard_conforming_strings=on -c search_path=app");
    for (const char* left : {"keepalives_idle", "tcp_user_timeout", "fallback_application_name", "sslmode"})
        EXPECT_EQ(keyword(made, left), "none") << left;
    EXPECT_EQ(keyword(made, "keepalives_count"), "3");
    EXPECT_EQ(keyword(made, "client_encoding"), "UTF8");
    EXPECT_TRUE(made.requires_tls);
}

TEST(libpq_options, limit_how_a_server_may_ask_for_the_password) {
    if (PQlibVersion() >= 160'000) {
        EXPECT_EQ(keyword(completed({{"require_auth", "!password,!md5"}}), "require_auth"), "!password,!md5");
        return;
    }
    EXPECT_EQ(keyword(completed({{"require_auth", "scram-sha-256"}}), "channel_binding"), "require");
    EXPECT_EQ(keyword(completed({{"require_auth", "scram-sha-256"}, {"channel_binding", "require"}}), "require_auth"),
              "none");
    for (const auto& [key, value] : {std::pair{"sslmode", "disable"}, std::pair{"channel_binding", "prefer"},
                                     std::pair{"channel_binding", "disable"}})
        EXPECT_THROW(settings({{"require_auth", "scram-sha-256"}, {key, value}}), spi::failure) << key;
    EXPECT_THROW(settings({{"require_auth", "!password"}}), spi::failure);
}

}  // namespace
