#include <gtest/gtest.h>

#include <koine/dialects/mariadb.hpp>
#include <koine/dialects/mysql.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>

namespace koine::test {
namespace {

const dialects::sqlite sqlite;
const dialects::postgresql postgresql;
const dialects::mariadb mariadb;
const dialects::mysql mysql;

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
        {{isolation::serializable, true, true},
         "BEGIN DEFERRED",
         false,
         "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE"},
        {{isolation::autocommit}, "", false, ""},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(sqlite.begin(c.options).text, c.on_sqlite);
        EXPECT_EQ(sqlite.begin(c.options).at_first_write, c.at_first_write);
        EXPECT_EQ(postgresql.begin(c.options).text, c.on_postgresql);
        EXPECT_FALSE(postgresql.begin(c.options).at_first_write);
    }
}

TEST(transaction, says_its_level_in_front_of_its_beginning_where_it_must) {
    const std::string level = "SET TRANSACTION ISOLATION LEVEL ";
    const struct {
        transaction_options options;
        std::string before;
        std::string text;
    } cases[] = {
        {{}, "", "START TRANSACTION"},
        {{isolation::read_uncommitted}, level + "READ UNCOMMITTED", "START TRANSACTION"},
        {{isolation::read_committed}, level + "READ COMMITTED", "START TRANSACTION"},
        {{isolation::repeatable_read}, level + "REPEATABLE READ", "START TRANSACTION"},
        {{isolation::serializable, true}, level + "SERIALIZABLE", "START TRANSACTION READ ONLY"},
        {{isolation::default_, true}, "", "START TRANSACTION READ ONLY"},
        {{isolation::autocommit}, "", ""},
    };
    for (const auto& c : cases) {
        for (const koine::dialect* dialect :
             {static_cast<const koine::dialect*>(&mariadb), static_cast<const koine::dialect*>(&mysql)}) {
            EXPECT_EQ(dialect->begin(c.options).before, c.before);
            EXPECT_EQ(dialect->begin(c.options).text, c.text);
            EXPECT_FALSE(dialect->begin(c.options).at_first_write);
        }
        EXPECT_EQ(postgresql.begin(c.options).before, "");
        EXPECT_EQ(sqlite.begin(c.options).before, "");
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

TEST(for_server, leaves_a_dialect_that_fits) {
    for (const koine::dialect* dialect :
         {static_cast<const koine::dialect*>(&sqlite), static_cast<const koine::dialect*>(&postgresql),
          static_cast<const koine::dialect*>(&mariadb), static_cast<const koine::dialect*>(&mysql)}) {
        const server_fit fit = dialect->for_server(dialect->name(), "15.4");
        EXPECT_EQ(fit.better, nullptr) << dialect->name();
        EXPECT_EQ(fit.warning, "") << dialect->name();
        EXPECT_EQ(dialect->for_server("", "").better, nullptr) << dialect->name();
    }
    EXPECT_EQ(mariadb.for_server("mariadb", "10.11.6-MariaDB-1").better, nullptr);
    EXPECT_EQ(mariadb.for_server("mariadb", "10.5.0").better, nullptr);
    EXPECT_EQ(mysql.for_server("mysql", "8.0.36").warning, "");
}

TEST(for_server, takes_returning_from_an_old_mariadb) {
    for (const char* const version : {"10.4.33-MariaDB", "10.2.2", "5.5.68-MariaDB"}) {
        const server_fit fit = mariadb.for_server("mariadb", version);
        ASSERT_NE(fit.better, nullptr) << version;
        EXPECT_EQ(fit.better->name(), "mariadb");
        EXPECT_FALSE(fit.better->features().insert_returning);
        EXPECT_EQ(fit.warning, "");
        EXPECT_EQ(fit.better->for_server("mariadb", version).better, nullptr);
    }
}

TEST(for_server, gives_each_family_to_the_other_with_a_word) {
    const server_fit to_mysql = mariadb.for_server("mysql", "8.0.36");
    ASSERT_NE(to_mysql.better, nullptr);
    EXPECT_EQ(to_mysql.better->name(), "mysql");
    EXPECT_NE(to_mysql.warning, "");
    const server_fit to_mariadb = mysql.for_server("mariadb", "10.11.6");
    EXPECT_EQ(to_mariadb.better, nullptr) << "its texts are right on both";
    EXPECT_NE(to_mariadb.warning, "");
    EXPECT_NE(mysql.for_server("mysql", "5.7.44").warning, "");
}

}  // namespace
}  // namespace koine::test
