#include <gtest/gtest.h>

#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>

namespace koine::test {
namespace {

const dialects::sqlite sqlite;
const dialects::postgresql postgresql;

struct begin_case {
    transaction_options options;
    const char* on_sqlite;
    bool at_first_write;
    const char* on_postgresql;
};

TEST(transaction, begins_as_the_options_say) {
    const begin_case cases[] = {
        {{}, "BEGIN IMMEDIATE", true, "BEGIN"},
        {{isolation::read_committed}, "BEGIN IMMEDIATE", true, "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {{isolation::read_uncommitted}, "BEGIN IMMEDIATE", true, "BEGIN ISOLATION LEVEL READ UNCOMMITTED"},
        {{isolation::repeatable_read}, "BEGIN IMMEDIATE", false, "BEGIN ISOLATION LEVEL REPEATABLE READ"},
        {{isolation::serializable}, "BEGIN IMMEDIATE", false, "BEGIN ISOLATION LEVEL SERIALIZABLE"},
        {{isolation::default_, true}, "BEGIN DEFERRED", false, "BEGIN READ ONLY"},
        {{isolation::serializable, true, true}, "BEGIN DEFERRED", false, "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE"},
        {{isolation::autocommit}, "", false, ""},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(sqlite.begin(c.options).text, c.on_sqlite);
        EXPECT_EQ(sqlite.begin(c.options).at_first_write, c.at_first_write);
        EXPECT_EQ(postgresql.begin(c.options).text, c.on_postgresql);
        EXPECT_FALSE(postgresql.begin(c.options).at_first_write);
    }
}

TEST(transaction, has_savepoints) {
    EXPECT_EQ(sqlite.savepoint("s1"), "SAVEPOINT s1");
    EXPECT_EQ(postgresql.release_savepoint("s1"), "RELEASE SAVEPOINT s1");
    EXPECT_EQ(postgresql.rollback_to_savepoint("s1"), "ROLLBACK TO SAVEPOINT s1");
}

TEST(dialect_options, change_nothing_where_they_do_not_matter) {
    EXPECT_EQ(postgresql.with({.strict_tables = true}), nullptr);
    EXPECT_EQ(sqlite.with({}), nullptr);
}

}  // namespace
}  // namespace koine::test
