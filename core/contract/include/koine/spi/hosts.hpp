// The servers of a URL. Between core and drivers they travel as the texts of two parameters: "host"
// is a list of names with commas, "port" one of numbers, which may be empty, in the same order.
// Core writes them so; a name with a port of its own, name:5433 or [::1]:5433, is read as well.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_spi.hpp>
#include <koine/spi/options.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

// One server to try.
struct host {
    // a name, an address without brackets, or what else the client library takes; may be empty
    std::string name{};
    std::uint16_t port = 0;  // 0: none is given
};

// The texts of the two parameters; `ports` is empty where no host has one.
struct host_texts {
    std::string hosts{};
    std::string ports{};
};

inline host_texts write_hosts(const std::vector<host>& hosts) {
    host_texts out;
    bool any_port = false;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (i != 0) {
            out.hosts += ',';
            out.ports += ',';
        }
        out.hosts += hosts[i].name;
        if (hosts[i].port == 0) continue;
        out.ports += std::to_string(hosts[i].port);
        any_port = true;
    }
    if (!any_port) out.ports.clear();
    return out;
}

// The parts of a list with commas; none of an empty text. They are parts of `list`.
inline std::vector<std::string_view> split_list(std::string_view list) {
    std::vector<std::string_view> out;
    while (!list.empty()) {
        const auto comma = list.find(',');
        out.push_back(list.substr(0, comma));
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
        if (list.empty()) out.emplace_back();
    }
    return out;
}

// A name and what stands behind its colon. Not good: a bracket is not closed, or something else
// than a port follows it.
struct host_parts {
    std::string_view name{};
    std::string_view port{};
    bool good = true;
};

// Takes name:port and [v6]:port apart. The colons of an IPv6 address without brackets, and of the
// directory of a socket or the name of an abstract one (@name), belong to the name.
constexpr host_parts split_host(std::string_view text) noexcept {
    if (text.substr(0, 1) == "[") {
        const auto close = text.find(']');
        if (close == std::string_view::npos || (close + 1 < text.size() && text[close + 1] != ':'))
            return {text, {}, false};
        return {text.substr(1, close - 1), text.substr(std::min(close + 2, text.size())), true};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text[0] == '/' || text[0] == '@' ||
        text.find(':', colon + 1) != std::string_view::npos)
        return {text, {}, true};
    return {text.substr(0, colon), text.substr(colon + 1), true};
}

// Back from the texts. One port is that of all hosts that have none of their own; without a host it
// makes one without a name. Throws failure, errc::invalid_url, for ports that are none or too many.
inline std::vector<host> read_hosts(std::string_view hosts, std::string_view ports) {
    const auto names = split_list(hosts);
    const auto numbers = split_list(ports);
    const std::size_t count = names.empty() && !numbers.empty() ? 1 : names.size();
    if (numbers.size() > 1 && numbers.size() != count)
        throw local_failure(errc::invalid_url, "there are " + std::to_string(numbers.size()) + " ports for " +
                                                   std::to_string(names.size()) +
                                                   " hosts; there must be one port, or one for each host");
    std::vector<host> out(count);
    for (std::size_t i = 0; i < count; ++i) {
        host_parts parts = split_host(names.empty() ? std::string_view{} : names[i]);
        if (!parts.good) throw local_failure(errc::invalid_url, "a host lacks its closing bracket");
        if (parts.port.empty() && !numbers.empty()) parts.port = numbers[numbers.size() == 1 ? 0 : i];
        out[i].name = parts.name;
        if (!parts.port.empty()) out[i].port = static_cast<std::uint16_t>(read_integer("port", parts.port, 1, 65'535));
    }
    return out;
}

}  // namespace spi
}  // namespace v1
}  // namespace koine
