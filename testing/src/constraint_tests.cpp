// Constraints: which one was violated, and what remains of the transaction.
#include <string>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

namespace {

void make_tables(connection& on) {
    on.execute(sql("drop table if exists child"));
    on.execute(sql("drop table if exists parent"));
    on.execute(
        sql("create table parent (id bigint primary key, name varchar(40) not null, age integer, constraint uq_name "
            "unique (name), "
            "constraint ck_age check (age >= 0))"));
    on.execute(
        sql("create table child (id bigint primary key, parent_id bigint, constraint fk_parent foreign key (parent_id) "
            "references "
            "parent (id))"));
    on.execute(sql("insert into parent (id, name, age) values (1, 'one', 1)"));
    on.commit();
}

// The constraint_error that a text makes; the transaction is rolled back.
error_info violation(connection& on, text_statement text) {
    error_info found;
    try {
        on.execute(text);
        ADD_FAILURE() << "no constraint was violated";
    } catch (const constraint_error& why) {
        found = why.info();
    }
    on.rollback();
    return found;
}

void names_a_violated_unique_constraint(context& given) {
    connection on = given.connect();
    make_tables(on);
    const error_info found = violation(on, sql("insert into parent (id, name) values (2, 'one')"));
    EXPECT_EQ(found.code, errc::unique_violation);
    EXPECT_EQ(found.sqlstate, "23505");
    EXPECT_EQ(found.outcome, outcome::rejected);
    EXPECT_FALSE(found.poisons_connection);
    if (!given.quirks().unique_tables_unknown) {
        EXPECT_EQ(found.table, "parent");
    }
    if (!given.quirks().constraint_names_unknown) {
        EXPECT_EQ(found.constraint, "uq_name");
    }
}

void names_a_violated_foreign_key(context& given) {
    connection on = given.connect();
    make_tables(on);
    const error_info found = violation(on, sql("insert into child (id, parent_id) values (1, 77)"));
    EXPECT_EQ(found.code, errc::foreign_key_violation);
    EXPECT_EQ(found.sqlstate, "23503");
    if (!given.quirks().constraint_names_unknown) {
        EXPECT_EQ(found.constraint, "fk_parent");
    }
}

void names_a_column_that_must_not_be_null(context& given) {
    connection on = given.connect();
    make_tables(on);
    const error_info found = violation(on, sql("insert into parent (id) values (2)"));
    EXPECT_EQ(found.code, errc::not_null_violation);
    EXPECT_EQ(found.sqlstate, "23502");
    EXPECT_EQ(found.column, "name");
}

void names_a_violated_check(context& given) {
    connection on = given.connect();
    make_tables(on);
    const error_info found = violation(on, sql("insert into parent (id, name, age) values (2, 'two', -1)"));
    EXPECT_EQ(found.code, errc::check_violation);
    EXPECT_EQ(found.sqlstate, "23514");
    EXPECT_EQ(found.constraint, "ck_age");
}

void never_shows_values_in_the_text_of_an_error(context& given) {
    connection on = given.connect();
    make_tables(on);
    const std::string hidden = "s3cret-value-that-nobody-may-see";
    on.execute(sql("insert into parent (id, name) values (5, :name)", {{"name", hidden}}));
    try {
        on.execute(sql("insert into parent (id, name) values (6, :name)", {{"name", hidden}}));
        ADD_FAILURE();
    } catch (const constraint_error& why) {
        EXPECT_EQ(std::string{why.what()}.find(hidden), std::string::npos) << why.what();
    }
    on.rollback();
}

void keeps_the_connection_after_a_violation(context& given) {
    connection on = given.connect();
    make_tables(on);
    violation(on, sql("insert into parent (id, name) values (2, 'one')"));
    on.execute(sql("insert into parent (id, name) values (2, 'two')"));
    on.commit();
    EXPECT_EQ(on.execute(sql("select count(*) from parent")).one<std::int64_t>(), 2);
}

void reports_a_constraint_that_fails_at_commit(context& given) {
    connection on = given.connect();
    on.execute(sql("drop table if exists deferred_child"));
    on.execute(sql("drop table if exists deferred_parent"));
    on.execute(sql("create table deferred_parent (id bigint primary key)"));
    on.execute(sql(unsafe_sql(given.under_test.deferred_table)));
    on.commit();
    on.execute(sql("insert into deferred_child (id, parent) values (1, 77)"));
    EXPECT_THROW(on.commit(), constraint_error);
    EXPECT_FALSE(on.in_transaction()) << "the transaction is over";
    EXPECT_EQ(on.execute(sql("select count(*) from deferred_child")).one<std::int64_t>(), 0);
    on.execute(sql("insert into deferred_parent (id) values (77)"));
    on.execute(sql("insert into deferred_child (id, parent) values (1, 77)"));
    on.commit();
    EXPECT_EQ(on.execute(sql("select count(*) from deferred_child")).one<std::int64_t>(), 1);
}

}  // namespace

std::span<const test_case> constraint_tests() {
#define KOINE_CASE(name)      \
    test_case {               \
#name, &name, nullptr \
    }
    static const test_case tests[] = {
        KOINE_CASE(names_a_violated_unique_constraint),
        KOINE_CASE(names_a_violated_foreign_key),
        KOINE_CASE(names_a_column_that_must_not_be_null),
        KOINE_CASE(names_a_violated_check),
        KOINE_CASE(never_shows_values_in_the_text_of_an_error),
        KOINE_CASE(keeps_the_connection_after_a_violation),
        test_case{"reports_a_constraint_that_fails_at_commit", &reports_a_constraint_that_fails_at_commit,
                  [](const quirks& q) -> const char* {
                      return q.no_deferred_constraints ? "no_deferred_constraints" : nullptr;
                  }},
    };
#undef KOINE_CASE
    return tests;
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
