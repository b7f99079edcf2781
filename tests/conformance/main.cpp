// The conformance suite over every backend of this tree.
#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <koine/create_engine.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/drivers/fake.hpp>
#include <koine/drivers/sqlite3.hpp>
#include <koine/registry.hpp>
#include <koine/testing/conformance.hpp>

#include <koine_test/pg_cluster.hpp>
#if defined(KOINE_TEST_MARIADB)
#include <koine_test/captured_log.hpp>
#include <koine_test/mariadb_server.hpp>
#endif
#include <koine_test/temp_dir.hpp>

namespace {

// Counts to a number that takes SQLite many seconds.
constexpr const char* slow_on_sqlite =
    "with recursive counter (n) as (select 1 union all select n + 1 from counter where n < 2000000000) select count(*) "
    "from counter";

void register_sqlite_file() {
    const auto folder = std::make_shared<koine_test::temp_dir>();
    koine::testing::backend file;
    file.name = "sqlite3_file";
    file.make_engine = [folder](koine::engine_options options) {
        return koine::create_engine("sqlite:///" + (folder->path() / "conformance.db").string(), std::move(options));
    };
    file.quirks.one_writer = true;
    file.quirks.constraint_names_unknown = true;
    file.slow_statement = slow_on_sqlite;
    koine::testing::register_conformance(std::move(file));
}

void register_sqlite_memory() {
    // One engine: the database is its connection.
    const auto engine = std::make_shared<koine::engine>(koine::create_engine("sqlite://"));
    koine::testing::backend memory;
    memory.name = "sqlite3_memory";
    memory.make_engine = [engine](koine::engine_options) { return *engine; };
    memory.quirks.one_connection = true;
    memory.quirks.constraint_names_unknown = true;
    memory.slow_statement = slow_on_sqlite;
    koine::testing::register_conformance(std::move(memory));
}

void register_libpq() {
    if (!koine_test::has_postgres() && !koine_test::servers_required()) {
        std::cerr << "*** PostgreSQL is not installed (postgresql-15): its conformance is NOT tested ***\n";
        return;
    }
    koine::testing::backend postgresql;
    postgresql.name = "libpq";
    postgresql.make_engine = [](koine::engine_options options) {
        // a busy machine must not look like a dead server
        options.cancel_grace = std::chrono::seconds{20};
        return koine::create_engine(koine_test::pg_cluster::shared().socket_url(), std::move(options));
    };
    postgresql.slow_statement = "select count(*) from generate_series(1, 2000000000)";
    koine::testing::register_conformance(std::move(postgresql));
}

#if defined(KOINE_TEST_MARIADB)
// Also as the dialect mysql, whose texts MariaDB understands.
void register_libmariadb(const std::string& name, const std::string& dialect) {
    if (!koine_test::has_mariadb() && !koine_test::servers_required()) {
        std::cerr << "*** MariaDB is not installed (mariadb-server): its conformance is NOT tested ***\n";
        return;
    }
    koine::testing::backend mariadb;
    mariadb.name = name;
    mariadb.make_engine = [dialect](koine::engine_options options) {
        static const std::string database = koine_test::mariadb_server::shared().create_database();
        options.cancel_grace = std::chrono::seconds{20};
        const std::string url = koine_test::mariadb_server::shared().socket_url(database);
        return koine::create_engine(dialect + url.substr(url.find(':')), std::move(options));
    };
    mariadb.quirks.unique_tables_unknown = true;
    mariadb.quirks.ddl_survives_rollback = true;
    mariadb.quirks.no_deferred_constraints = true;
    mariadb.quirks.finite_numbers_only = true;
    mariadb.slow_statement = "select count(*) from seq_1_to_2000000000 where seq % 3 = 1";
    koine::testing::register_conformance(std::move(mariadb));
}
#endif

// A driver that stands between core and SQLite, and makes the most of what the driver contract
// allows: waiting, blocks of rows, a queue.
class strict_relay final : public ::testing::EmptyTestEventListener {
public:
    strict_relay() {
        koine_driver sqlite{};
        sqlite.struct_size = sizeof sqlite;
        koine_error error{};
        if (koine::sqlite3_driver_init(KOINE_ABI_VERSION, &sqlite, &error) != KOINE_DONE)
            throw std::logic_error{"no SQLite driver"};
        script_.relay_to(sqlite, {{"database", (folder_.path() / "conformance.db").string()}});
        names_.add_dialect(std::make_shared<const koine::dialects::sqlite>(), "fake");
        names_.add_driver("fake", &koine::fake_relay_driver_init);
    }

    koine::engine make_engine(koine::engine_options options) const {
        options.cancel_grace = std::chrono::seconds{20};
        return koine::create_engine(koine::url{"sqlite+fake:///conformance"}, names_, std::move(options));
    }

    // Some violations come where no exception can leave; a test must not pass with them.
    void OnTestEnd(const ::testing::TestInfo&) override {
        const auto found = script_.violations();
        for (; told_ < found.size(); ++told_) ADD_FAILURE() << "the driver contract was broken: " << found[told_];
        script_.clear_log();
    }

private:
    koine_test::temp_dir folder_{};
    koine::fake::script script_{"conformance"};
    koine::registry names_{};
    std::size_t told_ = 0;
};

void register_relay() {
    auto owned = std::make_unique<strict_relay>();
    const strict_relay* const relay = owned.get();
    koine::testing::backend fake;
    fake.name = "fake";
    fake.make_engine = [relay](koine::engine_options options) { return relay->make_engine(std::move(options)); };
    fake.quirks.one_writer = true;
    fake.quirks.constraint_names_unknown = true;
    fake.slow_statement = slow_on_sqlite;
    koine::testing::register_conformance(std::move(fake));
    ::testing::UnitTest::GetInstance()->listeners().Append(owned.release());
}

}  // namespace

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    register_sqlite_file();
    register_sqlite_memory();
    register_relay();
    register_libpq();
#if defined(KOINE_TEST_MARIADB)
    const koine_test::captured_log unheard;  // a mysql:// URL that reaches MariaDB is meant here
    register_libmariadb("libmariadb", "mariadb");
    register_libmariadb("libmariadb_as_mysql", "mysql");
#endif
    return RUN_ALL_TESTS();
}
