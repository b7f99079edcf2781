// The servers of a URL that names several.

#include <algorithm>
#include <utility>

#include <koine/spi/hosts.hpp>

#include "url/url_check.hpp"

namespace koine {
inline namespace v1 {

namespace {

[[noreturn]] void refuse(const std::string& why) {
    error_info info;
    info.code = errc::invalid_url;
    info.outcome = outcome::not_sent;
    info.message = "invalid hosts in the URL: " + why;
    throw_error(std::move(info));
}

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> out;
    detail::each_host(list, [&out](std::string_view one) {
        out.push_back(one);
        return false;
    });
    return out;
}

// The values of a key in its two forms: repeated, or one list with commas.
std::vector<std::string_view> listed(const char* key, std::span<const url_option> values) {
    if (values.empty()) return {};
    if (values.size() == 1) return split(values.front().value.reveal());
    std::vector<std::string_view> out;
    for (const auto& value : values) {
        out.push_back(value.value.reveal());
        if (out.back().find(',') != std::string_view::npos)
            refuse(std::string{"the query key `"} + key +
                   "` is repeated, and one of its values is a list with commas; repeat it or write one list");
    }
    return out;
}

// `place` says whose port it is.
std::optional<std::uint16_t> read_port(std::string_view digits, const std::string& place) {
    if (digits.empty()) return std::nullopt;
    const auto port = detail::parse_port(digits);
    if (!port) refuse("the port " + place + " is not a number from 1 to 65535");
    return port;
}

// The hosts of the query key, with ports of their own.
std::vector<url_host> read_hosts(const std::vector<std::string_view>& names) {
    std::vector<url_host> out;
    for (const auto name : names) {
        const std::string place = "of host " + std::to_string(out.size() + 1) + " in the query key `host`";
        const auto parts = spi::split_host(name);
        if (!parts.good) refuse("the bracket " + place + " is not closed, or not followed by :port");
        out.push_back({std::string{parts.name}, read_port(parts.port, place)});
    }
    return out;
}

}  // namespace

std::vector<url_host> url::hosts() const {
    const auto host_values = query_values("host");
    const auto port_values = query_values("port");
    if (!parts_.host.empty() && !host_values.empty())
        refuse("they stand in front of the database and in the query key `host`; name them in one place");
    if (parts_.port && !port_values.empty())
        refuse("a port stands in front of the database and in the query key `port`; name it in one place");

    std::vector<url_host> out = read_hosts(listed("host", host_values));
    if (!parts_.host.empty())
        for (const auto name : split(parts_.host)) out.push_back({std::string{name}, std::nullopt});
    const bool any_own =
        std::any_of(out.begin(), out.end(), [](const url_host& host) { return host.port.has_value(); });

    std::vector<std::optional<std::uint16_t>> ports;
    if (parts_.port) ports.push_back(port());
    for (const auto digits : listed("port", port_values))
        ports.push_back(read_port(digits, std::to_string(ports.size() + 1) + " in the query key `port`"));
    const bool any_port = std::any_of(ports.begin(), ports.end(), [](const auto& one) { return one.has_value(); });
    if (any_port && any_own) refuse("ports stand behind hosts and elsewhere, too; write them in one way");
    // The client library's default host, or one that a driver's own key names.
    if (out.empty() && any_port) out.resize(ports.size());
    if (any_port && ports.size() != 1 && ports.size() != out.size())
        refuse("there are " + std::to_string(ports.size()) + " ports for " + std::to_string(out.size()) +
               (out.size() == 1 ? " host" : " hosts") + "; there must be one port, or one for each host");
    for (std::size_t i = 0; any_port && i < out.size(); ++i) out[i].port = ports[ports.size() == 1 ? 0 : i];
    if (std::all_of(out.begin(), out.end(), [](const url_host& one) { return one.name.empty() && !one.port; }))
        out.clear();
    return out;
}

}  // namespace v1
}  // namespace koine
