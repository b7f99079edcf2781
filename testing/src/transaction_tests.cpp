// Transactions and savepoints.
#include <stdexcept>
#include <string>
#include <utility>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

namespace {

void make_marks(connection& on) {
    on.execute(sql("drop table if exists marks"));
    on.execute(sql("create table marks (id bigint primary key)"));
    on.commit();
}

void mark(connection& on, int id) {
    on.execute(sql("insert into marks (id) values (:id)", {{"id", id}}));
}

std::int64_t marks(connection& on) {
    return on.execute(sql("select count(*) from marks")).one<std::int64_t>();
}

void begins_by_itself_and_commits(context& given) {
    connection on = given.connect();
    make_marks(on);
    EXPECT_FALSE(on.in_transaction());
    mark(on, 1);
    EXPECT_TRUE(on.in_transaction());
    on.commit();
    EXPECT_FALSE(on.in_transaction());
    on.rollback();
    EXPECT_EQ(marks(on), 1);
}

void rolls_back(context& given) {
    connection on = given.connect();
    make_marks(on);
    mark(on, 1);
    EXPECT_EQ(marks(on), 1) << "a transaction sees its own work";
    on.rollback();
    EXPECT_EQ(marks(on), 0);
}

void hides_uncommitted_work_from_others(context& given) {
    connection on = given.connect();
    make_marks(on);
    connection other = given.connect();
    mark(on, 1);
    EXPECT_EQ(marks(other), 0);
    other.rollback();
    on.commit();
    EXPECT_EQ(marks(other), 1);
}

void loses_uncommitted_work_when_it_is_closed(context& given) {
    {
        connection on = given.connect();
        make_marks(on);
        mark(on, 1);
        EXPECT_TRUE(on.close()) << "close() tells that work was lost";
    }
    connection again = given.connect();
    EXPECT_EQ(marks(again), 0);
}

void loses_uncommitted_work_when_it_goes_out_of_scope(context& given) {
    {
        connection on = given.connect();
        make_marks(on);
        mark(on, 1);
    }
    connection again = given.connect();
    EXPECT_EQ(marks(again), 0);
}

void ends_with_its_transaction_object(context& given) {
    connection on = given.connect();
    make_marks(on);
    {
        transaction work = on.begin();
        mark(on, 1);
        work.commit();
        EXPECT_FALSE(work.active());
        EXPECT_EQ(code_of([&] { work.commit(); }), errc::usage);
    }
    {
        const transaction forgotten = on.begin();
        mark(on, 2);
    }
    EXPECT_FALSE(on.in_transaction());
    EXPECT_EQ(marks(on), 1);
    on.rollback();
    {
        transaction work = on.begin();
        EXPECT_EQ(code_of([&] { on.begin(); }), errc::usage);
        work.rollback();
    }
}

void accepts_only_rollback_after_a_failure(context& given) {
    connection on = given.connect();
    make_marks(on);
    mark(on, 1);
    EXPECT_THROW(mark(on, 1), constraint_error);
    EXPECT_EQ(code_of([&] { mark(on, 2); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { on.execute(sql("select 1")); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { on.commit(); }), errc::transaction_failed);
    on.rollback();
    EXPECT_EQ(marks(on), 0);
    mark(on, 3);
    on.commit();
    EXPECT_EQ(marks(on), 1);
}

void undoes_a_savepoint_alone(context& given) {
    connection on = given.connect();
    make_marks(on);
    mark(on, 1);
    {
        transaction inner = on.begin_nested();
        mark(on, 2);
        EXPECT_EQ(marks(on), 2);
        inner.rollback();
    }
    EXPECT_EQ(marks(on), 1);
    {
        transaction inner = on.begin_nested();
        mark(on, 3);
        inner.commit();
    }
    {
        const transaction forgotten = on.begin_nested();
        mark(on, 4);
    }
    on.commit();
    EXPECT_EQ(marks(on), 2);
}

void recovers_from_a_failure_through_a_savepoint(context& given) {
    connection on = given.connect();
    make_marks(on);
    mark(on, 1);
    transaction inner = on.begin_nested();
    EXPECT_THROW(mark(on, 1), constraint_error);
    inner.rollback();
    mark(on, 2);
    on.commit();
    EXPECT_EQ(marks(on), 2);
}

void nests_savepoints(context& given) {
    connection on = given.connect();
    make_marks(on);
    transaction outer = on.begin_nested();
    mark(on, 1);
    transaction inner = on.begin_nested();
    mark(on, 2);
    EXPECT_EQ(code_of([&] { outer.commit(); }), errc::usage) << "innermost first";
    inner.commit();
    outer.rollback();
    on.commit();
    EXPECT_EQ(marks(on), 0);
}

void rolls_back_when_a_body_throws(context& given) {
    {
        connection on = given.connect();
        make_marks(on);
    }
    EXPECT_THROW(given.engine.begin([](connection& on) {
        mark(on, 1);
        throw std::runtime_error{"from the body"};
    }),
                 std::runtime_error);
    EXPECT_EQ(given.engine.begin([](connection& on) { return marks(on); }), 0);
    given.engine.begin([](connection& on) { mark(on, 1); });
    EXPECT_EQ(given.engine.begin([](connection& on) { return marks(on); }), 1);
}

void refuses_writes_in_a_read_only_transaction(context& given) {
    connection on = given.connect();
    make_marks(on);
    transaction work = on.begin({.read_only = true});
    EXPECT_EQ(marks(on), 0);
    EXPECT_EQ(code_of([&] { mark(on, 1); }), errc::read_only);
    work.rollback();
    EXPECT_NO_THROW(mark(on, 1));
    on.rollback();
}

void runs_each_statement_by_itself_in_autocommit(context& given) {
    connection on = given.connect();
    make_marks(on);
    on.begin({.isolation = isolation::autocommit}).commit();
    engine_options options;
    options.isolation = isolation::autocommit;
    const engine automatic = given.other(options);
    connection single = automatic.connect();
    mark(single, 1);
    single.rollback();
    EXPECT_EQ(marks(on), 1);
}

void sees_one_state_in_a_serializable_transaction(context& given) {
    connection on = given.connect();
    make_marks(on);
    transaction work = on.begin({.isolation = isolation::repeatable_read, .read_only = true});
    EXPECT_EQ(marks(on), 0);
    connection other = given.connect();
    mark(other, 1);
    other.commit();
    EXPECT_EQ(marks(on), 0);
    work.rollback();
    EXPECT_EQ(marks(on), 1);
}

void undoes_ddl(context& given) {
    connection on = given.connect();
    on.execute(sql("drop table if exists undone"));
    on.commit();
    on.execute(sql("create table undone (id bigint)"));
    on.rollback();
    EXPECT_EQ(code_of([&] { on.execute(sql("select * from undone")); }), errc::undefined_table);
    on.rollback();
}

void gives_the_pool_a_clean_connection(context& given) {
    {
        connection on = given.connect();
        make_marks(on);
    }
    for (int i = 0; i < 20; ++i) {
        connection on = given.connect();
        EXPECT_FALSE(on.in_transaction());
        EXPECT_EQ(marks(on), 0);
        mark(on, 1);
        if (i % 2 == 0) on.close();
    }
    const pool_stats stats = given.engine.stats();
    EXPECT_EQ(stats.acquired, stats.returned + stats.leased + stats.abandoned);
}

}  // namespace

std::span<const test_case> transaction_tests() {
#define KOINE_CASE(name)      \
    test_case {               \
#name, &name, nullptr \
    }
    static constexpr auto needs_two = [](const quirks& q) -> const char* {
        return q.one_connection ? "one_connection" : nullptr;
    };
    static const test_case tests[] = {
        KOINE_CASE(begins_by_itself_and_commits),
        KOINE_CASE(rolls_back),
        {"hides_uncommitted_work_from_others", &hides_uncommitted_work_from_others, needs_two},
        KOINE_CASE(loses_uncommitted_work_when_it_is_closed),
        KOINE_CASE(loses_uncommitted_work_when_it_goes_out_of_scope),
        KOINE_CASE(ends_with_its_transaction_object),
        KOINE_CASE(accepts_only_rollback_after_a_failure),
        KOINE_CASE(undoes_a_savepoint_alone),
        KOINE_CASE(recovers_from_a_failure_through_a_savepoint),
        KOINE_CASE(nests_savepoints),
        KOINE_CASE(rolls_back_when_a_body_throws),
        KOINE_CASE(refuses_writes_in_a_read_only_transaction),
        {"runs_each_statement_by_itself_in_autocommit", &runs_each_statement_by_itself_in_autocommit, needs_two},
        {"sees_one_state_in_a_serializable_transaction", &sees_one_state_in_a_serializable_transaction, needs_two},
        {"undoes_ddl", &undoes_ddl,
         [](const quirks& q) -> const char* { return q.ddl_survives_rollback ? "ddl_survives_rollback" : nullptr; }},
        KOINE_CASE(gives_the_pool_a_clean_connection),
    };
#undef KOINE_CASE
    return tests;
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
