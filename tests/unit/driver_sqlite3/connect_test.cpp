#include <sys/stat.h>
#include <unistd.h>

#include "client.hpp"

namespace sqlite3_test {
namespace {

using sqlite3_connect = files;

TEST_F(sqlite3_connect, refuses_another_version_of_the_contract) {
    koine_driver driver{};
    driver.struct_size = sizeof driver;
    koine_error error{};
    ASSERT_EQ(koine::sqlite3_driver_init(KOINE_ABI_VERSION + 1, &driver, &error), KOINE_ERROR);
    EXPECT_EQ(problem{error}.code, errc::not_implemented);
}

TEST_F(sqlite3_connect, sets_a_file_up_for_applications) {
    connection db{file};
    ASSERT_FALSE(db.failed) << db.failed->message;
    EXPECT_EQ(db.run("pragma foreign_keys").as_number(), 1);
    EXPECT_EQ(db.run("pragma journal_mode").as_text(), "wal");
    EXPECT_EQ(db.run("pragma synchronous").as_number(), 2);
    EXPECT_EQ(db.run("pragma trusted_schema").as_number(), 0);
    EXPECT_EQ(db.run("select \"no such column\"").code(), errc::undefined_column);
    EXPECT_FALSE(db.run("create table t (a text default \"word\" check (a <> \"b\"))").ok());
    EXPECT_FALSE(db.run("select load_extension('x')").ok());
    EXPECT_EQ(db.run("attach 'other.db' as o").code(), errc::too_big);
    EXPECT_RUNS(db, "pragma writable_schema=on");
    EXPECT_FALSE(db.run("delete from sqlite_schema").ok()) << "the schema cannot be written by hand";
}

TEST_F(sqlite3_connect, tells_that_something_is_left_with_the_connection) {
    const std::string attach = "attach '" + (directory / "other.db").string() + "' as o";
    for (const char* const sql :
         {"pragma foreign_keys = off", "PRAGMA main.cache_size=-100", "/* a */ pragma busy_timeout(0)",
          "pragma case_sensitive_like=1", attach.c_str(), "create temp table mine (a)",
          "create temporary view mine as select 1", "create table if not exists temp.mine (a)",
          "create view \"temp\".mine as select 1", "pragma \"foreign_keys\" = off", "pragma main.[cache_size](-100)",
          "\xef\xbb\xbfpragma foreign_keys = off", "pragma journal_mode = delete", "pragma main.journal_mode(memory)",
          "pragma temp.user_version = 7", "pragma defer_foreign_keys = on"}) {
        connection db{parameters{{"database", file.string()}, {"attach", "1"}}};
        EXPECT_EQ(db.state(), 0U);
        EXPECT_RUNS(db, sql);
        EXPECT_EQ(db.state(), std::uint32_t{KOINE_STATE_DIRTY}) << sql;
        db.reset();
        EXPECT_EQ(db.state(), std::uint32_t{KOINE_STATE_DIRTY}) << "no reset takes it back: " << sql;
    }
    connection db{file};
    for (const char* const sql :
         {"pragma foreign_keys", "pragma table_info(t)", "pragma main.integrity_check(1)", "pragma user_version = 7",
          "create table temp_t (a)", "select 'pragma x = 1'", "pragma wal_checkpoint(truncate)", "pragma optimize",
          "pragma journal_mode = wal", "pragma main.journal_mode('WAL')", "pragma temp.table_info(t)"}) {
        EXPECT_RUNS(db, sql);
        EXPECT_EQ(db.state(), 0U) << sql;
    }
    EXPECT_RUNS(db, "begin");
    EXPECT_RUNS(db, "pragma defer_foreign_keys = on");
    EXPECT_RUNS(db, "commit");
    EXPECT_EQ(db.state(), 0U) << "it has ended with its transaction";
    EXPECT_EQ(db.run("pragma defer_foreign_keys").as_number(), 0);
    connection memory{":memory:"};
    EXPECT_RUNS(memory, "pragma foreign_keys = off");
    EXPECT_EQ(memory.state(), std::uint32_t{KOINE_STATE_PRIVATE_DATABASE})
        << "its end would be the end of the database";
}

TEST_F(sqlite3_connect, follows_the_keys_of_the_url) {
    connection db{parameters{{"database", file.string()},
                             {"foreign_keys", "off"},
                             {"journal_mode", "delete"},
                             {"synchronous", "normal"},
                             {"trusted_schema", "on"},
                             {"attach", "1"},
                             {"timeout", "0.25"}}};
    ASSERT_FALSE(db.failed) << db.failed->message;
    EXPECT_EQ(db.run("pragma foreign_keys").as_number(), 0);
    EXPECT_EQ(db.run("pragma journal_mode").as_text(), "delete");
    EXPECT_EQ(db.run("pragma synchronous").as_number(), 1);
    EXPECT_EQ(db.run("pragma trusted_schema").as_number(), 1);
    EXPECT_RUNS(db, "attach ? as o", {text((directory / "other.db").string())});
}

TEST_F(sqlite3_connect, names_wrong_parameters_before_any_file_is_touched) {
    const std::vector<std::pair<parameters, errc>> wrong{
        {{{"database", "x.db"}, {"foreign_key", "on"}}, errc::unknown_name},
        {{{"database", "x.db"}, {"foreign_keys", "maybe"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"journal_mode", "off"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"mode", "rwx"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"busy_timeout", "-1"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"busy_timeout", "5s"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"timeout", "nan"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"timeout", "1"}, {"busy_timeout", "1000"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"attach", "11"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"host", "localhost"}}, errc::invalid_url},
        {{{"database", std::string{"a\0b", 3}}}, errc::invalid_url},
        {{{"database", "file:x.db"}}, errc::invalid_url},
        {{{"database", ":memory:"}, {"private", "on"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"immutable", "on"}}, errc::invalid_url},
        {{{"database", "file:x.db"}, {"uri", "on"}, {"mode", "ro"}, {"immutable", "on"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"mode", "ro"}, {"mode", "ro"}}, errc::invalid_url},
        {{{"database", "x.db"}, {"port", "5"}}, errc::invalid_url}};
    for (const auto& [given, code] : wrong) {
        const connection db{given};
        ASSERT_TRUE(db.failed) << given.back().first << "=" << given.back().second;
        EXPECT_EQ(db.failed->code, code) << db.failed->message;
        EXPECT_EQ(db.failed->outcome, outcome::not_sent);
        EXPECT_EQ(db.handle(), nullptr);
    }
    EXPECT_FALSE(std::filesystem::exists("x.db"));
}

TEST_F(sqlite3_connect, ignores_empty_parts_of_the_url) {
    const connection db{parameters{{"host", ""}, {"port", ""}, {"user", ""}, {"password", ""}, {"database", ""}}};
    EXPECT_FALSE(db.failed);
}

TEST_F(sqlite3_connect, lists_every_key_it_understands) {
    for (std::size_t i = 0; i < table().option_count; ++i) {
        const auto& option = table().options[i];
        EXPECT_GT(option.summary.size, 0U);
        EXPECT_EQ(option.type == KOINE_OPTION_CHOICE, option.choices.size != 0);
    }
    EXPECT_EQ(koine::spi::to_view(table().name), "sqlite3");
}

TEST_F(sqlite3_connect, never_creates_a_database_in_mode_rw) {
    const connection db{parameters{{"database", file.string()}, {"mode", "rw"}}};
    ASSERT_TRUE(db.failed);
    EXPECT_EQ(db.failed->code, errc::database_not_found);
    EXPECT_EQ(db.failed->sqlstate, "3D000");
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(sqlite3_connect, tells_a_missing_directory_from_a_directory) {
    EXPECT_EQ(connection{directory / "none" / "test.db"}.failed->code, errc::database_not_found);
    EXPECT_EQ(connection{directory}.failed->code, errc::connect_failed);
}

TEST_F(sqlite3_connect, tells_missing_permission) {
    if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
    write(file, "");
    chmod(file.c_str(), 0);
    EXPECT_EQ(connection{file}.failed->code, errc::permission_denied);
}

TEST_F(sqlite3_connect, reads_a_read_only_database_and_refuses_to_write_it) {
    {
        connection db{file};
        EXPECT_RUNS(db, "create table t (a)");
    }
    connection db{parameters{{"database", file.string()}, {"mode", "ro"}}};
    ASSERT_FALSE(db.failed) << db.failed->message;
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 0);
    const answer refused = db.run("insert into t values (1)");
    EXPECT_EQ(refused.code(), errc::read_only);
    EXPECT_EQ(refused.failed->sqlstate, "25006");
    EXPECT_RUNS(db, "select 1");
}

TEST_F(sqlite3_connect, says_that_a_write_ahead_log_is_in_the_way_where_nothing_can_be_made_beside_the_file) {
    {
        connection db{file};
        EXPECT_RUNS(db, "create table t (a)");
        EXPECT_RUNS(db, "insert into t values (7)");
    }
    // Keeps root from making the log, as a directory that may not be written does to others.
    std::filesystem::create_directory(file.string() + "-wal");
    const parameters read_only{{"database", file.string()}, {"mode", "ro"}};
    const connection refused{read_only};
    ASSERT_TRUE(refused.failed);
    EXPECT_NE(refused.failed->message.find("write-ahead log (WAL)"), std::string::npos) << refused.failed->message;
    EXPECT_NE(refused.failed->hint.find("immutable=on"), std::string::npos) << refused.failed->hint;
    parameters immutable = read_only;
    immutable.emplace_back("immutable", "on");
    connection db{immutable};
    ASSERT_FALSE(db.failed) << db.failed->message;
    EXPECT_EQ(db.run("select a from t").as_number(), 7);
    EXPECT_EQ(db.run("insert into t values (1)").code(), errc::read_only);
}

TEST_F(sqlite3_connect, reads_no_immutable_file_whose_changes_stand_beside_it) {
    connection writer{file};
    EXPECT_RUNS(writer, "create table t (a)");
    const parameters immutable{{"database", file.string()}, {"mode", "ro"}, {"immutable", "on"}};
    const connection refused{immutable};
    ASSERT_TRUE(refused.failed) << "the table stands in the log alone";
    EXPECT_EQ(refused.failed->code, errc::not_supported);
    EXPECT_NE(refused.failed->message.find("write-ahead log"), std::string::npos) << refused.failed->message;
    EXPECT_RUNS(writer, "pragma wal_checkpoint(truncate)");
    connection db{immutable};
    ASSERT_FALSE(db.failed) << db.failed->message;
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 0);
}

TEST_F(sqlite3_connect, opens_immutable_files_with_hostile_names) {
    for (const std::string name : {"a b.db", "a%20b.db", "x?mode=memory", "x#y", "a\nb.db", "\xC3\xA9.db"}) {
        const auto path = directory / name;
        {
            connection db{parameters{{"database", path.string()}, {"journal_mode", "delete"}}};
            EXPECT_RUNS(db, "create table t (a)");
        }
        connection db{parameters{{"database", path.string()}, {"mode", "ro"}, {"immutable", "on"}}};
        ASSERT_FALSE(db.failed) << name << ": " << db.failed->message;
        EXPECT_EQ(db.run("select count(*) from t").as_number(), 0) << name;
    }
}

TEST_F(sqlite3_connect, never_overwrites_a_file_that_is_not_a_database) {
    for (const std::string& foreign :
         {std::string{"garbage!"}, std::string(100, 'x'), std::string(20000, '\0') + "end"}) {
        write(file, foreign);
        const connection db{file};
        ASSERT_TRUE(db.failed) << foreign.size();
        EXPECT_EQ(db.failed->code, errc::corrupt_database) << db.failed->message;
        EXPECT_EQ(db.failed->sqlstate, "XX001");
        EXPECT_NE(db.failed->poisons & KOINE_POISONS_CONNECTION, 0U);
        EXPECT_EQ(content(file), foreign);
        EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory}, {}), 1) << "nothing beside it either";
    }
}

