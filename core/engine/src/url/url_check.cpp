#include "url/url_check.hpp"

#include <algorithm>
#include <charconv>

#include <koine/detail/utf8.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr std::size_t longest_name = 32;

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool contains(std::string_view text, char c) noexcept {
    return text.find(c) != text.npos;
}

bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// The characters of an IPv6 address; what follows a % is the name of a network interface.
const char* check_ipv6(std::string_view host) noexcept {
    const auto address = host.substr(0, host.find('%'));
    if (std::count(address.begin(), address.end(), ':') < 2 || !is_ipv6_text(address))
        return "a host with a colon must be an IPv6 address";
    return nullptr;
}

// One host of a list, which may be empty there.
const char* check_one_host(std::string_view host) noexcept {
    const bool socket = is_socket(host);
    for (const char c : host) {
        if (is_control(c)) return "it has a control character";
        if (socket) continue;
        if (c == ' ') return "it has a space";
        if (c == '@') return "it has an @; an @ in the user or the password is written %40";
        if (c == '[' || c == ']') return "it has a bracket that does not enclose an IPv6 address";
        if (c == '/' || c == '?')
            return "it has a character that would end it (/ or ?); the directory of a socket is written %2Fdir, or "
                   "goes into the query key `host`";
    }
    return is_address6(host) ? check_ipv6(host) : nullptr;
}

// An @ in the database would end a password that a reader takes to begin at the colon of a port or
// of an IPv6 address.
bool swallows_database(const url_parts& parts) noexcept {
    return !parts.password && parts.database && contains(*parts.database, '@') &&
           (parts.port || each_host(parts.host, [](std::string_view one) { return is_address6(one); }));
}

}  // namespace

const char* check_name(std::string_view name) noexcept {
    if (name.empty()) return "it is empty";
    if (name.size() > longest_name) return "it is longer than 32 characters";
    if (!is_lower(name[0])) return "it does not begin with a lower-case letter";
    for (const char c : name)
        if (!is_lower(c) && !is_digit(c) && c != '_') return "it has a character other than a-z, 0-9 and _";
    return nullptr;
}

const char* check_text(std::string_view text) noexcept {
    if (is_text(text.data(), text.size())) return nullptr;
    return contains(text, '\0') ? "it contains a NUL" : "it is not valid UTF-8";
}

bool is_socket(std::string_view host) noexcept {
    return host.size() > 1 && (host.front() == '/' || host.front() == '@');
}

bool is_address6(std::string_view host) noexcept {
    return contains(host, ':') && !is_socket(host);
}

bool is_ipv6_text(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
    });
}

const char* check_host(std::string_view host) noexcept {
    if (const auto* why = check_text(host)) return why;
    if (host.find_first_not_of(',') == host.npos) return "it is a list of hosts without any";
    const char* why = nullptr;
    each_host(host, [&why](std::string_view one) { return (why = check_one_host(one)) != nullptr; });
    return why;
}

const char* check_database(std::string_view database) noexcept {
    if (const auto* why = check_text(database)) return why;
    for (const char c : database) {
        if (is_control(c)) return "it has a control character";
        if (c == '?') return "it has a ?, where the query would begin";
    }
    return nullptr;
}

url_problem check_parts(const url_parts& parts) noexcept {
    if (const auto* why = check_name(parts.dialect)) return {"dialect", why};
    if (!parts.driver.empty())
        if (const auto* why = check_name(parts.driver)) return {"driver", why};
    if (parts.username)
        if (const auto* why = check_text(*parts.username)) return {"user", why};
    if (parts.password) {
        if (!parts.username) return {"password", "there is no user it belongs to (an empty one will do)"};
        if (const auto* why = check_text(parts.password->reveal())) return {"password", why};
    }
    if (!parts.host.empty())
        if (const auto* why = check_host(parts.host)) return {"host", why};
    if (parts.port && (*parts.port < 1 || *parts.port > 65535)) return {"port", "it is not a number from 1 to 65535"};
    if (parts.database) {
        if (const auto* why = check_database(*parts.database)) return {"database", why};
        if (swallows_database(parts))
            return {"database",
                    "it has an @, which after a port or an IPv6 address can only be written if there is a "
                    "password"};
    }
    for (const auto& option : parts.query) {
        if (option.key.empty()) return {"query key", "it is empty"};
        if (const auto* why = check_text(option.key)) return {"query key", why};
        if (const auto* why = check_text(option.value.reveal())) return {"query value", why};
    }
    return {};
}

std::optional<std::uint16_t> parse_port(std::string_view digits) noexcept {
    std::uint16_t port = 0;
    const auto* const end = digits.data() + digits.size();
    const auto [stop, failed] = std::from_chars(digits.data(), end, port);
    if (failed != std::errc{} || stop != end || port == 0) return std::nullopt;
    return port;
}

void normalise(url_parts& parts) {
    std::stable_sort(parts.query.begin(), parts.query.end(),
                     [](const url_option& a, const url_option& b) { return a.key < b.key; });
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
