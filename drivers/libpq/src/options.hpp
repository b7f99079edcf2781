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
    std::vector<target> targets{};
    // of libpq, without hosts and ports
    std::vector<std::pair<std::string, std::string>> keywords{};
    bool transaction_pooler = false;
    bool requires_tls = false;
    std::int64_t attempt_timeout_ns = 0;  // of one server; 0 for none
};

// Checks the parameters of a URL. Throws spi::failure: errc::unknown_name for a key,
// errc::invalid_url for a value.
connect_settings read_settings(std::span<const koine_parameter> parameters);

}  // namespace koine::libpq
