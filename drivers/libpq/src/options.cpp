#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <koine/driver_spi.hpp>

#include "errors.hpp"

namespace koine::libpq {

namespace {

constexpr koine_string words(std::string_view text) noexcept {
    return koine_string{text.data(), text.size()};
}

constexpr koine_option text(std::string_view key, std::string_view summary) noexcept {
    return koine_option{words(key), KOINE_OPTION_TEXT, words({}), words(summary)};
}
constexpr koine_option integer(std::string_view key, std::string_view summary) noexcept {
    return koine_option{words(key), KOINE_OPTION_INTEGER, words({}), words(summary)};
}
constexpr koine_option choice(std::string_view key, std::string_view choices, std::string_view summary) noexcept {
    return koine_option{words(key), KOINE_OPTION_CHOICE, words(choices), words(summary)};
}

constexpr std::array options{
    text("host", "server, directory of its socket, or a list of servers separated by commas"),
    text("hostaddr", "numeric address of host; host is then only checked in the certificate"),
    text("port", "port, or one for each host separated by commas"),
    text("application_name", "name shown in pg_stat_activity"),
    text("fallback_application_name", "application_name where none is given"),
    integer("connect_timeout", "seconds for one server before the next is tried"),
    choice("target_session_attrs", "any|read-write|read-only|primary|standby|prefer-standby",
           "kind of server to look for"),
    text("options", "command line options for the server session, such as -c search_path=app"),
    choice("sslmode", "disable|allow|prefer|require|verify-ca|verify-full", "whether TLS is used and what it proves"),
    text("sslrootcert", "file of certificates that may have signed the server's"),
    text("sslcert", "file of the client's certificate"),
    text("sslkey", "file of the client's key"),
    text("sslcrl", "file of revoked certificates"),
    text("sslcrldir", "directory of revoked certificates"),
    choice("sslsni", "0|1", "whether TLS tells the server its name"),
    choice("ssl_min_protocol_version", "TLSv1|TLSv1.1|TLSv1.2|TLSv1.3", "oldest TLS accepted"),
    choice("ssl_max_protocol_version", "TLSv1|TLSv1.1|TLSv1.2|TLSv1.3", "newest TLS accepted"),
    choice("channel_binding", "disable|prefer|require", "whether the password proof is bound to the TLS connection"),
    choice("gssencmode", "disable|prefer|require", "whether GSSAPI encryption is used"),
    text("krbsrvname", "service name for Kerberos"),
    text("requirepeer", "user that must own the server's socket"),
    text("passfile", "file of passwords"),
    text("service", "section of the connection service file; names of servers in it are resolved without a deadline"),
    choice("keepalives", "0|1", "whether TCP keepalives are sent"),
    integer("keepalives_idle", "seconds of silence before the first keepalive"),
    integer("keepalives_interval", "seconds between keepalives"),
    integer("keepalives_count", "unanswered keepalives before the connection is given up"),
    integer("tcp_user_timeout", "milliseconds that sent data may stay unacknowledged"),
    choice("pooler", "none|transaction", "transaction: a pooler gives each transaction another server session"),
};

const koine_option* find_option(std::string_view key) noexcept {
    const auto* const found = std::find_if(options.begin(), options.end(),
                                           [key](const koine_option& o) { return spi::to_view(o.key) == key; });
    return found == options.end() ? nullptr : found;
}

bool among(std::string_view choices, std::string_view value) noexcept {
    while (!choices.empty()) {
        const auto end = choices.find('|');
        if (choices.substr(0, end) == value) return true;
        choices.remove_prefix(end == std::string_view::npos ? choices.size() : end + 1);
    }
    return false;
}

bool is_integer(std::string_view value, std::int64_t& out) noexcept {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    return error == std::errc{} && end == value.data() + value.size();
}

void check_value(const koine_option& option, std::string_view value) {
    std::int64_t number = 0;
    const bool good = option.type == KOINE_OPTION_INTEGER  ? is_integer(value, number)
                      : option.type == KOINE_OPTION_CHOICE ? among(spi::to_view(option.choices), value)
                                                           : true;
    if (good) return;
    const auto expected = option.type == KOINE_OPTION_INTEGER ? std::string{"a whole number"}
                                                              : "one of " + std::string{spi::to_view(option.choices)};
    throw local_failure(errc::invalid_url,
                        "the option " + std::string{spi::to_view(option.key)} + " must be " + expected);
}

// Appends the parts of a comma list.
void split(std::string_view list, std::vector<std::string>& out) {
    for (;;) {
        const auto comma = list.find(',');
        out.emplace_back(list.substr(0, comma));
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

bool is_numeric(const std::string& host) noexcept {
    in6_addr memory{};
    return ::inet_pton(AF_INET, host.c_str(), &memory) == 1 ||
           ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &memory) == 1;
}

// "name:5433" and "[::1]:5433" of a host list carry their own port.
target split_port(const std::string& host) {
    target out;
    std::string_view text = host;
    if (!text.empty() && text.front() == '[') {
        const auto close = text.find(']');
        if (close == std::string_view::npos) throw local_failure(errc::invalid_url, "a host lacks its closing bracket");
        out.host = text.substr(1, close - 1);
        text.remove_prefix(close + 1);
        if (!text.empty() && text.front() == ':') out.port = text.substr(1);
        return out;
    }
    const auto colon = text.find(':');
    // More than one colon: an IPv6 address without brackets.
    if (text.empty() || text.front() == '/' || colon == std::string_view::npos ||
        text.find(':', colon + 1) != std::string_view::npos) {
        out.host = text;
        return out;
    }
    out.host = text.substr(0, colon);
    out.port = text.substr(colon + 1);
    return out;
}

void check_port(std::string_view port) {
    std::int64_t number = 0;
    if (!port.empty() && (!is_integer(port, number) || number < 1 || number > 65'535))
        throw local_failure(errc::invalid_url, "a port is a number from 1 to 65535");
}

std::vector<target> make_targets(const std::vector<std::string>& hosts, const std::vector<std::string>& addresses,
                                 const std::vector<std::string>& ports) {
    const std::size_t count = std::max({hosts.size(), addresses.size(), std::size_t{1}});
    if (!addresses.empty() && !hosts.empty() && addresses.size() != hosts.size())
        throw local_failure(errc::invalid_url, "there must be as many hostaddr as host");
    if (ports.size() > 1 && ports.size() != count)
        throw local_failure(errc::invalid_url, "there must be one port, or one for each host");
    std::vector<target> targets;
    for (std::size_t i = 0; i < count; ++i) {
        target one = i < hosts.size() ? split_port(hosts[i]) : target{};
        if (i < addresses.size()) one.address = addresses[i];
        if (one.port.empty() && !ports.empty()) one.port = ports.size() == 1 ? ports[0] : ports[i];
        check_port(one.port);
        targets.push_back(std::move(one));
    }
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
    std::vector<std::string> hosts;
    std::vector<std::string> addresses;
    std::vector<std::string> ports;
    std::string session_options;
    const auto has = [&out](std::string_view key) {
        return std::any_of(out.keywords.begin(), out.keywords.end(), [key](const auto& k) { return k.first == key; });
    };
    for (const koine_parameter& parameter : parameters) {
        const auto key = spi::to_view(parameter.key);
        const std::string value{spi::to_view(parameter.value)};
        if (value.find('\0') != std::string::npos)
            throw local_failure(errc::invalid_url, "the value of " + std::string{key} + " contains a NUL byte");
        if (key == "user" || key == "password" || key == "database") {
            out.keywords.emplace_back(key == "database" ? "dbname" : key, value);
            continue;
        }
        const koine_option* const option = find_option(key);
        if (option == nullptr)
            throw local_failure(errc::unknown_name, "the PostgreSQL driver has no option " + std::string{key});
        if (key != "port") check_value(*option, value);
        if (key == "host") {
            if (!value.empty()) split(value, hosts);
        } else if (key == "hostaddr") {
            split(value, addresses);
        } else if (key == "port") {
            if (!value.empty()) split(value, ports);
        } else if (key == "pooler") {
            out.transaction_pooler = value == "transaction";
        } else if (key == "options") {
            session_options += (session_options.empty() ? "" : " ") + value;
        } else {
            if (has(key)) throw local_failure(errc::invalid_url, "the option " + std::string{key} + " stands twice");
            if (key == "connect_timeout") {
                std::int64_t seconds = 0;
                is_integer(value, seconds);
                out.attempt_timeout_ns = std::clamp<std::int64_t>(seconds, 0, 86'400) * 1'000'000'000;
            }
            if (key == "sslmode") out.requires_tls = value == "require" || value.substr(0, 6) == "verify";
            out.keywords.emplace_back(key, value);
        }
    }
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
