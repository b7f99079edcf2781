// Names of drivers and dialects.
#pragma once

#include <algorithm>
#include <string_view>

namespace koine {
inline namespace v1 {
namespace detail {

inline constexpr std::string_view plain_name_rule = "[a-z][a-z0-9_]{0,31}";

// Whether a name follows the rule, and so can be a part of a file's name wherever it comes from.
inline bool is_plain_name(std::string_view name) noexcept {
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto other = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && name.size() <= 32 && letter(name.front()) && std::all_of(name.begin(), name.end(), other);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
