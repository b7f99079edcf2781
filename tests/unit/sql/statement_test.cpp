// What each dialect makes of the same statements.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <koine/dialects/ansi.hpp>
#include <koine/dialects/mariadb.hpp>
#include <koine/dialects/mysql.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/error.hpp>

#include "shapes.hpp"

namespace koine::test {
namespace {

using syntax::op;

const dialects::sqlite sqlite;
const dialects::postgresql postgresql;
const dialects::mysql mysql;
const dialects::mariadb mariadb;
const dialects::ansi ansi;

struct expectation {
    const char* what;
    syntax::fragment statement;
    std::string on_sqlite;
    std::string on_postgresql;
    std::string on_mariadb;  // empty: refused. MySQL has no RETURNING, and names another collation.
    std::vector<std::uint32_t> order{};
    std::uint32_t columns = 0;
};

const std::string user_list = "id, name, email, age, active";

std::vector<expectation> expectations() {
    const auto select = [] { return words{op::select_entity}; };
    const auto both = [](std::string text) { return text; };
    std::vector<expectation> out;
    const auto add = [&](const char* what, const syntax::fragment& statement, std::string on_sqlite,
                         std::string on_postgresql, std::string on_mariadb, std::uint32_t columns,
                         std::vector<std::uint32_t> order = {}) {
        out.push_back({what, statement, std::move(on_sqlite), std::move(on_postgresql), std::move(on_mariadb),
                       std::move(order), columns});
    };
    const auto from = "SELECT " + user_list + " FROM users";

    add("all", select(), from, both(from), from, 5);
    add("by key", select().column(id).bind().op(op::eq).op(op::where), from + " WHERE id = ?1", from + " WHERE id = $1",
        from + " WHERE id = ?", 5);
    add("two conditions",
        select().column(name).bind(KOINE_TEXT).op(op::eq).op(op::where).column(age).bind().op(op::lt).op(op::where),
        from + " WHERE name = ?1 AND age < ?2", from + " WHERE name = $1 AND age < $2",
        from + " WHERE name = ? AND age < ?", 5);
    add("a disjunction beside a condition",
        select()
            .column(age)
            .bind()
            .op(op::lt)
            .column(age)
            .bind()
            .op(op::gt)
            .op(op::or_)
            .op(op::where)
            .column(active)
            .op(op::where),
        from + " WHERE (age < ?1 OR age > ?2) AND active", from + " WHERE (age < $1 OR age > $2) AND active",
        from + " WHERE (age < ? OR age > ?) AND active", 5);
    add("a conjunction inside a disjunction",
        select().column(id).bind().op(op::eq).column(active).op(op::and_).column(age).bind().op(op::ne).op(op::or_).op(
            op::where),
        from + " WHERE id = ?1 AND active OR age <> ?2", from + " WHERE id = $1 AND active OR age <> $2",
        from + " WHERE id = ? AND active OR age <> ?", 5);
    add("a disjunction inside a conjunction",
        select().column(active).column(id).bind().op(op::eq).column(age).bind().op(op::ne).op(op::or_).op(op::and_).op(
            op::where),
        from + " WHERE active AND (id = ?1 OR age <> ?2)", from + " WHERE active AND (id = $1 OR age <> $2)",
        from + " WHERE active AND (id = ? OR age <> ?)", 5);
    add("not", select().column(id).bind().op(op::eq).op(op::not_).op(op::where), from + " WHERE NOT (id = ?1)",
        from + " WHERE NOT (id = $1)", from + " WHERE NOT (id = ?)", 5);
    add("not a column", select().column(active).op(op::not_).op(op::where), from + " WHERE NOT active",
        from + " WHERE NOT active", from + " WHERE NOT active", 5);
    add("is null", select().column(email).op(op::is_null).column(name).op(op::is_not_null).op(op::or_).op(op::where),
        from + " WHERE email IS NULL OR name IS NOT NULL", from + " WHERE email IS NULL OR name IS NOT NULL",
        from + " WHERE email IS NULL OR name IS NOT NULL", 5);
    add("a comparison of comparisons", select().column(id).bind().op(op::eq).column(active).op(op::eq).op(op::where),
        from + " WHERE (id = ?1) = active", from + " WHERE (id = $1) = active", from + " WHERE (id = ?) = active", 5);
    add("between", select().column(age).bind().bind().op(op::between).op(op::where),
        from + " WHERE age BETWEEN ?1 AND ?2", from + " WHERE age BETWEEN $1 AND $2",
        from + " WHERE age BETWEEN ? AND ?", 5);
    add("in", select().column(age).bind().bind().op(op::in, 2).op(op::where), from + " WHERE age IN (?1, ?2)",
        from + " WHERE age IN ($1, $2)", from + " WHERE age IN (?, ?)", 5);
    add("a value between columns", select().bind().column(age).bind().op(op::between).op(op::where),
        from + " WHERE ?1 BETWEEN age AND ?2", from + " WHERE CAST($1 AS bigint) BETWEEN age AND $2",
        from + " WHERE ? BETWEEN age AND ?", 5);
    add("in nothing", select().column(age).op(op::in, 0).op(op::where).column(age).op(op::not_in, 0).op(op::where),
        from + " WHERE (age IS NULL AND 1 = 0) AND (age IS NULL OR 1 = 1)",
        from + " WHERE (age IS NULL AND 1 = 0) AND (age IS NULL OR 1 = 1)",
        from + " WHERE (age IS NULL AND 1 = 0) AND (age IS NULL OR 1 = 1)", 5);
    add("like", select().column(name).bind(KOINE_TEXT).op(op::like).op(op::where), from + " WHERE koine_like(name, ?1)",
        from + " WHERE name LIKE $1", from + " WHERE name LIKE ? COLLATE utf8mb4_nopad_bin ESCAPE x'5C'", 5);
    add("not like", select().column(name).bind(KOINE_TEXT).op(op::not_like).op(op::where),
        from + " WHERE NOT koine_like(name, ?1)", from + " WHERE name NOT LIKE $1",
        from + " WHERE name NOT LIKE ? COLLATE utf8mb4_nopad_bin ESCAPE x'5C'", 5);
    add("ilike", select().column(name).bind(KOINE_TEXT).op(op::ilike).op(op::where),
        from + " WHERE koine_ilike(name, ?1)", from + " WHERE name ILIKE $1",
        from + " WHERE LOWER(name) LIKE LOWER(?) COLLATE utf8mb4_nopad_bin ESCAPE x'5C'", 5);
    add("not ilike, negated", select().column(name).bind(KOINE_TEXT).op(op::not_ilike).op(op::not_).op(op::where),
        from + " WHERE NOT (NOT koine_ilike(name, ?1))", from + " WHERE NOT (name NOT ILIKE $1)",
        from + " WHERE NOT (LOWER(name) NOT LIKE LOWER(?) COLLATE utf8mb4_nopad_bin ESCAPE x'5C')", 5);
    add("arithmetic",
        select()
            .column(age)
            .bind()
            .bind()
            .op(op::subtract)
            .op(op::subtract)
            .integer(2)
            .op(op::multiply)
            .bind()
            .op(op::gt)
            .op(op::where),
        from + " WHERE (age - (?1 - ?2)) * 2 > ?3",
        from + " WHERE (age - (CAST($1 AS bigint) - CAST($2 AS bigint))) * 2 > $3",
        from + " WHERE (age - (? - ?)) * 2 > ?", 5);
    add("concatenation in arithmetic",
        select().column(name).column(email).op(op::concat).bind().op(op::add).column(age).op(op::lt).op(op::where),
        from + " WHERE (name || email) + ?1 < age", from + " WHERE (name || email) + $1 < age",
        from + " WHERE (CONCAT(name, email)) + ? < age", 5);
    add("values alone", select().bind().bind().op(op::eq).bind(KOINE_TEXT).op(op::is_null).op(op::and_).op(op::where),
        from + " WHERE ?1 = ?2 AND ?3 IS NULL",
        from + " WHERE CAST($1 AS bigint) = CAST($2 AS bigint) AND CAST($3 AS text) IS NULL",
        from + " WHERE ? = ? AND ? IS NULL", 5);
    add("order", select().column(name).op(op::order_asc).column(age).op(op::order_desc),
        from + " ORDER BY name, age DESC", from + " ORDER BY name, age DESC", from + " ORDER BY name, age DESC", 5);
    add("a number is no column's position", select().integer(1).op(op::order_asc), from + " ORDER BY (1)",
        from + " ORDER BY (1)", from + " ORDER BY (SELECT 1)", 5);
    add("page", select().bind().op(op::limit).bind().op(op::offset), from + " LIMIT ?1 OFFSET ?2",
        from + " LIMIT $1 OFFSET $2", from + " LIMIT ? OFFSET ?", 5);
    add("page, offset first",
        select().bind().op(op::offset).bind().op(op::limit).column(id).bind().op(op::eq).op(op::where),
        from + " WHERE id = ?1 LIMIT ?2 OFFSET ?3", from + " WHERE id = $1 LIMIT $2 OFFSET $3",
        from + " WHERE id = ? LIMIT ? OFFSET ?", 5, {2, 1, 0});
    add("offset alone", select().integer(3).op(op::offset), from + " LIMIT -1 OFFSET 3", from + " OFFSET 3",
        from + " LIMIT 18446744073709551615 OFFSET 3", 5);
    add("limit one", select().integer(1).op(op::limit), from + " LIMIT 1", from + " LIMIT 1", from + " LIMIT 1", 5);
    add("distinct", select().op(op::distinct), "SELECT DISTINCT " + user_list + " FROM users",
        "SELECT DISTINCT " + user_list + " FROM users", "SELECT DISTINCT " + user_list + " FROM users", 5);
    add("quoted names", words{op::select_entity, orders}.column(1).bind(KOINE_TEXT).op(op::eq).op(op::where),
        "SELECT \"Id\", \"group\", \"a\"\"b\" FROM \"Shop\".\"order\" WHERE \"group\" = ?1",
        "SELECT \"Id\", \"group\", \"a\"\"b\" FROM \"Shop\".\"order\" WHERE \"group\" = $1",
        "SELECT `Id`, `group`, `a\"b` FROM `Shop`.`order` WHERE `group` = ?", 3);

    add("count", words{op::select_count}.column(active).op(op::where).column(name).op(op::order_asc),
        "SELECT count(*) FROM users WHERE active", "SELECT count(*) FROM users WHERE active",
        "SELECT count(*) FROM users WHERE active", 1);
    add("count of a page", words{op::select_count}.integer(10).op(op::limit),
        "SELECT count(*) FROM (SELECT " + user_list + " FROM users LIMIT 10) AS counted",
        "SELECT count(*) FROM (SELECT " + user_list + " FROM users LIMIT 10) AS counted",
        "SELECT count(*) FROM (SELECT " + user_list + " FROM users LIMIT 10) AS counted", 1);
    add("count of different rows", words{op::select_count}.op(op::distinct),
        "SELECT count(*) FROM (SELECT DISTINCT " + user_list + " FROM users) AS counted",
        "SELECT count(*) FROM (SELECT DISTINCT " + user_list + " FROM users) AS counted",
        "SELECT count(*) FROM (SELECT DISTINCT " + user_list + " FROM users) AS counted", 1);
    add("count keeps bound values", words{op::select_count}.column(age).bind().op(op::add).op(op::order_asc),
        "SELECT count(*) FROM (SELECT " + user_list + " FROM users ORDER BY age + ?1) AS counted",
        "SELECT count(*) FROM (SELECT " + user_list + " FROM users ORDER BY age + $1) AS counted",
        "SELECT count(*) FROM (SELECT " + user_list + " FROM users ORDER BY age + ?) AS counted", 1);
    add("exists", words{op::select_exists}.column(id).bind().op(op::eq).op(op::where).column(id).op(op::order_desc),
        "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1)", "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)",
        "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?)", 1);

    add("insert",
        words{op::insert}.bind(KOINE_TEXT).op(op::value, name).bind().op(op::value, age).op(op::returning, id),
        "INSERT INTO users (name, age) VALUES (?1, ?2) RETURNING id",
        "INSERT INTO users (name, age) VALUES ($1, $2) RETURNING id",
        "INSERT INTO users (name, age) VALUES (?, ?) RETURNING id", 1);
    add("insert without a result", words{op::insert}.bind().op(op::value, age), "INSERT INTO users (age) VALUES (?1)",
        "INSERT INTO users (age) VALUES ($1)", "INSERT INTO users (age) VALUES (?)", 0);
    add("insert of defaults", words{op::insert}.op(op::returning, id).op(op::returning, age),
        "INSERT INTO users DEFAULT VALUES RETURNING id, age", "INSERT INTO users DEFAULT VALUES RETURNING id, age",
        "INSERT INTO users () VALUES () RETURNING id, age", 2);
    add("update", words{op::update}.bind().op(op::set, age).column(id).bind().op(op::eq).op(op::where),
        "UPDATE users SET age = ?1 WHERE id = ?2", "UPDATE users SET age = $1 WHERE id = $2",
        "UPDATE users SET age = ? WHERE id = ?", 0);
    add("update, condition first",
        words{op::update}
            .column(id)
            .bind()
            .op(op::eq)
            .op(op::where)
            .column(age)
            .integer(1)
            .op(op::add)
            .op(op::set, age)
            .bind(KOINE_TEXT)
            .op(op::set, name)
            .op(op::returning, age),
        "UPDATE users SET age = age + 1, name = ?1 WHERE id = ?2 RETURNING age",
        "UPDATE users SET age = age + 1, name = $1 WHERE id = $2 RETURNING age", "", 1, {1, 0});
    add("update, condition first, without an answer",
        words{op::update}.column(id).bind().op(op::eq).op(op::where).bind(KOINE_TEXT).op(op::set, name),
        "UPDATE users SET name = ?1 WHERE id = ?2", "UPDATE users SET name = $1 WHERE id = $2",
        "UPDATE users SET name = ? WHERE id = ?", 0, {1, 0});
    add("delete", words{op::delete_}.column(id).bind().op(op::eq).op(op::where), "DELETE FROM users WHERE id = ?1",
        "DELETE FROM users WHERE id = $1", "DELETE FROM users WHERE id = ?", 0);
    add("delete with an answer", words{op::delete_}.op(op::returning, name), "DELETE FROM users RETURNING name",
        "DELETE FROM users RETURNING name", "DELETE FROM users RETURNING name", 1);
    add("an order by a value", select().bind(KOINE_TEXT).op(op::order_desc), from + " ORDER BY (?1) DESC",
        from + " ORDER BY (CAST($1 AS text)) DESC", from + " ORDER BY (SELECT ?) DESC", 5);
    return out;
}

// Both servers read the text of the dialect mysql, each its own collation.
std::string as_mysql(std::string text) {
    const std::string_view collation = "utf8mb4_nopad_bin";
    if (const auto at = text.find(collation); at != std::string::npos)
        text.replace(at, collation.size(), "/*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */");
    return text;
}

TEST(statement, is_written_as_each_dialect_needs_it) {
    for (const auto& expected : expectations()) {
        SCOPED_TRACE(expected.what);
        const bool writes = expected.statement.nodes()[0].kind >= op::insert;
        const bool returns = std::any_of(expected.statement.nodes().begin(), expected.statement.nodes().end(),
                                         [](const syntax::node& node) { return node.kind == op::returning; });
        const std::string on_mysql = returns ? std::string{} : as_mysql(expected.on_mariadb);
        for (const auto& [dialect, text] :
             {std::pair<const koine::dialect*, const std::string*>{&sqlite, &expected.on_sqlite},
              {&postgresql, &expected.on_postgresql},
              {&mariadb, &expected.on_mariadb},
              {&mysql, &on_mysql}}) {
            if (text->empty()) {
                EXPECT_THROW(dialect->compile(expected.statement), usage_error);
                continue;
            }
            const auto made = dialect->compile(expected.statement);
            EXPECT_EQ(made.text, *text);
            EXPECT_EQ(made.order, expected.order);
            EXPECT_EQ(made.columns, expected.columns);
            EXPECT_EQ(made.writes, writes);
        }
    }
}

TEST(statement, inserts_several_rows_in_one_statement) {
    const syntax::fragment plain = words{op::insert}.bind(KOINE_TEXT).op(op::value, name).bind().op(op::value, age);
    EXPECT_EQ(sqlite.compile_rows(plain, 2).text, "INSERT INTO users (name, age) VALUES (?1, ?2), (?3, ?4)");
    EXPECT_EQ(postgresql.compile_rows(plain, 2).text, "INSERT INTO users (name, age) VALUES ($1, $2), ($3, $4)");
    EXPECT_EQ(mysql.compile_rows(plain, 2).text, "INSERT INTO users (name, age) VALUES (?, ?), (?, ?)");
    EXPECT_TRUE(sqlite.compile_rows(plain, 2).order.empty());
    EXPECT_EQ(sqlite.compile_rows(plain, 1).text, sqlite.compile(plain).text);
}

TEST(statement, inserts_rows_with_generated_keys_in_a_promised_order) {
    const syntax::fragment keyed =
        words{op::insert}.bind(KOINE_TEXT).op(op::value, name).bind().op(op::value, age).op(op::returning, id);
    EXPECT_EQ(sqlite.compile_rows(keyed, 2).text,
              "INSERT INTO users (name, age) VALUES (?1, ?2), (?3, ?4) RETURNING id");
    const auto made = postgresql.compile_rows(keyed, 2);
    EXPECT_EQ(made.text,
              "INSERT INTO users (name, age) SELECT c0, c1 FROM (VALUES (COALESCE($1, (CAST(NULL AS users)).name), "
              "COALESCE($2, (CAST(NULL AS users)).age), 0), ($3, $4, 1)) AS v (c0, c1, n) ORDER BY n RETURNING id");
    EXPECT_EQ(made.columns, 1U);
    EXPECT_TRUE(made.order.empty());
    EXPECT_EQ(mariadb.compile_rows(keyed, 2).text, "INSERT INTO users (name, age) VALUES (?, ?), (?, ?) RETURNING id");
    EXPECT_THROW(mysql.compile_rows(keyed, 2), usage_error);
}

// A table may be called as a type of PostgreSQL's, which a bare name means first.
TEST(statement, takes_the_types_of_new_rows_from_their_table_whatever_its_name) {
    const auto text_for = [](std::string_view name, std::string_view schema) {
        const table_info table{.name = name, .schema = schema, .columns = user_columns, .primary_key = first_column};
        syntax::fragment statement = words{op::insert, table}.bind().op(op::value, age).op(op::returning, id);
        return postgresql.compile_rows(statement, 2).text;
    };
    const std::string rest = ", 0), ($2, 1)) AS v (c0, n) ORDER BY n RETURNING id";
    EXPECT_EQ(text_for("point", {}),
              "INSERT INTO point (age) SELECT c0 FROM (VALUES (COALESCE($1, (SELECT age FROM "
              "point WHERE FALSE))" +
                  rest);
    EXPECT_EQ(text_for("point", "shop"),
              "INSERT INTO shop.point (age) SELECT c0 FROM (VALUES (COALESCE($1, "
              "(CAST(NULL AS shop.point)).age)" +
                  rest);
    EXPECT_EQ(text_for("points", {}),
              "INSERT INTO points (age) SELECT c0 FROM (VALUES (COALESCE($1, (CAST(NULL AS "
              "points)).age)" +
                  rest);
}

TEST(statement, ansi_writes_the_standard) {
    EXPECT_EQ(ansi.compile(words{op::select_entity}.column(name).bind(KOINE_TEXT).op(op::ilike).op(op::where)).text,
              "SELECT " + user_list + " FROM users WHERE lower(name) LIKE lower(?) ESCAPE '\\'");
    EXPECT_EQ(ansi.compile(words{op::delete_}).text, "DELETE FROM users");
}

TEST(statement, a_long_chain_is_written_flat) {
    words chain{op::select_entity};
    chain.column(id).bind().op(op::eq);
    for (int i = 1; i < 20'000; ++i) chain.column(id).bind().op(op::eq).op(op::or_);
    const auto made = sqlite.compile(chain.op(op::where));
    EXPECT_EQ(made.text.find('('), std::string::npos);
    EXPECT_NE(made.text.find("id = ?20000"), std::string::npos);
}

TEST(statement, refuses_what_makes_no_sense) {
    const auto refused = [](const syntax::fragment& statement) {
        for (const koine::dialect* dialect :
             {static_cast<const koine::dialect*>(&sqlite), static_cast<const koine::dialect*>(&postgresql),
              static_cast<const koine::dialect*>(&mariadb), static_cast<const koine::dialect*>(&mysql)})
            EXPECT_THROW(dialect->compile(statement), usage_error);
    };
    refused(syntax::fragment{});
    refused(words{}.column(id));
    refused(words{op::select_entity}.op(op::where));
    refused(words{op::select_entity}.column(id));
    refused(words{op::select_entity}.column(id).op(op::eq).op(op::where));
    refused(words{op::select_entity}.column(99).op(op::where));
    refused(words{op::select_entity}.integer(1).op(op::limit).integer(2).op(op::limit));
    refused(words{op::select_entity}.op(op::returning, id));
    refused(words{op::select_entity}.bind().op(op::set, age));
    refused(words{op::select_entity}.op(op::select_entity));
    refused(words{op::insert}.column(age).op(op::value, age));
    refused(words{op::insert}.bind().op(op::value, age).bind().op(op::value, age));
    refused(words{op::insert}.bind().op(op::value, 99));
    refused(words{op::insert}.column(id).op(op::where));
    refused(words{op::update}.column(id).op(op::where));
    refused(words{op::update}.bind().op(op::set, age).integer(1).op(op::limit));
    refused(words{op::delete_}.column(id).op(op::order_asc));
    refused(words{op::select_entity}.op(static_cast<op>(15)).op(op::where));
    refused(words{op::select_entity}.op(static_cast<op>(63)).op(op::where));
    refused(words{op::select_entity}.op(static_cast<op>(95)));
    EXPECT_THROW(sqlite.compile_rows(words{op::insert}, 2), usage_error);
    EXPECT_THROW(sqlite.compile_rows(words{op::insert}.bind().op(op::value, age), 0), usage_error);
    EXPECT_THROW(sqlite.compile_rows(words{op::delete_}, 1), usage_error);
}

TEST(statement, refuses_a_column_of_another_table) {
    syntax::fragment mixed = words{op::select_entity};
    mixed.push_table(op::column, &orders, 1);
    mixed.push(op::where);
    EXPECT_THROW(sqlite.compile(mixed), usage_error);

    // The same table described twice, as two shared libraries may do, is the same table.
    static constexpr table_info again{.name = "users", .columns = user_columns, .primary_key = first_column};
    syntax::fragment twice = words{op::select_entity};
    twice.push_table(op::column, &again, active);
    twice.push(op::where);
    EXPECT_EQ(sqlite.compile(twice).text, "SELECT " + user_list + " FROM users WHERE active");
}

TEST(statement, refuses_expressions_that_would_exhaust_a_parser) {
    words deep{op::select_entity};
    deep.column(active);
    for (int i = 0; i < 100'000; ++i) deep.op(op::not_);
    try {
        static_cast<void>(sqlite.compile(deep.op(op::where)));
        FAIL();
    } catch (const usage_error& e) {
        EXPECT_EQ(e.code(), errc::not_supported);
    }
}

}  // namespace
}  // namespace koine::test
