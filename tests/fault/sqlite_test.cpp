// What can go wrong with a database file: other writers, a full disk, values of the wrong type.
#include <thread>
#include <vector>

#include <koine/mapping.hpp>

#include "support.hpp"

namespace fault {
namespace {

class sqlite_file : public ::testing::Test {
protected:
    engine open(engine_options options = patient()) const {
        return koine::create_engine("sqlite:///" + (directory_.path() / "fault.db").string(), std::move(options));
    }

private:
    temp_dir directory_{};
};

TEST_F(sqlite_file, eight_writers_lose_no_update) {
    const engine on = open(pool_of(8));
    on.begin([](connection& c) {
        c.execute(sql("create table counters (id bigint primary key, n bigint)"));
        c.execute(sql("insert into counters values (1, 0)"));
    });
    constexpr int writers = 8;
    constexpr int rounds = 100;
    std::atomic<int> given_up{0};
    std::vector<std::thread> all;
    for (int w = 0; w < writers; ++w)
        all.emplace_back([&] {
            for (int i = 0; i < rounds; ++i) {
                try {
                    on.run(koine::retry{1000}, [](connection& c) {
                        c.execute(sql("update counters set n = n where id = 1"));
                        const std::int64_t n = number(c, "select n from counters where id = 1");
                        c.execute(sql("update counters set n = :n where id = 1", {{"n", n + 1}}));
                    });
                } catch (const koine::error& why) {
                    ++given_up;
                    ADD_FAILURE() << why.what();
                }
            }
        });
    for (auto& one : all) one.join();
    EXPECT_EQ(given_up.load(), 0);
    connection c = on.connect();
    EXPECT_EQ(number(c, "select n from counters where id = 1"), writers * rounds);
    EXPECT_EQ(on.stats().leased, 1U);
}

TEST_F(sqlite_file, readers_that_become_writers_begin_before_they_read) {
    engine_options options = pool_of(8);
    options.isolation = koine::isolation::serializable;
    const engine on = open(options);
    on.begin([](connection& c) {
        c.execute(sql("create table counters (id bigint primary key, n bigint)"));
        c.execute(sql("insert into counters values (1, 0)"));
    });
    std::vector<std::thread> all;
    for (int w = 0; w < 8; ++w)
        all.emplace_back([&] {
            for (int i = 0; i < 100; ++i)
                on.run(koine::retry{1000}, [](connection& c) {
                    const std::int64_t n = number(c, "select n from counters where id = 1");
                    c.execute(sql("update counters set n = :n where id = 1", {{"n", n + 1}}));
                });
        });
    for (auto& one : all) one.join();
    connection c = on.connect();
    EXPECT_EQ(number(c, "select n from counters where id = 1"), 800);
}

TEST_F(sqlite_file, a_writer_that_waits_in_vain_is_told_by_its_deadline) {
    const engine on = open();
    make_marks(on);
    connection first = on.connect();
    connection second = on.connect();
    mark(first, 1);
    const auto began = std::chrono::steady_clock::now();
    const auto why = caught<koine::timeout_error>(
        [&] { second.execute(sql("insert into marks (id) values (2)"), {.deadline = deadline::in(100ms)}); });
    ASSERT_TRUE(why.has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - began, 100ms + slack);
    EXPECT_EQ(why->code(), errc::lock_timeout) << why->what();
    EXPECT_EQ(why->advice(), advice::retry_transaction);
    EXPECT_FALSE(why->poisons_connection());
    second.rollback();
    first.commit();
    mark(second, 2);
    second.commit();
    EXPECT_EQ(marks(first), 2);
}

TEST_F(sqlite_file, transactions_are_up_to_their_user_where_there_are_none_otherwise) {
    engine_options options = pool_of(1);
    options.isolation = koine::isolation::autocommit;
    const engine on = open(options);
    connection c = on.connect();
    c.execute(sql("create table heap (id bigint primary key)"));
    c.execute(sql("begin"));
    c.execute(sql("insert into heap values (1)"));
    c.execute(sql("rollback"));
    EXPECT_EQ(number(c, "select count(*) from heap"), 0);
    c.execute(sql("begin"));
    c.execute(sql("insert into heap values (1)"));
    c.execute(sql("commit"));
    EXPECT_EQ(number(c, "select count(*) from heap"), 1);
}

TEST_F(sqlite_file, what_one_user_leaves_with_a_connection_no_other_meets) {
    const engine on = open(pool_of(1));
    on.begin([](connection& c) {
        c.execute(sql("create table parents (id integer primary key)"));
        c.execute(sql("create table children (parent integer references parents (id))"));
    });
    {
        connection careless = on.connect();
        careless.execute(sql("pragma foreign_keys = off"));
        careless.execute(sql("create temp table parents (id integer primary key)"));
        careless.commit();
    }
    connection next = on.connect();
    EXPECT_EQ(code_of([&] { next.execute(sql("insert into children values (1)")); }), errc::foreign_key_violation);
    next.rollback();
    EXPECT_EQ(number(next, "select count(*) from sqlite_temp_schema"), 0);
    EXPECT_EQ(on.stats().opened, 2U);
}

TEST_F(sqlite_file, a_full_disk_fails_the_transaction_and_nothing_commits_by_itself_afterwards) {
    const engine on = open(pool_of(1));
    on.begin([](connection& c) { c.execute(sql("create table heap (id bigint primary key, filling text)")); });
    connection c = on.connect();
    c.execute(sql("pragma max_page_count = 20"));
    const std::string filling(3000, 'x');
    c.commit();
    const auto add = [&](std::int64_t id, const std::string& what) {
        c.execute(sql("insert into heap (id, filling) values (:id, :what)", {{"id", id}, {"what", what}}));
    };
    add(1, "there before");
    c.commit();
    std::optional<koine::error> why;
    for (std::int64_t id = 2; id < 100 && !why; ++id) why = caught([&] { add(id, filling); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::disk_full) << why->what();
    EXPECT_EQ(why->outcome(), outcome::rejected);
    EXPECT_TRUE(why->poisons_transaction());
    EXPECT_FALSE(why->poisons_connection());
    // SQLite has rolled back by itself: whatever ran now would be committed on its own.
    EXPECT_EQ(code_of([&] { add(200, "small"); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { c.execute(sql("select 1")); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { c.commit(); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { add(201, "small"); }), errc::transaction_failed);
    c.rollback();
    const engine elsewhere = open();
    connection other = elsewhere.connect();
    EXPECT_EQ(number(other, "select count(*) from heap"), 1);
    add(300, "small");
    c.commit();
    EXPECT_EQ(number(other, "select count(*) from heap"), 2);
}

TEST_F(sqlite_file, a_full_disk_inside_of_a_savepoint_fails_the_whole_transaction) {
    const engine on = open();
    on.begin([](connection& c) { c.execute(sql("create table heap (id bigint primary key, filling text)")); });
    connection c = on.connect();
    c.execute(sql("pragma max_page_count = 20"));
    c.commit();
    const std::string filling(3000, 'x');
    const auto add = [&](std::int64_t id) {
        c.execute(sql("insert into heap (id, filling) values (:id, :what)", {{"id", id}, {"what", filling}}));
    };
    koine::transaction work = c.begin();
    add(1);
    koine::transaction inner = c.begin_nested();
    std::optional<koine::error> why;
    for (std::int64_t id = 2; id < 100 && !why; ++id) why = caught([&] { add(id); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::disk_full) << why->what();
    // There is no savepoint left to go back to, which must not look like success.
    const auto back = caught([&] { inner.rollback(); });
    if (!back) {
        EXPECT_EQ(number(c, "select count(*) from heap"), 1);
        return;
    }
    EXPECT_EQ(code_of([&] { add(200); }), errc::transaction_failed);
    work.rollback();
    EXPECT_EQ(number(c, "select count(*) from heap"), 0);
}

struct box {
    std::int64_t id{};
    std::int64_t size{};

    static constexpr auto koine_table() {
        return koine::table("boxes", koine::col<&box::id>(koine::primary_key), koine::col<&box::size>());
    }
};

TEST_F(sqlite_file, a_value_of_the_wrong_type_is_told_when_it_is_read) {
    const engine on = open();
    koine::map<box>().create_all(on);
    connection c = on.connect();
    c.execute(sql("insert into boxes (id, size) values (1, 'abc')"));
    c.execute(sql("insert into boxes (id, size) values (2, 1099511627781)"));
    c.commit();
    EXPECT_EQ(code_of([&] { number(c, "select size from boxes where id = 1"); }), errc::unreadable_value)
        << "and not 0";
    EXPECT_EQ(code_of([&] { c.execute(sql("select size from boxes where id = 2")).one<std::int32_t>(); }),
              errc::unreadable_value)
        << "and not 5";
    EXPECT_EQ(code_of([&] { c.execute(sql("select * from boxes where id = 1")).one<box>(); }), errc::unreadable_value);
    EXPECT_EQ(number(c, "select size from boxes where id = 2"), 1'099'511'627'781);
}

TEST_F(sqlite_file, strict_tables_refuse_a_value_of_the_wrong_type) {
    engine_options options = patient();
    options.strict_tables = true;
    const engine on = open(options);
    koine::map<box>().create_all(on);
    connection c = on.connect();
    const auto why = caught([&] { c.execute(sql("insert into boxes (id, size) values (1, 'abc')")); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::type_mismatch) << why->what();
    EXPECT_EQ(why->native_code(), 3091);
    c.rollback();
    c.execute(sql("insert into boxes (id, size) values (1, '12')"));
    c.commit();
    EXPECT_EQ(number(c, "select size from boxes"), 12);
}

}  // namespace
}  // namespace fault
