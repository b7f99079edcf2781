// Statements: texts, parameters, results, and what survives between two executions.
#include <string>
#include <tuple>
#include <vector>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

namespace {

void make_numbers(connection& on, int count) {
    on.execute(sql("drop table if exists numbers"));
    on.execute(sql("create table numbers (id bigint primary key, word varchar(40))"));
    for (int i = 1; i <= count; ++i)
        on.execute(
            sql("insert into numbers (id, word) values (:id, :word)", {{"id", i}, {"word", "w" + std::to_string(i)}}));
    on.commit();
}

void answers_rows_by_position_and_by_name(context& given) {
    connection on = given.connect();
    make_numbers(on, 3);
    std::vector<std::string> seen;
    rows found = on.execute(sql("select id, word from numbers order by id"));
    EXPECT_EQ(found.column_count(), 2U);
    EXPECT_EQ(found.column_name(1), "word");
    for (row r : found) {
        EXPECT_EQ(r[0].as<std::int64_t>(), r["id"].as<std::int64_t>());
        seen.push_back(r["word"].as<std::string>());
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"w1", "w2", "w3"}));
}

void answers_tuples_and_single_values(context& given) {
    connection on = given.connect();
    make_numbers(on, 2);
    using pair = std::tuple<std::int64_t, std::string>;
    EXPECT_EQ(on.execute(sql("select id, word from numbers order by id")).into<pair>(),
              (std::vector<pair>{{1, "w1"}, {2, "w2"}}));
    EXPECT_EQ(on.execute(sql("select count(*) from numbers")).one<std::int64_t>(), 2);
    EXPECT_EQ(on.execute(sql("select id from numbers where id = 7")).one_or_none<std::int64_t>(), std::nullopt);
}

void names_a_column_that_is_not_there(context& given) {
    connection on = given.connect();
    make_numbers(on, 1);
    rows found = on.execute(sql("select id from numbers"));
    ASSERT_TRUE(found.next());
    EXPECT_EQ(code_of([&] { (void)found.current()["absent"]; }), errc::usage);
    EXPECT_EQ(code_of([&] { (void)found.current()[5]; }), errc::usage);
}

void refuses_one_row_where_there_are_several(context& given) {
    connection on = given.connect();
    make_numbers(on, 2);
    EXPECT_EQ(code_of([&] { on.execute(sql("select id from numbers")).one<std::int64_t>(); }), errc::multiple_rows);
    EXPECT_EQ(code_of([&] { on.execute(sql("select id from numbers where id < 0")).one<std::int64_t>(); }),
              errc::no_row);
}

void counts_the_rows_it_changed(context& given) {
    connection on = given.connect();
    make_numbers(on, 5);
    EXPECT_EQ(on.execute(sql("update numbers set word = 'x' where id <= 3")).affected(), 3);
    EXPECT_EQ(on.execute(sql("delete from numbers where id = 99")).affected(), 0);
    EXPECT_EQ(on.execute(sql("delete from numbers")).affected(), 5);
    on.rollback();
}

void runs_a_statement_again_with_other_values(context& given) {
    connection on = given.connect();
    make_numbers(on, 3);
    for (int round = 0; round < 3; ++round)
        for (std::int64_t id = 1; id <= 3; ++id)
            EXPECT_EQ(on.execute(sql("select word from numbers where id = :id", {{"id", id}})).one<std::string>(),
                      "w" + std::to_string(id));
}

void reads_two_results_side_by_side(context& given) {
    connection on = given.connect();
    make_numbers(on, 200);
    rows outer = on.execute(sql("select id from numbers order by id"));
    std::int64_t seen = 0;
    while (outer.next()) {
        const auto id = outer.current()[0].as<std::int64_t>();
        EXPECT_EQ(on.execute(sql("select word from numbers where id = :id", {{"id", id}})).one<std::string>(),
                  "w" + std::to_string(id));
        rows same = on.execute(sql("select id from numbers order by id"));
        ASSERT_TRUE(same.next());
        EXPECT_EQ(same.current()[0].as<std::int64_t>(), 1);
        ++seen;
    }
    EXPECT_EQ(seen, 200);
}

void streams_rows_and_can_stop_early(context& given) {
    connection on = given.connect();
    make_numbers(on, 300);
    {
        rows found = on.execute(sql("select id from numbers order by id"), {.stream = true});
        for (int i = 1; i <= 10; ++i) {
            ASSERT_TRUE(found.next());
            EXPECT_EQ(found.current()[0].as<std::int64_t>(), i);
        }
    }
    EXPECT_EQ(on.execute(sql("select count(*) from numbers"), {.stream = true}).one<std::int64_t>(), 300);
    std::int64_t sum = 0;
    for (row r : on.execute(sql("select id from numbers"), {.stream = true})) sum += r[0].as<std::int64_t>();
    EXPECT_EQ(sum, 300 * 301 / 2);
}

