#include <koine/drivers/libpq.hpp>

#include <span>
#include <string>
#include <string_view>

#include <libpq-fe.h>

#include <koine/driver_spi.hpp>
#include <koine/spi_table.hpp>

#include "connection.hpp"
#include "options.hpp"
#include "statement.hpp"

namespace koine {
inline namespace v1 {

namespace {

struct libpq_driver {
    static constexpr std::string_view name = "libpq";
    using connection = koine::libpq::connection;
    using statement = koine::libpq::statement;

    static std::string_view client_version() noexcept {
        // 150018 is 15.18.
        static const std::string text =
            std::to_string(PQlibVersion() / 10'000) + '.' + std::to_string(PQlibVersion() % 10'000);
        return text;
    }
    static std::span<const koine_option> options() noexcept { return koine::libpq::url_options(); }

    static constexpr koine_capabilities capabilities{
        KOINE_CAP_QUEUE | KOINE_CAP_CANCEL | KOINE_CAP_STREAM | KOINE_CAP_TRANSACTIONAL_DDL,
        (1U << (KOINE_OPAQUE + 1)) - 1,  // every tag
        static_cast<std::uint32_t>(koine::libpq::max_parameters),
        0,
        koine::libpq::max_value_bytes,
    };
};

}  // namespace

koine_status libpq_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept {
    return spi::fill_table<libpq_driver>(abi, out, error);
}

}  // namespace v1
}  // namespace koine
