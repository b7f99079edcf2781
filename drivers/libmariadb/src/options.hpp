// The keys that a URL for this driver may carry, and what a connection is made with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <koine/driver_abi.h>

namespace koine::libmariadb {

// The options of the driver's table.
std::span<const koine_option> url_options() noexcept;

// How much TLS proves. Each is more than the one before; in the order of the option's words.
enum class tls_mode : std::uint8_t { disable, prefer, require, verify_ca, verify_full };

// Everything that connecting needs. Immutable after the connection's creation; shared with helper
// threads.
struct connect_settings {
    std::string host{};
    unsigned int port = 0;
    // servers to try when that one cannot be reached
    std::vector<std::pair<std::string, unsigned int>> others{};
    std::string unix_socket{};
    std::string user{};
    std::string password{};
    std::string database{};
    tls_mode tls = tls_mode::prefer;
    std::string tls_ca{};
    std::string tls_capath{};
    std::string tls_cert{};
    std::string tls_key{};
    std::string tls_cipher{};
    std::string tls_version{};
    std::string tls_crl{};
    bool clear_password = false;
    std::string methods{};  // by which the server may ask who we are; empty: see log_in()
    bool compress = false;
    std::int64_t connect_timeout_ns = 0;  // 0 for none
    std::int64_t read_timeout_ns = 0;     // of one wait for the server; 0 for none
    std::int64_t write_timeout_ns = 0;
    // most bytes of one statement with its values; 0 for the server's limit
    std::uint64_t max_packet = 0;

    bool over_socket() const noexcept { return !unix_socket.empty(); }
};

// Checks the parameters of a URL. Throws spi::failure: errc::unknown_name for a key,
// errc::invalid_url for a value.
connect_settings read_settings(std::span<const koine_parameter> parameters);

}  // namespace koine::libmariadb
