// What destructors leave: none of them waits for a server, and the connection goes on.
#include <optional>
#include <string>
#include <utility>

#include <koine_test/frozen.hpp>

#include <koine/orm/session.hpp>
#include <koine/rows.hpp>

#include "servers.hpp"

namespace fault {
namespace {

class left_behind : public with_each_server {
protected:
    void SetUp() override {
        with_each_server::SetUp();
        on = over_socket(pool_of(1));
        make_marks(on);
    }
    void TearDown() override { on = {}; }

    engine on;
};

// A destructor that waited would wait for ever: the server goes on when it has returned.
TEST_P(left_behind, destructors_do_not_wait_for_a_server_that_is_stopped) {
    connection c = on.connect();
    const std::int64_t session = session_of(c);
    c.rollback();
    for (const bool savepoint : {false, true}) {
        for (const bool streams : {false, true}) {
            auto work = std::make_optional(c.begin());
            mark(c, 1);
            std::optional<koine::transaction> part;
            if (savepoint) part = c.begin_nested();
            mark(c, 2);
            std::optional<koine::rows> rows;
            if (streams) rows = stream(c);
            {
                const koine_test::frozen stopped{server().process()};
                rows.reset();
                part.reset();
                if (!savepoint) work.reset();
            }
            EXPECT_EQ(marks(c), savepoint ? 1 : 0);
            if (work) work->rollback();
            EXPECT_EQ(marks(c), 0);
            c.rollback();
        }
    }
    EXPECT_EQ(session_of(c), session) << "the connection goes on";
}

TEST_P(left_behind, leases_end_without_waiting_for_a_server_that_is_stopped) {
    for (const bool streams : {false, true}) {
        std::optional<connection> c{on.connect()};
        mark(*c, 1);
        std::optional<koine::rows> rows;
        if (streams) rows = stream(*c);
        std::optional<koine::session> session;
        {
            const koine_test::frozen stopped{server().process()};
            c.reset();
            rows.reset();
        }
        session.emplace(on);
        session->execute(sql("insert into marks values (7)"));
        {
            const koine_test::frozen stopped{server().process()};
            session.reset();
        }
        connection next = on.connect();
        EXPECT_EQ(marks(next), 0);
    }
}

TEST_P(left_behind, a_stream_that_is_open_while_its_transaction_is_left_costs_nothing) {
    connection c = on.connect();
    const std::int64_t session = session_of(c);
    c.rollback();
    std::optional<koine::rows> rows;
    {
        const auto work = c.begin();
        mark(c, 1);
        rows = stream(c);
    }
    EXPECT_EQ(code_of([&] { rows->next(); }), errc::usage) << "its rows are over";
    EXPECT_EQ(session_of(c), session);
    EXPECT_EQ(marks(c), 0);
    c.rollback();
    EXPECT_FALSE(c.close());
    EXPECT_EQ(on.stats().abandoned, 0U);
}

TEST_P(left_behind, a_stream_that_is_open_while_its_savepoint_is_left_costs_nothing) {
    connection c = on.connect();
    const std::int64_t session = session_of(c);
    mark(c, 1);
    std::optional<koine::rows> rows;
    {
        const auto part = c.begin_nested();
        mark(c, 2);
        rows = stream(c);
    }
    EXPECT_EQ(code_of([&] { rows->next(); }), errc::usage);
    EXPECT_EQ(marks(c), 1);
    c.commit();
    EXPECT_EQ(session_of(c), session);
    EXPECT_EQ(marks(c), 1);
}

TEST_P(left_behind, what_is_owed_is_paid_before_commit) {
    connection c = on.connect();
    mark(c, 1);
    {
        const auto part = c.begin_nested();
        mark(c, 2);
    }
    c.commit();
    EXPECT_EQ(marks(c), 1);
    c.rollback();
    {
        const auto work = c.begin();
        mark(c, 3);
    }
    c.begin().commit();
    mark(c, 4);
    c.commit();
    EXPECT_EQ(marks(c), 2);
}

TEST_P(left_behind, a_rollback_that_cannot_be_paid_is_told_to_the_next_call_which_was_not_sent) {
    connection c = on.connect();
    const std::int64_t session = session_of(c);
    c.rollback();
    {
        const auto work = c.begin();
        mark(c, 1);
    }
    server().end(session);
    wait_until_gone(session);
    const auto why = caught([&] { mark(c, 2); });
    ASSERT_TRUE(why);
    EXPECT_EQ(why->code(), errc::disconnected);
    EXPECT_TRUE(why->poisons_connection());
    c.close();
    connection next = connect_when_ready(on);
    EXPECT_EQ(marks(next), 0);
}

INSTANTIATE_TEST_SUITE_P(on, left_behind, ::testing::ValuesIn(server_names()), name_of);

// Texts whose reading differs between databases, and what the driver says of the transaction then.
class hidden_control : public ::testing::Test {
protected:
    static void expect_no_harm(const engine& on, const std::string& text) {
        SCOPED_TRACE(text);
        make_marks(on);
        connection c = on.connect();
        mark(c, 1);
        const auto why = caught<koine::usage_error>([&] { c.execute(sql(unsafe_sql(text))); });
        ASSERT_TRUE(why);
        if (why->outcome() == outcome::not_sent) {
            EXPECT_TRUE(c.in_transaction());
            c.rollback();
            EXPECT_EQ(marks(c), 0);
        } else {
            EXPECT_NE(std::string{why->what()}.find("is committed"), std::string::npos) << why->what();
            EXPECT_FALSE(c.in_transaction());
            c.rollback();
            EXPECT_EQ(marks(c), 1) << "as the error says";
        }
    }
};

TEST_F(hidden_control, is_found_on_sqlite) {
    const temp_dir directory;
    const engine on = koine::create_engine("sqlite:///" + (directory.path() / "marks.db").string());
    for (const char* const text : {"/* /* */ commit",
                                   "\xef\xbb\xbf"
                                   "commit",
                                   "\xef\xbb\xbf /* a */ end", "-- a\ncommit"})
        expect_no_harm(on, text);
}

TEST_F(hidden_control, is_found_on_postgresql) {
    need_server("libpq");
    const engine on = koine::create_engine(shared_server("libpq").socket_url());
    for (const char* const text : {"/* /* */ */ commit", "/* a /* b */ c */ rollback", ";; commit"})
        expect_no_harm(on, text);
}

#if defined(KOINE_TEST_MARIADB)
TEST_F(hidden_control, is_found_on_mariadb) {
    need_server("libmariadb");
    const engine on = koine::create_engine(shared_server("libmariadb").socket_url());
    for (const char* const text :
         {"# a\ncommit", "/*!commit*/", "/*!50000 commit */", "/*M!100100 commit */", "# a\n# b\n/* c */ rollback"})
        expect_no_harm(on, text);
    // What no text shows.
    make_marks(on);
    connection setup = on.connect();
    setup.execute(sql("drop procedure if exists hides"));
    setup.execute(sql("create procedure hides() begin insert into marks values (2); commit; end"));
    connection c = on.connect();
    mark(c, 1);
    const auto why = caught<koine::usage_error>([&] { c.execute(sql("call hides()")); });
    ASSERT_TRUE(why);
    EXPECT_EQ(why->outcome(), outcome::unknown);
    EXPECT_FALSE(c.in_transaction());
    c.rollback();
    EXPECT_EQ(marks(c), 2);
    c.rollback();
    // DDL commits by the database's rules, which every user of it knows.
    mark(c, 3);
    c.execute(sql("create table if not exists other (id int)"));
    EXPECT_FALSE(c.in_transaction());
    EXPECT_EQ(marks(c), 3);
}
#endif

}  // namespace
}  // namespace fault
