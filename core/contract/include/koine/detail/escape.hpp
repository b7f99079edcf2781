// Text from elsewhere (servers, statements, names) made safe to print on a terminal or in a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Appends `text` to `out`: control characters, invalid UTF-8 and the characters that reorder a line
// become \n, \t, \xNN or \u{N}; everything else stays as it is. Appends at most `limit` bytes;
// where that cuts the text, it ends in "...". Escaping twice changes nothing more. Thread-safe.
KOINE_API void append_escaped(std::string& out, std::string_view text, std::size_t limit);

// The same as a string of its own.
KOINE_API std::string escaped(std::string_view text, std::size_t limit);

}  // namespace detail
}  // namespace v1
}  // namespace koine
