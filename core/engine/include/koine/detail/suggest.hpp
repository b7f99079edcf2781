// The nearest known name to one that is not known, for error messages.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// "did you mean `sslmode`?" with the name of `known` that is nearest to `word` by edit distance
// (upper and lower case are alike, a swap of neighbours is one step), or with one that `word`
// begins or that begins `word`; empty if none is near. Thread-safe.
KOINE_API std::string suggestion(std::string_view word, std::span<const std::string_view> known);

// "unknown option `sslmod` of driver libpq; known: host, sslmode; did you mean `sslmode`?". `kind`
// is "option", `owner` is "driver libpq" or empty. The word is escaped and bounded. Thread-safe.
KOINE_API std::string unknown_name(std::string_view kind, std::string_view word, std::string_view owner,
                                   std::span<const std::string_view> known);

}  // namespace detail
}  // namespace v1
}  // namespace koine
