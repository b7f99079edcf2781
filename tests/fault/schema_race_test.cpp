// Two that make the same tables at once, on PostgreSQL.
#include <future>

#include <koine/mapping.hpp>

#include "support.hpp"

namespace fault {
namespace {

struct room {
    std::int64_t id{};
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("rooms", koine::col<&room::id>(koine::primary_key),
                            koine::col<&room::name>(koine::length{40}, koine::unique));
    }
};

class schema_race : public with_server {
protected:
    void SetUp() override {
        with_server::SetUp();
        if (!IsSkipped() && !HasFatalFailure()) server().admin("drop table if exists rooms");
    }
    // Of an engine with one connection, which stays in the pool.
    static pid_t only_backend_of(const engine& on) {
        connection c = on.connect();
        const pid_t found = backend_of(c);
        c.rollback();
        return found;
    }
};

TEST_F(schema_race, a_table_that_another_transaction_is_making_is_waited_for_and_taken_as_it_is) {
    const engine on = over_socket(pool_of(1));
    const pid_t waits = only_backend_of(on);
    const engine elsewhere = over_socket();
    connection other = elsewhere.connect();
    other.execute(sql("create table rooms (id bigint primary key, name text)"));
    auto making = std::async(std::launch::async, [&] { koine::map<room>().create_all(on); });
    wait_until_waiting(server(), waits, "transactionid");
    other.commit();
    EXPECT_NO_THROW(making.get());
    connection c = on.connect();
    EXPECT_EQ(number(c, "select count(*) from rooms"), 0);
    EXPECT_EQ(on.stats().opened, 1U);
}

TEST_F(schema_race, a_table_that_another_transaction_gives_up_is_made) {
    const engine on = over_socket(pool_of(1));
    const pid_t waits = only_backend_of(on);
    const engine elsewhere = over_socket();
    connection other = elsewhere.connect();
    other.execute(sql("create table rooms (wrong text)"));
    auto making = std::async(std::launch::async, [&] { koine::map<room>().create_all(on); });
    wait_until_waiting(server(), waits, "transactionid");
    other.rollback();
    EXPECT_NO_THROW(making.get());
    connection c = on.connect();
    EXPECT_EQ(number(c, "select count(name) from rooms"), 0);
}

}  // namespace
}  // namespace fault
