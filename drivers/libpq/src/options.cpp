#include "options.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include <arpa/inet.h>
#include <libpq-fe.h>
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
    spi::text_option("service", "section of the connection service file"),
    spi::text_option("require_auth",
                     "how the server may ask for the password; before libpq 16 scram-sha-256 alone, and over TLS"),
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
    const bool named = names.find_first_not_of(',') != std::string_view::npos;
    const auto hosts = spi::read_hosts(
        !named && numeric.size() > 1 ? std::string(numeric.size() - 1, ',') : std::string{names}, ports);
    if (!named && hosts.size() > std::max(numeric.size(), std::size_t{1}))
        throw spi::local_failure(errc::invalid_url, "there are several ports but no host");
    if (!numeric.empty() && named && numeric.size() != hosts.size())
        throw spi::local_failure(errc::invalid_url, "there are " + std::to_string(numeric.size()) +
                                                        " addresses in hostaddr for " + std::to_string(hosts.size()) +
                                                        " hosts; there must be as many");
    std::vector<target> targets(std::max(hosts.size(), numeric.size()));
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        targets[i].host = hosts[i].name;
        if (hosts[i].port != 0) targets[i].port = std::to_string(hosts[i].port);
    }
    for (std::size_t i = 0; i < numeric.size(); ++i) targets[i].address = numeric[i];
    return targets;
}

// The timeouts below are the second line: an operation's deadline needs none of them, but an idle
// or abandoned connection and a cancel request have no deadline of their own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> defaults{{
    {"tcp_user_timeout", "30000"},
    {"keepalives_idle", "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count", "3"},
    {"fallback_application_name", "koine"},
}};

// What the driver relies on in the texts of values and statements. What the user gives stands
// behind and wins; connector::verify() looks at what came of it.
constexpr std::string_view session_defaults = "-c DateStyle=ISO -c TimeZone=UTC -c standard_conforming_strings=on";

// libpq keeps its numbers in an int.
constexpr std::int64_t most_number = 2'147'483'647;

std::int64_t attempt_timeout(std::string_view text) {
    return std::max<std::int64_t>(spi::read_integer("connect_timeout", text, -most_number, most_number), 0) *
           1'000'000'000;
}

bool wants_tls(std::string_view sslmode) noexcept {
    return sslmode == "require" || sslmode.substr(0, 6) == "verify";
}

// libpq has the keyword since version 16. Before, the one promise that can be kept is that of
// SCRAM: with its proof bound to the TLS connection libpq refuses all other requests.
void require_auth(connect_settings& out, std::string_view value) {
    for (auto word : spi::split_list(value)) {
        if (word.substr(0, 1) == "!") word.remove_prefix(1);
        if (spi::place_in_list("password|md5|gss|sspi|scram-sha-256|oauth|none", word) == std::string_view::npos)
            spi::refuse_value("require_auth",
                              "a list of password, md5, gss, sspi, scram-sha-256, oauth and none, each with or "
                              "without a ! in front");
    }
    if (PQlibVersion() >= 160'000) {
        out.keywords.emplace_back("require_auth", value);
        return;
    }
    if (value != "scram-sha-256")
        throw spi::local_failure(errc::invalid_url,
                                 "require_auth can only be scram-sha-256 with the libpq of this program (" +
                                     std::to_string(PQlibVersion() / 10'000) + "); others need libpq 16");
    const auto keyword = [&out](std::string_view key) {
        const auto at =
            std::find_if(out.keywords.begin(), out.keywords.end(), [key](const auto& k) { return k.first == key; });
        return at != out.keywords.end() ? std::string_view{at->second} : std::string_view{};
    };
    if (keyword("sslmode") == "disable" || (out.has("channel_binding") && keyword("channel_binding") != "require"))
        throw spi::local_failure(errc::invalid_url,
                                 "require_auth needs TLS and channel_binding=require before libpq 16, which sslmode or "
                                 "channel_binding of the URL forbids");
    if (!out.has("channel_binding")) out.keywords.emplace_back("channel_binding", "require");
}

std::string_view value_of(const library_values& all, std::string_view keyword) noexcept {
    const auto at = std::find_if(all.begin(), all.end(), [keyword](const auto& one) { return one.first == keyword; });
    return at != all.end() ? std::string_view{at->second} : std::string_view{};
}

// libpq would take an address of the service file or of the environment for the hosts of the URL.
void keep_to_hosts(std::vector<target>& targets, std::string_view address_elsewhere) {
    bool any_address = false;
    for (target& one : targets) {
        if (one.address.empty() && is_numeric(one.host)) one.address = one.host;
        any_address = any_address || !one.address.empty() || one.needs_resolving();
    }
    if (!any_address && !address_elsewhere.empty())
        throw spi::local_failure(errc::invalid_url,
                                 "hostaddr of the service file or of PGHOSTADDR contradicts the socket that the URL "
                                 "names; take one of them away");
}

// The same for the ports that the URL leaves open.
void fill_ports(std::vector<target>& targets, std::string_view elsewhere) {
    const auto ports = spi::split_list(elsewhere);
    const bool any_open =
        std::any_of(targets.begin(), targets.end(), [](const target& one) { return one.port.empty(); });
    if (!any_open || ports.empty()) return;
    if (ports.size() != 1 && ports.size() != targets.size())
        throw spi::local_failure(errc::invalid_url, "the service file or PGPORT names " + std::to_string(ports.size()) +
                                                        " ports for the " + std::to_string(targets.size()) +
                                                        " hosts of the URL");
    for (std::size_t i = 0; i < targets.size(); ++i)
        if (targets[i].port.empty()) targets[i].port = ports[ports.size() == 1 ? 0 : i];
}

}  // namespace

std::span<const koine_option> url_options() noexcept {
    return options;
}

bool target::needs_resolving() const noexcept {
    return address.empty() && !host.empty() && host.front() != '/' && host.front() != '@' && !is_numeric(host);
}

bool connect_settings::has(std::string_view keyword) const noexcept {
    return std::any_of(keywords.begin(), keywords.end(), [keyword](const auto& k) { return k.first == keyword; });
}

connect_settings read_settings(std::span<const koine_parameter> parameters) {
    connect_settings out;
    std::string hosts;
    std::string addresses;
    std::string ports;
    std::string authentication;
    // What may stand in several parameters.
    const auto append = [](std::string& list, char mark, std::string_view value) {
        if (!list.empty()) list += mark;
        list += value;
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
            append(out.options, ' ', value);
        } else if (key == "require_auth") {
            authentication = value;
        } else {
            if (option->type == KOINE_OPTION_INTEGER)
                spi::read_integer(key, value, -most_number, most_number);
            else
                spi::read_value(*option, value);
            if (key == "sslmode") out.requires_tls = wants_tls(value);
            if (key == "connect_timeout") out.attempt_timeout_ns = attempt_timeout(value);
            out.keywords.emplace_back(key, value);
        }
    };
    spi::read_parameters("PostgreSQL", options, parameters, take, "host|hostaddr|port|options");
    if (!authentication.empty()) require_auth(out, authentication);
    out.targets = make_targets(hosts, addresses, ports);
    if (out.targets.size() == 1 && out.targets[0].host.empty() && out.targets[0].address.empty()) {
        out.port = std::move(out.targets[0].port);
        out.targets.clear();
    }
    return out;
}

