// The entry point of libkoine_driver_sqlcipher.so.
#include <koine/spi_table.hpp>

#include "connection.hpp"
#include "statement.hpp"

namespace {

constexpr koine_string text(std::string_view words) {
    return koine_string{words.data(), words.size()};
}

constexpr koine_option known_options[] = {
    // A key whose name has "passphrase" in it is hidden when a URL is printed.
    {text("passphrase"), KOINE_OPTION_TEXT, text(""), text("what the file is encrypted with")},
    {text("busy_timeout"), KOINE_OPTION_INTEGER, text(""), text("milliseconds to wait for a lock; 5000")},
};

struct driver {
    using connection = sqlcipher_plugin::connection;
    using statement = sqlcipher_plugin::statement;

    static constexpr std::string_view name = "sqlcipher";
    static std::string_view client_version() noexcept { return sqlite3_libversion(); }
    static const koine_capabilities capabilities;
    static std::span<const koine_option> options() noexcept { return known_options; }
};

const koine_capabilities driver::capabilities{
    KOINE_CAP_BLOCKING | KOINE_CAP_CANCEL | KOINE_CAP_STREAM | KOINE_CAP_LAST_INSERT_ID | KOINE_CAP_TRANSACTIONAL_DDL |
        KOINE_CAP_IN_PROCESS,
    1U << unsigned{KOINE_NULL} | 1U << unsigned{KOINE_INT64} | 1U << unsigned{KOINE_FLOAT64} |
        1U << unsigned{KOINE_TEXT} | 1U << unsigned{KOINE_BLOB},
    999, 0, 1'000'000'000};

}  // namespace

koine_status koine_driver_init(uint32_t abi, koine_driver* out, koine_error* error) {
    return koine::spi::fill_table<driver>(abi, out, error);
}