TEST_F(sqlite3_connect, takes_an_empty_file_as_an_empty_database) {
    write(file, "");
    connection db{file};
    ASSERT_FALSE(db.failed);
    EXPECT_RUNS(db, "create table t (a)");
}

TEST_F(sqlite3_connect, reports_a_damaged_page_and_poisons_the_connection) {
    {
        connection db{parameters{{"database", file.string()}, {"journal_mode", "delete"}}};
        EXPECT_RUNS(db, "create table t (a integer primary key, b text)");
        EXPECT_RUNS(db,
                    "insert into t with recursive n(i) as (select 1 union all select i+1 from n where i < 2000) "
                    "select i, hex(zeroblob(50)) from n");
    }
    std::string pages = content(file);
    ASSERT_GT(pages.size(), 8 * 4096U);
    for (std::size_t page = 2; page < 7; ++page) pages.replace(page * 4096, 4096, 4096, '\xA5');
    write(file, pages);
    connection db{file};
    ASSERT_FALSE(db.failed) << db.failed->message;
    const answer scan = db.run("select sum(length(b)) from t");
    EXPECT_EQ(scan.code(), errc::corrupt_database);
    EXPECT_NE(scan.failed->poisons & KOINE_POISONS_CONNECTION, 0U);
    EXPECT_NE(db.state() & KOINE_STATE_BROKEN, 0U);
    EXPECT_EQ(db.run("select 1").code(), errc::closed);
    EXPECT_EQ(db.ping().code(), errc::closed);
}

