#include "functions.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

struct exactly {
    static char of(char c) noexcept { return c; }
};

struct folded {
    static char of(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
};

bool continues_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// Where the character after the one at `at` begins. Precondition: at < text.size().
std::size_t after_character(std::string_view text, std::size_t at) noexcept {
    do ++at;
    while (at < text.size() && continues_character(text[at]));
    return at;
}

// A backslash is always followed by something: is_whole() has been asked. Only the last % is ever
// taken back, so there is no recursion and the cost is at most the product of the lengths.
template <class Case>
bool matches(std::string_view text, std::string_view pattern) noexcept {
    constexpr auto none = static_cast<std::size_t>(-1);
    std::size_t t = 0;
    std::size_t p = 0;
    std::size_t retry_pattern = none;
    std::size_t retry_text = 0;
    while (t < text.size() || p < pattern.size()) {
        if (p < pattern.size()) {
            const char c = pattern[p];
            if (c == '%') {
                retry_pattern = ++p;
                retry_text = t;
                continue;
            }
            if (t < text.size()) {
                if (c == '_') {
                    t = after_character(text, t);
                    ++p;
                    continue;
                }
                const std::size_t literal = c == '\\' ? p + 1 : p;
                if (Case::of(pattern[literal]) == Case::of(text[t])) {
                    ++t;
                    p = literal + 1;
                    continue;
                }
            }
        }
        if (retry_pattern == none || retry_text >= text.size()) return false;
        retry_text = after_character(text, retry_text);
        t = retry_text;
        p = retry_pattern;
    }
    return true;
}

bool is_whole(std::string_view pattern) noexcept {
    std::size_t at = 0;
    while (at < pattern.size()) at += pattern[at] == '\\' ? 2U : 1U;
    return at == pattern.size();
}

// Patterns of this size are worth a search that takes time by the sum of the lengths, not by their
// product.
constexpr std::size_t long_pattern = 256;

// What stands between two % of a pattern.
struct segment {
    std::string_view pattern{};
    std::string literal{};  // where it has no _: the text that it stands for
    bool has_any = false;   // it has a _

    explicit segment(std::string_view of) : pattern{of} {
        literal.reserve(of.size());
        for (std::size_t at = 0; at < of.size(); ++at) {
            if (of[at] == '_') has_any = true;
            if (of[at] == '\\') ++at;
            literal += of[at];
        }
    }

    // The end of a match that begins at `at`, or npos.
    std::size_t match(std::string_view text, std::size_t at) const noexcept {
        if (!has_any) return text.substr(at).starts_with(literal) ? at + literal.size() : std::string_view::npos;
        for (std::size_t p = 0; p < pattern.size(); ++p) {
            if (at >= text.size()) return std::string_view::npos;
            if (pattern[p] == '_') {
                at = after_character(text, at);
                continue;
            }
            if (pattern[p] == '\\') ++p;
            if (text[at++] != pattern[p]) return std::string_view::npos;
        }
        return at;
    }
    // The end of the first match at `at` or behind it, or npos.
    std::size_t find(std::string_view text, std::size_t at) const noexcept {
        if (has_any) {
            for (; at < text.size(); at = after_character(text, at))
                if (const auto end = match(text, at); end != std::string_view::npos) return end;
            return std::string_view::npos;
        }
        if (literal.empty()) return at;
        const void* const found = ::memmem(text.data() + at, text.size() - at, literal.data(), literal.size());
        if (found == nullptr) return std::string_view::npos;
        return static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + literal.size();
    }
    // Whether the text ends in a match that does not begin before `at`.
    bool ends(std::string_view text, std::size_t at) const noexcept {
        if (!has_any) return text.substr(at).ends_with(literal);
        for (; at < text.size(); at = after_character(text, at))
            if (match(text, at) == text.size()) return true;
        return false;
    }
};

// As matches(), for long patterns. The earliest place of each segment is as good as any later one.
bool matches_long(std::string_view text, std::string_view pattern) {
    std::size_t at = 0;
    bool first = true;
    for (;;) {
        std::size_t end = 0;
        while (end < pattern.size() && pattern[end] != '%') end += pattern[end] == '\\' ? 2U : 1U;
        const segment part{pattern.substr(0, end)};
        const bool last = end == pattern.size();
        if (first) {
            at = part.match(text, 0);
            if (last) return at == text.size();
        } else if (last) {
            return part.ends(text, at);
        } else {
            at = part.find(text, at);
        }
        if (at == std::string_view::npos) return false;
        first = false;
        pattern.remove_prefix(end + 1);
    }
}

template <class Case>
std::string converted(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(), &Case::of);
    return out;
}

template <class Case>
bool matches_any_size(std::string_view text, std::string_view pattern) {
    if (pattern.size() < long_pattern) return matches<Case>(text, pattern);
    if constexpr (std::is_same_v<Case, folded>) return matches_long(converted<Case>(text), converted<Case>(pattern));
    return matches_long(text, pattern);
}

template <class Case>
void like(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
    const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
    const auto* const pattern = reinterpret_cast<const char*>(sqlite3_value_text(arguments[1]));
    if (text == nullptr || pattern == nullptr) return sqlite3_result_error_nomem(context);
    const std::string_view whole{pattern, static_cast<std::size_t>(sqlite3_value_bytes(arguments[1]))};
    if (!is_whole(whole)) return sqlite3_result_error(context, "LIKE pattern ends in a lone backslash", -1);
    try {
        const std::string_view searched{text, static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]))};
        sqlite3_result_int(context, matches_any_size<Case>(searched, whole) ? 1 : 0);
    } catch (const std::bad_alloc&) {
        sqlite3_result_error_nomem(context);
    }
}

}  // namespace

int add_functions(sqlite3* database) noexcept {
    // Harmless and deterministic, so that schemas may use them too.
    constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    const int code = sqlite3_create_function_v2(database, "koine_like", 2, flags, nullptr, &like<exactly>, nullptr,
                                                nullptr, nullptr);
    if (code != SQLITE_OK) return code;
    return sqlite3_create_function_v2(database, "koine_ilike", 2, flags, nullptr, &like<folded>, nullptr, nullptr,
                                      nullptr);
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
