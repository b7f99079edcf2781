#include <koine/drivers/libmariadb.hpp>

#include <span>
#include <string_view>

#include <mysql.h>

#include <koine/driver_spi.hpp>
#include <koine/spi_table.hpp>

#include "connection.hpp"
#include "options.hpp"
#include "statement.hpp"

namespace koine {
inline namespace v1 {

namespace {

struct libmariadb_driver {
    static constexpr std::string_view name = "libmariadb";
    using connection = koine::libmariadb::connection;
    using statement = koine::libmariadb::statement;

    static std::string_view client_version() noexcept { return mysql_get_client_info(); }
    static std::span<const koine_option> options() noexcept { return koine::libmariadb::url_options(); }

    static constexpr koine_capabilities capabilities{
        KOINE_CAP_CANCEL | KOINE_CAP_STREAM | KOINE_CAP_LAST_INSERT_ID,
        (1U << (KOINE_OPAQUE + 1)) - 1,  // every tag
        koine::libmariadb::max_parameters,
        0,
        koine::libmariadb::max_value_bytes,
    };
};

}  // namespace

koine_status libmariadb_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept {
    return spi::fill_table<libmariadb_driver>(abi, out, error);
}

}  // namespace v1
}  // namespace koine
