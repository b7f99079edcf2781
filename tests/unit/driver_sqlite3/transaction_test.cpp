#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "client.hpp"

namespace sqlite3_test {
namespace {

using sqlite3_transaction = files;

constexpr unsigned in_transaction = KOINE_STATE_IN_TRANSACTION;
constexpr unsigned failed_transaction = KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION;

TEST_F(sqlite3_transaction, shows_in_the_state) {
    connection db{file};
    EXPECT_EQ(db.state(), 0U);
    EXPECT_RUNS(db, "begin immediate");
    EXPECT_EQ(db.state(), in_transaction);
    EXPECT_RUNS(db, "savepoint a");
    EXPECT_RUNS(db, "rollback to a");
    EXPECT_RUNS(db, "release a");
    EXPECT_EQ(db.state(), in_transaction);
    EXPECT_RUNS(db, "commit");
    EXPECT_EQ(db.state(), 0U);
    EXPECT_EQ(db.run("begin").affected, -1);
    EXPECT_EQ(db.run("begin").code(), errc::usage);
    EXPECT_EQ(db.state(), in_transaction) << "an error that SQLite recovers from leaves the transaction alone";
}

TEST_F(sqlite3_transaction, stays_open_after_a_constraint_violation) {
    connection db;
    EXPECT_RUNS(db, "create table t (a integer primary key)");
    EXPECT_RUNS(db, "begin");
    EXPECT_RUNS(db, "insert into t values (1)");
    const answer twice = db.run("insert into t values (1)");
    EXPECT_EQ(twice.failed->poisons, 0U);
    EXPECT_RUNS(db, "insert into t values (2)");
    EXPECT_RUNS(db, "commit");
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 2);
}

class sqlite3_full_disk : public files {
protected:
    void fill(connection& db) {
        EXPECT_RUNS(db, "create table t (a)");
        EXPECT_RUNS(db, "pragma max_page_count=20");
        EXPECT_RUNS(db, "begin immediate");
        EXPECT_RUNS(db, "insert into t values ('kept?')");
        full = db.run("insert into t values (zeroblob(200000))");
    }
    // The limit of pages stays with the connection.
    static std::uint32_t transaction_of(const connection& db) { return db.state() & ~std::uint32_t{KOINE_STATE_DIRTY}; }
    answer full{};
};

TEST_F(sqlite3_full_disk, fails_the_transaction_until_it_is_rolled_back) {
    connection db{file};
    fill(db);
    ASSERT_EQ(full.code(), errc::disk_full) << full.why();
    EXPECT_EQ(full.failed->sqlstate, "53100");
    EXPECT_EQ(full.failed->poisons, unsigned{KOINE_POISONS_TRANSACTION});
    EXPECT_EQ(transaction_of(db), failed_transaction);
    for (const std::string_view sql :
         {"insert into t values (1)", "select 1", "commit", "begin", "savepoint a", "rollback to a", "vacuum"}) {
        const answer refused = db.run(sql);
        EXPECT_EQ(refused.code(), errc::transaction_failed) << sql;
        EXPECT_EQ(refused.failed->sqlstate, "25P02");
        EXPECT_EQ(refused.failed->outcome, outcome::not_sent);
        EXPECT_EQ(transaction_of(db), failed_transaction);
    }
    EXPECT_RUNS(db, "ROLLBACK");
    EXPECT_EQ(transaction_of(db), 0U);
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 0) << "nothing was committed by itself";
    EXPECT_EQ(db.run("rollback").code(), errc::usage) << "the acknowledgement counts once";
}

TEST_F(sqlite3_full_disk, fails_the_transaction_until_the_connection_is_reset) {
    connection db{file};
    fill(db);
    EXPECT_EQ(transaction_of(db), failed_transaction);
    EXPECT_TRUE(db.reset().ok());
    EXPECT_EQ(transaction_of(db), 0U);
    EXPECT_RUNS(db, "insert into t values (1)");
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 1);
}

