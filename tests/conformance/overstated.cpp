// A backend that declares every quirk there is, of which it needs one, and a test that skips
// itself: the suite must find them.
#include <memory>

#include <gtest/gtest.h>

#include <koine/create_engine.hpp>
#include <koine/testing/conformance.hpp>

#include <koine_test/temp_dir.hpp>

namespace {

class skipped_without_a_quirk : public ::testing::Test {
    void TestBody() override { GTEST_SKIP() << "for no good reason"; }
};

}  // namespace

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    const auto folder = std::make_shared<koine_test::temp_dir>();
    koine::testing::backend overstated;
    overstated.name = "overstated";
    overstated.make_engine = [folder](koine::engine_options options) {
        return koine::create_engine("sqlite:///" + (folder->path() / "overstated.db").string(), std::move(options));
    };
    overstated.slow_statement = "select 1";
    overstated.quirks = {.constraint_names_unknown = true,
                         .ddl_survives_rollback = true,
                         .one_writer = true,
                         .one_connection = true,
                         .cannot_cancel = true,
                         .no_deferred_constraints = true,
                         .no_slow_statement = true};
    koine::testing::register_conformance(std::move(overstated));
    ::testing::RegisterTest("conformance_overstated", "skips_itself", nullptr, nullptr, __FILE__, __LINE__,
                            []() -> ::testing::Test* { return new skipped_without_a_quirk; });
    return RUN_ALL_TESTS();
}
