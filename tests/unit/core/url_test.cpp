#include <koine/url.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <type_traits>

namespace {

using koine::errc;
using koine::url;
using koine::url_host;
using koine::url_option;
using koine::url_parts;

struct parsed_case {
    const char* text;
    url_parts parts;
    const char* shown;  // with the password; null: the same as text
};

const parsed_case parsed_cases[] = {
    {"dbtype://", {.dialect = "dbtype"}, nullptr},
    {"dbtype+api://", {.dialect = "dbtype", .driver = "api"}, nullptr},
    {"dbtype://host", {.dialect = "dbtype", .host = "host"}, nullptr},
    {"dbtype://host/", {.dialect = "dbtype", .host = "host", .database = ""}, nullptr},
    {"dbtype://host/db", {.dialect = "dbtype", .host = "host", .database = "db"}, nullptr},
    {"dbtype://user@host", {.dialect = "dbtype", .username = "user", .host = "host"}, nullptr},
    {"dbtype://user:@host", {.dialect = "dbtype", .username = "user", .password = "", .host = "host"}, nullptr},
    {"dbtype://:pw@host", {.dialect = "dbtype", .username = "", .password = "pw", .host = "host"}, nullptr},
    {"dbtype://@host", {.dialect = "dbtype", .username = "", .host = "host"}, nullptr},
    {"dbtype://user:pw@/db", {.dialect = "dbtype", .username = "user", .password = "pw", .database = "db"}, nullptr},
    {"dbtype://user:pw@host:110//usr/db_file.db",
     {.dialect = "dbtype",
      .username = "user",
      .password = "pw",
      .host = "host",
      .port = 110,
      .database = "/usr/db_file.db"},
     nullptr},
    {"dbtype://user:pw@127.0.0.1:1521",
     {.dialect = "dbtype", .username = "user", .password = "pw", .host = "127.0.0.1", .port = 1521},
     nullptr},
    {"dbtype://:5432/db", {.dialect = "dbtype", .port = 5432, .database = "db"}, nullptr},
    {"dbtype://user:pw@[2001:da8::90]:80/db?foo=bar",
     {.dialect = "dbtype",
      .username = "user",
      .password = "pw",
      .host = "2001:da8::90",
      .port = 80,
      .database = "db",
      .query = {{"foo", "bar"}}},
     nullptr},
    {"dbtype://[::1]", {.dialect = "dbtype", .host = "::1"}, nullptr},
    {"dbtype://[fe80::1%eth0]/", {.dialect = "dbtype", .host = "fe80::1%eth0", .database = ""}, nullptr},
    {"dbtype://u:p@[::1]?a=b",
     {.dialect = "dbtype", .username = "u", .password = "p", .host = "::1", .query = {{"a", "b"}}},
     nullptr},

    // Several servers, and sockets.
    {"dbtype://u@a,b:5433/db",
     {.dialect = "dbtype", .username = "u", .host = "a,b", .port = 5433, .database = "db"},
     nullptr},
    {"dbtype://u@a:5432,b:5433/db",
     {.dialect = "dbtype", .username = "u", .host = "a,b", .database = "db", .query = {{"port", "5432,5433"}}},
     "dbtype://u@a,b/db?port=5432,5433"},
    {"dbtype://u:p@a:1,b?x=y",
     {.dialect = "dbtype", .username = "u", .password = "p", .host = "a,b", .query = {{"port", "1,"}, {"x", "y"}}},
     "dbtype://u:p@a,b?port=1,&x=y"},
    {"dbtype://[::1]:1,[fe80::1%eth0]:2,c:3/",
     {.dialect = "dbtype", .host = "::1,fe80::1%eth0,c", .database = "", .query = {{"port", "1,2,3"}}},
     "dbtype://[::1],[fe80::1%eth0],c/?port=1,2,3"},
    {"dbtype://[::1],[::2]:7", {.dialect = "dbtype", .host = "::1,::2", .port = 7}, nullptr},
    {"dbtype://a,,b/db", {.dialect = "dbtype", .host = "a,,b", .database = "db"}, nullptr},
    {"dbtype://,b", {.dialect = "dbtype", .host = ",b"}, nullptr},
    {"dbtype://u@%2Frun%2fpg:5433/db",
     {.dialect = "dbtype", .username = "u", .host = "/run/pg", .port = 5433, .database = "db"},
     "dbtype://u@%2Frun%2Fpg:5433/db"},
    {"dbtype://%2Fa%3Ab%20c,%40name,h/db", {.dialect = "dbtype", .host = "/a:b c,@name,h", .database = "db"}, nullptr},
    {"dbtype://db%2Dhost/", {.dialect = "dbtype", .host = "db-host", .database = ""}, "dbtype://db-host/"},

    // Escapes and what needs none.
    {"dbtype://u:apples%2Foranges@h",
     {.dialect = "dbtype", .username = "u", .password = "apples/oranges", .host = "h"},
     nullptr},
    {"dbtype://u:apples/oranges?@h",
     {.dialect = "dbtype", .username = "u", .password = "apples/oranges?", .host = "h"},
     "dbtype://u:apples%2Foranges%3F@h"},
    {"dbtype://u%40:%40%40@h", {.dialect = "dbtype", .username = "u@", .password = "@@", .host = "h"}, nullptr},
    {"dbtype://me@example.com:pw@h",
     {.dialect = "dbtype", .username = "me@example.com", .password = "pw", .host = "h"},
     "dbtype://me%40example.com:pw@h"},
    {"dbtype://a@b@h", {.dialect = "dbtype", .username = "a@b", .host = "h"}, "dbtype://a%40b@h"},
    {"dbtype://u+v:pass word+x@h",
     {.dialect = "dbtype", .username = "u+v", .password = "pass word+x", .host = "h"},
     "dbtype://u+v:pass%20word+x@h"},
    {"dbtype://u:100%@h",
     {.dialect = "dbtype", .username = "u", .password = "100%", .host = "h"},
     "dbtype://u:100%25@h"},
    {"dbtype://u:%zz%4@h",
     {.dialect = "dbtype", .username = "u", .password = "%zz%4", .host = "h"},
     "dbtype://u:%25zz%254@h"},
    {"dbtype://u:a:b:c@h",
     {.dialect = "dbtype", .username = "u", .password = "a:b:c", .host = "h"},
     "dbtype://u:a%3Ab%3Ac@h"},
    {"dbtype://\xc3\xa4:%C3%A4@h",
     {.dialect = "dbtype", .username = "\xc3\xa4", .password = "\xc3\xa4", .host = "h"},
     "dbtype://%C3%A4:%C3%A4@h"},

    // The database is taken as it stands.
    {"dbtype://h/a%20b", {.dialect = "dbtype", .host = "h", .database = "a%20b"}, nullptr},
    {"dbtype://h/a b#c+d", {.dialect = "dbtype", .host = "h", .database = "a b#c+d"}, nullptr},
    {"dbtype:////usr/lists/_x@example.com/m.db",
     {.dialect = "dbtype", .database = "/usr/lists/_x@example.com/m.db"},
     nullptr},
    {"dbtype://u:p@h/a@b:c",
     {.dialect = "dbtype", .username = "u", .password = "p", .host = "h", .database = "a@b:c"},
     nullptr},

    // SQLite.
    {"sqlite://", {.dialect = "sqlite"}, nullptr},
    {"sqlite:///", {.dialect = "sqlite", .database = ""}, nullptr},
    {"sqlite:///rel/file.db", {.dialect = "sqlite", .database = "rel/file.db"}, nullptr},
    {"sqlite:////abs/file.db", {.dialect = "sqlite", .database = "/abs/file.db"}, nullptr},
    {"sqlite:///:memory:", {.dialect = "sqlite", .database = ":memory:"}, nullptr},
    {"sqlite:///C:\\path\\to\\file.db", {.dialect = "sqlite", .database = "C:\\path\\to\\file.db"}, nullptr},
    {"sqlite:///E:/data/hello.db?foo=bar",
     {.dialect = "sqlite", .database = "E:/data/hello.db", .query = {{"foo", "bar"}}},
     nullptr},

    // The query.
    {"dbtype://h?q=no_db", {.dialect = "dbtype", .host = "h", .query = {{"q", "no_db"}}}, nullptr},
    {"dbtype://h:450?q=1", {.dialect = "dbtype", .host = "h", .port = 450, .query = {{"q", "1"}}}, nullptr},
    {"dbtype://?q=1", {.dialect = "dbtype", .query = {{"q", "1"}}}, nullptr},
    {"dbtype://h/?b=1&a=2",
     {.dialect = "dbtype", .host = "h", .database = "", .query = {{"a", "2"}, {"b", "1"}}},
     "dbtype://h/?a=2&b=1"},
    {"dbtype://h/d?a=3&b=0&a=1&a=2",
     {.dialect = "dbtype", .host = "h", .database = "d", .query = {{"a", "3"}, {"a", "1"}, {"a", "2"}, {"b", "0"}}},
     "dbtype://h/d?a=3&a=1&a=2&b=0"},
    {"dbtype://h/d?arg1%3D=a+b%2Bc",
     {.dialect = "dbtype", .host = "h", .database = "d", .query = {{"arg1=", "a b+c"}}},
     "dbtype://h/d?arg1%3D=a%20b%2Bc"},
    {"dbtype://h/d?a=b=c",
     {.dialect = "dbtype", .host = "h", .database = "d", .query = {{"a", "b=c"}}},
     "dbtype://h/d?a=b%3Dc"},
    {"dbtype://h/d?a=", {.dialect = "dbtype", .host = "h", .database = "d", .query = {{"a", ""}}}, nullptr},
    {"dbtype://h/d?", {.dialect = "dbtype", .host = "h", .database = "d"}, "dbtype://h/d"},
    {"dbtype://h/d?&a=1&&b=2&",
     {.dialect = "dbtype", .host = "h", .database = "d", .query = {{"a", "1"}, {"b", "2"}}},
     "dbtype://h/d?a=1&b=2"},
    {"dbtype:///d?host=/var/run/pg",
     {.dialect = "dbtype", .database = "d", .query = {{"host", "/var/run/pg"}}},
     nullptr},
    {"dbtype:///d?a=x@y", {.dialect = "dbtype", .database = "d", .query = {{"a", "x@y"}}}, "dbtype:///d?a=x%40y"},
    {"dbtype://h/d?a=x@y",
     {.dialect = "dbtype", .host = "h", .database = "d", .query = {{"a", "x@y"}}},
     "dbtype://h/d?a=x%40y"},
    {"dbtype://h/d?a=?",
     {.dialect = "dbtype", .host = "h", .database = "d", .query = {{"a", "?"}}},
     "dbtype://h/d?a=%3F"},
    // An @ to the right of a colon ends a password, even from within a query.
    {"dbtype://h:1/d?a=x@y",
     {.dialect = "dbtype", .username = "h", .password = "1/d?a=x", .host = "y"},
     "dbtype://h:1%2Fd%3Fa%3Dx@y"},
};

TEST(url, parses_into_parts_and_back) {
    for (const auto& c : parsed_cases) {
        const url u = c.text;
        EXPECT_EQ(u.parts(), c.parts) << c.text;
        EXPECT_EQ(u.to_string(url::show_password), c.shown != nullptr ? c.shown : c.text) << c.text;
        EXPECT_EQ(url{u.to_string(url::show_password)}, u) << c.text;
        EXPECT_EQ(url::create(c.parts), u) << c.text;
    }
}

TEST(url, is_made_from_every_kind_of_text_without_a_word) {
    static_assert(std::is_convertible_v<const char*, url> && std::is_convertible_v<std::string, url> &&
                  std::is_convertible_v<std::string_view, url>);
    const auto take = [](const url& u) { return u.dialect(); };
    EXPECT_EQ(take("sqlite://"), "sqlite");
    EXPECT_EQ(take(std::string{"sqlite://"}), "sqlite");
    EXPECT_EQ(take(std::string_view{"sqlite://"}), "sqlite");
}

TEST(url, answers_its_components) {
    const url u = "postgresql+libpq://me:pw@db:5432/app?a=1&a=2&b=3";
    EXPECT_EQ(u.dialect(), "postgresql");
    EXPECT_EQ(u.driver(), "libpq");
    EXPECT_EQ(u.username(), "me");
    EXPECT_EQ(u.password()->reveal(), "pw");
    EXPECT_EQ(u.host(), "db");
    EXPECT_EQ(u.port(), 5432);
    EXPECT_EQ(u.database(), "app");
    EXPECT_EQ(u.query().size(), 3u);
    EXPECT_EQ(u.query_values("a").size(), 2u);
    EXPECT_EQ(u.query_value("a"), "2");
    EXPECT_EQ(u.query_value("c"), std::nullopt);
    EXPECT_FALSE(url{"sqlite://"}.port().has_value());
}

TEST(url, tells_an_empty_password_from_none) {
    EXPECT_FALSE(url{"a://u@h"}.password().has_value());
    EXPECT_TRUE(url{"a://u:@h"}.password()->empty());
    EXPECT_NE(url{"a://u@h"}, url{"a://u:@h"});
    EXPECT_EQ(url{"a://u:@h"}.to_string(), "a://u:***@h");
}

TEST(url, compares_by_parts_whatever_the_order_of_keys) {
    EXPECT_EQ(url{"a://h?x=1&y=2"}, url{"a://h?y=2&x=1"});
    EXPECT_NE(url{"a://h?x=1&x=2"}, url{"a://h?x=2&x=1"});
    EXPECT_EQ(url{"a://u:%41@h"}, url{"a://u:A@h"});
    EXPECT_NE(url{"a://h"}, url{"a://h/"});
    EXPECT_NE(url{"a://h"}, url{"b://h"});
}

TEST(url, hides_the_password_when_printed) {
    const url u = "a://u:hunter2@h/d?sslpassword=hunter3&PASSWORD=hunter4&access_token=hunter5&x=1";
    EXPECT_EQ(u.to_string(), "a://u:***@h/d?PASSWORD=***&access_token=***&sslpassword=***&x=1");
    std::ostringstream out;
    out << u;
    EXPECT_EQ(out.str(), u.to_string());
    EXPECT_NE(u.to_string(url::show_password).find("hunter2"), std::string::npos);
    EXPECT_NE(u.to_string(url::show_password).find("hunter4"), std::string::npos);
}

TEST(url, changes_one_part_in_a_copy) {
    const url u = "postgresql+libpq://me:pw@db:5432/app?a=1&a=2&b=3";
    const auto shown = [](const url& v) { return v.to_string(url::show_password); };
    EXPECT_EQ(shown(u.with_dialect("mysql")), "mysql://me:pw@db:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_driver("fake")), "postgresql+fake://me:pw@db:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_driver("")), "postgresql://me:pw@db:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_username("you")), "postgresql+libpq://you:pw@db:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_username(std::nullopt)), "postgresql+libpq://db:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_password("x@y")), "postgresql+libpq://me:x%40y@db:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_password(std::nullopt)), "postgresql+libpq://me@db:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_host("::1")), "postgresql+libpq://me:pw@[::1]:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_host("")), "postgresql+libpq://me:pw@:5432/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_port(1)), "postgresql+libpq://me:pw@db:1/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_port(std::nullopt)), "postgresql+libpq://me:pw@db/app?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_database("x/y")), "postgresql+libpq://me:pw@db:5432/x/y?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_database(std::nullopt)), "postgresql+libpq://me:pw@db:5432?a=1&a=2&b=3");
    EXPECT_EQ(shown(u.with_query({{"z", "9"}})), "postgresql+libpq://me:pw@db:5432/app?z=9");
    EXPECT_EQ(shown(u.with_query_value("a", "0")), "postgresql+libpq://me:pw@db:5432/app?a=0&b=3");
    EXPECT_EQ(shown(u.with_query_value("c", "0")), "postgresql+libpq://me:pw@db:5432/app?a=1&a=2&b=3&c=0");
    EXPECT_EQ(shown(u.with_added_query_value("a", "0")), "postgresql+libpq://me:pw@db:5432/app?a=1&a=2&a=0&b=3");
    EXPECT_EQ(shown(u.without_query_key("a")), "postgresql+libpq://me:pw@db:5432/app?b=3");
    EXPECT_EQ(shown(u), "postgresql+libpq://me:pw@db:5432/app?a=1&a=2&b=3");
}

TEST(url, refuses_parts_that_no_url_can_express) {
    const struct {
        url_parts parts;
        const char* part;
    } cases[] = {
        {{.dialect = ""}, "dialect"},
        {{.dialect = "Sqlite"}, "dialect"},
        {{.dialect = "a-b"}, "dialect"},
        {{.dialect = "1a"}, "dialect"},
        {{.dialect = std::string(33, 'a')}, "dialect"},
        {{.dialect = "a", .driver = "b+c"}, "driver"},
        {{.dialect = "a", .username = std::string(1, '\0')}, "user"},
        {{.dialect = "a", .username = "\xff"}, "user"},
        {{.dialect = "a", .password = "p"}, "password"},
        {{.dialect = "a", .username = "", .password = "\xc0\x80"}, "password"},
        {{.dialect = "a", .host = "h/i"}, "host"},
        {{.dialect = "a", .host = "h?i"}, "host"},
        {{.dialect = "a", .host = "h@i"}, "host"},
        {{.dialect = "a", .host = "h i"}, "host"},
        {{.dialect = "a", .host = "h:1"}, "host"},
        {{.dialect = "a", .host = "[::1]"}, "host"},
        {{.dialect = "a", .host = "x::y"}, "host"},
        {{.dialect = "a", .host = "h\n"}, "host"},
        {{.dialect = "a", .host = "/h\n"}, "host"},
        {{.dialect = "a", .host = "/"}, "host"},
        {{.dialect = "a", .host = "@"}, "host"},
        {{.dialect = "a", .host = ","}, "host"},
        {{.dialect = "a", .host = "h,i:1"}, "host"},
        {{.dialect = "a", .host = "h", .port = 0}, "port"},
        {{.dialect = "a", .host = "h", .port = 65536}, "port"},
        {{.dialect = "a", .host = "h", .port = -1}, "port"},
        {{.dialect = "a", .database = "d?e"}, "database"},
        {{.dialect = "a", .database = "d\n"}, "database"},
        {{.dialect = "a", .database = "\xed\xa0\x80"}, "database"},
        {{.dialect = "a", .host = "h", .port = 1, .database = "d@e"}, "database"},
        {{.dialect = "a", .host = "::1", .database = "d@e"}, "database"},
        {{.dialect = "a", .username = "u", .host = "h", .port = 1, .database = "d@e"}, "database"},
        {{.dialect = "a", .query = {{"", "v"}}}, "query key"},
        {{.dialect = "a", .query = {{"\xff", "v"}}}, "query key"},
        {{.dialect = "a", .query = {{"k", "\xff"}}}, "query value"},
    };
    for (const auto& c : cases) {
        try {
            const auto u = url::create(c.parts);
            ADD_FAILURE() << u;
        } catch (const koine::usage_error& e) {
            EXPECT_EQ(e.code(), errc::invalid_url);
            const auto expected = std::string{"invalid part of a URL: "} + c.part + ": ";
            EXPECT_EQ(std::string_view{e.what()}.substr(0, expected.size()), expected);
        }
    }
}

TEST(url, allows_an_at_sign_in_the_database_where_a_url_can_express_it) {
    for (const auto& parts :
         {url_parts{.dialect = "a", .database = "d@e"}, url_parts{.dialect = "a", .host = "h", .database = "d@e"},
          url_parts{.dialect = "a", .username = "u", .host = "h", .database = "d@e"},
          url_parts{.dialect = "a", .username = "u", .password = "", .host = "::1", .port = 1, .database = "d@e"}}) {
        const auto u = url::create(parts);
        EXPECT_EQ(url{u.to_string(url::show_password)}, u);
    }
}

struct refused_case {
    const char* text;
    const char* where;  // the part and its offset
};

const refused_case refused_cases[] = {
    {"", "text at offset 0"},
    {"sqlite", "dialect at offset 0"},
    {"sqlite:/x", "dialect at offset 0"},
    {"/tmp/file.db", "dialect at offset 0"},
    {"://h", "dialect at offset 0"},
    {"Sqlite://", "dialect at offset 0"},
    {" sqlite://", "dialect at offset 0"},
    {"my-sql://", "dialect at offset 0"},
    {"postgresql+://", "driver at offset 11"},
    {"postgresql+a+b://", "driver at offset 11"},
    {"+libpq://", "dialect at offset 0"},
    {"a://u:p@h:x/d", "port at offset 10"},
    {"a://h:/d", "port at offset 6"},
    {"a://h:0", "port at offset 6"},
    {"a://h:65536", "port at offset 6"},
    {"a://h:99999999999999999999", "port at offset 6"},
    {"a://h:-1", "port at offset 6"},
    {"a://h:+1", "port at offset 6"},
    {"a://h: 1", "port at offset 6"},
    {"a://h:1:2", "port at offset 6"},
    {"a://u:p@ss@h/d", "host at offset 8"},
    {"a://h h/d", "host at offset 4"},
    {"a://[::1/d", "host at offset 4"},
    {"a://[::1", "host at offset 4"},
    {"a://[::1]x/d", "host at offset 9"},
    {"a://[]/d", "host at offset 4"},
    {"a://[host]/d", "host at offset 4"},
    {"a://[x::y]/d", "host at offset 4"},
    {"a://h[1]/d", "host at offset 4"},
    {"a://::1/d", "host at offset 4"},
    {"a://u@fe80::1%eth0/d", "host at offset 6"},
    {"a://h,::1:5/d", "host at offset 6"},
    {"a://h:1,i:x/d", "port at offset 10"},
    {"a://h:1,i:0/d", "port at offset 10"},
    {"a://h:,i:1/d", "port at offset 6"},
    {"a://h,[::1/d", "host at offset 6"},
    {"a://,/d", "host at offset 4"},
    {"a://h%2Fi/d", "host at offset 4"},
    {"a://%2Fa%2Cb/d", "host at offset 4"},
    {"a://%2Fa%0A/d", "host at offset 4"},
    {"a://%40/d", "host at offset 4"},
    {"a://h:1,i:2/d?port=3", "query key at offset 14"},
    {"a://h/d\n", "text at offset 7"},
    {"a://h/\x7f", "text at offset 6"},
    {"a://h/d\xff", "text at offset 7"},
    {"a://u%00@h", "user at offset 4"},
    {"a://u:%ff@h", "password at offset 6"},
    {"a://h?k", "query key at offset 6"},
    {"a://h?a=1&k&b=2", "query key at offset 10"},
    {"a://h?=v", "query key at offset 6"},
    {"a://h?%00=v", "query key at offset 6"},
    {"a://h?a=1&k=%ff", "query value at offset 12"},
};

TEST(url, says_which_component_is_wrong_and_where) {
    for (const auto& c : refused_cases) {
        const auto parsed = url::try_parse(c.text);
        ASSERT_FALSE(parsed) << c.text;
        const auto& info = parsed.error().info();
        EXPECT_EQ(info.code, errc::invalid_url);
        EXPECT_EQ(info.outcome, koine::outcome::not_sent);
        EXPECT_NE(info.message.find(std::string{": "} + c.where + ": "), std::string::npos)
            << c.text << " -> " << info.message;
        EXPECT_THROW(url::parse(c.text), koine::usage_error);
    }
    EXPECT_STREQ(
        [] {
            try {
                url::parse("postgresql://me:pw@db:99999/app");
            } catch (const koine::usage_error& e) {
                return std::string{e.what()};
            }
            return std::string{};
        }()
            .c_str(),
        "invalid URL \"postgresql://***\": port at offset 22: it is not a number from 1 to 65535 (if it is a "
        "password, the "
        "`@host` after it is missing)");
}

TEST(url, refuses_nul_in_the_text) {
    EXPECT_FALSE(url::try_parse(std::string_view{"a://h/d\0e", 9}));
    EXPECT_FALSE(url::try_parse("dbtype://u:%00@h"));
}

TEST(url, never_shows_a_password_or_a_query_value_in_an_error) {
    const std::string marker = "mArKeR";
    // {} is where the password stands, raw or with characters that break the URL.
    const char* const broken[] = {"{}",
                                  "{}://h",
                                  "a:{}@h/d",
                                  "a//u:{}@h",
                                  "A://u:{}@h",
                                  "a+B://u:{}@h",
                                  "a+://u:{}@h",
                                  "a://u:{}@h:x",
                                  "a://u:{}@h:0/d",
                                  "a://u:{}@[::1",
                                  "a://u:{}@[x]",
                                  "a://u:{}@h h",
                                  "a://u:{}",
                                  "a://u:{}/d",
                                  "a://u:{}?x=1",
                                  "a://u:{}h/d",
                                  "a://u:x@{}@h",
                                  "a://u:x@{}:y@h",
                                  "a://u:{}@x@h",
                                  "a://u:x@{}:x",
                                  "a://u:x/{}@y@h",
                                  "a://{}@u@[",
                                  "a://h:{}@h:q",
                                  "a://u:{}@h/d\n",
                                  "a://u:{}\n@h/d",
                                  "a://u:{}@h/d\xff",
                                  "a://u:{}\xff@h",
                                  "a://u:{}%ff@h",
                                  "a://u:{}%00@h",
                                  "a://{}%ff@h",
                                  "a://h?{}",
                                  "a://h?password:{}",
                                  "a://h?password={}&x",
                                  "a://h?x={}%ff",
                                  "a://h?{}%ff=1",
                                  "a://h?p=1&{}",
                                  "a://h?=={}",
                                  "a://h?={}",
                                  "a://h:x?password={}",
                                  "a://[?password={}",
                                  "a://h?password=x@{}:x",
                                  "a://h:1/d?password={}@x@y",
                                  "a://h/{}\n"};
    for (const std::string shape : broken) {
        auto text = shape;
        text.replace(text.find("{}"), 2, marker);
        const auto parsed = url::try_parse(text);
        ASSERT_FALSE(parsed) << text;
        const auto& info = parsed.error().info();
        // A name in front of :// is a dialect, not a password, but even that is not shown unless it
        // is a valid one.
        EXPECT_EQ(describe(info).find(marker), std::string::npos) << text << " -> " << describe(info);
        try {
            url::parse(text);
        } catch (const koine::error& e) {
            EXPECT_EQ(std::string_view{e.what()}.find(marker), std::string_view::npos) << text;
        }
        ::setenv("KOINE_URL_TEST", text.c_str(), 1);
        try {
            url::from_environment("KOINE_URL_TEST");
        } catch (const koine::error& e) {
            EXPECT_EQ(std::string_view{e.what()}.find(marker), std::string_view::npos) << text;
        }
    }
    for (const auto& parts :
         {url_parts{.dialect = "A", .username = marker, .password = marker},
          url_parts{.dialect = "a", .password = marker},
          url_parts{.dialect = "a", .username = "", .password = marker + "\xff"},
          url_parts{.dialect = "a", .host = marker + "@"}, url_parts{.dialect = "a", .query = {{"", marker}}},
          url_parts{.dialect = "a", .query = {{"k", marker + "\xff"}}},
          url_parts{.dialect = "a", .database = marker + "?"}}) {
        try {
            url::create(parts);
            ADD_FAILURE();
        } catch (const koine::error& e) {
            EXPECT_EQ(std::string_view{e.what()}.find(marker), std::string_view::npos) << e.what();
        }
    }
    const auto hosts_of = [&](const char* query) { return url{std::string{"a://h/d?"} + query}.hosts(); };
    for (const std::string query :
         {"host=mArKeR:x", "port=mArKeR", "host=a:1&host=b:mArKeR", "host=[mArKeR", "host=a,mArKeR&port=1,2,3"}) {
        try {
            hosts_of(query.c_str());
            ADD_FAILURE() << query;
        } catch (const koine::error& e) {
            EXPECT_EQ(std::string_view{e.what()}.find(marker), std::string_view::npos) << e.what();
        }
    }
    ::unsetenv("KOINE_URL_TEST");
}

TEST(url, lists_the_hosts_to_try) {
    const struct {
        const char* text;
        std::vector<url_host> hosts;
    } cases[] = {
        {"postgresql://", {}},
        {"postgresql:///db", {}},
        {"postgresql://a/db", {{"a", {}}}},
        {"postgresql://a:1/db", {{"a", 1}}},
        {"postgresql://a,b:1/db", {{"a", 1}, {"b", 1}}},
        {"postgresql://[::1]:1/db", {{"::1", 1}}},
        {"postgresql:///db?host=a:1&host=b:2&host=c", {{"a", 1}, {"b", 2}, {"c", {}}}},
        {"postgresql:///db?host=a,b,c&port=1,2,3", {{"a", 1}, {"b", 2}, {"c", 3}}},
        {"postgresql:///db?host=a,b&port=1", {{"a", 1}, {"b", 1}}},
        {"postgresql:///db?host=a,b&port=1,", {{"a", 1}, {"b", {}}}},
        {"postgresql:///db?host=a&host=b&port=1&port=2", {{"a", 1}, {"b", 2}}},
        {"postgresql:///db?host=a:1,b:2", {{"a", 1}, {"b", 2}}},
        {"postgresql:///db?host=a", {{"a", {}}}},
        {"postgresql:///db?host=a:7", {{"a", 7}}},
        {"postgresql:///db?host=/var/run/pg", {{"/var/run/pg", {}}}},
        {"postgresql:///db?host=/odd:dir&port=5", {{"/odd:dir", 5}}},
        {"postgresql:///db?host=[::1]:5&host=[::2]&host=fe80::1", {{"::1", 5}, {"::2", {}}, {"fe80::1", {}}}},
        {"postgresql://front/db?port=8", {{"front", 8}}},
        {"postgresql://a:1,b:2/db", {{"a", 1}, {"b", 2}}},
        {"postgresql://a:1,b/db", {{"a", 1}, {"b", {}}}},
        {"postgresql://a,,b/db", {{"a", {}}, {"", {}}, {"b", {}}}},
        {"postgresql:///db?host=a,,b", {{"a", {}}, {"", {}}, {"b", {}}}},
        {"postgresql://%2Frun%2Fpg:7/db", {{"/run/pg", 7}}},
        {"postgresql:///db?host=@name:x", {{"@name:x", {}}}},
        // A port without a host is that of the client library's own.
        {"postgresql://:8/db", {{"", 8}}},
        {"postgresql:///db?port=8", {{"", 8}}},
        {"postgresql:///db?port=8,9", {{"", 8}, {"", 9}}},
        {"postgresql://:8/db?host=a,b", {{"a", 8}, {"b", 8}}},
        {"postgresql:///db?host=&port=", {}},
    };
    for (const auto& c : cases) EXPECT_EQ(url{c.text}.hosts(), c.hosts) << c.text;
}

TEST(url, refuses_lists_of_hosts_that_do_not_fit) {
    for (const char* text :
         {"a:///d?host=a,b&port=1,2,3", "a:///d?host=a,b,c&port=1,2", "a:///d?host=a:1&host=b&port=2",
          "a:///d?host=a:x", "a:///d?host=a:0", "a:///d?host=a:65536", "a:///d?host=[::1", "a:///d?host=[::1]x",
          "a://h/d?port=1,2", "a://h/d?port=x", "a://:1/d?host=a:2",
          // what stands in two places, or in two forms
          "a://front/d?host=a", "a://front/d?host=front", "a://front:9/d?port=8", "a://:9/d?port=9",
          "a:///d?host=a,b&host=c", "a:///d?host=a&host=b&port=1&port=2,3"}) {
        const url u = text;
        try {
            u.hosts();
            ADD_FAILURE() << text;
        } catch (const koine::usage_error& e) {
            EXPECT_EQ(e.code(), errc::invalid_url);
        }
    }
}

TEST(url, says_which_host_or_port_is_wrong) {
    const auto why = [](const char* text) -> std::string {
        try {
            url{text}.hosts();
        } catch (const koine::usage_error& e) {
            return e.what();
        }
        return {};
    };
    EXPECT_EQ(why("a:///d?host=a&host=b:xyz"),
              "invalid hosts in the URL: the port of host 2 in the query key `host` is not a number from 1 to 65535");
    EXPECT_EQ(why("a:///d?host=a,b&port=1,99999"),
              "invalid hosts in the URL: the port 2 in the query key `port` is not a number from 1 to 65535");
    EXPECT_EQ(
        why("a:///d?host=a,b&host=c"),
        "invalid hosts in the URL: the query key `host` is repeated, and one of its values is a list with commas; "
        "repeat it or write one list");
    EXPECT_EQ(why("a:///d?host=a,b,c&port=1,2"),
              "invalid hosts in the URL: there are 2 ports for 3 hosts; there must be one port, or one for each host");
    EXPECT_EQ(url::try_parse("a://u:p@::1/d").error().info().message,
              "invalid URL \"a://***\": host at offset 8: an IPv6 address is written in brackets: [::1]");
}

TEST(url, is_read_from_the_environment) {
    ::setenv("KOINE_URL_TEST", "sqlite:///x.db", 1);
    EXPECT_EQ(url::from_environment("KOINE_URL_TEST"), url{"sqlite:///x.db"});
    ::setenv("DATABASE_URL", "sqlite:///default.db", 1);
    EXPECT_EQ(url::from_environment(), url{"sqlite:///default.db"});
    ::unsetenv("DATABASE_URL");

    const auto message = [](const char* value) -> std::string {
        if (value != nullptr)
            ::setenv("KOINE_URL_TEST", value, 1);
        else
            ::unsetenv("KOINE_URL_TEST");
        try {
            url::from_environment("KOINE_URL_TEST");
        } catch (const koine::usage_error& e) {
            return e.what();
        }
        return {};
    };
    EXPECT_EQ(message(nullptr), "the environment variable KOINE_URL_TEST is not set; it should hold a database URL");
    EXPECT_EQ(message(""), "the environment variable KOINE_URL_TEST is empty; it should hold a database URL");
    EXPECT_NE(message("nonsense").find("in the environment variable KOINE_URL_TEST: invalid URL"), std::string::npos);
    for (const char* old : {"postgres://u:pw@h/d", "postgres+libpq://h"}) {
        const auto text = message(old);
        EXPECT_NE(text.find("spelled `postgresql`"), std::string::npos) << text;
        EXPECT_EQ(text.find("pw"), std::string::npos);
    }
    ::unsetenv("KOINE_URL_TEST");
}

}  // namespace
