// Tables: what the declarations promise is what the server enforces.
#include <algorithm>
#include <deque>

#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>

#include "../unit/sql/shapes.hpp"
#include "family.hpp"

namespace koine::test {
namespace {

using tables = family;
INSTANTIATE_TEST_SUITE_P(on_mariadb, tables, testing::Values("mariadb", "mysql"),
                         [](const auto& instance) { return std::string{instance.param}; });

// Tables whose addresses are never given to others: statements are known by them.
struct kept_table {
    std::vector<std::string> names;
    std::vector<column_info> columns{};
    table_info table{};
};
const table_info& keep(std::string name, std::vector<std::string> column_names, const column_info& like) {
    static std::deque<kept_table> all;
    kept_table& made = all.emplace_back(kept_table{std::move(column_names)});
    made.names.push_back(std::move(name));
    made.columns.assign(made.names.size() - 1, like);
    for (std::size_t i = 0; i < made.columns.size(); ++i) made.columns[i].name = made.names[i];
    made.table = {.name = made.names.back(), .columns = made.columns};
    return made.table;
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
    {.name = "essay", .type = sql_type::text, .nullable = true, .length = 20'000},
    {.name = "day", .type = sql_type::date, .nullable = true, .server_default = "CURRENT_DATE"},
    {.name = "at", .type = sql_type::time, .nullable = true, .server_default = "current_time"},
    {.name = "created", .type = sql_type::instant, .server_default = "CURRENT_TIMESTAMP"},
    {.name = "token", .type = sql_type::uuid, .nullable = true, .unique = true},
    {.name = "note", .type = sql_type::text, .server_default = "concat('(', '--;''(')"},
};
const table_info posts{.name = "posts", .columns = post_columns, .primary_key = first_column};

TEST_P(tables, are_made_once_and_found_by_their_exact_name_in_their_database) {
    create(users);
    create(users);
    EXPECT_EQ(number("select count(*) from users"), 0);
    static constexpr table_info other{.name = "Users", .columns = user_columns, .primary_key = first_column};
    create(other);
    EXPECT_EQ(number("select count(*) from information_schema.tables where table_schema = database()"), 2);
    metadata{}.add(&other).drop_all(on);
    metadata{}.add(&other).drop_all(on);
    EXPECT_EQ(text("select table_name from information_schema.tables where table_schema = database()"), "users");
}

TEST_P(tables, are_innodb_with_a_binary_collation_that_pads_nothing) {
    create(users);
    EXPECT_EQ(text("select concat(engine, ' ', table_collation) from information_schema.tables where table_schema = "
                   "database()"),
              "InnoDB utf8mb4_nopad_bin");
}

TEST_P(tables, enforce_what_was_declared) {
    create(users);
    create(posts);
    const std::string user = "insert into users (name, age, active) values (";
    EXPECT_EQ(failure_of(user + "'" + std::string(50, 'x') + "', 1, 0)"), errc{});
    EXPECT_EQ(failure_of(user + "'" + std::string(51, 'x') + "', 1, 0)"), errc::check_violation);
    EXPECT_EQ(failure_of(user + "'" + std::string(52, 'x') + "', 1, 0)"), errc::too_big);
    EXPECT_EQ(failure_of(user + "'" + std::string(49, 'x') + std::string(30, ' ') + "', 1, 0)"), errc::check_violation)
        << "spaces are never cut off in silence";
    std::string umlauts;
    for (int i = 0; i < 50; ++i) umlauts += "\xc3\xa4";
    EXPECT_EQ(failure_of(user + "'" + umlauts + "', 1, 0)"), errc{});
    EXPECT_EQ(failure_of(user + "'b', 1, 2)"), errc::check_violation);
    EXPECT_EQ(failure_of(user + "'" + umlauts + "', 1, 1)"), errc::unique_violation);
    EXPECT_EQ(failure_of("insert into users (age, active) values (1, 1)"), errc::not_null_violation);
    EXPECT_EQ(failure_of("insert into posts (author_id, mood) values (1, 'angry')"), errc::check_violation);
    EXPECT_EQ(failure_of("insert into posts (author_id, mood) values (1, 'Calm')"), errc::check_violation);
    EXPECT_EQ(failure_of("insert into posts (author_id, picture) values (1, x'0000000000')"), errc::too_big);
    EXPECT_EQ(failure_of("insert into posts (author_id, essay) values (1, repeat('x', 20001))"), errc::check_violation);
    EXPECT_EQ(failure_of("insert into posts (author_id, essay) values (1, repeat('x', 20000))"), errc{});
    EXPECT_EQ(failure_of("insert into posts (author_id) values (99)"), errc::foreign_key_violation);
    EXPECT_EQ(failure_of("insert into posts (author_id, mood) values (1, 'it''s')"), errc{});
    EXPECT_EQ(failure_of("insert into posts (author_id, mood) values (1, concat('a', char(92), 'b'))"), errc{});
    const auto last = number("select max(id) from posts");
    EXPECT_EQ(failure_of("insert into posts (author_id, reply_to) values (1, " + std::to_string(last) + ")"), errc{});
    run("delete from posts where id = " + std::to_string(last));
    EXPECT_EQ(number("select count(*) from posts where reply_to is not null"), 0);
    run("delete from users");
    EXPECT_EQ(number("select count(*) from posts"), 0);
}

TEST_P(tables, name_the_constraint_that_is_violated) {
    create(users);
    run("insert into users (name, age, active) values ('a', 1, 1)");
    const auto constraint = [&](const std::string& text) {
        try {
            run(text);
        } catch (const constraint_error& why) {
            return why.info().constraint;
        }
        return std::string{};
    };
    EXPECT_EQ(constraint("insert into users (name, age, active) values ('a', 1, 1)"), "uq_users_name");
    EXPECT_EQ(constraint("insert into users (name, age, active) values ('b', 1, 7)"), "ck_users_active_boolean");
    EXPECT_EQ(constraint("insert into users (name, age, active) values (repeat('x', 51), 1, 0)"),
              "ck_users_name_length");
}

TEST_P(tables, give_each_key_once_and_the_time_to_the_microsecond) {
    create(users);
    create(posts);
    run("insert into users (name, age, active) values ('a', 1, 1)");
    run("insert into posts (author_id) values (1)");
    run("delete from posts");
    run("insert into posts (author_id) values (1)");
    EXPECT_EQ(number("select id from posts"), 2);
    EXPECT_EQ(text("select note from posts"), "(--;'(");
    EXPECT_EQ(number("select abs(timestampdiff(second, created, utc_timestamp(6))) < 60 from posts"), 1);
    bool fraction = false;
    for (int i = 0; i < 100 && !fraction; ++i) {
        run("insert into posts (author_id) values (1)");
        fraction = number("select max(microsecond(created)) > 0 and max(microsecond(at)) > 0 from posts") == 1;
    }
    EXPECT_TRUE(fraction);
}

TEST_P(tables, have_names_that_nothing_in_them_can_break_out_of) {
    create(users);
    const std::string names[] = {"users`; DROP TABLE canary; --",
                                 "'",
                                 "`",
                                 "``",
                                 "\"",
                                 "a\\",
                                 "?",
                                 ":x",
                                 "$1",
                                 "@p",
                                 "--",
                                 "/*",
                                 "*/",
                                 "#",
                                 ";",
                                 "%s",
                                 "a\nb",
                                 "\x01",
                                 " x",
                                 "CREATE",
                                 "a.b.c",
                                 "\xe2\x80\xae",
                                 "NULL",
                                 "rank",
                                 "select",
                                 "system"};
    for (const auto& name : names) {
        SCOPED_TRACE(name);
        const table_info& table = keep(name, {name + "_column", name}, {.type = sql_type::int64});
        create(table);
        syntax::fragment insert;
        insert.push_table(syntax::op::insert, &table);
        for (std::uint16_t i = 0; i < 2; ++i) {
            koine_value value{};
            value.tag = KOINE_INT64;
            value.u.i = 42 + i;
            insert.push_bind(value);
            insert.push(syntax::op::value, i);
        }
        syntax::fragment select;
        select.push_table(syntax::op::select_entity, &table);
        connection c = on.connect();
        c.execute(insert);
        auto rows = c.execute(select);
        ASSERT_TRUE(rows.next());
        EXPECT_EQ(rows.current()[0].as<std::int64_t>(), 42);
        EXPECT_EQ(rows.current()[1].as<std::int64_t>(), 43);
        c.rollback();
        c.close();
        metadata{}.add(&table).drop_all(on);
    }
    EXPECT_EQ(text("select group_concat(table_name) from information_schema.tables where table_schema = database()"),
              "users");
}

TEST_P(tables, may_use_every_keyword_of_the_server_as_a_name) {
    std::vector<std::string> words;
    on.begin([&](connection& c) {
        words =
            c.execute(
                 sql("select distinct lower(word) from information_schema.keywords where word regexp '^[A-Za-z_]+$'"))
                .into<std::string>();
    });
    ASSERT_GT(words.size(), 500U);
    // Many columns a table, so that there are few tables.
    for (std::size_t first = 0; first < words.size(); first += 50) {
        const auto begin = words.begin() + static_cast<std::ptrdiff_t>(first);
        const table_info& table = keep(
            words[first], {begin, begin + static_cast<std::ptrdiff_t>(std::min<std::size_t>(50, words.size() - first))},
            {.type = sql_type::int16, .nullable = true});
        create(table);
        syntax::fragment query;
        query.push_table(syntax::op::select_entity, &table);
        for (std::uint16_t i = 0; i < table.columns.size(); ++i) {
            query.push_table(syntax::op::column, &table, i);
            query.push(syntax::op::is_null);
            query.push(syntax::op::where);
            query.push_table(syntax::op::column, &table, i);
            query.push(syntax::op::order_asc);
        }
        on.begin([&](connection& c) { EXPECT_FALSE(c.execute(query).next()); });
        metadata{}.add(&table).drop_all(on);
    }
}

extern const table_info cyclic_left;
extern const table_info cyclic_right;
column_reference to_left() {
    return {&cyclic_left, 0};
}
column_reference to_right() {
    return {&cyclic_right, 0};
}
constexpr column_info left_columns[] = {
    {.name = "id", .type = sql_type::uuid, .primary_key = true},
    {.name = "other", .type = sql_type::text, .nullable = true, .length = 20, .references = to_right}};
constexpr column_info right_columns[] = {
    {.name = "id", .type = sql_type::text, .primary_key = true, .length = 20},
    {.name = "other", .type = sql_type::uuid, .nullable = true, .references = to_left}};
const table_info cyclic_left{.name = "lefts", .columns = left_columns, .primary_key = first_column};
const table_info cyclic_right{.name = "rights", .columns = right_columns, .primary_key = first_column};

TEST_P(tables, that_refer_to_each_other_are_made_and_dropped) {
    metadata both;
    both.add(&cyclic_left).add(&cyclic_right);
    both.create_all(on);
    const std::string key = "11111111-2222-3333-4444-555555555555";
    EXPECT_EQ(failure_of("insert into lefts values ('" + key + "', 'nobody')"), errc::foreign_key_violation);
    run("insert into lefts (id) values ('" + key + "')");
    run("insert into rights values ('one', '" + key + "')");
    run("update lefts set other = 'one'");
    both.drop_all(on);
    EXPECT_EQ(number("select count(*) from information_schema.tables where table_schema = database()"), 0);
}

}  // namespace
}  // namespace koine::test
