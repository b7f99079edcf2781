// The servers of a URL that names several.

#include <algorithm>
#include <utility>

#include <koine/spi/hosts.hpp>

#include "url/url_check.hpp"

namespace koine {
inline namespace v1 {

namespace {

[[noreturn]] void refuse(const char* why) {
    error_info info;
    info.code = errc::invalid_url;
    info.outcome = outcome::not_sent;
    info.message = "invalid list of hosts in the URL: ";
    info.message += why;
    throw_error(std::move(info));
}

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto comma = list.find(',');
        out.push_back(list.substr(0, comma));
        if (comma == list.npos) return out;
        list.remove_prefix(comma + 1);
    }
}

std::optional<std::uint16_t> port_or_default(std::string_view digits) {
    if (digits.empty()) return std::nullopt;
    const auto port = detail::parse_port(digits);
    if (!port) refuse("a port is not a number from 1 to 65535");
    return port;
}

url_host host_with_port(std::string_view text) {
    const auto parts = spi::split_host(text);
    if (!parts.good) refuse("a bracket is not closed, or not followed by :port");
    return {std::string{parts.name}, port_or_default(parts.port)};
}

std::vector<std::string_view> listed(std::span<const url_option> values) {
    if (values.size() == 1) return split(values.front().value.reveal());
    std::vector<std::string_view> out;
    for (const auto& value : values) out.push_back(value.value.reveal());
    return out;
}

}  // namespace

std::vector<url_host> url::hosts() const {
    std::vector<url_host> out;
    const auto host_values = query_values("host");
    const auto ports = listed(query_values("port"));
    const bool has_ports = !query_values("port").empty();

    if (host_values.empty()) {
        if (!parts_.host.empty())
            for (const auto name : split(parts_.host)) out.push_back({std::string{name}, port()});
    } else {
        for (const auto name : listed(host_values)) out.push_back(host_with_port(name));
    }
    for (const auto& host : out)
        if (host.name.empty() && out.size() > 1) refuse("a host is empty");
    if (!has_ports) return out;

    for (const auto& host : out)
        if (!host_values.empty() && host.port) refuse("ports stand both behind hosts and in `port`; use one way");
    if (out.empty()) {
        if (ports.size() > 1) refuse("there are more ports than hosts");
        return out;
    }
    if (ports.size() != 1 && ports.size() != out.size()) refuse("there must be one port, or one for each host");
    for (std::size_t i = 0; i < out.size(); ++i) out[i].port = port_or_default(ports[ports.size() == 1 ? 0 : i]);
    return out;
}

}  // namespace v1
}  // namespace koine
