// SQLite behind a driver that waits, queues and fails as a server's would.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <koine/dialects/sqlite.hpp>
#include <koine/drivers/fake.hpp>
#include <koine/drivers/sqlite3.hpp>
#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>
#include <koine/registry.hpp>

#include "support.hpp"

namespace fault {

using koine::fake::operation;

struct account {
    std::int64_t id{};
    std::string owner{};

    static constexpr auto koine_table() {
        return koine::table("accounts", koine::col<&account::id>(koine::primary_key, koine::not_generated),
                            koine::col<&account::owner>(koine::length{40}, koine::unique));
    }
};

class relay_fault : public ::testing::Test {
protected:
    relay_fault() {
        koine_driver sqlite{};
        sqlite.struct_size = sizeof sqlite;
        koine_error error{};
        if (koine::sqlite3_driver_init(KOINE_ABI_VERSION, &sqlite, &error) != KOINE_DONE)
            throw std::logic_error{"no SQLite driver"};
        script.relay_to(sqlite, {{"database", database().string()}});
        names_.add_dialect(std::make_shared<const koine::dialects::sqlite>(), "fake");
        names_.add_driver("fake", &koine::fake_relay_driver_init);
    }
    void TearDown() override { EXPECT_EQ(script.violations(), std::vector<std::string>{}); }

    engine open(engine_options options = patient()) const {
        return koine::create_engine(koine::url{"sqlite+fake:///relay_fault"}, names_, std::move(options));
    }
    std::filesystem::path database() const { return folder_.path() / "relay.db"; }
    // How often a text that contains `part` was asked for.
    int count(operation what, std::string_view part) const {
        const auto log = script.log();
        return static_cast<int>(std::count_if(log.begin(), log.end(), [&](const auto& one) {
            return one.what == what && one.sql.find(part) != std::string::npos;
        }));
    }
    static void make_numbers(const engine& on, int many) {
        on.begin([&](connection& c) {
            c.execute(sql("create table numbers (id bigint primary key)"));
            for (int i = 1; i <= many; ++i) c.execute(sql("insert into numbers (id) values (:id)", {{"id", i}}));
        });
    }

    koine::fake::script script{"relay_fault"};

private:
    temp_dir folder_{};
    koine::registry names_{};
};

}  // namespace fault
