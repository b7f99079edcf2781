// What each part of a URL may hold, the same for URLs that are parsed and for those that are built.
#pragma once

#include <koine/url.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// What is wrong with a part, or null. Texts name no value: one of them may be a password.
const char* check_name(std::string_view name) noexcept;  // of a dialect or driver
const char* check_host(std::string_view host) noexcept;  // not empty
const char* check_database(std::string_view database) noexcept;
const char* check_text(std::string_view text) noexcept;  // user, password, query key and value

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
