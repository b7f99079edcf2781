#include <koine/url.hpp>

#include <gtest/gtest.h>

#include <iterator>
#include <optional>
#include <random>
#include <string>

namespace {

using koine::url;
using koine::url_parts;

// Parts made of the characters that could be taken for another part, from a fixed seed.
class generator {
public:
    url_parts parts() {
        url_parts out{.dialect = name()};
        if (chance()) out.driver = name();
        if (chance()) out.username = text();
        if (out.username && chance()) out.password = koine::secret_text{text()};
        if (chance()) out.host = host();
        if (chance()) out.port = 1 + static_cast<int>(below(65535));
        if (chance()) out.database = text();
        for (auto n = below(4); n > 0; --n) out.query.push_back({text(), koine::secret_text{text()}});
        return out;
    }

    std::string text() {
        static const std::string pieces[] = {"a",
                                             "Z",
                                             "0",
                                             ":",
                                             "/",
                                             "?",
                                             "#",
                                             "[",
                                             "]",
                                             "@",
                                             "!",
                                             "$",
                                             "&",
                                             "'",
                                             "(",
                                             ")",
                                             "*",
                                             "+",
                                             ",",
                                             ";",
                                             "=",
                                             "%",
                                             "%41",
                                             "%4",
                                             "//",
                                             "://",
                                             " ",
                                             "\"",
                                             "<",
                                             ">",
                                             "\\",
                                             "^",
                                             "`",
                                             "{",
                                             "|",
                                             "}",
                                             "~",
                                             "-",
                                             ".",
                                             "_",
                                             "\t",
                                             "\n",
                                             "\x01",
                                             "\x7f",
                                             "\xc3\xa4",
                                             "\xe6\xb8\xac",
                                             "\xf0\x9f\x90\x8d",
                                             "..",
                                             "C:\\",
                                             ":memory:",
                                             "***"};
        std::string out;
        for (auto n = below(7); n > 0; --n) out += pieces[below(std::size(pieces))];
        return out;
    }

private:
    std::size_t below(std::size_t n) { return random_() % n; }
    bool chance() { return below(3) != 0; }

    std::string name() {
        std::string out(1, static_cast<char>('a' + below(26)));
        for (auto n = below(5); n > 0; --n) out += "abz09_"[below(6)];
        return out;
    }

    std::string host() {
        static const char* const hosts[] = {
            "h",    "localhost", "db.example.com", "127.0.0.1", "::1",  "2001:da8::90", "fe80::1%eth0", "a,b,c",
            "h%41", "h#1",       "h=1&b",          "::1,::2",   "a,,b", "/run/pg",      "/a:b/%41?c@d", "@name,h"};
        return below(4) != 0 ? hosts[below(std::size(hosts))] : text();
    }

    std::mt19937_64 random_{20221215};
};

TEST(url, parses_back_into_every_url_that_can_be_built) {
    constexpr int wanted = 25'000;
    generator make;
    int built = 0;
    int refused = 0;
    while (built < wanted) {
        const auto parts = make.parts();
        std::optional<url> u;
        try {
            u = url::create(parts);
        } catch (const koine::usage_error&) {
            ++refused;
            continue;
        }
        ++built;
        const auto text = u->to_string(url::show_password);
        const auto again = url::try_parse(text);
        ASSERT_TRUE(again) << text << " -> " << again.error().info().message;
        ASSERT_EQ(*again, *u) << text;
        ASSERT_EQ(again->to_string(url::show_password), text);
        // What is built holds what was asked for.
        ASSERT_EQ(u->username(), parts.username);
        ASSERT_EQ(u->password(), parts.password);
        ASSERT_EQ(u->host(), parts.host);
        ASSERT_EQ(u->database(), parts.database);
        ASSERT_EQ(u->query().size(), parts.query.size());
        // The hidden form is a URL too.
        ASSERT_TRUE(url::try_parse(u->to_string())) << u->to_string();
    }
    EXPECT_LT(refused, wanted * 4);
}

TEST(url, survives_any_text_and_understands_its_own_rendering_of_it) {
    generator make;
    int valid = 0;
    for (int i = 0; i < 60'000; ++i) {
        const auto text = "db://" + make.text() + make.text();
        const auto u = url::try_parse(text);
        if (!u) continue;
        ++valid;
        const auto again = url::try_parse(u->to_string(url::show_password));
        ASSERT_TRUE(again) << text;
        ASSERT_EQ(*again, *u) << text;
    }
    EXPECT_GT(valid, 6'000);
}

}  // namespace
