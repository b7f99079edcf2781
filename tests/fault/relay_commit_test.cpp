// COMMIT behind a queue, and the end of a unit of work whose COMMIT nobody knows the end of.
#include <koine/detail/link_lease.hpp>

#include "relay_fixture.hpp"

namespace fault {
namespace {

class relay_commit : public relay_fault {};

TEST_F(relay_commit, a_statement_that_fails_in_front_of_commit_fails_the_transaction_and_does_not_end_it) {
    const engine on = open();
    make_marks(on);
    koine::detail::link_lease lease{on};
    koine::detail::prepared& insert = lease->prepare("insert into marks (id) values (1)");
    lease->enqueue(insert, {});
    lease->enqueue(insert, {});
    script.clear_log();
    EXPECT_EQ(code_of([&] { lease->flush(true); }), errc::unique_violation);
    EXPECT_EQ(count(operation::execute, "COMMIT"), 0);
    EXPECT_EQ(count(operation::execute, "ROLLBACK"), 0) << "to be asked for";
    EXPECT_TRUE(lease->transaction_failed());
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
    koine::detail::link_lease lease{on};
    koine::detail::prepared& insert = lease->prepare("insert into marks (id) values (1)");
    lease->enqueue(insert, {});
    script.fail_containing("COMMIT", {errc::serialization_failure, outcome::rejected, true, false, "40001", "try again", {}});
    EXPECT_EQ(code_of([&] { lease->flush(true); }), errc::serialization_failure);
    script.clear_faults();
    EXPECT_FALSE(lease->in_transaction());
    lease->execute(insert, {});
    lease->commit();
    lease.release();
    connection c = on.connect();
    EXPECT_EQ(marks(c), 1);
}

}  // namespace
}  // namespace fault