TEST_F(sqlite3_full_disk, rejects_a_single_statement_and_nothing_else) {
    connection db{file};
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "pragma max_page_count=20");
    const answer got = db.run("insert into t values (zeroblob(200000))");
    EXPECT_EQ(got.code(), errc::disk_full);
    EXPECT_EQ(got.failed->outcome, outcome::rejected);
    EXPECT_EQ(transaction_of(db), 0U);
    EXPECT_RUNS(db, "insert into t values (1)");
}

TEST_F(sqlite3_transaction, ends_the_results_it_takes_along) {
    connection db;
    EXPECT_RUNS(db, "create table t (a unique on conflict rollback)");
    EXPECT_RUNS(db, "insert into t values (1), (2), (3)");
    EXPECT_RUNS(db, "begin");
    prepared select = db.prepare("select a from t");
    EXPECT_TRUE(select.start().ok());
    const answer rolled_back = db.run("insert into t values (1)");
    EXPECT_EQ(rolled_back.code(), errc::unique_violation);
    EXPECT_EQ(rolled_back.failed->poisons, unsigned{KOINE_POISONS_TRANSACTION});
    EXPECT_EQ(select.next().code(), errc::transaction_failed) << "never a short result that looks complete";
    EXPECT_RUNS(db, "rollback transaction");
    EXPECT_EQ(select.all().rows.size(), 3U);
}

TEST_F(sqlite3_transaction, reset_rolls_back_and_ends_results) {
    connection db;
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "begin");
    EXPECT_RUNS(db, "savepoint a");
    EXPECT_RUNS(db, "insert into t values (1), (2)");
    prepared select = db.prepare("select a from t");
    EXPECT_TRUE(select.start().ok());
    EXPECT_TRUE(db.reset().ok());
    EXPECT_EQ(db.state(), unsigned{KOINE_STATE_PRIVATE_DATABASE});
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 0);
    EXPECT_TRUE(db.reset().ok()) << "nothing to do";
}

TEST_F(sqlite3_transaction, waits_for_a_lock_no_longer_than_told) {
    connection holder{file};
    EXPECT_RUNS(holder, "begin immediate");
    connection hasty{parameters{{"database", file.string()}, {"busy_timeout", "0"}}};
    const answer busy = hasty.run("begin immediate");
    EXPECT_EQ(busy.code(), errc::lock_timeout);
    EXPECT_EQ(busy.failed->sqlstate, "55P03");
    EXPECT_EQ(busy.failed->outcome, outcome::not_sent);
    EXPECT_EQ(busy.failed->poisons, 0U);
    EXPECT_EQ(hasty.state(), 0U);
    connection patient{parameters{{"database", file.string()}, {"timeout", "3600"}}};
    patient.deadline_in(std::chrono::milliseconds{30});
    EXPECT_EQ(patient.run("begin immediate").code(), errc::lock_timeout) << "the deadline counts, not the hour";
    patient.no_deadline();
    EXPECT_RUNS(holder, "rollback");
    EXPECT_RUNS(patient, "begin immediate");
}

TEST_F(sqlite3_transaction, stays_open_when_its_commit_meets_a_lock) {
    const parameters hasty{{"database", file.string()}, {"journal_mode", "delete"}, {"busy_timeout", "0"}};
    connection writer{hasty};
    EXPECT_RUNS(writer, "create table t (a)");
    connection reader{hasty};
    EXPECT_RUNS(reader, "begin");
    EXPECT_RUNS(reader, "select * from t");
    for (const std::string_view text : {"commit", "end", "release a"}) {
        EXPECT_RUNS(writer, text == "release a" ? "savepoint a" : "begin");
        EXPECT_RUNS(writer, "insert into t values (1)");
        for (int i = 0; i < 2; ++i) {
            const answer busy = writer.run(text);
            EXPECT_EQ(busy.code(), errc::lock_timeout) << text;
            EXPECT_EQ(busy.failed->outcome, outcome::rejected);
            EXPECT_EQ(busy.failed->poisons, 0U);
            EXPECT_EQ(writer.state(), in_transaction) << "it can be tried again";
        }
        EXPECT_RUNS(writer, "rollback");
    }
    EXPECT_RUNS(writer, "begin");
    EXPECT_RUNS(writer, "insert into t values (1)");
    EXPECT_EQ(writer.run("commit").code(), errc::lock_timeout);
    EXPECT_RUNS(reader, "rollback");
    EXPECT_RUNS(writer, "commit");
    EXPECT_EQ(reader.run("select count(*) from t").as_number(), 1);
}

