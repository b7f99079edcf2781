// The dialect of an engine is settled by the first server that it finds.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <koine/connection.hpp>
#include <koine/dialect.hpp>
#include <koine/dialects/mariadb.hpp>
#include <koine/dialects/mysql.hpp>
#include <koine/drivers/fake.hpp>
#include <koine/engine.hpp>
#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>
#include <koine/registry.hpp>

#include <koine_test/captured_log.hpp>

namespace koine {
namespace {

struct note {
    std::int64_t id{};
    std::string text{};
    std::string state{};

    static constexpr auto koine_table() {
        return table("notes", col<&note::id>(primary_key), col<&note::text>,
                     col<&note::state>(server_default{"'draft'"}));
    }
};

class server_fit_of : public testing::Test {
protected:
    server_fit_of() {
        names_.add_dialect(std::make_shared<const dialects::mariadb>(), "fake");
        names_.add_dialect(std::make_shared<const dialects::mysql>(), "fake");
        names_.add_driver("fake", &fake_driver_init);
    }

    engine open(const std::string& dialect, engine_options options = {}) const {
        return create_engine(url{dialect + "+fake:///fitting"}, names_, std::move(options));
    }

    fake::script server{"fitting"};
    koine_test::captured_log log{};

private:
    registry names_{};
};

TEST_F(server_fit_of, a_mariadb_url_on_mariadb_is_what_it_said) {
    server.server_is("mariadb", "10.11.6-MariaDB");
    const engine on = open("mariadb");
    on.connect();
    EXPECT_EQ(on.dialect().name(), "mariadb");
    EXPECT_TRUE(on.dialect().features().insert_returning);
    EXPECT_TRUE(log.lines().empty());
}

TEST_F(server_fit_of, a_mariadb_url_that_reaches_mysql_speaks_mysql_and_says_so_once) {
    server.server_is("mysql", "8.0.36");
    const engine on = open("mariadb");
    const dialect& before = on.dialect();
    EXPECT_EQ(before.name(), "mariadb") << "nothing is known before the first connection";
    {
        const connection first = on.connect();
        const connection second = on.connect();
    }
    EXPECT_EQ(on.dialect().name(), "mysql");
    EXPECT_EQ(before.quote("a b"), "`a b`") << "the dialect of the URL is still there";
    const auto heard = log.lines();
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_NE(heard[0].find("mariadb:// URL"), std::string::npos) << heard[0];
    EXPECT_NE(heard[0].find("mysql 8.0.36"), std::string::npos) << heard[0];
}

TEST_F(server_fit_of, a_mysql_url_that_reaches_mariadb_says_so_once_and_keeps_its_dialect) {
    server.server_is("mariadb", "10.11.6");
    const engine on = open("mysql");
    on.connect();
    on.dispose();
    on.connect();
    EXPECT_EQ(on.dialect().name(), "mysql");
    const auto heard = log.lines();
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_NE(heard[0].find("mariadb 10.11.6"), std::string::npos) << heard[0];
}

TEST_F(server_fit_of, many_first_connections_at_once_settle_it_once) {
    server.server_is("mysql", "8.4.0");
    engine_options options;
    options.pool.size = 4;
    const engine on = open("mariadb", options);
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([&] {
            const connection c = on.connect();
            EXPECT_EQ(on.dialect().name(), "mysql");
        });
    for (auto& one : all) one.join();
    EXPECT_EQ(log.lines().size(), 1U);
}

// Whether the key is the one of the row that was inserted last.
constexpr const char* asks_for_key = "SHOW COLUMNS FROM notes WHERE Field = 'id' AND Extra LIKE '%auto_increment%'";

// What MySQL is sent: no test here has a MySQL server.
TEST_F(server_fit_of, mysql_is_never_asked_for_returning) {
    server.server_is("mysql", "8.0.36");
    server.on(asks_for_key, {.columns = {{"Field", KOINE_TEXT}}, .rows = {{"id"}}});
    server.on("INSERT INTO notes (text) VALUES (?)", {.affected = 1, .last_insert_id = 7});
    server.on("SELECT id, text, state FROM notes WHERE id = ?",
              {.columns = {{"id", KOINE_INT64}, {"text", KOINE_TEXT}, {"state", KOINE_TEXT}},
               .rows = {{7, "first", "draft"}}});
    session work{open("mariadb"), {.transaction = {.isolation = isolation::repeatable_read}}};
    const auto made = work.add(note{.text = "first"});
    work.commit();
    const note& kept = made;
    EXPECT_EQ(kept.id, 7);
    EXPECT_EQ(kept.state, "draft");
    EXPECT_EQ(server.executed(),
              (std::vector<std::string>{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION",
                                        asks_for_key, "INSERT INTO notes (text) VALUES (?)",
                                        "SELECT id, text, state FROM notes WHERE id = ?", "COMMIT"}));
}

TEST_F(server_fit_of, a_row_that_cannot_be_found_again_fails_its_flush) {
    server.server_is("mysql", "8.0.36");
    server.on(asks_for_key, {.columns = {{"Field", KOINE_TEXT}}, .rows = {{"id"}}});
    server.on("INSERT INTO notes (text) VALUES (?)", {.affected = 1, .last_insert_id = 7});
    server.on("SELECT id, text, state FROM notes WHERE id = ?",
              {.columns = {{"id", KOINE_INT64}, {"text", KOINE_TEXT}, {"state", KOINE_TEXT}}});
    session work{open("mysql")};
    const auto made = work.add(note{.text = "first"});
    try {
        work.flush();
        ADD_FAILURE() << "the row is not there";
    } catch (const error& why) {
        EXPECT_EQ(why.code(), errc::no_row) << why.what();
    }
    work.rollback();
    EXPECT_EQ(static_cast<const note&>(made).id, 0);
}

}  // namespace
}  // namespace koine
