// The conformance suite: what every pair of driver and dialect must do, as GoogleTest tests.
// Authors of drivers and dialects run it over their own with a few lines:
//
//     int main(int argc, char** argv) {
//         ::testing::InitGoogleTest(&argc, argv);
//         koine::testing::register_conformance({.name = "mine", .make_engine = [](auto options) {
//             return koine::create_engine("mine://...", my_registry(), options); }});
//         return RUN_ALL_TESTS();
//     }
#pragma once

#include <functional>
#include <string>

#include <koine/engine.hpp>

namespace koine {
inline namespace v1 {
namespace testing {

// What a backend cannot do, or does its own way. Every "no" has a name here; a backend without
// quirks passes the whole suite. A test that a quirk excuses is skipped and says which; a skipped
// test that no quirk excuses, and a quirk that is not needed, fail.
struct quirks {
    // The database does not name the constraint that was violated.
    bool constraint_names_unknown = false;
    // A violated UNIQUE constraint is told without its table.
    bool unique_tables_unknown = false;
    // CREATE TABLE in a transaction outlives its rollback.
    bool ddl_survives_rollback = false;
    // Only one transaction can write at a time: a second writer waits for the whole of the first,
    // whatever rows they touch.
    bool one_writer = false;
    // A connection is the database: a second one does not see the same tables.
    bool one_connection = false;
    // Running statements cannot be stopped.
    bool cannot_cancel = false;
    // Infinite numbers cannot be stored: they are refused when bound.
    bool finite_numbers_only = false;
    // A deferred constraint cannot be declared.
    bool no_deferred_constraints = false;
    // There is no SQL that keeps the database busy for a while; see slow_statement.
    bool no_slow_statement = false;
};

// A backend under test.
struct backend {
    std::string name{};  // prefix of the tests: letters, digits and underscores
    // Makes an engine on an empty, throw-away database that lives until the engines on it are gone,
    // the same one each time.
    std::function<engine(engine_options)> make_engine{};
    koine::testing::quirks quirks{};
    // A query that runs for many seconds unless it is stopped.
    std::string slow_statement{};
    // A statement that makes table `deferred_child (id, parent)`, whose parent refers to
    // deferred_parent (id) with a check at COMMIT.
    std::string deferred_table{
        "create table deferred_child (id bigint primary key, parent bigint references deferred_parent (id) "
        "deferrable initially deferred)"};
};

// Registers the suite's tests for a backend, named conformance_<name>.<test>, and for each quirk
// that it declares one more, quirk_<quirk>_is_needed. Call it between InitGoogleTest and
// RUN_ALL_TESTS.
void register_conformance(backend under_test);

}  // namespace testing
}  // namespace v1
}  // namespace koine
