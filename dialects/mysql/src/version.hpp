// Versions of servers, "10.11.6-MariaDB-log" or "8.0.36".
#pragma once

#include <compare>
#include <string_view>

namespace koine {
inline namespace v1 {
namespace dialects {

struct server_version {
    int major = 0;
    int minor = 0;
    int patch = 0;
    auto operator<=>(const server_version&) const = default;
};

// What cannot be read is 0.
constexpr server_version parse_version(std::string_view text) noexcept {
    server_version out;
    for (int* part : {&out.major, &out.minor, &out.patch}) {
        while (!text.empty() && text[0] >= '0' && text[0] <= '9' && *part < 1000) {
            *part = *part * 10 + (text[0] - '0');
            text.remove_prefix(1);
        }
        if (text.empty() || text[0] != '.') break;
        text.remove_prefix(1);
    }
    return out;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
