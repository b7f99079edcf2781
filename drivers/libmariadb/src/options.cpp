#include "options.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <koine/driver_spi.hpp>
#include <koine/spi/hosts.hpp>
#include <koine/spi/options.hpp>

namespace koine::libmariadb {

namespace {

constexpr std::array options{
    spi::text_option("unix_socket", "file of the server's socket, in place of host and port"),
    spi::integer_option("connect_timeout", "seconds for the whole of connecting, 10 if not given; 0 for no limit"),
    spi::integer_option("read_timeout", "seconds that the server may stay silent while an answer is due"),
    spi::integer_option("write_timeout", "seconds that the server may refuse to take what is sent"),
    spi::choice_option("ssl_mode", "disable|prefer|require|verify-ca|verify-full",
                       "whether TLS is used and what it proves"),
    spi::text_option(
        "ssl_ca", "file of certificates that may have signed the server's; ssl_mode is then verify-full if not given"),
    spi::text_option("ssl_capath", "directory of certificates that may have signed the server's, as ssl_ca"),
    spi::text_option("ssl_cert", "file of the client's certificate"),
    spi::text_option("ssl_key", "file of the client's key"),
    spi::text_option("ssl_cipher", "list of permitted ciphers"),
    spi::text_option("ssl_crl", "file of revoked certificates"),
    spi::text_option("tls_version", "list of permitted versions, such as TLSv1.2,TLSv1.3"),
    spi::boolean_option("compress", "whether the line is compressed"),
    spi::boolean_option(
        "cleartext_password",
        "whether the server may ask for the password itself; only with ssl_mode=verify-ca or verify-full"),
    spi::text_option("require_auth",
                     "list of the methods by which the server may ask who we are, such as "
                     "mysql_native_password,client_ed25519"),
    spi::integer_option("max_allowed_packet",
                        "most bytes of one statement with its values, if less than the server's limit"),
};

std::int64_t read_seconds(std::string_view key, std::string_view value) {
    return spi::read_integer(key, value, 0, 86'400) * 1'000'000'000;
}

[[noreturn]] void refuse(std::string message) {
    throw spi::local_failure(errc::invalid_url, std::move(message));
}

// The library reads more into a host than a name: a list, a connection string, the name of a
// plugin.
void check_host(const std::string& name) {
    if (name.substr(0, 1) == "/")
        refuse("a host that begins with / is no server of MariaDB's; the file of its socket goes into unix_socket");
    if (name.find_first_of(";/") != std::string::npos)
        spi::refuse_value("host", "the name or the address of a server, without ; and /");
}

// The servers to try, the first of them in `out` itself.
void take_hosts(std::string_view names, std::string_view ports, connect_settings& out) {
    const auto hosts = spi::read_hosts(names, ports);
    for (const spi::host& one : hosts) {
        check_host(one.name);
        // "localhost" says no more than the socket does.
        if (out.over_socket() && (one.port != 0 || (!one.name.empty() && one.name != "localhost")))
            refuse(
                "unix_socket names the server already; leave out the host, which may only be localhost, and the "
                "port");
        if (one.name.empty() && hosts.size() > 1) refuse("a host in the list of hosts is empty");
        if (one.name.empty() && one.port != 0)
            refuse(
                "a port without a host: without one the server is looked for at its local socket, which has no "
                "port; write the host (127.0.0.1 or localhost for this machine)");
    }
    if (hosts.empty()) return;
    out.host = hosts[0].name;
    out.port = hosts[0].port;
    for (std::size_t i = 1; i < hosts.size(); ++i) out.others.push_back({hosts[i].name, hosts[i].port});
}

// The library has an own module for each, and would look for one of any name.
void take_methods(std::string_view list, connect_settings& out) {
    constexpr std::string_view known =
        "mysql_native_password|client_ed25519|parsec|caching_sha2_password|sha256_password|auth_gssapi_client";
    const auto methods = spi::split_list(list);
    const bool good = std::all_of(methods.begin(), methods.end(), [known](std::string_view one) {
        return spi::place_in_list(known, one) != std::string_view::npos;
    });
    if (methods.empty() || !good) spi::refuse_value("require_auth", std::string{"a list of "}.append(known));
    out.methods = list;
}

// The text settings by their keys.
std::string* text_setting(connect_settings& out, std::string_view key) noexcept {
    if (key == "user") return &out.user;
    if (key == "password") return &out.password;
    if (key == "database") return &out.database;
    if (key == "unix_socket") return &out.unix_socket;
    if (key == "ssl_ca") return &out.tls_ca;
    if (key == "ssl_capath") return &out.tls_capath;
    if (key == "ssl_cert") return &out.tls_cert;
    if (key == "ssl_key") return &out.tls_key;
    if (key == "ssl_cipher") return &out.tls_cipher;
    if (key == "ssl_crl") return &out.tls_crl;
    if (key == "tls_version") return &out.tls_version;
    return nullptr;
}

constexpr std::int64_t default_connect_timeout_ns = 10'000'000'000;

// What contradicts itself.
void check(const connect_settings& out, bool mode_given) {
    const bool files = !out.tls_ca.empty() || !out.tls_capath.empty() || !out.tls_cert.empty() ||
                       !out.tls_key.empty() || !out.tls_crl.empty() || !out.tls_cipher.empty() ||
                       !out.tls_version.empty();
    if (mode_given && out.tls == tls_mode::disable && files)
        refuse("ssl_mode=disable contradicts the other ssl and tls options");
    if (out.tls == tls_mode::prefer && out.over_socket() && files)
        refuse(
            "over unix_socket there is TLS with ssl_mode=require or more only, so that the other ssl and tls options "
            "would have no effect");
    if (out.tls == tls_mode::verify_ca && out.tls_ca.empty() && out.tls_capath.empty())
        refuse("ssl_mode=verify-ca needs ssl_ca or ssl_capath");
    if (out.clear_password && !out.methods.empty())
        refuse("cleartext_password and require_auth say different things; give one of them");
    if (out.clear_password && out.tls < tls_mode::verify_ca)
        refuse("cleartext_password needs ssl_mode=verify-ca or verify-full");
}

}  // namespace

std::span<const koine_option> url_options() noexcept {
    return options;
}

connect_settings read_settings(std::span<const koine_parameter> parameters) {
    connect_settings out;
    out.connect_timeout_ns = default_connect_timeout_ns;
    bool mode_given = false;
    std::string_view hosts;
    std::string_view ports;
    const auto take = [&](std::string_view key, std::string_view value, const koine_option* option) {
        if (std::string* const target = text_setting(out, key)) {
            *target = value;
        } else if (key == "host") {
            hosts = value;
        } else if (key == "port") {
            ports = value;
        } else if (key == "ssl_mode") {
            out.tls = static_cast<tls_mode>(spi::read_value(*option, value));
            mode_given = true;
        } else if (key == "connect_timeout") {
            out.connect_timeout_ns = read_seconds(key, value);
        } else if (key == "read_timeout") {
            out.read_timeout_ns = read_seconds(key, value);
        } else if (key == "write_timeout") {
            out.write_timeout_ns = read_seconds(key, value);
        } else if (key == "compress") {
            out.compress = spi::read_value(*option, value) != 0;
        } else if (key == "require_auth") {
            take_methods(value, out);
        } else if (key == "cleartext_password") {
            out.clear_password = spi::read_value(*option, value) != 0;
        } else {
            out.max_packet = static_cast<std::uint64_t>(spi::read_integer(key, value, 0, 1'073'741'824));
        }
    };
    spi::read_parameters("MariaDB", options, parameters, take);
    take_hosts(hosts, ports, out);
    // Who names the signers wants them checked.
    if (!mode_given && (!out.tls_ca.empty() || !out.tls_capath.empty())) out.tls = tls_mode::verify_full;
    check(out, mode_given);
    return out;
}

}  // namespace koine::libmariadb
