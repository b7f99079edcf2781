// Rows that somebody still holds when their result ends for another reason than its end.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <koine/orm/session.hpp>
#include <koine/rows.hpp>

#include "servers.hpp"

namespace fault {
namespace {

constexpr int all_rows = 9;

class open_rows : public with_each_server {
protected:
    static bool on_sqlite() { return std::string_view{GetParam()} == "sqlite3"; }
    void SetUp() override {
        if (!on_sqlite()) with_each_server::SetUp();
        on = on_sqlite() ? koine::create_engine("sqlite:///" + (directory_.path() / "rows.db").string(), pool_of(2))
                         : over_socket(pool_of(2));
        make_marks(on);
        on.begin([](connection& c) {
            c.execute(sql("drop table if exists texts"));
            c.execute(sql("create table texts (id bigint, text varchar(200))"));
            for (int i = 0; i < all_rows; ++i)
                c.execute(sql("insert into texts values (:id, :text)", {{"id", i}, {"text", long_text}}));
        });
    }
    void TearDown() override { on = {}; }

    static koine::rows read(connection& from) { return from.execute(sql("select text from texts")); }
    static void expect_read(koine::rows& rows, int more) {
        for (; more > 0; --more) {
            ASSERT_TRUE(rows.next());
            EXPECT_EQ(rows.current()[0].as<std::string>(), long_text);
        }
        EXPECT_FALSE(rows.next());
    }
    // Neither the row at hand nor another one, and never an end that looks like the result's.
    static void expect_over(koine::rows& rows, errc code = errc::usage) {
        EXPECT_EQ(code_of([&] { (void)rows.current()[0]; }), code);
        for (int i = 0; i < 2; ++i) EXPECT_EQ(code_of([&] { rows.next(); }), code);
        EXPECT_EQ(code_of([&] { rows.into<std::string>(); }), code);
    }

