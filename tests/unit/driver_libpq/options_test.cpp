// What a connection is made with, by what the URL says.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

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

std::string targets(const std::vector<std::pair<std::string, std::string>>& given) {
    std::string out;
    for (const auto& one : settings(given).targets) out += one.host + '|' + one.address + '|' + one.port + ' ';
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
    EXPECT_EQ(targets({{"host", "a,::1"}, {"port", "1"}}), "a||1 ::1||1 ");
    EXPECT_EQ(targets({{"host", "a:1"}, {"host", "[::1]:2"}}), "a||1 ::1||2 ");
    EXPECT_EQ(targets({{"host", "a,b"}, {"hostaddr", "127.0.0.1,127.0.0.2"}}), "a|127.0.0.1| b|127.0.0.2| ");
    EXPECT_EQ(targets({{"hostaddr", "127.0.0.1,127.0.0.2"}, {"port", "1,2"}}), "|127.0.0.1|1 |127.0.0.2|2 ");
    EXPECT_EQ(targets({{"hostaddr", "127.0.0.1,127.0.0.2"}, {"port", "1"}}), "|127.0.0.1|1 |127.0.0.2|1 ");
    EXPECT_THROW(settings({{"host", "a,b"}, {"hostaddr", "127.0.0.1"}}), spi::failure);
    EXPECT_THROW(settings({{"hostaddr", "127.0.0.1"}, {"port", "1,2"}}), spi::failure);
}

TEST(libpq_options, limit_the_time_for_each_of_several_servers) {
    EXPECT_EQ(settings({{"host", "a"}}).attempt_timeout_ns, 0);
    EXPECT_EQ(settings({{"host", "a,b"}}).attempt_timeout_ns, 10'000'000'000);
    EXPECT_EQ(settings({{"host", "a,b"}, {"connect_timeout", "0"}}).attempt_timeout_ns, 0);
    EXPECT_EQ(settings({{"host", "a"}, {"connect_timeout", "3"}}).attempt_timeout_ns, 3'000'000'000);
    EXPECT_EQ(settings({{"connect_timeout", "-3"}}).attempt_timeout_ns, 0);
}

TEST(libpq_options, become_keywords_of_the_library) {
    const auto made = settings({{"database", "shop"},
                                {"sslmode", "verify-full"},
                                {"options", "-c a=1"},
                                {"options", "-c b=2"},
                                {"keepalives_idle", "7"}});
    EXPECT_EQ(keyword(made, "dbname"), "shop");
    EXPECT_EQ(keyword(made, "options"), "-c DateStyle=ISO -c TimeZone=UTC -c a=1 -c b=2");
    EXPECT_EQ(keyword(made, "keepalives_idle"), "7");
    EXPECT_EQ(keyword(made, "keepalives_count"), "3");
    EXPECT_TRUE(made.requires_tls);
    EXPECT_FALSE(made.transaction_pooler);
    const auto pooled = settings({{"pooler", "transaction"}, {"sslmode", "prefer"}});
    EXPECT_TRUE(pooled.transaction_pooler);
    EXPECT_EQ(keyword(pooled, "options"), "none");
    EXPECT_FALSE(pooled.requires_tls);
    EXPECT_THROW(settings({{"sslmode", "prefer"}, {"sslmode", "prefer"}}), spi::failure);
    EXPECT_THROW(settings({{"tcp_user_timeout", "soon"}}), spi::failure);
    EXPECT_THROW(settings({{"pooler", "session"}}), spi::failure);
}

}  // namespace
