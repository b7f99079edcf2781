// Keys and values of URLs that no driver can take, found before anything is opened.
#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <koine/koine.hpp>

namespace {

// How the engine of the URL is refused.
koine::error_info refusal(const std::string& url) {
    try {
        koine::create_engine(koine::url{url});
    } catch (const koine::usage_error& why) {
        return why.info();
    }
    ADD_FAILURE() << "nothing was refused: " << url;
    return {};
}

TEST(url_options, with_values_that_a_key_cannot_have_make_no_engine) {
    for (const char* url :
         {"sqlite://?journal_mode=none", "sqlite://?foreign_keys=maybe", "sqlite://?attach=11", "sqlite://?attach=x",
          "postgresql://a@b/c?sslmode=maybe", "postgresql://a@b/c?connect_timeout=soon",
          "postgresql://a@b/c?hostaddr=1.2.3.4,1.2.3.5", "mariadb://a@b/c?compress=perhaps",
          "mariadb://a@b/c?max_allowed_packet=1g", "mariadb://a@/c?host=d;port=1"}) {
        const auto why = refusal(url);
        EXPECT_EQ(why.code, koine::errc::invalid_url) << url << ": " << why.message;
        EXPECT_EQ(why.outcome, koine::outcome::not_sent);
    }
    EXPECT_EQ(refusal("sqlite://?attach=11").message, "the option attach must be a whole number from 0 to 10");
}

// What no part of a URL may be: without effect. Each with words of its error.
TEST(url_options, and_parts_that_would_have_no_effect_are_refused) {
    const std::pair<const char*, const char*> cases[] = {
        // a port for a driver that has none, or none there
        {"sqlite:///x.db?port=5", "SQLite has no port"},
        {"sqlite://:5/x.db", "SQLite has no port"},
        {"sqlite:///x.db?host=h", "SQLite has no host"},
        {"sqlite://u@/x.db", "SQLite has no user"},
        {"mariadb://u@/db?port=3307", "a port without a host"},
        {"mariadb://u@:3307/db", "a port without a host"},
        {"mariadb://u@h/db?unix_socket=/s", "unix_socket names the server already"},
        {"mariadb://u@localhost:3307/db?unix_socket=/s", "unix_socket names the server already"},
        {"mysql://u@%2Frun%2Fmysqld.sock/db", "unix_socket"},
        {"mariadb://u@/db?unix_socket=/s&ssl_cert=x", "there is TLS with ssl_mode=require or more only"},
        {"postgresql:///db?port=1,2", "several ports but no host"},
        {"postgresql:///db?host=h&port=1,2", "there are 2 ports for 1 host;"},
        // a key that is given twice
        {"mariadb://u@h/db?ssl_mode=verify-full&ssl_mode=disable", "ssl_mode is given twice"},
        {"mysql://u@h/db?ssl_ca=a&ssl_ca=b", "ssl_ca is given twice"},
        {"postgresql://u@h/db?sslmode=verify-full&sslmode=disable", "sslmode is given twice"},
        {"postgresql://u@h/db?sslrootcert=a&sslrootcert=b", "sslrootcert is given twice"},
        {"postgresql://u@h/db?application_name=a&application_name=a", "application_name is given twice"},
        {"sqlite:///x.db?foreign_keys=on&foreign_keys=off", "foreign_keys is given twice"},
        {"sqlite:///x.db?timeout=1&timeout=2", "timeout is given twice"},
        // one that contradicts what stands in front of it
        {"mariadb://u@h/db?host=other", "in one place"},
        {"postgresql://u@h/db?host=other", "in one place"},
        {"postgresql://u@h:1/db?port=2", "in one place"},
        {"mariadb://u@h:1/db?port=2", "in one place"},
        {"sqlite://h/x.db?host=other", "in one place"},
        // lists that do not fit, or have no place for what they say
        {"postgresql:///db?host=a:xyz", "port of host 1"},
        {"mariadb:///db?host=a:xyz", "port of host 1"},
        {"postgresql:///db?host=a,b&host=c", "repeat it or write one list"},
        {"mariadb://u@a,,b/db", "a host in the list of hosts is empty"},
        {"postgresql://u@::1/db", "brackets"},
        {"mariadb://u@::1/db", "brackets"},
        {"postgresql://u@h:99999/db", "1 to 65535"},
        {"postgresql://u@h/db?tcp_user_timeout=99999999999", "from -2147483647 to 2147483647"},
        {"mariadb://u@h/db?read_timeout=99999999999999999999", "from 0 to 86400"},
        {"sqlite:///x.db?busy_timeout=99999999999999999999", "from 0 to 86400000"},
        {"sqlite:///x.db?immutable=on", "mode=ro"},
        {"sqlite://?mode=ro&immutable=on", "plain file"},
        {"postgresql://u@h/db?require_auth=plain", "the option require_auth must be a list of"},
    };
    for (const auto& [url, words] : cases) {
        try {
            koine::create_engine(url);
            ADD_FAILURE() << "nothing was refused: " << url;
        } catch (const koine::usage_error& why) {
            EXPECT_EQ(why.code(), koine::errc::invalid_url) << url << ": " << why.what();
            EXPECT_NE(std::string{why.what()}.find(words), std::string::npos) << url << ": " << why.what();
        }
    }
}

TEST(url_options, are_lists_where_a_list_is_meant) {
    for (const char* url :
         {"postgresql://u@/db?host=a&host=b:5433", "postgresql://u@/db?host=a,b&port=1,2", "postgresql://u@a:1,b:2/db",
          "postgresql://u@a,b:5433/db", "postgresql://u@a,,b/db", "postgresql://u@[::1]:1,[::2]:2/db",
          "postgresql://u@%2Frun%2Fpg:5433/db", "postgresql:///db?port=5433", "postgresql://u@:5433/db",
          "postgresql:///db?hostaddr=127.0.0.1&port=5433", "postgresql:///db?hostaddr=127.0.0.1,::1&port=1,2",
          "postgresql://u@h/db?options=-c%20a=1&options=-c%20b=2", "mariadb://u@a,b:3307/db", "mariadb://u@a:1,b:2/db",
          "mariadb://u@/db?host=a&host=b", "mariadb://u@localhost/db?unix_socket=/s", "mysql://u@[::1]:3306/db",
          "sqlite:///x.db?mode=ro&immutable=on"})
        EXPECT_NO_THROW(koine::create_engine(url)) << url;
}

TEST(url_options, that_are_parts_of_a_url_say_where_these_stand) {
    for (const auto& [url, place] : {std::pair{"postgresql://h/db?user=u", "dialect://USER@host"},
                                     std::pair{"mariadb://h/db?password=secret", ":PASSWORD@"},
                                     std::pair{"postgresql://u@h?dbname=shop", "/DATABASE"}}) {
        const auto why = refusal(url);
        EXPECT_EQ(why.code, koine::errc::unknown_name) << url;
        EXPECT_NE(why.hint.find(place), std::string::npos) << url << ": " << why.hint;
    }
}

TEST(url_options, of_a_database_in_memory_say_why_its_pool_is_exhausted) {
    koine::engine_options options;
    options.pool.timeout = std::chrono::milliseconds{1};
    const auto engine = koine::create_engine("sqlite://", options);
    const auto first = engine.connect();
    try {
        engine.connect();
        ADD_FAILURE() << "there is one connection";
    } catch (const koine::error& why) {
        EXPECT_EQ(why.code(), koine::errc::pool_timeout);
        EXPECT_NE(std::string{why.what()}.find("one connection, as that of a database in memory always has"),
                  std::string::npos)
            << why.what();
    }
}

TEST(url_options, that_the_driver_does_not_know_are_told_with_the_nearest) {
    const auto why = refusal("postgresql://a@b/c?sslmod=require");
    EXPECT_EQ(why.code, koine::errc::unknown_name);
    EXPECT_NE(why.message.find("sslmode"), std::string::npos) << why.message;
}

TEST(url_options, have_truths_in_every_spelling_with_every_driver) {
    for (const char* word : {"true", "on", "yes", "1", "false", "off", "no", "0"}) {
        EXPECT_NO_THROW(koine::create_engine(koine::url{std::string{"sqlite://?foreign_keys="} + word})) << word;
        EXPECT_NO_THROW(koine::create_engine(koine::url{std::string{"mariadb://a@b/c?compress="} + word})) << word;
    }
}

}  // namespace
