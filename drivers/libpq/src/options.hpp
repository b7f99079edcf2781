// The keys that a URL for this driver may carry, and what a connection is made with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/driver_abi.h>

namespace koine::libpq {

// The options of the driver's table.
std::span<const koine_option> url_options() noexcept;

// One server to try.
struct target {
    // a name, an address, or a directory of sockets; empty for libpq's default
    std::string host{};
    std::string address{};  // numeric; empty if not known yet, or if host needs no resolving
    std::string port{};

    bool needs_resolving() const noexcept;
};

// Everything that connecting needs. Immutable after the connection's creation; shared with helper
// threads.
struct connect_settings {
    std::vector<target> targets{};  // empty: the library's own
    std::string port{};             // of the library's own host, if it is given without one
    // of libpq, without hosts, ports and options
    std::vector<std::pair<std::string, std::string>> keywords{};
    std::string options{};  // of the server session
    bool transaction_pooler = false;
    bool requires_tls = false;
    std::int64_t attempt_timeout_ns = -1;  // of one server; 0 for none, -1 if nothing is said

    bool has(std::string_view keyword) const noexcept;
};

// Checks the parameters of a URL. Throws spi::failure: errc::unknown_name for a key,
// errc::invalid_url for a value.
connect_settings read_settings(std::span<const koine_parameter> parameters);

// What libpq would take for each of its keywords; those that are empty are left out.
using library_values = std::vector<std::pair<std::string, std::string>>;

// Asks libpq what it takes from its service file, the environment and its defaults beside the
// keywords of the URL. Reads files; connects to nothing.
library_values ask_library(const connect_settings& of_url);

// The settings of the URL, filled up with the library's; the driver's own come last: they are added
// to those of the user, never put in their place. There is at least one target. Throws
// spi::failure, errc::invalid_url, for what contradicts the URL or cannot be read.
connect_settings complete(connect_settings of_url, const library_values& library);

}  // namespace koine::libpq
