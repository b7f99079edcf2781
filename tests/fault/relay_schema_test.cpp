// Two that make the same tables at once, on SQLite.
#include <future>

#include "relay_fixture.hpp"

namespace fault {
namespace {

struct drawer {
    std::int64_t id{};
    std::int64_t account{};

    static constexpr auto koine_table() {
        return koine::table("drawers", koine::col<&drawer::id>(koine::primary_key),
                            koine::col<&drawer::account>(koine::foreign_key<&account::id>));
    }
};

class relay_schema : public relay_fault {
protected:
    static std::int64_t tables(const engine& on) {
        connection c = on.connect();
        return number(c, "select count(*) from sqlite_master where name in ('accounts', 'drawers')");
    }
};

TEST_F(relay_schema, tables_that_another_made_after_they_were_looked_for_are_taken_as_they_are) {
    const engine on = open();
    auto held = script.hold_up_containing("BEGIN");
    auto making = std::async(std::launch::async, [&] { koine::map<account, drawer>().create_all(on); });
    held.wait_for(1);  // it has found nothing
    {
        const engine other = koine::create_engine(koine::url{"sqlite:///" + database().string()});
        koine::map<account, drawer>().create_all(other);
    }
    held.open();
    EXPECT_NO_THROW(making.get());
    EXPECT_EQ(tables(on), 2);
}

TEST_F(relay_schema, tables_that_another_has_not_made_are_made_all_the_same) {
    const engine on = open();
    auto held = script.hold_up_containing("BEGIN");
    auto making = std::async(std::launch::async, [&] { koine::map<account, drawer>().create_all(on); });
    held.wait_for(1);
    {
        const engine other = koine::create_engine(koine::url{"sqlite:///" + database().string()});
        koine::map<account>().create_all(other);
    }
    held.open();
    EXPECT_NO_THROW(making.get());
    EXPECT_EQ(tables(on), 2);
}

TEST_F(relay_schema, a_table_that_cannot_be_made_is_tried_once_and_leaves_none_behind) {
    const engine on = open();
    script.fail_containing("drawers",
                           {errc::disk_full, outcome::rejected, true, false, "53100", "the disk is full", {}});
    EXPECT_EQ(code_of([&] { koine::map<account, drawer>().create_all(on); }), errc::disk_full);
    script.clear_faults();
    EXPECT_EQ(count(operation::execute, "CREATE TABLE drawers"), 1);
    EXPECT_EQ(tables(on), 0);
}

TEST_F(relay_schema, a_connection_lost_while_tables_are_made_is_told_as_such) {
    const engine on = open();
    script.fail_containing("CREATE TABLE",
                           {errc::disconnected, outcome::unknown, true, true, "08006", "the line is cut", {}});
    const auto why = caught<koine::disconnected_error>([&] { koine::map<account, drawer>().create_all(on); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->info().message, "the line is cut");
    script.clear_faults();
    EXPECT_EQ(tables(on), 0);
}

}  // namespace
}  // namespace fault
