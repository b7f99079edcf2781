// The conformance suite over every backend of this tree.
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <koine/create_engine.hpp>
#include <koine/testing/conformance.hpp>

#include <koine_test/pg_cluster.hpp>
#include <koine_test/temp_dir.hpp>

namespace {

// Counts to a number that takes SQLite many seconds.
constexpr const char* slow_on_sqlite =
    "with recursive counter (n) as (select 1 union all select n + 1 from counter where n < 2000000000) select count(*) from counter";

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
    memory.quirks.one_writer = true;
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
        options.cancel_grace = std::chrono::seconds{20};  // a busy machine must not look like a dead server
        return koine::create_engine(koine_test::pg_cluster::shared().socket_url(), std::move(options));
    };
    postgresql.slow_statement = "select count(*) from generate_series(1, 2000000000)";
    koine::testing::register_conformance(std::move(postgresql));
}

}  // namespace

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    register_sqlite_file();
    register_sqlite_memory();
    register_libpq();
    return RUN_ALL_TESTS();
}
