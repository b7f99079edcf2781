// conformance <file>: Koine's conformance suite over this driver and this dialect.
#include <cstdio>

#include <gtest/gtest.h>

#include <koine/create_engine.hpp>
#include <koine/testing/conformance.hpp>

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    const std::string file = argv[1];
    for (const char* suffix : {"", "-wal", "-shm"}) std::remove((file + suffix).c_str());
    koine::testing::backend backend;
    backend.name = "sqlcipher";
    backend.make_engine = [file](koine::engine_options options) {
        return koine::create_engine("sqlcipher:///" + file + "?passphrase=kept%20to%20itself", std::move(options));
    };
    backend.quirks.one_writer = true;
    backend.quirks.constraint_names_unknown = true;
    backend.slow_statement =
        "with recursive counter (n) as (select 1 union all select n + 1 from counter where n < 2000000000) select "
        "count(*) from counter";
    koine::testing::register_conformance(std::move(backend));
    return RUN_ALL_TESTS();
}