library_values ask_library(const connect_settings& of_url) {
    std::vector<const char*> keys;
    std::vector<const char*> values;
    const auto add = [&](const char* key, const char* value) {
        keys.push_back(key);
        values.push_back(value);
    };
    for (const auto& [key, value] : of_url.keywords) add(key.c_str(), value.c_str());
    if (!of_url.options.empty()) add("options", of_url.options.c_str());
    // A connection that libpq refuses to begin knows its settings nevertheless. The password keeps
    // it from looking for one in files.
    add("password", "none");
    add("ssl_min_protocol_version", "none");
    add(nullptr, nullptr);
    const std::unique_ptr<PGconn, decltype(&PQfinish)> refused{PQconnectStartParams(keys.data(), values.data(), 0),
                                                               &PQfinish};
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> all{PQconninfo(refused.get()), &PQconninfoFree};
    if (refused == nullptr || all == nullptr) throw std::bad_alloc{};
    library_values out;
    for (const PQconninfoOption* one = all.get(); one->keyword != nullptr; ++one)
        if (one->val != nullptr && *one->val != '\0' && std::string_view{one->keyword} != "password")
            out.emplace_back(one->keyword, one->val);
    return out;
}

connect_settings complete(connect_settings of_url, const library_values& library) {
    connect_settings out = std::move(of_url);
    if (out.targets.empty()) {
        const auto port = out.port.empty() ? value_of(library, "port") : std::string_view{out.port};
        out.targets = make_targets(value_of(library, "host"), value_of(library, "hostaddr"), port);
        if (out.targets.empty()) out.targets.resize(1);
    } else {
        keep_to_hosts(out.targets, value_of(library, "hostaddr"));
        fill_ports(out.targets, value_of(library, "port"));
    }
    out.requires_tls = wants_tls(value_of(library, "sslmode"));
    if (const auto timeout = value_of(library, "connect_timeout"); out.attempt_timeout_ns < 0 && !timeout.empty())
        out.attempt_timeout_ns = attempt_timeout(timeout);
    // A dead server must not use up the time of those behind it.
    if (out.attempt_timeout_ns < 0) out.attempt_timeout_ns = out.targets.size() > 1 ? 10'000'000'000 : 0;
    for (const auto& [key, value] : defaults)
        if (value_of(library, key).empty()) out.keywords.emplace_back(key, value);
    out.keywords.emplace_back("client_encoding", "UTF8");
    if (!out.transaction_pooler) {
        const auto given = value_of(library, "options");
        out.options = std::string{session_defaults}.append(given.empty() ? "" : " ").append(given);
    }
    if (!out.options.empty()) out.keywords.emplace_back("options", out.options);
    return out;
}

}  // namespace koine::libpq