void refuses_a_second_statement_and_an_empty_text(context& given) {
    connection on = given.connect();
    make_numbers(on, 1);
    EXPECT_EQ(code_of([&] { on.execute(sql("select 1; delete from numbers")); }), errc::syntax_error);
    on.rollback();
    EXPECT_NO_THROW(on.execute(sql("select count(*) from numbers ;  ")));
    code_of([&] { on.execute(sql("  ")); });
    on.rollback();
    EXPECT_EQ(on.execute(sql("select count(*) from numbers")).one<std::int64_t>(), 1);
}

void says_what_is_wrong_with_a_text(context& given) {
    connection on = given.connect();
    make_numbers(on, 1);
    const auto code = [&](text_statement text) {
        const errc found = code_of([&] { on.execute(text); });
        on.rollback();
        return found;
    };
    EXPECT_EQ(code(sql("selekt 1")), errc::syntax_error);
    EXPECT_EQ(code(sql("select * from absent_table")), errc::undefined_table);
    EXPECT_EQ(code(sql("select absent_column from numbers")), errc::undefined_column);
    try {
        on.execute(sql("select * from absent_table"));
    } catch (const error& why) {
        EXPECT_EQ(why.sqlstate(), "42P01");
        EXPECT_NE(std::string{why.what()}.find("absent_table"), std::string::npos) << why.what();
        EXPECT_EQ(why.statement(), "select * from absent_table");
        EXPECT_FALSE(why.poisons_connection());
    }
    on.rollback();
}

void keeps_a_prepared_statement_through_a_schema_change(context& given) {
    connection on = given.connect();
    make_numbers(on, 1);
    EXPECT_EQ(on.execute(sql("select * from numbers")).column_count(), 2U);
    on.commit();
    on.execute(sql("alter table numbers add column more integer"));
    on.commit();
    rows found = on.execute(sql("select * from numbers"));
    EXPECT_EQ(found.column_count(), 3U);
    ASSERT_TRUE(found.next());
    EXPECT_TRUE(found.current()["more"].is_null());
}

void executes_more_statements_than_it_keeps(context& given) {
    engine_options few;
    few.statement_cache = 16;
    const engine small = given.quirks().one_connection ? given.engine : given.other(few);
    connection on = small.connect();
    make_numbers(on, 3);
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 100; ++i) {
            const std::string text = "select id + " + std::to_string(i) + " from numbers where id = :id";
            EXPECT_EQ(on.execute(sql(unsafe_sql(text), {{"id", 2}})).one<std::int64_t>(), 2 + i);
        }
}

void proves_that_the_server_answers(context& given) {
    connection on = given.connect();
    EXPECT_NO_THROW(on.ping());
    EXPECT_FALSE(on.server_version().empty());
    EXPECT_FALSE(on.server_product().empty());
    EXPECT_NE(on.native_handle(), nullptr);
}

void refuses_every_call_once_it_is_closed(context& given) {
    connection on = given.connect();
    make_numbers(on, 1);
    rows open = on.execute(sql("select id from numbers"));
    on.close();
    EXPECT_EQ(code_of([&] { on.execute(sql("select 1")); }), errc::closed);
    EXPECT_EQ(code_of([&] { on.commit(); }), errc::closed);
    EXPECT_NO_THROW(on.close());
}

}  // namespace

std::span<const test_case> statement_tests() {
#define KOINE_CASE(name)      \
    test_case {               \
#name, &name, nullptr \
    }
    static const test_case tests[] = {
        KOINE_CASE(answers_rows_by_position_and_by_name),
        KOINE_CASE(answers_tuples_and_single_values),
        KOINE_CASE(names_a_column_that_is_not_there),
        KOINE_CASE(refuses_one_row_where_there_are_several),
        KOINE_CASE(counts_the_rows_it_changed),
        KOINE_CASE(runs_a_statement_again_with_other_values),
        KOINE_CASE(reads_two_results_side_by_side),
        KOINE_CASE(streams_rows_and_can_stop_early),
        KOINE_CASE(refuses_a_second_statement_and_an_empty_text),
        KOINE_CASE(says_what_is_wrong_with_a_text),
        KOINE_CASE(keeps_a_prepared_statement_through_a_schema_change),
        KOINE_CASE(executes_more_statements_than_it_keeps),
        KOINE_CASE(proves_that_the_server_answers),
        KOINE_CASE(refuses_every_call_once_it_is_closed),
    };
#undef KOINE_CASE
    return tests;
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
