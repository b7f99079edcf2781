// COMMIT behind a queue, and the end of a unit of work whose COMMIT nobody knows the end of.
#include <utility>

#include <koine/lease/connection_lease.hpp>
#include <koine/orm/scoped_session.hpp>

#include "in_doubt.hpp"
#include "relay_fixture.hpp"

namespace fault {
namespace {

class relay_commit : public relay_fault {
protected:
    // Nothing is done, and nobody can know it.
    void break_commit() {
        script.fail_containing("COMMIT",
                               {errc::in_doubt, outcome::unknown, true, true, "08007", "the line is cut", {}});
    }
    static std::string owner_of(const engine& on, std::int64_t id) {
        koine::session other{on};
        const auto found = other.query<account>().filter(koine::col<&account::id> == id).values();
        return found.empty() ? "nobody" : found.front().owner;
    }
};

const account& peek(const koine::ref<account>& object) {
    return *object;
}

TEST_F(relay_commit, a_statement_that_fails_in_front_of_commit_fails_the_transaction_and_does_not_end_it) {
    const engine on = open();
    make_marks(on);
    koine::detail::connection_lease lease{on};
    koine::detail::prepared& insert = lease->prepare("insert into marks (id) values (1)");
    lease->enqueue(insert, {});
    lease->enqueue(insert, {});
    script.clear_log();
    EXPECT_EQ(code_of([&] { lease->flush(true); }), errc::unique_violation);
    EXPECT_EQ(count(operation::execute, "COMMIT"), 0);
    EXPECT_EQ(count(operation::execute, "ROLLBACK"), 0) << "to be asked for";
    EXPECT_EQ(lease->transaction().now(), koine::detail::transaction_state::phase::failed);
    EXPECT_EQ(code_of([&] { lease->execute(insert, {}); }), errc::transaction_failed);
    EXPECT_EQ(code_of([&] { lease->commit(); }), errc::transaction_failed);
    lease->rollback();
    EXPECT_EQ(count(operation::execute, "ROLLBACK"), 1);
    EXPECT_FALSE(lease->in_transaction());
    lease->execute(insert, {});
    lease->commit();
    lease.release();
    connection c = on.connect();
    EXPECT_EQ(marks(c), 1);
    EXPECT_EQ(on.stats().opened, 1U);
}

TEST_F(relay_commit, a_commit_that_fails_behind_statements_ends_the_transaction) {
    const engine on = open();
    make_marks(on);
    koine::detail::connection_lease lease{on};
    koine::detail::prepared& insert = lease->prepare("insert into marks (id) values (1)");
    lease->enqueue(insert, {});
    script.fail_containing("COMMIT",
                           {errc::serialization_failure, outcome::rejected, true, false, "40001", "try again", {}});
    EXPECT_EQ(code_of([&] { lease->flush(true); }), errc::serialization_failure);
    script.clear_faults();
    EXPECT_FALSE(lease->in_transaction());
    lease->execute(insert, {});
    lease->commit();
    lease.release();
    connection c = on.connect();
    EXPECT_EQ(marks(c), 1);
}

TEST_F(relay_commit, a_session_whose_commit_is_in_doubt_can_only_be_closed) {
    const engine on = open(pool_of(1));
    koine::map<account>().create_all(on);
    koine::session session{on};
    const auto one = session.add(account{1, "one"});
    session.commit();
    script.lose_commit();
    const auto two = session.add(account{2, "two"});
    expect_in_doubt(caught<koine::in_doubt_error>([&] { session.commit(); }));
    expect_only_close_is_accepted(session, one);
    expect_in_doubt_is_said([&] { session.add(account{3, "three"}); });
    expect_in_doubt_is_said([&] { session.add(one); });
    EXPECT_EQ(on.stats().leased, 1U);
    session.close();
    EXPECT_EQ(on.stats().leased, 0U);
    EXPECT_EQ(owner_of(on, 2), "two");
    EXPECT_EQ(on.stats().opened, 2U) << "the connection was not taken back";
    EXPECT_EQ(session.get<account>(2)->owner, "two") << "the session can be used again";
    EXPECT_NE(session.get<account>(2), two);
}

TEST_F(relay_commit, memory_stays_as_it_was_written_when_commit_is_in_doubt) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::session session{on};
    auto changed = session.add(account{1, "before"});
    const auto deleted = session.add(account{2, "deleted"});
    auto flushed = session.add(account{3, "flushed"});
    session.commit();
    flushed->owner = "flushed twice";
    session.flush();
    changed->owner = "after";
    session.delete_(deleted);
    const auto added = session.add(account{4, "added"});
    break_commit();
    expect_in_doubt(caught<koine::in_doubt_error>([&] { session.commit(); }));
    const auto expect_what_was_written = [&] {
        EXPECT_EQ(peek(changed).owner, "after");
        EXPECT_EQ(peek(deleted).owner, "deleted");
        EXPECT_EQ(peek(flushed).owner, "flushed twice");
        EXPECT_EQ(peek(added).owner, "added");
    };
    expect_what_was_written();
    session.close();
    script.clear_faults();
    expect_what_was_written();
    for (const auto& object : {changed, deleted, flushed, added}) EXPECT_FALSE(session.contains(object));
    EXPECT_EQ(owner_of(on, 1), "before");
    EXPECT_EQ(owner_of(on, 4), "nobody");
    // Looking has shown that nothing was done: what was not flushed yet can be done again with the
    // same objects.
    session.add(changed);
    session.add(added);
    session.commit();
    EXPECT_EQ(owner_of(on, 1), "after");
    EXPECT_EQ(owner_of(on, 4), "added");
    changed->owner = "watched";
    session.commit();
    EXPECT_EQ(owner_of(on, 1), "watched");
}

TEST_F(relay_commit, a_session_runs_no_work_again_whose_commit_is_in_doubt_and_is_closed) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::session session{on};
    koine::ref<account> kept;
    int attempts = 0;
    script.lose_commit();
    const auto why = caught<koine::in_doubt_error>([&] {
        session.run(koine::retry{5}, [&](koine::session& in) { kept = in.add(account{++attempts, "once"}); });
    });
    expect_in_doubt(why);
    EXPECT_EQ(attempts, 1);
    EXPECT_EQ(peek(kept).owner, "once");
    EXPECT_FALSE(session.contains(kept));
    EXPECT_EQ(on.stats().leased, 0U);
    EXPECT_EQ(session.query<account>().count(), 1);
}

