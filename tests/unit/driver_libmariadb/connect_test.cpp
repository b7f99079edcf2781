// Connecting: lines, TLS, users, and what can go wrong.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <koine_test/tcp_gate.hpp>

#include "client.hpp"

namespace koine_test {
namespace {

std::string text(koine_string s) {
    return std::string{s.data, s.size};
}

parameters with(parameters base, const std::string& key, const std::string& value) {
    for (auto& [k, v] : base)
        if (k == key) {
            v = value;
            return base;
        }
    base.emplace_back(key, value);
    return base;
}

class libmariadb_connect : public ::testing::Test {
protected:
    void SetUp() override { KOINE_NEEDS_MARIADB(); }

    static mariadb_server& server() { return mariadb_server::shared(); }
    static report connecting(const parameters& how) {
        client link{how};
        return link.connect();
    }
    // What the connection is, as the server sees it.
    static std::string cipher(client& link) {
        return link
            .value("select variable_value from information_schema.session_status where variable_name = 'ssl_cipher'")
            .text;
    }
    static mariadb_server& without_tls() {
        static mariadb_server made{{"skip-ssl"}};
        return made;
    }
    static void expect_refused(const report& how, koine::errc code) {
        EXPECT_EQ(how.code, code) << how;
        EXPECT_EQ(how.outcome, koine::outcome::not_sent) << how;
        EXPECT_TRUE(how.poisons_connection) << how;
        EXPECT_NE(how.message, "");
    }
};

TEST_F(libmariadb_connect, connects_over_tls_tcp_and_socket) {
    for (const auto& how : {over_tls(server()), over_tcp(server()), over_socket(server())}) {
        client link{how};
        EXPECT_EQ(link.state(), 0U);
        EXPECT_EQ(text(driver().server_product(link.handle())), "");
        const auto connected = link.connect();
        ASSERT_TRUE(connected.ok()) << connected;
        EXPECT_GT(connected.waits, 0);
        EXPECT_EQ(link.state(), 0U);
        EXPECT_EQ(text(driver().server_product(link.handle())), "mariadb");
        EXPECT_EQ(text(driver().server_version(link.handle())),
                  server().admin("select substring_index(version(), '-', 1)"));
        EXPECT_EQ(cipher(link) != "", how == over_tls(server()));
        EXPECT_NE(driver().native_handle(link.handle()), nullptr);
        EXPECT_EQ(link.value("select current_user()").text, "koine@%");
        EXPECT_EQ(link.value("select database()").text, "test");
    }
}

TEST_F(libmariadb_connect, the_name_localhost_means_tcp_where_no_socket_is_given) {
    client link{with(over_tcp(server()), "host", "localhost")};
    ASSERT_TRUE(link.connect().ok());
    EXPECT_NE(
        link.value(
                "select substring_index(host, ':', 1) from information_schema.processlist where id = connection_id()")
            .text,
        "localhost");
}

TEST_F(libmariadb_connect, the_session_is_in_a_known_state) {
    server().admin("set global sql_mode = '', global time_zone = '+05:00'");
    client link{over_socket(server())};
    ASSERT_TRUE(link.connect().ok());
    server().admin("set global sql_mode = default, global time_zone = 'SYSTEM'");
    EXPECT_EQ(link.value("select @@time_zone").text, "+00:00");
    EXPECT_EQ(link.value("select @@character_set_client").text, "utf8mb4");
    EXPECT_EQ(link.value("select @@character_set_results").text, "utf8mb4");
    EXPECT_EQ(link.value("select @@collation_connection").text, "utf8mb4_nopad_bin");
    EXPECT_EQ(link.value("select @@tx_isolation").text, "READ-COMMITTED");
    EXPECT_EQ(link.value("select @@autocommit").i, 1);
    const auto mode = link.value("select @@sql_mode").text;
    for (const char* one : {"STRICT_ALL_TABLES", "STRICT_TRANS_TABLES", "NO_ZERO_DATE", "NO_ZERO_IN_DATE",
                            "ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_AUTO_VALUE_ON_ZERO", "ERROR_FOR_DIVISION_BY_ZERO",
                            "NO_BACKSLASH_ESCAPES", "SIMULTANEOUS_ASSIGNMENT"})
        EXPECT_NE(mode.find(one), std::string::npos) << one << " in " << mode;
    EXPECT_EQ(link.value("select 'a' || \"b\" from (select 'b' as b) t").text, "ab");
    EXPECT_EQ(link.value("select char_length('\\')").i, 1);
    ASSERT_TRUE(link.run("create or replace temporary table pairs (a int, b int)").ok());
    ASSERT_TRUE(link.run("insert into pairs values (1, 2)").ok());
    ASSERT_TRUE(link.run("update pairs set a = b, b = a").ok());
    EXPECT_EQ(link.number("select 10 * a + b from pairs"), 21);
    EXPECT_EQ(link.value("select 'a' = 'A'").i, 0);
    EXPECT_EQ(link.value("select 'a' = 'a '").i, 0);
}

TEST_F(libmariadb_connect, tls_that_does_not_prove_the_server_is_refused) {
    const auto good = over_tls(server());
    EXPECT_TRUE(connecting(with(good, "host", "127.0.0.1")).ok()) << "the certificate names the address too";
    expect_refused(connecting(with(good, "ssl_ca", server().other_ca_file())), koine::errc::tls_failed);
    // The system takes this for 127.0.0.1; the certificate does not.
    expect_refused(connecting(with(good, "host", "127.1")), koine::errc::tls_failed);
    EXPECT_TRUE(connecting(with(with(good, "host", "127.1"), "ssl_mode", "verify-ca")).ok());
    expect_refused(connecting(with(with(good, "ssl_ca", server().other_ca_file()), "ssl_mode", "verify-ca")),
                   koine::errc::tls_failed);
    expect_refused(connecting(with(good, "ssl_ca", "/no/such/file")), koine::errc::tls_failed);
}

TEST_F(libmariadb_connect, signers_without_a_mode_are_checked_with_the_name) {
    auto how = over_tls(server());
    std::erase_if(how, [](const auto& p) { return p.first == "ssl_mode"; });
    EXPECT_TRUE(connecting(how).ok());
    expect_refused(connecting(with(how, "host", "127.1")), koine::errc::tls_failed);
}

TEST_F(libmariadb_connect, each_mode_gets_what_it_asks_for) {
    auto plain = over_tcp(server());
    std::erase_if(plain, [](const auto& p) { return p.first == "ssl_mode"; });
    for (const auto& [mode, tls] :
         {std::pair{"disable", false}, std::pair{"prefer", true}, std::pair{"require", true}}) {
        client link{with(plain, "ssl_mode", mode)};
        ASSERT_TRUE(link.connect().ok()) << mode;
        EXPECT_EQ(cipher(link) != "", tls) << mode;
    }
    client by_default{plain};
    ASSERT_TRUE(by_default.connect().ok());
    EXPECT_NE(cipher(by_default), "");
    client required_over_socket{with(over_socket(server()), "ssl_mode", "require")};
    ASSERT_TRUE(required_over_socket.connect().ok());
    EXPECT_NE(cipher(required_over_socket), "");
}

TEST_F(libmariadb_connect, a_server_without_tls_is_refused_where_tls_is_asked_for) {
    auto plain = over_tcp(without_tls());
    EXPECT_TRUE(connecting(plain).ok());
    EXPECT_TRUE(connecting(with(plain, "ssl_mode", "prefer")).ok());
    expect_refused(connecting(with(plain, "ssl_mode", "require")), koine::errc::tls_failed);
    for (const char* mode : {"verify-ca", "verify-full"})
        expect_refused(connecting(with(with(plain, "ssl_mode", mode), "ssl_ca", without_tls().ca_file())),
                       koine::errc::tls_failed);
}

TEST_F(libmariadb_connect, versions_and_ciphers_of_tls_can_be_chosen) {
    client old{with(over_tls(server()), "tls_version", "TLSv1.2")};
    ASSERT_TRUE(old.connect().ok());
    EXPECT_EQ(
        old.value("select variable_value from information_schema.session_status where variable_name = 'ssl_version'")
            .text,
        "TLSv1.2");
    expect_refused(connecting(with(over_tls(server()), "ssl_cipher", "no-such-cipher")), koine::errc::tls_failed);
}

TEST_F(libmariadb_connect, users_are_known_by_password_plugin_and_tls) {
    EXPECT_TRUE(connecting(with(over_tcp(server()), "user", "koine_ed25519")).ok());
    expect_refused(connecting(with(with(over_tcp(server()), "user", "koine_ed25519"), "password", "wrong")),
                   koine::errc::authentication_failed);
    EXPECT_TRUE(connecting(with(over_tls(server()), "user", "koine_tls")).ok());
    expect_refused(connecting(with(over_tcp(server()), "user", "koine_tls")), koine::errc::authentication_failed);
}

TEST_F(libmariadb_connect, methods_of_authentication_can_be_limited) {
    const auto native = over_tcp(server());
    const auto ed25519 = with(native, "user", "koine_ed25519");
    EXPECT_TRUE(connecting(with(native, "require_auth", "mysql_native_password,client_ed25519")).ok());
    EXPECT_TRUE(connecting(with(native, "require_auth", "client_ed25519,mysql_native_password")).ok());
    EXPECT_TRUE(connecting(with(ed25519, "require_auth", "mysql_native_password,client_ed25519")).ok());
    EXPECT_TRUE(connecting(with(ed25519, "require_auth", "client_ed25519")).ok());
    const auto refused = connecting(with(ed25519, "require_auth", "mysql_native_password"));
    expect_refused(refused, koine::errc::authentication_failed);
    for (const char* list : {"", "mysql_clear_password", "client_ed25519,dialog", "client_ed25519,", "../x"})
        EXPECT_EQ(client{with(native, "require_auth", list)}.created().code, koine::errc::invalid_url) << list;
    EXPECT_EQ(client{with(with(over_tls(server()), "require_auth", "client_ed25519"), "cleartext_password", "true")}
                  .created()
                  .code,
              koine::errc::invalid_url);
}

TEST_F(libmariadb_connect, passwords_of_any_characters_work) {
    server().admin("create or replace user strange@'%' identified by 'p@ss:w/o?rd#''\"\\\\ \xc3\xbc\xe2\x82\xac'");
    EXPECT_TRUE(connecting(with(with(with(over_tcp(server()), "user", "strange"), "password",
                                     "p@ss:w/o?rd#'\"\\ \xc3\xbc\xe2\x82\xac"),
                                "database", ""))
                    .ok());
    server().admin("create or replace user nobody@'%' identified by ''");
    EXPECT_TRUE(
        connecting(with(with(with(over_tcp(server()), "user", "nobody"), "password", ""), "database", "")).ok());
}

TEST_F(libmariadb_connect, tells_the_reasons_for_a_failed_connection_apart) {
    auto how = connecting(with(over_tcp(server()), "password", "wrong"));
    expect_refused(how, koine::errc::authentication_failed);
    EXPECT_EQ(how.native_code, 1045);
    EXPECT_EQ(how.sqlstate, "28000");
    EXPECT_EQ(how.message.find("wrong"), std::string::npos);
    how = connecting(with(over_tcp(server()), "database", "no_such_database"));
    expect_refused(how, koine::errc::database_not_found);
    EXPECT_EQ(how.sqlstate, "3D000");
    server().admin("create or replace user weak@'%' identified by 'secret'");
    expect_refused(connecting(with(over_tcp(server()), "user", "weak")), koine::errc::permission_denied);
    expect_refused(connecting(with(over_tcp(server()), "port", "1")), koine::errc::connection_refused);
    expect_refused(connecting(with(over_tcp(server()), "host", "no-such-host.invalid")), koine::errc::host_not_found);
    expect_refused(connecting(with(over_socket(server()), "unix_socket", "/no/such/socket")),
                   koine::errc::connection_refused);
}

TEST_F(libmariadb_connect, too_many_connections_are_told) {
    mariadb_server small{{"max_connections=10"}};
    std::vector<std::unique_ptr<client>> all;
    report how;
    for (int i = 0; i < 12 && how.ok(); ++i) {
        all.push_back(std::make_unique<client>(over_tcp(small)));
        how = all.back()->connect();
    }
    expect_refused(how, koine::errc::too_many_connections);
    EXPECT_EQ(how.native_code, 1040);
    EXPECT_EQ(how.sqlstate, "53300");
}

TEST_F(libmariadb_connect, refuses_keys_and_values_it_does_not_know_before_any_io) {
    const auto base = over_tcp(server());
    for (const char* key : {"ssl-ca", "init_command", "local_infile", "plugin_dir", "read_default_file", "charset"}) {
        const auto how = client{with(base, key, "x")}.created();
        EXPECT_EQ(how.code, koine::errc::unknown_name) << key;
        EXPECT_NE(how.message.find(key), std::string::npos);
    }
    for (const auto& [key, value] :
         {std::pair{"ssl_mode", "maybe"}, std::pair{"connect_timeout", "soon"}, std::pair{"connect_timeout", "-1"},
          std::pair{"port", "70000"}, std::pair{"compress", "perhaps"}, std::pair{"max_allowed_packet", "1g"}}) {
        const auto how = client{with(base, key, value)}.created();
        EXPECT_EQ(how.code, koine::errc::invalid_url) << key;
        EXPECT_NE(how.message.find(key), std::string::npos);
    }
    // What the library would read more than a name into, and what names no server.
    for (const char* host : {"127.0.0.1;port=1", "replication://a", "a,b;port=1", "/run/mysqld.sock", "a,", ""})
        EXPECT_EQ(client{with(base, "host", host)}.created().code, koine::errc::invalid_url) << host;
    EXPECT_EQ(client{with(base, "user", std::string{"a\0b", 3})}.created().code, koine::errc::invalid_url);
    EXPECT_TRUE(client{with(base, "compress", "on")}.created().ok());
    EXPECT_EQ(client{with(base, "ssl_mode", "verify-ca")}.created().code, koine::errc::invalid_url);
    EXPECT_EQ(client{with(base, "ssl_ca", "/x")}.created().code, koine::errc::invalid_url) << "base says disable";
    EXPECT_EQ(client{with(base, "cleartext_password", "true")}.created().code, koine::errc::invalid_url);
}

TEST_F(libmariadb_connect, a_socket_stands_in_place_of_host_and_port) {
    EXPECT_TRUE(client{with(over_socket(server()), "host", "localhost")}.connect().ok());
    for (const auto& [key, value] : {std::pair{"host", "127.0.0.1"}, std::pair{"port", "3306"}}) {
        const auto how = client{with(over_socket(server()), key, value)}.created();
        EXPECT_EQ(how.code, koine::errc::invalid_url) << key;
        EXPECT_NE(how.message.find("unix_socket"), std::string::npos) << how;
    }
}

TEST_F(libmariadb_connect, several_servers_are_tried_in_turn) {
    const std::string port = std::to_string(server().port());
    const auto listed = [&](const std::string& hosts, const std::string& ports) {
        return with(with(over_tcp(server()), "host", hosts), "port", ports);
    };
    EXPECT_TRUE(connecting(listed("127.0.0.1,127.0.0.1", "1," + port)).ok());
    EXPECT_TRUE(connecting(listed("no-such-host.invalid,127.0.0.1", port)).ok());
    EXPECT_TRUE(connecting(listed("127.0.0.1:1,localhost:" + port, "")).ok());
    const auto none = connecting(listed("127.0.0.1,127.0.0.1", "1,2"));
    expect_refused(none, koine::errc::connection_refused);
    EXPECT_EQ(none.message.find("behind 1 server that could not be reached, 127.0.0.1: "), 0U) << none;
    // Who refuses the user is asked for good reasons.
    expect_refused(connecting(with(listed("127.0.0.1,127.0.0.1", port + ",1"), "password", "wrong")),
                   koine::errc::authentication_failed);
    tcp_gate silent{server().port()};
    silent.swallow(tcp_gate::to_client);
    EXPECT_TRUE(connecting(with(listed("127.0.0.1,127.0.0.1", std::to_string(silent.port()) + "," + port),
                                "connect_timeout", "4"))
                    .ok())
        << "a silent server has its part of the time";
}

TEST_F(libmariadb_connect, a_cancel_finds_the_one_of_several_servers_that_answered) {
    client link{
        with(with(over_tcp(server()), "host", "127.0.0.1,127.0.0.1"), "port", "1," + std::to_string(server().port()))};
    ASSERT_TRUE(link.connect().ok());
    const std::string query = "select count(*) from seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq + b.seq < 0";
    auto* const slow = link.prepare(query);
    const int session = link.session();
    bool asked = false;
    link.before_wait = [&] {
        if (std::exchange(asked, true)) return;
        wait_until_reading(server(), session, query);
        EXPECT_TRUE(link.cancel().ok());
    };
    const auto how = link.execute(slow);
    link.before_wait = nullptr;
    EXPECT_EQ(how.code, koine::errc::cancelled) << how;
    EXPECT_EQ(link.number("select 1"), 1);
}

TEST_F(libmariadb_connect, every_option_of_the_table_is_understood) {
    for (std::size_t i = 0; i < driver().option_count; ++i) {
        const koine_option& one = driver().options[i];
        EXPECT_NE(one.summary.size, 0U);
        auto base = text(one.key) == "unix_socket" ? over_socket(server()) : over_tls(server());
        const std::string value = one.type == KOINE_OPTION_BOOLEAN   ? "true"
                                  : one.type == KOINE_OPTION_INTEGER ? "5"
                                  : one.type == KOINE_OPTION_CHOICE  ? "verify-full"
                                  : text(one.key) == "require_auth"  ? "client_ed25519"
                                                                     : "x";
        EXPECT_TRUE(client{with(base, text(one.key), value)}.created().ok()) << text(one.key);
    }
}

TEST_F(libmariadb_connect, a_compressed_line_works) {
    client link{with(over_tcp(server()), "compress", "true")};
    ASSERT_TRUE(link.connect().ok());
    EXPECT_EQ(
        link.value("select variable_value from information_schema.session_status where variable_name = 'compression'")
            .text,
        "ON");
    const std::string large(500'000, 'z');
    for (const std::uint32_t flags : {0U, std::uint32_t{KOINE_PREPARE_STREAM}})
        EXPECT_EQ(link.value("select ?", {bytes(large)}, flags).text, large);
}

TEST_F(libmariadb_connect, a_server_cannot_read_our_files) {
    client link{over_tcp(server())};
    ASSERT_TRUE(link.connect().ok());
    ASSERT_TRUE(link.run("create or replace table files (line varchar(200))").ok());
    const auto how = link.run("load data local infile '/etc/hostname' into table files (line)");
    EXPECT_FALSE(how.ok());
    EXPECT_EQ(link.number("select count(*) from files"), 0);
}

TEST_F(libmariadb_connect, a_silent_server_never_blocks_the_caller) {
    tcp_gate silent{server().port()};
    silent.swallow(tcp_gate::to_client);
    for (const auto& how : {over_tcp(server(), silent.port()), over_tls(server(), silent.port())}) {
        client link{how};
        link.patience = 100;
        EXPECT_TRUE(link.connect().timed_out);
        EXPECT_EQ(link.state(), std::uint32_t{KOINE_STATE_BUSY});
    }
}

TEST_F(libmariadb_connect, connecting_has_a_limit_of_its_own) {
    tcp_gate silent{server().port()};
    silent.swallow(tcp_gate::to_client);
    expect_refused(connecting(with(over_tcp(server(), silent.port()), "connect_timeout", "1")), koine::errc::timeout);
}

TEST_F(libmariadb_connect, a_stopped_server_never_blocks_the_caller) {
    mariadb_server stopped;
    stopped.pause();
    for (const auto& how : {over_tcp(stopped), over_tls(stopped), over_socket(stopped)}) {
        client link{how};
        link.patience = 50;
        EXPECT_TRUE(link.connect().timed_out);
    }
    expect_refused(connecting(with(over_tls(stopped), "connect_timeout", "1")), koine::errc::timeout);
    stopped.resume();
    EXPECT_TRUE(connecting(over_tls(stopped)).ok());
}

TEST_F(libmariadb_connect, calls_before_connecting_are_usage_errors) {
    client link{over_socket(server())};
    koine_statement* none = nullptr;
    EXPECT_EQ(link.try_prepare("select 1", none).code, koine::errc::closed);
    EXPECT_EQ(link.ping().code, koine::errc::closed);
    EXPECT_EQ(link.reset().code, koine::errc::closed);
    EXPECT_TRUE(link.cancel().ok());
    EXPECT_EQ(text(driver().server_version(link.handle())), "");
}

TEST_F(libmariadb_connect, a_connection_connects_only_once) {
    client link{over_socket(server())};
    ASSERT_TRUE(link.connect().ok());
    EXPECT_EQ(link.connect().code, koine::errc::usage);
    EXPECT_EQ(link.number("select 1"), 1);
}

}  // namespace
}  // namespace koine_test
