// Databases on which DDL commits what was done before it.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <koine/connection.hpp>
#include <koine/dialects/mariadb.hpp>
#include <koine/drivers/fake.hpp>
#include <koine/engine.hpp>
#include <koine/error.hpp>
#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>
#include <koine/registry.hpp>
#include <koine/sql/text.hpp>

namespace koine {
namespace {

struct thing {
    std::int64_t id{};
    std::string name{};

    static constexpr auto koine_table() {
        return table("things", col<&thing::id>(primary_key, not_generated), col<&thing::name>);
    }
};

class implicit_commit : public testing::Test {
protected:
    implicit_commit() {
        names_.add_dialect(std::make_shared<const dialects::mariadb>(), "fake");
        names_.add_driver("fake", &fake_driver_init);
        server.server_is("mariadb", "10.11.6");
        server.on("create table t (id bigint)", {.ends_transaction = true});
        server.on("create table things (id bigint)",
                  {.ends_transaction = true,
                   .breaks_after = 0,
                   .fault = {.code = errc::duplicate_object, .outcome = outcome::unknown}});
        server.on("insert into t values (1)", {.affected = 1});
        server.on("INSERT INTO things (id, name) VALUES (?, ?)", {.affected = 1});
        server.on("DELETE FROM things WHERE id = ?", {.affected = 1});
        server.on("SELECT id, name FROM things WHERE id = ?", {.columns = {{"id", KOINE_INT64}, {"name", KOINE_TEXT}}});
        on = create_engine(url{"mariadb+fake:///implicit"}, names_);
    }
    static void make_table(connection& c) { c.execute(sql("create table t (id bigint)")); }
    static void insert(connection& c) { c.execute(sql("insert into t values (1)")); }
    std::vector<std::string> texts() {
        auto out = server.executed();
        server.clear_log();
        return out;
    }

    fake::script server{"implicit"};
    engine on{};

private:
    registry names_{};
};

using texts_of = std::vector<std::string>;

TEST_F(implicit_commit, is_noticed_and_the_next_statement_begins_another_transaction) {
    connection c = on.connect();
    insert(c);
    make_table(c);
    EXPECT_FALSE(c.in_transaction());
    insert(c);
    EXPECT_TRUE(c.in_transaction());
    c.commit();
    EXPECT_EQ(texts(), (texts_of{"START TRANSACTION", "insert into t values (1)", "create table t (id bigint)",
                                 "START TRANSACTION", "insert into t values (1)", "COMMIT"}));
}

TEST_F(implicit_commit, leaves_nothing_to_be_lost_at_the_end) {
    connection c = on.connect();
    make_table(c);
    EXPECT_FALSE(c.close()) << "everything is committed";
    EXPECT_EQ(texts(), (texts_of{"START TRANSACTION", "create table t (id bigint)"}));
}

TEST_F(implicit_commit, leaves_a_transaction_that_was_asked_for_with_its_options) {
    connection c = on.connect();
    transaction work = c.begin({.isolation = isolation::serializable});
    make_table(c);
    insert(c);
    work.commit();
    EXPECT_EQ(texts(), (texts_of{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION",
                                 "create table t (id bigint)", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                                 "START TRANSACTION", "insert into t values (1)", "COMMIT"}));
}

TEST_F(implicit_commit, ends_savepoints_which_is_told_to_those_who_use_them) {
    connection c = on.connect();
    insert(c);
    {
        transaction inner = c.begin_nested();
        make_table(c);
        try {
            inner.rollback();
            ADD_FAILURE() << "there is nothing to go back to";
        } catch (const usage_error& why) {
            EXPECT_NE(std::string{why.what()}.find("DDL"), std::string::npos) << why.what();
        }
    }
    {
        const transaction left = c.begin_nested();
        make_table(c);
    }
    insert(c);
    c.rollback();
    EXPECT_FALSE(c.in_transaction());
}

TEST_F(implicit_commit, of_a_session_is_nothing_that_its_rollback_could_take_back) {
    session work{on};
    const auto kept = work.add(thing{.id = 1, .name = "kept"});
    work.flush();
    savepoint inner = work.begin_nested();
    work.execute(sql("create table t (id bigint)"));
    EXPECT_FALSE(inner.active());
    const auto lost = work.add(thing{.id = 2, .name = "lost"});
    work.flush();
    work.rollback();
    EXPECT_TRUE(work.contains(kept)) << "its row is in the database";
    EXPECT_FALSE(work.contains(lost));
}

TEST_F(implicit_commit, of_a_statement_that_fails_then_is_no_rollback_and_is_not_repeated) {
    session work{on};
    const auto kept = work.add(thing{.id = 1, .name = "kept"});
    work.flush();
    try {
        work.execute(sql("create table things (id bigint)"));
        ADD_FAILURE() << "the table is there";
    } catch (const error& why) {
        EXPECT_EQ(why.code(), errc::duplicate_object);
        EXPECT_EQ(why.advice(), advice::ask_the_database);
    }
    EXPECT_THROW(work.add(thing{.id = 2, .name = "late"}); work.flush(), error) << "as after any failure";
    work.rollback();
    EXPECT_TRUE(work.contains(kept)) << "its row is in the database";
    const auto lost = work.add(thing{.id = 3, .name = "lost"});
    work.flush();
    work.rollback();
    EXPECT_FALSE(work.contains(lost));
}

TEST_F(implicit_commit, of_a_statement_that_fails_then_ends_savepoints) {
    session work{on};
    work.add(thing{.id = 1, .name = "one"});
    work.flush();
    savepoint inner = work.begin_nested();
    const auto kept = work.add(thing{.id = 2, .name = "kept"});
    work.flush();
    EXPECT_THROW(work.execute(sql("create table things (id bigint)")), error);
    texts();
    EXPECT_THROW(inner.rollback(), usage_error);
    EXPECT_TRUE(work.contains(kept));
    work.rollback();
    EXPECT_TRUE(work.contains(kept));
    connection c = on.connect();
    {
        const transaction left = c.begin_nested();
        EXPECT_THROW(c.execute(sql("create table things (id bigint)")), error);
    }
    c.rollback();
    EXPECT_EQ(texts(), (texts_of{"START TRANSACTION", "SAVEPOINT koine_1", "create table things (id bigint)"}));
}

TEST_F(implicit_commit, of_the_connection_s_last_user_is_nothing_to_the_next) {
    on.begin([](connection& c) { make_table(c); });
    session work{on};
    const auto lost = work.add(thing{.id = 1, .name = "lost"});
    work.flush();
    work.execute(sql("insert into t values (1)"));
    work.rollback();
    EXPECT_FALSE(work.contains(lost));
    EXPECT_EQ(server.connections().connected, 1);
}

}  // namespace
}  // namespace koine
