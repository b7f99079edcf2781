// What each part of a URL may hold, the same for URLs that are parsed and for those that are built.
#pragma once

#include <koine/url.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// What is wrong with a part, or null. Texts name no value: one of them may be a password.
const char* check_name(std::string_view name) noexcept;  // of a dialect or driver
const char* check_host(std::string_view host) noexcept;  // not empty; may be a list with commas
const char* check_database(std::string_view database) noexcept;
const char* check_text(std::string_view text) noexcept;  // user, password, query key and value

// Calls visit(host) for each host of a list with commas until it returns true; whether it did.
template <class Visit>
bool each_host(std::string_view list, Visit visit) {
    for (;;) {
        const auto comma = list.find(',');
        if (visit(list.substr(0, comma))) return true;
        if (comma == list.npos) return false;
        list.remove_prefix(comma + 1);
    }
}

// Whether one host is the directory of a socket, or the name of an abstract one; whether it is an
// IPv6 address, which a URL writes in brackets.
bool is_socket(std::string_view host) noexcept;
bool is_address6(std::string_view host) noexcept;
// Whether there is nothing in the text that an IPv6 address has not.
bool is_ipv6_text(std::string_view text) noexcept;

// A part that is wrong. `part` and `why` are literals.
struct url_problem {
    const char* part = nullptr;
    const char* why = nullptr;

    explicit operator bool() const noexcept { return why != nullptr; }
};

// The first problem of the parts, each alone and in the text they would form together.
url_problem check_parts(const url_parts& parts) noexcept;

// The digits of a port from 1 to 65535, or nothing.
std::optional<std::uint16_t> parse_port(std::string_view digits) noexcept;

// The parts in the one form in which equal URLs are equal.
void normalise(url_parts& parts);

// `text` taken apart and checked. Defined in url_parse.cpp.
result<url_parts> parse_url(std::string_view text);

}  // namespace detail
}  // namespace v1
}  // namespace koine
