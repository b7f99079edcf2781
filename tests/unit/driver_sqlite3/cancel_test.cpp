#include <atomic>
#include <thread>

#include "client.hpp"

// The functions of the client library that a test needs: its header is for the driver alone.
extern "C" {
struct sqlite3;
struct sqlite3_context;
struct sqlite3_value;
using sqlite3_test_function = void (*)(sqlite3_context*, int, sqlite3_value**);
int sqlite3_create_function(sqlite3*, const char*, int, int, void*, sqlite3_test_function, sqlite3_test_function,
                            void (*)(sqlite3_context*));
void* sqlite3_user_data(sqlite3_context*);
void* sqlite3_commit_hook(sqlite3*, int (*)(void*), void*);
}

namespace sqlite3_test {
namespace {

using sqlite3_cancel = files;

constexpr std::string_view endless =
    "with recursive n(i) as (select 1 union all select i+1 from n) select count(*) from n";
constexpr std::string_view endless_rows =
    "with recursive n(i) as (select 1 union all select i+1 from n) select i from n";

// Cancels again and again until told to stop, as a cancel that comes before the statement is of no
// use.
class canceller {
public:
    explicit canceller(connection& db)
        : thread_{[this, &db] {
              while (!stop_.load()) {
                  db.cancel();
                  std::this_thread::yield();
              }
          }} {}
    ~canceller() {
        stop_.store(true);
        thread_.join();
    }

private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

TEST_F(sqlite3_cancel, a_deadline_stops_a_statement_and_leaves_the_connection_usable) {
    connection db;
    db.deadline_in(std::chrono::milliseconds{20});
    const answer late = db.run(endless);
    EXPECT_EQ(late.code(), errc::timeout);
    EXPECT_EQ(late.failed->sqlstate, "57014");
    EXPECT_EQ(late.failed->poisons, 0U);
    db.no_deadline();
    EXPECT_EQ(db.run("select 1").as_number(), 1);
}

TEST_F(sqlite3_cancel, a_deadline_that_has_passed_refuses_all_but_rollback) {
    connection db;
    EXPECT_RUNS(db, "begin");
    db.deadline_in(std::chrono::milliseconds{-100});
    const answer late = db.run("select 1");
    EXPECT_EQ(late.code(), errc::timeout);
    EXPECT_EQ(late.failed->outcome, outcome::not_sent);
    EXPECT_RUNS(db, "rollback");
}

TEST_F(sqlite3_cancel, a_deadline_counts_for_the_later_rows_too) {
    connection db;
    prepared rows = db.prepare(endless_rows);
    db.deadline_in(std::chrono::milliseconds{20});
    answer got = rows.start();
    while (got.ok()) got = rows.next();
    EXPECT_EQ(got.code(), errc::timeout);
    EXPECT_EQ(rows.next().code(), errc::timeout) << "never an end that looks like the result's";
}

TEST_F(sqlite3_cancel, stops_a_running_statement) {
    connection db;
    {
        const canceller busy{db};
        const answer stopped = db.run(endless);
        EXPECT_EQ(stopped.code(), errc::cancelled);
        EXPECT_EQ(stopped.failed->sqlstate, "57014");
    }
    EXPECT_EQ(db.run("select 1").as_number(), 1);
}

TEST_F(sqlite3_cancel, stops_a_wait_for_a_lock) {
    connection holder{file};
    EXPECT_RUNS(holder, "begin immediate");
    connection db{parameters{{"database", file.string()}, {"timeout", "3600"}}};
    const canceller busy{db};
    EXPECT_EQ(db.run("begin immediate").code(), errc::cancelled);
}

TEST_F(sqlite3_cancel, stops_a_change_and_undoes_it) {
    connection db;
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "begin");
    EXPECT_RUNS(db, "insert into t values (1)");
    {
        const canceller busy{db};
        EXPECT_EQ(db.run("insert into t with recursive n(i) as (select 1 union all select i+1 from n) select "
                         "i from n")
                      .code(),
                  errc::cancelled);
    }
    if ((db.state() & KOINE_STATE_FAILED_TRANSACTION) != 0) {
        EXPECT_EQ(db.run("insert into t values (2)").code(), errc::transaction_failed);
    }
    EXPECT_RUNS(db, "rollback");
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 0);
}

TEST_F(sqlite3_cancel, with_nothing_running_hits_nothing) {
    connection db;
    db.cancel();
    EXPECT_EQ(db.run("select 1").as_number(), 1);
    prepared one = db.prepare("select 1 union all select 2");
    EXPECT_EQ(one.all().rows.size(), 2U);
    db.cancel();
    EXPECT_EQ(one.all().rows.size(), 2U);
}

TEST_F(sqlite3_cancel, between_two_rows_ends_that_result_and_no_later_one) {
    connection db;
    prepared rows = db.prepare(endless_rows);
    prepared other = db.prepare("select 1 union all select 2");
    EXPECT_EQ(rows.start().as_number(), 1);
    EXPECT_EQ(rows.next().as_number(), 2);
    db.cancel();
    EXPECT_EQ(other.all().rows.size(), 2U) << "began after the cancel";
    EXPECT_EQ(rows.next().code(), errc::cancelled);
    EXPECT_EQ(rows.next().code(), errc::cancelled);
    EXPECT_EQ(rows.start().as_number(), 1);
}

// Every statement either does its work or says that it was cancelled; a cancel of one never spoils
// the next.
TEST_F(sqlite3_cancel, races_with_short_statements_without_losing_or_spoiling_one) {
    connection db{parameters{{"database", file.string()}, {"synchronous", "off"}}};
    EXPECT_RUNS(db, "create table t (a)");
    prepared insert = db.prepare("insert into t values (?)");
    prepared rows = db.prepare(endless_rows);
    std::int64_t done = 0;
    {
        const canceller busy{db};
        for (int i = 0; i < 2000; ++i) {
            const answer opened = rows.start();
            if (!opened.ok()) {
                EXPECT_EQ(opened.code(), errc::cancelled) << opened.why();
            }
            const answer got = insert.start({number(i)});
            if (got.ok())
                ++done;
            else
                EXPECT_EQ(got.code(), errc::cancelled) << got.why();
        }
    }
    rows.finish();
    EXPECT_EQ(db.run("select count(*) from t").as_number(), done);
}

// One cancel that comes from inside the statement: there is no second one if it gets lost.
TEST_F(sqlite3_cancel, sent_once_is_enough) {
    connection db;
    const auto cancel_it = [](sqlite3_context* context, int, sqlite3_value**) {
        static_cast<connection*>(sqlite3_user_data(context))->cancel();
    };
    ASSERT_EQ(sqlite3_create_function(static_cast<sqlite3*>(table().native_handle(db.handle())), "cancel_it", 0, 1, &db,
                                      cancel_it, nullptr, nullptr),
              0);
    const answer stopped = db.run(
        "with recursive n(i) as (select cancel_it() is null union all select i+1 from n) select count(*) "
        "from n");
    EXPECT_EQ(stopped.code(), errc::cancelled);
    EXPECT_EQ(db.run("select 1").as_number(), 1);
}

// Too late to stop anything: what is committed is never called cancelled, wherever in it SQLite
// happens to look.
TEST_F(sqlite3_cancel, that_comes_while_a_commit_is_under_way_is_not_told_of_what_was_committed) {
    connection db{parameters{{"database", file.string()}, {"synchronous", "off"}}};
    EXPECT_RUNS(db, "create table t (a)");
    const auto cancel_it = [](void* of) {
        static_cast<connection*>(of)->cancel();
        return 0;
    };
    sqlite3_commit_hook(static_cast<sqlite3*>(table().native_handle(db.handle())), cancel_it, &db);
    prepared insert = db.prepare("insert into t values (1)");
    prepared begin = db.prepare("begin immediate");
    prepared commit = db.prepare("commit");
    for (int i = 0; i < 2000; ++i) {
        const answer alone = insert.start();
        EXPECT_TRUE(alone.ok()) << i << ": " << alone.why();
        EXPECT_TRUE(begin.start().ok());
        EXPECT_TRUE(insert.start().ok());
        const answer together = commit.start();
        EXPECT_TRUE(together.ok()) << i << ": " << together.why();
    }
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 4000);
}

}  // namespace
}  // namespace sqlite3_test