TEST_F(relay_commit, a_session_in_doubt_may_just_end) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::ref<account> kept;
    {
        koine::session session{on};
        const koine::savepoint inner = session.begin_nested();
        kept = session.add(account{1, "kept"});
        script.lose_commit();
        expect_in_doubt(caught<koine::in_doubt_error>([&] { session.commit(); }));
    }
    EXPECT_EQ(peek(kept).owner, "kept");
    EXPECT_EQ(on.stats().leased, 0U);
    EXPECT_EQ(owner_of(on, 1), "kept");
}

TEST_F(relay_commit, a_savepoint_of_a_session_in_doubt_cannot_be_used) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::session session{on};
    session.add(account{1, "outer"});
    koine::savepoint inner = session.begin_nested();
    script.lose_commit();
    expect_in_doubt(caught<koine::in_doubt_error>([&] { session.commit(); }));
    expect_in_doubt_is_said([&] { inner.rollback(); });
    expect_in_doubt_is_said([&] { inner.commit(); });
    session.close();
    EXPECT_FALSE(inner.active());
}

TEST_F(relay_commit, a_scoped_session_in_doubt_is_removed_and_the_next_one_works) {
    const engine on = open(pool_of(1));
    koine::map<account>().create_all(on);
    koine::scoped_session db_session{koine::sessionmaker{on}};
    script.lose_commit();
    const auto one = db_session.add(account{1, "one"});
    expect_in_doubt(caught<koine::in_doubt_error>([&] { db_session.commit(); }));
    expect_only_close_is_accepted(db_session.current(), one);
    EXPECT_TRUE(db_session.has_session());
    db_session.remove();
    EXPECT_FALSE(db_session.has_session());
    EXPECT_EQ(db_session.query<account>().count(), 1);
    db_session.remove();
    EXPECT_EQ(on.stats().leased, 0U);
    EXPECT_EQ(on.stats().abandoned, 1U) << "the connection in doubt";
    EXPECT_EQ(on.stats().acquired, on.stats().returned + 1);
}

TEST_F(relay_commit, a_commit_that_is_refused_is_not_in_doubt) {
    const engine on = open();
    koine::map<account>().create_all(on);
    koine::session session{on};
    auto one = session.add(account{1, "one"});
    session.commit();
    one->owner = "changed";
    script.fail_containing("COMMIT",
                           {errc::serialization_failure, outcome::rejected, true, false, "40001", "try again", {}});
    EXPECT_EQ(code_of([&] { session.commit(); }), errc::serialization_failure);
    script.clear_faults();
    EXPECT_EQ(peek(one).owner, "changed");
    EXPECT_EQ(code_of([&] { session.commit(); }), errc::transaction_failed);
    session.rollback();
    EXPECT_EQ(peek(one).owner, "one");
    one->owner = "changed again";
    session.commit();
    EXPECT_EQ(owner_of(on, 1), "changed again");
}

}  // namespace
}  // namespace fault