TEST_F(sqlite3_connect, survives_a_truncated_file) {
    {
        connection db{parameters{{"database", file.string()}, {"journal_mode", "delete"}}};
        EXPECT_RUNS(db, "create table t (a integer primary key, b text)");
        EXPECT_RUNS(db, "insert into t values (1, hex(zeroblob(20000)))");
    }
    write(file, content(file).substr(0, 5000));
    connection db{file};
    const errc code = db.failed ? db.failed->code : db.run("select b from t").code();
    EXPECT_EQ(code, errc::corrupt_database);
}

TEST_F(sqlite3_connect, finds_out_that_the_file_was_deleted) {
    connection db{parameters{{"database", file.string()}, {"journal_mode", "delete"}}};
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_TRUE(db.ping().ok());
    std::filesystem::remove(file);
    const answer lost = db.run("insert into t values (1)");
    EXPECT_EQ(lost.code(), errc::io_error) << lost.why();
    EXPECT_NE(lost.failed->poisons & KOINE_POISONS_CONNECTION, 0U);
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(sqlite3_connect, pings_a_file_that_was_replaced_in_vain) {
    connection db{file};
    std::filesystem::rename(file, directory / "moved.db");
    const answer lost = db.ping();
    EXPECT_EQ(lost.code(), errc::disconnected);
    EXPECT_NE(db.state() & KOINE_STATE_BROKEN, 0U);
}

TEST_F(sqlite3_connect, opens_files_with_hostile_names) {
    for (const std::string name : {"a b.db", "a%20b.db", "x?mode=memory", "x#y", "'; drop table t; --.db", "-rf",
                                   "\xC3\xA9\xF0\x9F\x98\x80.db", "a\nb.db", "*", "./file:memory"}) {
        const auto path = directory / name;
        std::filesystem::create_directories(path.parent_path());
        connection db{path};
        ASSERT_FALSE(db.failed) << name << ": " << db.failed->message;
        EXPECT_RUNS(db, "create table t (a)");
        EXPECT_TRUE(std::filesystem::exists(path)) << name;
    }
}

TEST_F(sqlite3_connect, understands_uris_when_asked) {
    connection db{parameters{{"database", "file:" + file.string() + "%21"}, {"uri", "true"}}};
    ASSERT_FALSE(db.failed) << db.failed->message;
    EXPECT_TRUE(std::filesystem::exists(file.string() + "!"));
}

TEST_F(sqlite3_connect, tells_a_private_database_in_memory_before_it_is_open) {
    const auto is_private = [](const parameters& given) {
        return (connection{given}.state() & KOINE_STATE_PRIVATE_DATABASE) != 0;
    };
    EXPECT_TRUE(is_private({}));
    EXPECT_TRUE(is_private({{"database", ":memory:"}}));
    EXPECT_TRUE(is_private({{"database", "named"}, {"mode", "memory"}}));
    EXPECT_FALSE(is_private({{"database", file.string()}}));
    EXPECT_FALSE(is_private({{"database", "file:shared"}, {"mode", "memory"}, {"cache", "shared"}, {"uri", "on"}}));
}

TEST_F(sqlite3_connect, shares_a_named_database_in_memory_when_asked) {
    const parameters shared{{"database", "file:shared"}, {"mode", "memory"}, {"cache", "shared"}, {"uri", "on"}};
    connection one{shared};
    connection two{shared};
    EXPECT_RUNS(one, "create table t (a)");
    EXPECT_RUNS(two, "insert into t values (1)");
    EXPECT_EQ(one.run("select count(*) from t").as_number(), 1);
}

TEST_F(sqlite3_connect, creates_a_private_file_when_asked) {
    connection db{parameters{{"database", file.string()}, {"private", "on"}}};
    ASSERT_FALSE(db.failed) << db.failed->message;
    EXPECT_RUNS(db, "create table t (a)");
    for (const auto& each : std::filesystem::directory_iterator{directory})
        EXPECT_EQ(each.status().permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
            << each.path();
}

TEST_F(sqlite3_connect, keeps_two_databases_apart) {
    connection one{file};
    connection two{directory / "two.db"};
    EXPECT_RUNS(one, "create table t (a)");
    EXPECT_EQ(two.run("select * from t").code(), errc::undefined_table);
    EXPECT_RUNS(one, "begin immediate");
    EXPECT_RUNS(two, "begin immediate");
    EXPECT_EQ(one.state() & two.state(), static_cast<unsigned>(KOINE_STATE_IN_TRANSACTION));
}

TEST_F(sqlite3_connect, vacuums_without_letting_anybody_attach) {
    connection db{file};
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "vacuum");
    EXPECT_RUNS(db, "/* again */ VACUUM main;");
    EXPECT_RUNS(db, "vacuum \"main\"");
    EXPECT_FALSE(db.run("vacuum into ?", {text((directory / "copy.db").string())}).ok());
    EXPECT_FALSE(db.run("attach ':memory:' as o").ok());
}

}  // namespace
}  // namespace sqlite3_test
