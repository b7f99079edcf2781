// Finds :name in SQL text, for any database: what one of them takes for a string, a name or a
// comment hides what is in it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace koine {
inline namespace v1 {
namespace detail {

// Where ":name" stands in a text.
struct found_name {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// The names in a text, in order. Throws usage_error with a position.
std::vector<found_name> scan_names(std::string_view text);

// A usage_error about the byte at `at`.
[[noreturn]] void throw_text_error(std::string_view text, std::size_t at, std::string_view what);

}  // namespace detail
}  // namespace v1
}  // namespace koine
