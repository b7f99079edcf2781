// Values in texts by hand, and what a result says of itself, the same on each backend.
#include <tuple>

#include <koine/connection.hpp>
#include <koine/dialect.hpp>

#include "backend.hpp"

namespace koine_test {

namespace {

class text_values : public orm {
protected:
    template <class T>
    T ask(const koine::text_statement& text) {
        return engine.begin([&](koine::connection& on) { return on.execute(text).one<T>(); });
    }
};

TEST_P(text_values, have_the_type_of_their_cpp_value) {
    using koine::sql;
    EXPECT_EQ(ask<std::int64_t>(sql("select :n", {{"n", std::int64_t{1} << 40}})), std::int64_t{1} << 40);
    EXPECT_EQ(ask<std::string>(sql("select :n", {{"n", "text"}})), "text");
    EXPECT_EQ(ask<double>(sql("select :n", {{"n", 0.25}})), 0.25);
    EXPECT_EQ(ask<std::int64_t>(sql("select :a + :b", {{"a", 40}, {"b", std::int64_t{2}}})), 42);
    EXPECT_EQ(ask<double>(sql("select :a * :b", {{"a", 3.0}, {"b", 0.5}})), 1.5);
    EXPECT_EQ(ask<std::int64_t>(sql("select count(*) from users where :a + :b > 3", {{"a", 1}, {"b", 2}})), 0);
    EXPECT_EQ(ask<std::int64_t>(sql("select count(*) from users where :n > 0", {{"n", std::int64_t{1} << 40}})), 0);
    const auto both =
        ask<std::tuple<std::int64_t, std::string>>(sql("select :n as n, :t as t", {{"n", 7}, {"t", "x"}}));
    EXPECT_EQ(both, (std::tuple<std::int64_t, std::string>{7, "x"}));
    EXPECT_EQ(ask<std::optional<std::int64_t>>(sql("select :n", {{"n", std::optional<std::int64_t>{}}})), std::nullopt);
}

// The condition that is there for some and not for others.
TEST_P(text_values, can_leave_a_condition_out) {
    insert_user("a");
    insert_user("b");
    const auto count = [this](std::optional<std::string> name, std::optional<std::int64_t> id) {
        return ask<std::int64_t>(
            koine::sql("select count(*) from users where (:name is null or name = :name) and (:id is null or id = :id)",
                       {{"name", name}, {"id", id}}));
    };
    const std::int64_t b = stored<user>().back().id;
    EXPECT_EQ(count(std::nullopt, std::nullopt), 2);
    EXPECT_EQ(count("a", std::nullopt), 1);
    EXPECT_EQ(count(std::nullopt, b), 1);
    EXPECT_EQ(count("a", b), 0);
    EXPECT_EQ(count("b", b), 1);
}

// A text stands for whatever the column is: no type of its own gets in its way.
TEST_P(text_values, suit_the_columns_of_other_tables) {
    if (engine.dialect().name() != "postgresql") return;  // the others have no such types
    const auto run = [this](const koine::text_statement& text) {
        engine.begin([&](koine::connection& on) { on.execute(text); });
    };
    run(koine::sql("drop table if exists moods"));
    run(koine::sql("drop type if exists mood_of_text"));
    run(koine::sql("create type mood_of_text as enum ('sad', 'happy')"));
    run(koine::sql("create table moods (m mood_of_text, j jsonb)"));
    run(koine::sql("insert into moods values (:m, :j)", {{"m", "sad"}, {"j", "{}"}}));
    run(koine::sql("insert into moods select :m, :j", {{"m", "happy"}, {"j", "[]"}}));
    EXPECT_EQ(ask<std::int64_t>(koine::sql("select count(*) from moods where (:m is null or m = :m) and j = :j",
                                           {{"m", "sad"}, {"j", "{ }"}})),
              1);
    EXPECT_EQ(ask<bool>(koine::sql("select pg_cancel_backend(:p)", {{"p", std::int32_t{-1}}})), false);
    EXPECT_EQ(ask<std::string>(koine::sql("select left('abc', :n)", {{"n", std::int64_t{2}}})), "ab");
    run(koine::sql("drop table moods"));
    run(koine::sql("drop type mood_of_text"));
}

TEST_P(text_values, are_kept_with_the_statement) {
    koine::connection on = engine.connect();
    for (std::int64_t i = 0; i < 3; ++i)
        EXPECT_EQ(on.execute(koine::sql("select :a - :b", {{"a", i}, {"b", 1}})).one<std::int64_t>(), i - 1);
    // By their types, which are another statement's.
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(on.execute(koine::sql("select :v", {{"v", std::int64_t{7}}})).one<std::int64_t>(), 7);
        EXPECT_EQ(on.execute(koine::sql("select :v", {{"v", "seven"}})).one<std::string>(), "seven");
    }
    if (engine.dialect().name() == "postgresql") {
        const auto kept = koine::sql(
            "select count(*) from pg_prepared_statements where statement like 'select%$1%' and statement not like "
            "'%prepared%'");
        EXPECT_EQ(on.execute(kept).one<std::int64_t>(), 3) << "a - b, and v of two types";
    }
    std::int64_t sum = 0;
    for (const koine::row one :
         on.execute(koine::sql("select id from users where :n is null or id = :n", {{"n", 5}}), {.stream = true}))
        sum += one[0].as<std::int64_t>();
    EXPECT_EQ(sum, 0);
    on.rollback();
}

class results : public orm {};

TEST_P(results, count_what_was_changed_and_not_what_was_read) {
    insert_user("a");
    insert_user("b");
    koine::connection on = engine.connect();
    const auto affected = [&on](const koine::text_statement& text) { return on.execute(text).affected(); };
    EXPECT_EQ(affected(koine::sql("select 1 union all select 2")), 0);
    EXPECT_EQ(affected(koine::sql("select * from users")), 0);
    EXPECT_EQ(affected(koine::sql("select * from users where id < 0")), 0);
    EXPECT_EQ(affected(koine::sql("with found as (select id from users) select count(*) from found")), 0);
    EXPECT_EQ(on.execute(koine::sql("select * from users"), {.stream = true}).affected(), 0);
    EXPECT_EQ(affected(koine::sql("update users set score = 1")), 2);
    EXPECT_EQ(affected(koine::sql("delete from users where name = 'a'")), 1);
    EXPECT_EQ(affected(koine::sql("delete from users where name = 'a'")), 0);
    if (engine.dialect().features().insert_returning) {
        auto made = on.execute(koine::sql("insert into users (name, score) values ('c', 0), ('d', 0) returning id"));
        EXPECT_EQ(made.into<std::int64_t>().size(), 2U);
    }
    on.commit();
}

TEST_P(results, refuse_a_name_that_several_columns_have) {
    insert_user("a");
    koine::connection on = engine.connect();
    auto found = on.execute(koine::sql("select a.id, b.id, a.name as name from users a join users b on a.id = b.id"));
    ASSERT_TRUE(found.next());
    EXPECT_EQ(found.current()["name"].as<std::string>(), "a");
    EXPECT_GT(found.current()[0].as<std::int64_t>(), 0);
    EXPECT_EQ(code_of([&] { found.current()["id"]; }), koine::errc::undefined_column);
    EXPECT_NE(message_of([&] { found.current()["id"]; }).find("more than one column id"), std::string::npos);
    EXPECT_EQ(code_of([&] { found.current()["nothing"]; }), koine::errc::usage);
}

INSTANTIATE_TEST_SUITE_P(on, text_values, testing::ValuesIn(backends()), &name_of);
INSTANTIATE_TEST_SUITE_P(on, results, testing::ValuesIn(backends()), &name_of);

}  // namespace

}  // namespace koine_test
