#include <koine/drivers/sqlite3.hpp>

#include <sqlite3.h>

#include <koine/spi_table.hpp>

#include "connection.hpp"
#include "options.hpp"
#include "statement_run.hpp"

#if SQLITE_VERSION_NUMBER < 3038000
#error "Koine's SQLite driver needs SQLite 3.38 or newer"
#endif

namespace koine {
inline namespace v1 {

namespace {

struct driver {
    using connection = sqlite3_driver::connection;
    using statement = sqlite3_driver::statement;

    static constexpr std::string_view name = "sqlite3";
    static std::string_view client_version() noexcept { return sqlite3_libversion(); }
    static const koine_capabilities capabilities;
    static std::span<const koine_option> options() noexcept { return sqlite3_driver::known_options(); }
};

constexpr std::uint32_t tag_bit(koine_tag tag) noexcept {
    return 1U << static_cast<unsigned>(tag);
}

const koine_capabilities driver::capabilities{
    KOINE_CAP_BLOCKING | KOINE_CAP_CANCEL | KOINE_CAP_STREAM | KOINE_CAP_LAST_INSERT_ID | KOINE_CAP_TRANSACTIONAL_DDL |
        KOINE_CAP_IN_PROCESS,
    tag_bit(KOINE_NULL) | tag_bit(KOINE_INT64) | tag_bit(KOINE_FLOAT64) | tag_bit(KOINE_TEXT) | tag_bit(KOINE_BLOB),
    // SQLite's own defaults; a library built with other ones answers errc::too_big by itself.
    32766, 0, 1000000000};

}  // namespace

koine_status sqlite3_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept {
    return spi::fill_table<driver>(abi, out, error);
}

}  // namespace v1
}  // namespace koine