TEST_F(sqlite3_transaction, stays_open_when_its_commit_breaks_a_deferred_constraint) {
    connection db;
    EXPECT_RUNS(db, "create table p (id integer primary key)");
    EXPECT_RUNS(db, "create table c (p integer references p deferrable initially deferred)");
    EXPECT_RUNS(db, "begin");
    EXPECT_RUNS(db, "insert into c values (1)");
    const answer broken = db.run("commit");
    EXPECT_EQ(broken.code(), errc::foreign_key_violation);
    EXPECT_EQ(broken.failed->outcome, outcome::rejected);
    EXPECT_EQ(broken.failed->poisons, 0U);
    EXPECT_NE(db.state() & in_transaction, 0U);
    EXPECT_RUNS(db, "insert into p values (1)");
    EXPECT_RUNS(db, "commit");
    EXPECT_EQ(db.run("select count(*) from c").as_number(), 1);
}

TEST_F(sqlite3_transaction, of_a_single_write_may_fail_when_its_result_ends) {
    connection db;
    EXPECT_RUNS(db, "create table p (id integer primary key)");
    EXPECT_RUNS(db, "create table c (p integer references p deferrable initially deferred)");
    prepared insert = db.prepare("insert into c values (1), (2) returning p");
    ASSERT_TRUE(insert.start().ok());
    const answer ended = insert.end();
    EXPECT_EQ(ended.code(), errc::foreign_key_violation) << "nothing was done, and nobody told";
    EXPECT_EQ(ended.failed->outcome, outcome::rejected);
    EXPECT_EQ(db.run("select count(*) from c").as_number(), 0);
    EXPECT_EQ(db.state() & ~unsigned{KOINE_STATE_PRIVATE_DATABASE}, 0U);
    ASSERT_TRUE(insert.start().ok());
    EXPECT_EQ(insert.start().code(), errc::foreign_key_violation) << "a new execution ends the old one";
    EXPECT_RUNS(db, "insert into p values (1), (2)");
    ASSERT_TRUE(insert.start().ok());
    EXPECT_TRUE(insert.end().ok());
    EXPECT_EQ(db.run("select count(*) from c").as_number(), 2);
}

TEST_F(sqlite3_transaction, with_an_old_snapshot_cannot_write) {
    connection one{file};
    connection two{file};
    EXPECT_RUNS(one, "create table t (a)");
    EXPECT_RUNS(one, "begin deferred");
    EXPECT_RUNS(one, "select * from t");
    EXPECT_RUNS(two, "insert into t values (1)");
    const answer stale = one.run("insert into t values (2)");
    EXPECT_EQ(stale.code(), errc::serialization_failure);
    EXPECT_EQ(stale.failed->sqlstate, "40001");
    EXPECT_EQ(stale.failed->outcome, outcome::rejected);
    EXPECT_EQ(stale.failed->poisons, unsigned{KOINE_POISONS_TRANSACTION});
    EXPECT_RUNS(one, "rollback");
    EXPECT_RUNS(one, "insert into t values (2)");
}

void increments_are_not_lost(const std::filesystem::path& file, const std::string& journal_mode) {
    const parameters given{
        {"database", file.string()}, {"journal_mode", journal_mode}, {"synchronous", "off"}, {"timeout", "60"}};
    {
        connection db{given};
        EXPECT_RUNS(db, "create table t (n integer)");
        EXPECT_RUNS(db, "insert into t values (0)");
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            connection db{given};
            ASSERT_FALSE(db.failed) << db.failed->message;
            for (int n = 0; n < 100; ++n) {
                EXPECT_RUNS(db, "begin immediate");
                const std::int64_t before = db.run("select n from t").as_number();
                EXPECT_RUNS(db, "update t set n = ?", {number(before + 1)});
                EXPECT_RUNS(db, "commit");
            }
        });
    for (auto& each : threads) each.join();
    connection db{given};
    EXPECT_EQ(db.run("select n from t").as_number(), 800);
}

