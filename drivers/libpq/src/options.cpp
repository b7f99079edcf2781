#include "options.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <koine/driver_spi.hpp>
#include <koine/spi/hosts.hpp>
#include <koine/spi/options.hpp>

namespace koine::libpq {

namespace {

constexpr std::array options{
    spi::text_option("host", "server, directory of its socket, or a list of servers separated by commas"),
    spi::text_option("hostaddr", "numeric address of host; host is then only checked in the certificate"),
    spi::text_option("port", "port, or one for each host separated by commas"),
    spi::text_option("application_name", "name shown in pg_stat_activity"),
    spi::text_option("fallback_application_name", "application_name where none is given"),
    spi::integer_option("connect_timeout", "seconds for one server before the next is tried"),
    spi::choice_option("target_session_attrs", "any|read-write|read-only|primary|standby|prefer-standby",
                       "kind of server to look for"),
    spi::text_option("options", "command line options for the server session, such as -c search_path=app"),
    spi::choice_option("sslmode", "disable|allow|prefer|require|verify-ca|verify-full",
                       "whether TLS is used and what it proves"),
    spi::text_option("sslrootcert", "file of certificates that may have signed the server's"),
    spi::text_option("sslcert", "file of the client's certificate"),
    spi::text_option("sslkey", "file of the client's key"),
    spi::text_option("sslcrl", "file of revoked certificates"),
    spi::text_option("sslcrldir", "directory of revoked certificates"),
    spi::choice_option("sslsni", "0|1", "whether TLS tells the server its name"),
    spi::choice_option("ssl_min_protocol_version", "TLSv1|TLSv1.1|TLSv1.2|TLSv1.3", "oldest TLS accepted"),
    spi::choice_option("ssl_max_protocol_version", "TLSv1|TLSv1.1|TLSv1.2|TLSv1.3", "newest TLS accepted"),
    spi::choice_option("channel_binding", "disable|prefer|require",
                       "whether the password proof is bound to the TLS connection"),
    spi::choice_option("gssencmode", "disable|prefer|require", "whether GSSAPI encryption is used"),
    spi::text_option("krbsrvname", "service name for Kerberos"),
    spi::text_option("requirepeer", "user that must own the server's socket"),
    spi::text_option("passfile", "file of passwords"),
    spi::text_option("service",
                     "section of the connection service file; names of servers in it are resolved without a deadline"),
    spi::choice_option("keepalives", "0|1", "whether TCP keepalives are sent"),
    spi::integer_option("keepalives_idle", "seconds of silence before the first keepalive"),
    spi::integer_option("keepalives_interval", "seconds between keepalives"),
    spi::integer_option("keepalives_count", "unanswered keepalives before the connection is given up"),
    spi::integer_option("tcp_user_timeout", "milliseconds that sent data may stay unacknowledged"),
    spi::choice_option("pooler", "none|transaction",
                       "transaction: a pooler gives each transaction another server session"),
};

bool is_numeric(const std::string& host) noexcept {
    in6_addr memory{};
    return ::inet_pton(AF_INET, host.c_str(), &memory) == 1 ||
           ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &memory) == 1;
}

std::vector<target> make_targets(std::string_view names, std::string_view addresses, std::string_view ports) {
    const auto numeric = spi::split_list(addresses);
    // Addresses alone are servers without names.
    const auto hosts = spi::read_hosts(
        names.empty() && numeric.size() > 1 ? std::string(numeric.size() - 1, ',') : std::string{names}, ports);
    if (!numeric.empty() && !names.empty() && numeric.size() != hosts.size())
        throw spi::local_failure(errc::invalid_url, "there must be as many hostaddr as host");
    std::vector<target> targets(std::max({hosts.size(), numeric.size(), std::size_t{1}}));
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        targets[i].host = hosts[i].name;
        if (hosts[i].port != 0) targets[i].port = std::to_string(hosts[i].port);
    }
    for (std::size_t i = 0; i < numeric.size(); ++i) targets[i].address = numeric[i];
    return targets;
}

// The timeouts below are the second line: an operation's deadline needs none of them, but an idle
// or abandoned connection and a cancel request have no deadline of their own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> line_defaults{{
    {"tcp_user_timeout", "30000"},
    {"keepalives_idle", "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count", "3"},
}};

}  // namespace

std::span<const koine_option> url_options() noexcept {
    return options;
}

bool target::needs_resolving() const noexcept {
    return address.empty() && !host.empty() && host.front() != '/' && host.front() != '@' && !is_numeric(host);
}

connect_settings read_settings(std::span<const koine_parameter> parameters) {
    connect_settings out;
    std::string hosts;
    std::string addresses;
    std::string ports;
    std::string session_options;
    // What may stand in several parameters.
    const auto append = [](std::string& list, char mark, std::string_view value) {
        if (!list.empty()) list += mark;
        list += value;
    };
    const auto has = [&out](std::string_view key) {
        return std::any_of(out.keywords.begin(), out.keywords.end(), [key](const auto& k) { return k.first == key; });
    };
    const auto take = [&](std::string_view key, std::string_view value, const koine_option* option) {
        // The two keys that are options and parts of a URL as well.
        if (key == "host") {
            append(hosts, ',', value);
        } else if (key == "port") {
            append(ports, ',', value);
        } else if (option == nullptr) {
            out.keywords.emplace_back(key == "database" ? "dbname" : key, value);
        } else if (key == "hostaddr") {
            append(addresses, ',', value);
        } else if (key == "pooler") {
            out.transaction_pooler = spi::read_value(*option, value) == 1;
        } else if (key == "options") {
            append(session_options, ' ', value);
        } else {
            const std::int64_t number = spi::read_value(*option, value);
            if (has(key))
                throw spi::local_failure(errc::invalid_url, "the option " + std::string{key} + " stands twice");
            if (key == "sslmode") out.requires_tls = value == "require" || value.substr(0, 6) == "verify";
            if (key == "connect_timeout")
                out.attempt_timeout_ns = std::clamp<std::int64_t>(number, 0, 86'400) * 1'000'000'000;
            out.keywords.emplace_back(key, value);
        }
    };
    spi::read_parameters("PostgreSQL", options, parameters, take);
    out.targets = make_targets(hosts, addresses, ports);
    // A dead server must not use up the time of those behind it.
    if (out.attempt_timeout_ns == 0 && out.targets.size() > 1 && !has("connect_timeout"))
        out.attempt_timeout_ns = 10'000'000'000;
    for (const auto& [key, value] : line_defaults)
        if (!has(key)) out.keywords.emplace_back(key, value);
    out.keywords.emplace_back("client_encoding", "UTF8");
    if (!has("fallback_application_name")) out.keywords.emplace_back("fallback_application_name", "koine");
    if (!out.transaction_pooler) {
        // Texts of dates are then independent of the server's settings; what the caller gives
        // stands behind and wins.
        session_options = "-c DateStyle=ISO -c TimeZone=UTC" + (session_options.empty() ? "" : " " + session_options);
    }
    if (!session_options.empty()) out.keywords.emplace_back("options", session_options);
    return out;
}

}  // namespace koine::libpq
