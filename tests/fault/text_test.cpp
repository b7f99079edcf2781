// Texts by hand on each database: what takes a value there, lists, and texts that are put together.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "servers.hpp"

namespace fault {
namespace {

class texts : public with_each_server {
protected:
    static std::string_view name() { return GetParam(); }
    void SetUp() override {
        if (name() != "sqlite3") with_each_server::SetUp();
        on_ = name() == "sqlite3" ? koine::create_engine("sqlite://") : over_socket();
    }
    // Neither sent nor harmful: the transaction goes on.
    void expect_refused(connection& c, const koine::text_statement& text) const {
        const auto why = caught<koine::usage_error>([&] { c.execute(text); });
        ASSERT_TRUE(why.has_value()) << text.text();
        EXPECT_EQ(why->code(), errc::usage) << why->what();
        EXPECT_EQ(why->outcome(), outcome::not_sent);
        EXPECT_NE(why->info().position, 0U) << why->what();
    }
    static std::vector<std::int64_t> ids(connection& c, const koine::text_statement& query) {
        return c.execute(query).into<std::int64_t>();
    }

    engine on_{};
};

TEST_P(texts, what_takes_a_value_and_is_no_name_is_refused_before_it_is_sent) {
    connection c = on_.connect();
    const std::int64_t before = number(c, "select 41");
    if (name() != "libpq") expect_refused(c, sql("select ?, :n", {{"n", 1}}));
    if (name() != "libpq") expect_refused(c, sql("select ? as n"));
    if (name() == "libpq") {
        EXPECT_TRUE(c.execute(sql("select '{\"a\": 1}'::jsonb ? :n", {{"n", "a"}})).one<bool>());
        EXPECT_EQ(number(c, "select @ -5"), 5);
        EXPECT_EQ(c.execute(sql("select (array[1, 2, :n])[2:3]", {{"n", 3}})).one<std::string>(), "{2,3}");
    } else if (name() == "sqlite3") {
        for (const char* other : {"select @n, :n", "select $n, :n", "select #n, :n", "select :1, :n", "select @1, :n"})
            expect_refused(c, sql(unsafe_sql(other), {{"n", 1}}));
        EXPECT_EQ(c.execute(sql("select :n as [it's]", {{"n", 7}})).one<std::int64_t>(), 7);
    } else {
        c.execute(sql("set @n = 5"));
        EXPECT_EQ(c.execute(sql("select @n + :n", {{"n", 1}})).one<std::int64_t>(), 6) << "a variable of the session";
        EXPECT_EQ(c.execute(sql("select 5--:n # don't\n", {{"n", 1}})).one<std::int64_t>(), 6);
        expect_refused(c, sql("select /*!999999 ? + */ :n", {{"n", 1}}));
    }
    EXPECT_EQ(before, 41);
    c.commit();
}

TEST_P(texts, lists_are_lists_even_where_they_are_empty) {
    connection c = on_.connect();
    const std::vector<std::int64_t> none;
    const std::vector<std::int64_t> some{1, 3, 9};
    c.execute(sql("create table listed (id bigint primary key, word varchar(20), day date)"));
    for (const std::int64_t id : {1, 2, 3})
        c.execute(
            sql("insert into listed values (:id, :word, null)", {{"id", id}, {"word", "w" + std::to_string(id)}}));
    using list = std::vector<std::int64_t>;
    EXPECT_EQ(ids(c, sql("select id from listed where id in (:ids) order by id", {{"ids", some}})), (list{1, 3}));
    EXPECT_EQ(ids(c, sql("select id from listed where id not in (:ids) order by id", {{"ids", some}})), list{2});
    EXPECT_EQ(ids(c, sql("select id from listed where word in (:words)", {{"words", std::vector<std::string>{"w2"}}})),
              list{2});
    // NULL is in no empty list, and not in it.
    for (const char* column : {"id", "word", "day"}) {
        SCOPED_TRACE(column);
        const std::string from = std::string{"select id from listed where "} + column;
        EXPECT_EQ(ids(c, sql(unsafe_sql(from + " in (:none)"), {{"none", none}})), list{});
        EXPECT_EQ(ids(c, sql(unsafe_sql(from + " not in (:none) order by id"), {{"none", none}})), (list{1, 2, 3}));
        EXPECT_EQ(ids(c, sql(unsafe_sql("select id from listed where not " + std::string{column} +
                                        " in (:none) and id = :id"),
                             {{"none", none}, {"id", 2}})),
                  list{2});
    }
    EXPECT_EQ(c.execute(sql("delete from listed where id in (:ids)", {{"ids", none}})).affected(), 0);
    EXPECT_EQ(c.execute(sql("update listed set word = 'x' where id not in (:ids)", {{"ids", none}})).affected(), 3);
    c.execute(sql("drop table listed"));
    c.commit();
}

TEST_P(texts, are_put_together_and_run_without_values) {
    connection c = on_.connect();
    auto query = sql("select cast(:n as integer)", {{"n", 1}});
    for (const int more : {20, 300}) query += sql("+ cast(:n as integer) -- and more", {{"n", more}});
    EXPECT_EQ(c.execute(query).one<std::int64_t>(), 321);
    EXPECT_EQ(c.execute(koine::unsafe_sql("select " + std::to_string(6) + " + 1")).one<std::int64_t>(), 7);
    EXPECT_TRUE(c.try_execute(koine::unsafe_sql("select 1")).has_value());
    c.commit();
}

INSTANTIATE_TEST_SUITE_P(on, texts, ::testing::ValuesIn(with_sqlite()), name_of);

}  // namespace
}  // namespace fault
