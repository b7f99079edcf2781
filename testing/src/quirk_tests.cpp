// Quirks: each that a backend declares must be true of it, so that none excuses more than it has
// to.
#include <chrono>

#include <koine/lease/connection_lease.hpp>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

namespace {

using namespace std::chrono_literals;

void make_pair_of_rows(connection& on) {
    on.execute(sql("drop table if exists pair"));
    on.execute(sql("create table pair (id bigint primary key, n bigint)"));
    on.execute(sql("insert into pair (id, n) values (1, 0)"));
    on.execute(sql("insert into pair (id, n) values (2, 0)"));
    on.commit();
}

// The name of the constraint that a text violates; the transaction is rolled back.
std::string violated(connection& on, text_statement text) {
    std::string name;
    try {
        on.execute(text);
        ADD_FAILURE() << "no constraint was violated";
    } catch (const constraint_error& why) {
        name = why.info().constraint;
    }
    on.rollback();
    return name;
}

void constraint_names_are_unknown(context& given) {
    connection on = given.connect();
    on.execute(sql("drop table if exists named_child"));
    on.execute(sql("drop table if exists named"));
    on.execute(sql("create table named (id bigint primary key, name varchar(40), constraint uq_name unique (name))"));
    on.execute(sql(
        "create table named_child (id bigint primary key, named_id bigint, constraint fk_named foreign key (named_id) "
        "references named (id))"));
    on.execute(sql("insert into named (id, name) values (1, 'one')"));
    on.commit();
    const bool unique = violated(on, sql("insert into named (id, name) values (2, 'one')")) == "uq_name";
    const bool foreign = violated(on, sql("insert into named_child (id, named_id) values (1, 77)")) == "fk_named";
    EXPECT_FALSE(unique && foreign) << "the database names its constraints: the quirk is not needed";
}

void ddl_survives_its_rollback(context& given) {
    connection on = given.connect();
    on.execute(sql("drop table if exists undone"));
    on.commit();
    on.execute(sql("create table undone (id bigint)"));
    on.rollback();
    EXPECT_NO_THROW(on.execute(sql("select * from undone"))) << "the table is gone: the quirk is not needed";
    on.rollback();
}

void one_writer_waits_for_another(context& given) {
    if (given.quirks().one_connection) FAIL() << "there is one connection: the quirk one_writer is not needed";
    connection first = given.connect();
    make_pair_of_rows(first);
    connection second = given.connect();
    first.execute(sql("update pair set n = 1 where id = 1"));
    EXPECT_THROW(second.execute(sql("update pair set n = 1 where id = 2"), {.deadline = deadline::in(150ms)}),
                 timeout_error)
        << "two can write at once: the quirk is not needed";
    second.rollback();
    first.rollback();
}

void one_connection_is_all_there_is(context& given) {
    connection first = given.connect();
    make_pair_of_rows(first);
    bool seen = false;
    try {
        connection second = given.engine.connect(deadline::in(150ms));
        seen = second.execute(sql("select count(*) from pair")).one<std::int64_t>() == 2;
    } catch (const error&) {
    }
    EXPECT_FALSE(seen) << "a second connection sees the same tables: the quirk is not needed";
}

void statements_cannot_be_cancelled(context& given) {
    const detail::connection_lease lease{given.engine};
    EXPECT_EQ(lease->driver().capabilities->flags & KOINE_CAP_CANCEL, 0U)
        << "the driver can cancel: the quirk is not needed";
}

void deferred_constraints_cannot_be_had(context& given) {
    connection on = given.connect();
    on.execute(sql("drop table if exists deferred_child"));
    on.execute(sql("drop table if exists deferred_parent"));
    on.execute(sql("create table deferred_parent (id bigint primary key)"));
    on.commit();
    EXPECT_THROW(
        {
            on.execute(sql(unsafe_sql(given.under_test.deferred_table)));
            on.execute(sql("insert into deferred_child (id, parent) values (1, 77)"));
        },
        error)
        << "the constraint is deferred: the quirk is not needed";
    on.rollback();
}

void there_is_no_slow_statement(context& given) {
    EXPECT_EQ(given.under_test.slow_statement, "") << "there is one: the quirk is not needed";
}

}  // namespace

std::span<const quirk_test> quirk_tests() {
    static const quirk_test tests[] = {
        {"quirk_constraint_names_unknown_is_needed", [](const quirks& q) { return q.constraint_names_unknown; },
         &constraint_names_are_unknown},
        {"quirk_ddl_survives_rollback_is_needed", [](const quirks& q) { return q.ddl_survives_rollback; },
         &ddl_survives_its_rollback},
        {"quirk_one_writer_is_needed", [](const quirks& q) { return q.one_writer; }, &one_writer_waits_for_another},
        {"quirk_one_connection_is_needed", [](const quirks& q) { return q.one_connection; },
         &one_connection_is_all_there_is},
        {"quirk_cannot_cancel_is_needed", [](const quirks& q) { return q.cannot_cancel; },
         &statements_cannot_be_cancelled},
        {"quirk_no_deferred_constraints_is_needed", [](const quirks& q) { return q.no_deferred_constraints; },
         &deferred_constraints_cannot_be_had},
        {"quirk_no_slow_statement_is_needed", [](const quirks& q) { return q.no_slow_statement; },
         &there_is_no_slow_statement},
    };
    return tests;
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
