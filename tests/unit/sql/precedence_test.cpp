// SQLite must understand every expression as it was meant.
#include <gtest/gtest.h>

#include <koine/dialects/sqlite.hpp>

#include "expression_tree.hpp"
#include "sqlite_database.hpp"

namespace koine::test {
namespace {

const dialects::sqlite sqlite;

TEST(precedence, sqlite_evaluates_random_expressions_as_they_were_meant) {
    sqlite_database database;
    ASSERT_EQ(database.run("CREATE TABLE cells (n INTEGER, m INTEGER, s TEXT, t TEXT, b INTEGER, c INTEGER)"), "");
    ASSERT_EQ(database.run("INSERT INTO cells VALUES (7, NULL, '12', NULL, 1, NULL)"), "");
    int unknown = 0;
    for (std::uint32_t seed = 0; seed < 10'000; ++seed) {
        expression_tree tree{seed, true};
        const truth expected = tree.make_truth(4);
        syntax::fragment negated = tree.postfix;
        tree.postfix.push(syntax::op::where);
        negated.push(syntax::op::not_);
        negated.push(syntax::op::where);
        const auto is_true = sqlite.compile(tree.postfix);
        const auto is_false = sqlite.compile(negated);
        // Whether it is true, and whether its negation is: neither if it is unknown.
        ASSERT_EQ(database.run(is_true.text, tree.binds, is_true.order), expected && *expected ? "1" : "0")
            << "seed " << seed << ": " << is_true.text;
        ASSERT_EQ(database.run(is_false.text, tree.binds, is_false.order), expected && !*expected ? "1" : "0")
            << "seed " << seed << ": " << is_false.text;
        if (!expected) ++unknown;
    }
    EXPECT_GT(unknown, 500);  // the generator still makes all three
    EXPECT_LT(unknown, 9'000);
}

}  // namespace
}  // namespace koine::test
