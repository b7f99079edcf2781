#include <koine/detail/suggest.hpp>

#include <gtest/gtest.h>

namespace {

using koine::detail::suggestion;
using koine::detail::unknown_name;

constexpr std::string_view dialects[] = {"sqlite", "postgresql", "mysql", "mariadb"};
constexpr std::string_view options[] = {"host", "sslmode", "sslrootcert", "connect_timeout"};

TEST(suggest, finds_the_nearest_name) {
    const struct {
        const char* word;
        const char* answer;
    } cases[] = {
        {"postgres", "did you mean `postgresql`?"},
        {"postgre", "did you mean `postgresql`?"},
        {"PostgreSQL", "did you mean `postgresql`?"},
        {"sqlite3", "did you mean `sqlite`?"},
        {"sqilte", "did you mean `sqlite`?"},
        {"maria", "did you mean `mariadb`?"},
        {"mysqll", "did you mean `mysql`?"},
        {"oracle", ""},
        {"", ""},
        {"x", ""},
    };
    for (const auto& c : cases) EXPECT_EQ(suggestion(c.word, dialects), c.answer) << c.word;
}

TEST(suggest, counts_a_swap_of_neighbours_as_one_step) {
    constexpr std::string_view known[] = {"ab"};
    EXPECT_EQ(suggestion("ba", known), "did you mean `ab`?");
}

TEST(suggest, takes_the_nearer_of_two) {
    constexpr std::string_view known[] = {"timeouts_total", "timeout"};
    EXPECT_EQ(suggestion("timeot", known), "did you mean `timeout`?");
}

TEST(suggest, gives_no_advice_for_absurdly_long_words) {
    EXPECT_EQ(suggestion(std::string(100'000, 's'), dialects), "");
}

TEST(suggest, words_the_whole_error) {
    EXPECT_EQ(unknown_name("option", "sslmod", "driver libpq", options),
              "unknown option `sslmod` of driver libpq; known: host, sslmode, sslrootcert, connect_timeout; "
              "did you mean `sslmode`?");
    EXPECT_EQ(unknown_name("dialect", "db2", "", dialects),
              "unknown dialect `db2`; known: sqlite, postgresql, mysql, mariadb");
    EXPECT_EQ(unknown_name("driver", "x", "", {}), "unknown driver `x`; known: none");
    EXPECT_EQ(unknown_name("driver", "a\x1b", "", {}), "unknown driver `a\\x1b`; known: none");
}

}  // namespace
