#include <koine/drivers/fake.hpp>

#include <koine/spi_table.hpp>

#include "connection.hpp"
#include "relay_statement.hpp"

namespace koine {
inline namespace v1 {

namespace {

struct driver {
    using connection = fake::detail::connection;
    using statement = fake::detail::statement;

    static constexpr std::string_view name = "fake";
    static std::string_view client_version() noexcept { return "1.0"; }
    static const koine_capabilities capabilities;
    static std::span<const koine_option> options() noexcept { return {}; }
};

const koine_capabilities driver::capabilities{
    KOINE_CAP_QUEUE | KOINE_CAP_CANCEL | KOINE_CAP_STREAM | KOINE_CAP_LAST_INSERT_ID | KOINE_CAP_TRANSACTIONAL_DDL,
    // Every tag can be bound as it is.
    (1U << (KOINE_OPAQUE + 1)) - 1, 65535, 0, 1'000'000'000};

struct relay_driver {
    using connection = fake::detail::relay_connection;
    using statement = fake::detail::relay_statement;

    static constexpr std::string_view name = "fake";
    static std::string_view client_version() noexcept { return "1.0"; }
    static const koine_capabilities capabilities;
    static std::span<const koine_option> options() noexcept { return {}; }
};

const koine_capabilities relay_driver::capabilities{
    KOINE_CAP_QUEUE | KOINE_CAP_CANCEL | KOINE_CAP_STREAM | KOINE_CAP_LAST_INSERT_ID | KOINE_CAP_TRANSACTIONAL_DDL,
    (1U << KOINE_NULL) | (1U << KOINE_INT64) | (1U << KOINE_FLOAT64) | (1U << KOINE_TEXT) | (1U << KOINE_BLOB), 32766,
    0, 1'000'000'000};

}  // namespace

koine_status fake_relay_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept {
    return spi::fill_table<relay_driver>(abi, out, error);
}

koine_status fake_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept {
    return spi::fill_table<driver>(abi, out, error);
}

}  // namespace v1
}  // namespace koine
