#include "template_driver.hpp"

#include <koine/drivers/template.hpp>
#include <koine/spi_table.hpp>

namespace koine {
inline namespace v1 {
namespace template_driver {

namespace {

// Every failure says what happened (code), what is known of the work (outcome), and what is spoilt
// by it (poisons_*). Map your server's codes to SQLSTATEs by a table, and name constraint, table
// and column where the server tells them.
spi::failure not_implemented(const char* what) {
    auto why = spi::local_failure(errc::not_implemented, std::string{"the template driver cannot "} + what);
    why.sqlstate = "0A000";
    return why;
}

}  // namespace

connection::connection(std::span<const koine_parameter>) {}

koine_status connection::connect(koine_wait&) {
    throw not_implemented("connect");
}
void connection::abandon() noexcept {}
std::uint32_t connection::state() const noexcept {
    return 0;
}
koine_status connection::reset(koine_wait&) {
    throw not_implemented("reset a connection");
}
koine_status connection::ping(koine_wait&) {
    throw not_implemented("ping");
}
void connection::cancel() {
    throw not_implemented("cancel");
}
void connection::set_deadline(std::int64_t) noexcept {}
std::int64_t connection::last_insert_id() const noexcept {
    return 0;
}
std::string_view connection::server_product() const noexcept {
    return {};
}
std::string_view connection::server_version() const noexcept {
    return {};
}
void* connection::native_handle() noexcept {
    return nullptr;
}

koine_status connection::prepare(std::string_view, std::uint32_t, statement*&, koine_wait&) {
    throw not_implemented("prepare a statement");
}

std::uint32_t statement::flags() const noexcept {
    return 0;
}
std::uint32_t statement::parameter_count() const noexcept {
    return 0;
}
std::uint32_t statement::column_count() const noexcept {
    return 0;
}
void statement::column(std::uint32_t, koine_column& out) const noexcept {
    out = koine_column{};
}

koine_status statement::execute(std::span<const koine_value>, koine_value*, std::uint32_t, std::uint32_t& got,
                                koine_wait&, koine_error& error) {
    got = 0;
    return spi::fill(&error, not_implemented("execute"));
}

koine_status statement::fetch(koine_value*, std::uint32_t, std::uint32_t& got, koine_wait&, koine_error& error) {
    got = 0;
    return spi::fill(&error, not_implemented("fetch"));
}

std::int64_t statement::rows_remaining() const noexcept {
    return -1;
}
std::int64_t statement::rows_affected() const noexcept {
    return -1;
}
koine_status statement::finish(koine_wait&, koine_error& error) {
    return spi::fill(&error, not_implemented("finish"));
}

}  // namespace template_driver

namespace {

// What the trampolines of spi_table.hpp are instantiated with.
struct driver {
    using connection = template_driver::connection;
    using statement = template_driver::statement;

    // As in a URL: dialect+name://
    static constexpr std::string_view name = "template";
    // The client library's version, for diagnosis.
    static std::string_view client_version() noexcept { return {}; }
    // What can be done, which tags can be bound as they are, and limits. Core adapts to what this
    // says.
    static const koine_capabilities capabilities;
    // Keys of the URL's query part, each with a line for people. Core refuses other keys and
    // suggests the nearest.
    static std::span<const koine_option> options() noexcept { return {}; }
};

const koine_capabilities driver::capabilities{0, 1U << unsigned{KOINE_NULL}, 0, 0, 0};

}  // namespace

koine_status template_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept {
    return spi::fill_table<driver>(abi, out, error);
}

}  // namespace v1
}  // namespace koine