    static inline const std::string long_text = std::string(150, 't');
    engine on;

private:
    temp_dir directory_{};
};

TEST_P(open_rows, a_rollback_ends_them) {
    connection c = on.connect();
    for (const bool written : {false, true}) {
        if (written) mark(c, 1);
        koine::rows untouched = read(c);
        koine::rows begun = read(c);
        ASSERT_TRUE(begun.next());
        c.rollback();
        expect_over(untouched);
        expect_over(begun);
    }
    EXPECT_EQ(marks(c), 0);
}

TEST_P(open_rows, the_destructor_of_a_transaction_ends_them) {
    connection c = on.connect();
    std::optional<koine::rows> rows;
    {
        const auto open = c.begin();
        mark(c, 1);
        rows = read(c);
        ASSERT_TRUE(rows->next());
    }
    expect_over(*rows);
    EXPECT_EQ(marks(c), 0);
}

TEST_P(open_rows, go_on_after_commit_and_after_a_savepoint) {
    connection c = on.connect();
    mark(c, 1);
    koine::rows rows = read(c);
    ASSERT_TRUE(rows.next());
    auto part = c.begin_nested();
    mark(c, 2);
    part.commit();
    c.commit();
    EXPECT_EQ(rows.current()[0].as<std::string>(), long_text);
    expect_read(rows, all_rows - 1);
    EXPECT_EQ(marks(c), 2);
}

TEST_P(open_rows, closing_the_connection_ends_them_and_gives_it_back) {
    koine::rows kept = [&] {
        connection c = on.connect();
        koine::rows rows = read(c);
        EXPECT_TRUE(rows.next());
        c.close();
        expect_over(rows, errc::closed);
        return rows;
    }();
    expect_over(kept, errc::closed);
    // Whoever has the connection next is not disturbed by them.
    connection next = on.connect();
    koine::rows others = read(next);
    ASSERT_TRUE(others.next());
    expect_over(kept, errc::closed);
    kept = read(next);
    expect_read(others, all_rows - 1);
    expect_read(kept, all_rows);
    EXPECT_EQ(on.stats().abandoned, 0U);
}

TEST_P(open_rows, outlive_a_connection_that_is_destroyed) {
    std::optional<connection> c{on.connect()};
    koine::rows begun = read(*c);
    ASSERT_TRUE(begun.next());
    koine::rows untouched = read(*c);
    c->commit();
    c.reset();
    expect_over(begun, errc::closed);
    expect_over(untouched, errc::closed);
    EXPECT_EQ(on.stats().abandoned, 0U) << "a result that nobody can read any more is no reason to lose the connection";
    connection next = on.connect();
    koine::rows again = read(next);
    expect_read(again, all_rows);
}

TEST_P(open_rows, the_end_of_a_sessions_transaction_ends_them) {
    koine::session session{on};
    for (const bool commit : {false, true}) {
        auto rows = session.execute(sql("select text from texts"));
        ASSERT_TRUE(rows.next());
        if (commit)
            session.commit();
        else
            session.rollback();
        expect_over(rows, errc::closed);
    }
}

TEST_P(open_rows, can_be_moved_while_they_are_read) {
    connection c = on.connect();
    koine::rows first = read(c);
    koine::rows second = read(c);
    ASSERT_TRUE(first.next());
    koine::rows moved{std::move(first)};
    EXPECT_EQ(moved.current()[0].as<std::string>(), long_text);
    second = std::move(moved);
    EXPECT_EQ(second.current()[0].as<std::string>(), long_text);
    expect_read(second, all_rows - 1);
    koine::rows last = read(c);
    koine::rows target{std::move(last)};
    c.rollback();
    expect_over(target);
    koine::rows elsewhere{std::move(target)};
    EXPECT_FALSE(target.next()) << "what was moved from has no rows";
    expect_over(elsewhere);
}

INSTANTIATE_TEST_SUITE_P(on, open_rows, ::testing::ValuesIn(with_sqlite()), name_of);

// A statement that fails can take the whole transaction with it on SQLite, and the other results of
// the connection.
class rows_on_sqlite : public ::testing::Test {
protected:
    rows_on_sqlite() {
        on.begin([](connection& c) {
            c.execute(sql("create table texts (id integer primary key, text text)"));
            for (int i = 0; i < all_rows; ++i)
                c.execute(sql("insert into texts values (:id, :text)", {{"id", i}, {"text", std::string(150, 't')}}));
        });
    }

    temp_dir directory{};
    engine on = koine::create_engine("sqlite:///" + (directory.path() / "rows.db").string(), patient());
};

TEST_F(rows_on_sqlite, a_failure_that_rolled_back_ends_them_with_its_reason) {
    connection c = on.connect();
    c.execute(sql("update texts set text = text || '!' where id = 1"));
    koine::rows begun = c.execute(sql("select text from texts"));
    koine::rows untouched = c.execute(sql("select text from texts where id >= 0"));
    ASSERT_TRUE(begun.next());
    EXPECT_EQ(code_of([&] { c.execute(sql("insert or rollback into texts values (1, 'again')")); }),
              errc::unique_violation);
    EXPECT_EQ(code_of([&] { (void)begun.current()[0]; }), errc::usage);
    EXPECT_EQ(code_of([&] { begun.next(); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { untouched.into<std::string>(); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { untouched.next(); }), errc::usage);
    c.rollback();
    EXPECT_EQ(c.execute(sql("select count(*) from texts where text like '%!'")).one<std::int64_t>(), 0);
}

TEST_F(rows_on_sqlite, a_failure_of_one_statement_leaves_the_results_of_others_alone) {
    connection c = on.connect();
    koine::rows begun = c.execute(sql("select text from texts"));
    ASSERT_TRUE(begun.next());
    EXPECT_EQ(code_of([&] { c.execute(sql("insert into texts values (1, 'again')")); }), errc::unique_violation);
    EXPECT_EQ(begun.current()[0].as<std::string>(), std::string(150, 't'));
    EXPECT_TRUE(begun.next());
}

}  // namespace
}  // namespace fault
