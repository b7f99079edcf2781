#include <koine/sqlstate.hpp>

#include <gtest/gtest.h>

namespace {

using koine::classify;
using koine::errc;
using koine::sqlstate;

TEST(sqlstate, holds_exactly_five_characters_or_nothing) {
    static_assert(sqlstate{}.empty());
    static_assert(sqlstate{"23505"}.text() == "23505");
    static_assert(sqlstate{"23505"}.state_class() == "23");
    static_assert(sqlstate{"2350"}.empty() && sqlstate{"235055"}.empty() && sqlstate{""}.empty());
    EXPECT_EQ(sqlstate{"40001"}, "40001");
    EXPECT_NE(sqlstate{"40001"}, sqlstate{"40002"});
}

TEST(sqlstate, classifies_what_programs_react_to) {
    const struct {
        const char* state;
        errc code;
    } cases[] = {
        {"23505", errc::unique_violation},
        {"23503", errc::foreign_key_violation},
        {"23001", errc::foreign_key_violation},
        {"23502", errc::not_null_violation},
        {"23514", errc::check_violation},
        {"23P01", errc::exclusion_violation},
        {"23000", errc::constraint_violation},
        {"40001", errc::serialization_failure},
        {"40P01", errc::deadlock},
        {"40003", errc::in_doubt},
        {"08007", errc::in_doubt},
        {"08006", errc::disconnected},
        {"08S01", errc::disconnected},
        {"08001", errc::connect_failed},
        {"08P01", errc::unknown},
        {"57P01", errc::disconnected},
        {"57P02", errc::disconnected},
        {"57P03", errc::server_starting},
        {"57014", errc::cancelled},
        {"70100", errc::cancelled},
        {"55P03", errc::lock_timeout},
        {"53300", errc::too_many_connections},
        {"53100", errc::disk_full},
        {"53200", errc::no_memory},
        {"28000", errc::authentication_failed},
        {"28P01", errc::authentication_failed},
        {"3D000", errc::database_not_found},
        {"25006", errc::read_only},
        {"25P02", errc::transaction_failed},
        {"25P03", errc::disconnected},
        {"26000", errc::statement_outdated},
        {"22001", errc::too_big},
        {"22003", errc::out_of_range},
        {"22021", errc::invalid_encoding},
        {"22P02", errc::invalid_value},
        {"22012", errc::invalid_value},
        {"42601", errc::syntax_error},
        {"42000", errc::syntax_error},
        {"42501", errc::permission_denied},
        {"42P01", errc::undefined_table},
        {"42S02", errc::undefined_table},
        {"42703", errc::undefined_column},
        {"42S22", errc::undefined_column},
        {"42883", errc::undefined_object},
        {"42P07", errc::duplicate_object},
        {"42S01", errc::duplicate_object},
        {"42804", errc::type_mismatch},
        {"0A000", errc::not_supported},
        {"21000", errc::multiple_rows},
        {"P0002", errc::no_row},
        {"XX001", errc::corrupt_database},
        {"HY001", errc::no_memory},
        {"44000", errc::check_violation},
        {"54023", errc::too_big},
        {"58030", errc::io_error},
        {"XA102", errc::deadlock},
    };
    for (const auto& c : cases) EXPECT_EQ(classify(sqlstate{c.state}), c.code) << c.state;
}

TEST(sqlstate, falls_back_to_the_class_and_then_to_unknown) {
    EXPECT_EQ(classify(sqlstate{"22ZZZ"}), errc::invalid_value);
    EXPECT_EQ(classify(sqlstate{"40999"}), errc::serialization_failure);
    EXPECT_EQ(classify(sqlstate{"HY000"}), errc::unknown);
    EXPECT_EQ(classify(sqlstate{"P0001"}), errc::unknown);
    EXPECT_EQ(classify(sqlstate{"45000"}), errc::unknown);
    EXPECT_EQ(classify(sqlstate{"00000"}), errc::unknown);
    EXPECT_EQ(classify(sqlstate{}), errc::unknown);
}

}  // namespace
