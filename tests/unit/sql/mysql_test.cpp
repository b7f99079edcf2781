// What MariaDB and MySQL want otherwise than the other databases: names, tables, keys.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <koine/dialects/mariadb.hpp>
#include <koine/dialects/mysql.hpp>
#include <koine/error.hpp>

#include "shapes.hpp"

namespace koine::test {
namespace {

const dialects::mysql mysql;
const dialects::mariadb mariadb;

std::string refusal(const table_info& table) {
    try {
        static_cast<void>(mariadb.create_table(table, true));
    } catch (const usage_error& why) {
        return why.info().message;
    }
    return {};
}

extern const table_info posts;
constexpr std::string_view moods[] = {"calm", "it's", "a\\b"};
column_reference to_user() {
    return {&users, 0};
}
column_reference to_post() {
    return {&posts, 0};
}
constexpr column_info post_columns[] = {
    {.name = "id", .type = sql_type::int32, .primary_key = true, .generated = true},
    {.name = "author_id", .type = sql_type::int64, .references = to_user, .on_delete = referential_action::cascade},
    {.name = "reply_to",
     .type = sql_type::int32,
     .nullable = true,
     .references = to_post,
     .on_delete = referential_action::set_null},
    {.name = "mood", .type = sql_type::enumeration, .server_default = "'calm'", .enumerators = moods},
    {.name = "picture", .type = sql_type::bytes, .nullable = true, .length = 4},
    {.name = "all", .type = sql_type::bytes, .nullable = true},
    {.name = "text", .type = sql_type::text, .nullable = true},
    {.name = "essay", .type = sql_type::text, .nullable = true, .length = 20'000},
    {.name = "day", .type = sql_type::date, .nullable = true, .server_default = "CURRENT_DATE"},
    {.name = "at", .type = sql_type::time, .nullable = true, .server_default = "current_time"},
    {.name = "local", .type = sql_type::timestamp, .nullable = true, .server_default = "now()"},
    {.name = "created", .type = sql_type::instant, .server_default = "CURRENT_TIMESTAMP"},
    {.name = "token", .type = sql_type::uuid, .nullable = true, .unique = true},
    {.name = "score", .type = sql_type::float64, .server_default = "0.5"},
    {.name = "rank", .type = sql_type::int16, .nullable = true},
};
constexpr std::uint16_t author_and_rank[] = {1, 14};
constexpr unique_info post_uniques[] = {{.columns = author_and_rank}};
const table_info posts{.name = "posts", .columns = post_columns, .primary_key = first_column, .uniques = post_uniques};

const std::string on_mariadb = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin";
const std::string on_mysql =
    " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 /*!80017 COLLATE=utf8mb4_0900_bin */ /*M!100202 COLLATE=utf8mb4_nopad_bin "
    "*/";

TEST(create_table, on_mariadb_and_mysql) {
    const std::string text =
        "CREATE TABLE users (\n"
        "    id BIGINT AUTO_INCREMENT NOT NULL,\n"
        "    name VARCHAR(51) NOT NULL,\n"
        "    email VARCHAR(121),\n"
        "    age INT NOT NULL,\n"
        "    active TINYINT(1) NOT NULL,\n"
        "    PRIMARY KEY (id),\n"
        "    CONSTRAINT uq_users_name UNIQUE (name),\n"
        "    CONSTRAINT ck_users_name_length CHECK (CHAR_LENGTH(name) <= 50),\n"
        "    CONSTRAINT uq_users_email UNIQUE (email),\n"
        "    CONSTRAINT ck_users_email_length CHECK (CHAR_LENGTH(email) <= 120),\n"
        "    CONSTRAINT ck_users_active_boolean CHECK (active IN (0, 1))\n"
        ")";
    EXPECT_EQ(mariadb.create_table(users, true), std::vector<std::string>{text + on_mariadb});
    EXPECT_EQ(mysql.create_table(users, true), std::vector<std::string>{text + on_mysql});
}

TEST(create_table, writes_every_type_and_constraint_on_mariadb) {
    EXPECT_EQ(
        mariadb.create_table(posts, true),
        std::vector<std::string>{
            "CREATE TABLE posts (\n"
            "    id INT AUTO_INCREMENT NOT NULL,\n"
            "    author_id BIGINT NOT NULL,\n"
            "    reply_to INT,\n"
            "    mood VARCHAR(255) DEFAULT ('calm') NOT NULL,\n"
            "    picture VARBINARY(4),\n"
            "    `all` LONGBLOB,\n"
            "    text LONGTEXT,\n"
            "    essay LONGTEXT,\n"
            "    day DATE DEFAULT (CURRENT_DATE),\n"
            "    at TIME(6) DEFAULT (CURRENT_TIME(6)),\n"
            "    local DATETIME(6) DEFAULT (CURRENT_TIMESTAMP(6)),\n"
            "    created DATETIME(6) DEFAULT (CURRENT_TIMESTAMP(6)) NOT NULL,\n"
            "    token CHAR(36) CHARACTER SET ascii COLLATE ascii_bin,\n"
            "    score DOUBLE DEFAULT (0.5) NOT NULL,\n"
            "    `rank` SMALLINT,\n"
            "    PRIMARY KEY (id),\n"
            "    CONSTRAINT uq_posts_author_id_rank UNIQUE (author_id, `rank`),\n"
            "    CONSTRAINT fk_posts_author_id_users FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE,\n"
            "    CONSTRAINT fk_posts_reply_to_posts FOREIGN KEY (reply_to) REFERENCES posts (id) ON DELETE SET NULL,\n"
            "    CONSTRAINT ck_posts_mood_enumeration CHECK (mood IN ('calm', 'it''s', CONCAT('a', CHAR(92 USING "
            "utf8mb4), 'b'))),\n"
            "    CONSTRAINT ck_posts_picture_length CHECK (OCTET_LENGTH(picture) <= 4),\n"
            "    CONSTRAINT ck_posts_essay_length CHECK (CHAR_LENGTH(essay) <= 20000),\n"
            "    CONSTRAINT uq_posts_token UNIQUE (token)\n"
            ")" +
            on_mariadb});
}

TEST(create_table, leaves_foreign_keys_for_later_on_mariadb) {
    EXPECT_EQ(mariadb.create_table(posts, false)[0].find("FOREIGN KEY"), std::string::npos);
    EXPECT_EQ(mariadb.add_foreign_keys(posts)[0],
              "ALTER TABLE posts ADD CONSTRAINT fk_posts_author_id_users FOREIGN KEY (author_id) REFERENCES users (id) "
              "ON DELETE CASCADE");
    EXPECT_EQ(mysql.drop_foreign_keys(posts)[1], "ALTER TABLE posts DROP CONSTRAINT fk_posts_reply_to_posts");
    EXPECT_EQ(mysql.drop_table(posts), "DROP TABLE posts");
}

TEST(create_table, asks_for_the_length_of_what_stands_in_a_key) {
    static constexpr std::uint16_t both[] = {0, 1};
    constexpr unique_info pair[] = {{.columns = both}};
    const column_info number{.name = "n", .type = sql_type::int64};
    const auto refused = [&](const column_info& column, const table_info& extra) {
        const column_info columns[] = {column, number};
        table_info table = extra;
        table.name = "t";
        table.columns = columns;
        const auto message = refusal(table);
        EXPECT_NE(message.find("column \"a\" of table \"t\""), std::string::npos) << message;
        EXPECT_NE(message.find("give it a koine::length{}"), std::string::npos) << message;
    };
    refused({.name = "a", .type = sql_type::text}, {.primary_key = first_column});
    refused({.name = "a", .type = sql_type::bytes}, {.uniques = pair});
    refused({.name = "a", .type = sql_type::text, .unique = true}, {});
    refused({.name = "a", .type = sql_type::text, .nullable = true, .references = to_user}, {});
    const column_info loose[] = {{.name = "a", .type = sql_type::text}, number};
    EXPECT_EQ(refusal({.name = "t", .columns = loose}), "") << "it is in no key";
}

TEST(create_table, refuses_keys_that_no_index_holds) {
    const auto keyed = [](std::uint32_t length) {
        const column_info columns[] = {{.name = "a", .type = sql_type::text, .unique = true, .length = length}};
        return refusal({.name = "t", .columns = columns});
    };
    EXPECT_EQ(keyed(767), "");
    EXPECT_EQ(keyed(768),
              "the key over \"a\" of table \"t\" takes up to 3076 bytes, of which an index holds 3072: give it shorter "
              "lengths");
    static constexpr std::uint16_t both[] = {0, 1};
    constexpr unique_info pair[] = {{.columns = both}};
    const column_info columns[] = {{.name = "a", .type = sql_type::text, .length = 500},
                                   {.name = "b", .type = sql_type::text, .length = 500}};
    EXPECT_NE(refusal({.name = "t", .columns = columns, .uniques = pair}).find("\"a\", \"b\""), std::string::npos);
}

TEST(create_table, refuses_a_default_whose_meaning_is_a_setting) {
    const column_info columns[] = {{.name = "a", .type = sql_type::text, .server_default = "'a\\'"}};
    EXPECT_NE(refusal({.name = "t", .columns = columns}).find("backslash"), std::string::npos);
}

TEST(table_exists, looks_into_the_current_database_unless_told_otherwise) {
    EXPECT_EQ(mysql.table_exists(),
              "SELECT 1 FROM information_schema.tables WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND "
              "table_name = ?");
}

TEST(quoting, uses_backticks_on_mariadb_and_mysql) {
    for (const koine::dialect* dialect :
         {static_cast<const koine::dialect*>(&mariadb), static_cast<const koine::dialect*>(&mysql)}) {
        EXPECT_EQ(dialect->quote("users"), "users");
        EXPECT_EQ(dialect->quote("User"), "`User`");
        EXPECT_EQ(dialect->quote("a`b"), "`a``b`");
        EXPECT_EQ(dialect->quote("a\"b"), "`a\"b`");
        EXPECT_EQ(dialect->quote("select"), "`select`");
        for (const char* const word :
             {"rank", "system", "lead", "row_number", "schema", "read", "div", "qualify", "zerofill", "accessible"})
            EXPECT_EQ(dialect->quote(word), '`' + std::string{word} + '`');
    }
}

TEST(quoting, counts_characters_where_the_server_does) {
    std::string umlauts;
    for (int i = 0; i < 64; ++i) umlauts += "\xc3\xa4";
    EXPECT_EQ(mariadb.quote(umlauts), '`' + umlauts + '`');
    EXPECT_THROW(mariadb.quote(umlauts + 'a'), usage_error);
    EXPECT_THROW(mysql.quote(std::string(65, 'x')), usage_error);
}

TEST(quoting, refuses_names_that_the_server_would_not_take) {
    EXPECT_THROW(mariadb.quote("a "), usage_error);
    EXPECT_THROW(mariadb.quote("bomb \xf0\x9f\x92\xa3"), usage_error);
    EXPECT_NO_THROW(mariadb.quote(" a"));
    EXPECT_THROW(mariadb.quote(""), usage_error);
    EXPECT_THROW(mysql.quote("\xff"), usage_error);
}

TEST(constraint_name, is_shortened_by_characters_where_the_server_counts_them) {
    std::string name = "n";
    for (int i = 0; i < 60; ++i) name += "\xc3\xa4";
    const column_info columns[] = {{.name = name, .type = sql_type::int64, .unique = true}};
    const auto text = mariadb.create_table({.name = "t", .columns = columns}, true)[0];
    const auto begin = text.find("CONSTRAINT `") + 12;
    const auto made = text.substr(begin, text.find('`', begin) - begin);
    EXPECT_EQ(made.substr(0, 6), "uq_t_n");
    EXPECT_EQ(made.size(), 6U + 2U * (64 - 6 - 9) + 9U) << "64 characters, the last nine the hash: " << made;
}

}  // namespace
}  // namespace koine::test
