// Servers, and settings that libpq takes from elsewhere than the URL.
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <koine_test/temp_dir.hpp>

#include "client.hpp"

namespace koine_test {
namespace {

parameters with(parameters base, const std::string& key, const std::string& value) {
    for (auto& [k, v] : base)
        if (k == key) {
            v = value;
            return base;
        }
    base.emplace_back(key, value);
    return base;
}

// Variables of the environment for as long as this lives. Only libpq reads them, and no other
// thread runs.
class environment {
public:
    explicit environment(std::vector<std::pair<std::string, std::string>> all) : all_{std::move(all)} {
        for (const auto& [name, value] : all_) ::setenv(name.c_str(), value.c_str(), 1);
    }
    ~environment() {
        for (const auto& one : all_) ::unsetenv(one.first.c_str());
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

class libpq_connect : public ::testing::Test {
protected:
    // Before a test changes the environment, which the server's own programs read as well.
    void SetUp() override {
        KOINE_NEEDS_POSTGRES();
        server();
    }

    static pg_cluster& server() { return pg_cluster::shared(); }
    // A connection service file with one section.
    std::string service(const std::string& lines) const {
        const std::string file = (folder_.path() / "services").string();
        std::ofstream{file} << "[shop]\nhost=" << server().socket_dir() << "\nport=" << server().port()
                            << "\nuser=koine\ndbname=postgres\n"
                            << lines;
        return file;
    }
    static report connecting(const parameters& how) {
        client other{how};
        return other.connect();
    }
    static std::string shown(client& link, const std::string& setting) { return link.value("show " + setting).text; }

    temp_dir folder_{};
};

TEST_F(libpq_connect, obeys_all_of_a_service_file) {
    const environment here{{{"PGSERVICEFILE", service("options=-c search_path=app\nkeepalives_idle=9\n"
                                                      "fallback_application_name=desk\n")}}};
    client link{{{"service", "shop"}}};
    const auto how = link.connect();
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(shown(link, "search_path"), "app");
    EXPECT_EQ(shown(link, "timezone"), "UTC") << "the driver's own settings stand beside it";
    EXPECT_EQ(shown(link, "application_name"), "desk");
    client other{{{"service", "shop"}, {"options", "-c search_path=pg_catalog"}, {"application_name", "web"}}};
    ASSERT_TRUE(other.connect().ok());
    EXPECT_EQ(shown(other, "search_path"), "pg_catalog") << "what the URL says wins, as with psql";
    EXPECT_EQ(shown(other, "application_name"), "web");
}

TEST_F(libpq_connect, obeys_the_environment) {
    const environment here{{{"PGSERVICEFILE", service("")},
                            {"PGSERVICE", "shop"},
                            {"PGOPTIONS", "-c search_path=app -c TimeZone=Asia/Kolkata"},
                            {"PGAPPNAME", "web"},
                            {"PGCLIENTENCODING", "LATIN1"}}};
    client link{{}};
    const auto how = link.connect();
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(shown(link, "search_path"), "app");
    EXPECT_EQ(shown(link, "timezone"), "Asia/Kolkata");
    EXPECT_EQ(shown(link, "application_name"), "web");
    EXPECT_EQ(shown(link, "client_encoding"), "UTF8") << "texts are UTF-8 whatever is asked for";
}

TEST_F(libpq_connect, says_which_service_is_missing) {
    const environment here{{{"PGSERVICEFILE", service("")}}};
    const auto how = connecting({{"service", "no_such_shop"}});
    EXPECT_FALSE(how.ok());
    EXPECT_NE(how.message.find("no_such_shop"), std::string::npos) << how;
}

TEST_F(libpq_connect, goes_to_the_host_of_the_url_whatever_address_stands_elsewhere) {
    const environment here{{{"PGHOSTADDR", "192.0.2.1"}, {"PGHOST", "nowhere.invalid"}, {"PGPORT", "1"}}};
    EXPECT_TRUE(connecting(over_tcp(server())).ok());
    EXPECT_TRUE(connecting(with(over_tcp(server()), "host", "127.0.0.1")).ok());
    const auto contradicts = connecting(over_socket(server()));
    EXPECT_EQ(contradicts.code, koine::errc::invalid_url) << contradicts;
    EXPECT_NE(contradicts.message.find("PGHOSTADDR"), std::string::npos);
}

TEST_F(libpq_connect, uses_a_port_without_a_host) {
    const environment here{{{"PGHOST", server().socket_dir()}}};
    auto how = over_socket(server());
    std::erase_if(how, [](const auto& one) { return one.first == "host"; });
    EXPECT_TRUE(connecting(how).ok());
    const auto other = connecting(with(how, "port", "1"));
    EXPECT_EQ(other.code, koine::errc::connection_refused) << other;
    EXPECT_NE(other.message.find(".s.PGSQL.1"), std::string::npos) << other;
    const auto address = with(with(over_tcp(server()), "host", ""), "hostaddr", "127.0.0.1");
    EXPECT_TRUE(connecting(address).ok());
    EXPECT_EQ(connecting(with(address, "port", "1")).code, koine::errc::connection_refused);
}

TEST_F(libpq_connect, tries_an_empty_place_of_a_list_at_the_default_socket) {
    const environment here{{{"PGUSER", "koine"}}};
    client link{with(with(over_tcp(server()), "host", ",127.0.0.1"), "port", "1," + std::to_string(server().port()))};
    const auto how = link.connect();
    EXPECT_TRUE(how.ok()) << how << ": the second server, as nothing listens at the socket of port 1";
}

TEST_F(libpq_connect, refuses_settings_that_its_texts_do_not_survive) {
    for (const auto& [setting, name] : {std::pair{"-c standard_conforming_strings=off", "standard_conforming_strings"},
                                        std::pair{"-c DateStyle=German", "DateStyle"}}) {
        const auto how = connecting(with(over_socket(server()), "options", setting));
        EXPECT_EQ(how.code, koine::errc::connect_failed) << how;
        EXPECT_NE(how.message.find(name), std::string::npos) << how;
        const environment here{{{"PGOPTIONS", setting}}};
        EXPECT_EQ(connecting(over_socket(server())).message, how.message);
    }
    const environment here{{{"PGDATESTYLE", "SQL"}}};
    EXPECT_NE(connecting(over_socket(server())).message.find("DateStyle"), std::string::npos);
}

TEST_F(libpq_connect, overrides_what_a_role_has_set_where_it_relies_on_more) {
    server().admin("create role strange login");
    server().admin("alter role strange set standard_conforming_strings = off");
    server().admin("alter role strange set DateStyle = 'German'");
    server().admin("alter role strange set search_path = 'app'");
    client link{with(over_socket(server()), "user", "strange")};
    const auto how = link.connect();
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(shown(link, "standard_conforming_strings"), "on");
    EXPECT_EQ(shown(link, "datestyle").substr(0, 3), "ISO");
    EXPECT_EQ(shown(link, "search_path"), "app");
    // Behind a pooler the driver sets nothing, so it can only look.
    const auto pooled = connecting(with(with(over_socket(server()), "user", "strange"), "pooler", "transaction"));
    EXPECT_EQ(pooled.code, koine::errc::connect_failed) << pooled;
    server().admin("drop role strange");
}

TEST_F(libpq_connect, limits_how_a_server_may_ask_for_the_password) {
    client link{with(over_tls(server()), "require_auth", "scram-sha-256")};
    const auto how = link.connect();
    EXPECT_TRUE(how.ok()) << how;
    // Over the socket nobody asks, so that SCRAM has proved nothing.
    const auto unproved = connecting(with(over_socket(server()), "require_auth", "scram-sha-256"));
    EXPECT_EQ(unproved.code, koine::errc::authentication_failed) << unproved;
}

}  // namespace
}  // namespace koine_test