TEST_F(sqlite3_transaction, eight_writers_lose_no_update_with_write_ahead_logging) {
    increments_are_not_lost(file, "wal");
}

TEST_F(sqlite3_transaction, eight_writers_lose_no_update_with_a_rollback_journal) {
    increments_are_not_lost(file, "delete");
}

TEST_F(sqlite3_transaction, eight_threads_may_make_the_database_at_once) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            connection db{file};
            ASSERT_FALSE(db.failed) << db.failed->message;
            EXPECT_EQ(db.run("pragma journal_mode").as_text(), "wal");
            EXPECT_RUNS(db, "create table if not exists t (a)");
        });
    for (auto& each : threads) each.join();
}

// Runs `body` in a child process that it must leave by a signal or _exit.
template <class Body>
int status_of_child(Body body) {
    const pid_t child = fork();
    if (child == 0) {
        body();
        _exit(99);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

TEST_F(sqlite3_transaction, killed_in_the_middle_is_as_if_it_had_never_been) {
    for (const std::string mode : {"wal", "delete"}) {
        const parameters given{{"database", (directory / mode).string()}, {"journal_mode", mode}};
        for (int round = 1; round <= 5; ++round) {
            const int status = status_of_child([&] {
                connection db{given};
                db.run("create table if not exists t (round, a)");
                db.run("begin immediate");
                db.run("insert into t values (?, 1)", {number(round)});
                db.run("commit");
                db.run("pragma cache_size=2");  // the uncommitted pages go to the file
                db.run("begin immediate");
                db.run(
                    "insert into t with recursive n(i) as (select 2 union all select i+1 from n where i < "
                    "3000) select ?, hex(zeroblob(i%100)) from n",
                    {number(round)});
                kill(getpid(), SIGKILL);
            });
            ASSERT_TRUE(WIFSIGNALED(status));
            connection db{given};
            ASSERT_FALSE(db.failed) << db.failed->message;
            EXPECT_EQ(db.run("select count(*) from t").as_number(), round);
            EXPECT_EQ(db.run("pragma integrity_check").as_text(), "ok");
        }
    }
}

TEST_F(sqlite3_transaction, that_cannot_grow_its_file_poisons_the_connection) {
    const int status = status_of_child([&] {
        signal(SIGXFSZ, SIG_IGN);
        connection db{parameters{{"database", file.string()}, {"journal_mode", "delete"}}};
        db.run("create table t (a)");
        const rlimit limit{16384, 16384};
        setrlimit(RLIMIT_FSIZE, &limit);
        db.run("begin immediate");
        db.run("insert into t values (zeroblob(100000))");
        const answer got = db.run("commit");
        const bool right = got.code() == errc::io_error && got.failed->sqlstate == "58030" &&
                           got.failed->outcome == outcome::unknown &&
                           (got.failed->poisons & KOINE_POISONS_CONNECTION) != 0 &&
                           (db.state() & KOINE_STATE_BROKEN) != 0;
        _exit(right ? 0 : 1);
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    connection db{file};
    EXPECT_EQ(db.run("select count(*) from t").as_number(), 0);
}

TEST_F(sqlite3_transaction, survives_a_child_process_that_abandons_its_connection) {
    connection db{file};
    EXPECT_RUNS(db, "create table t (a)");
    EXPECT_RUNS(db, "begin immediate");
    EXPECT_RUNS(db, "insert into t values (1)");
    status_of_child([&] {
        table().abandon(db.handle());
        _exit(0);
    });
    connection other{parameters{{"database", file.string()}, {"busy_timeout", "0"}}};
    EXPECT_EQ(other.run("begin immediate").code(), errc::lock_timeout) << "the parent still holds its lock";
    EXPECT_RUNS(db, "commit");
    EXPECT_EQ(other.run("select count(*) from t").as_number(), 1);
}

}  // namespace
}  // namespace sqlite3_test
