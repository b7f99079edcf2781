#include "functions.hpp"

#include <cstddef>
#include <string_view>

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

template <class Case>
void like(sqlite3_context* context, int, sqlite3_value** arguments) noexcept {
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
    const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
    const auto* const pattern = reinterpret_cast<const char*>(sqlite3_value_text(arguments[1]));
    if (text == nullptr || pattern == nullptr) return sqlite3_result_error_nomem(context);
    const std::string_view whole{pattern, static_cast<std::size_t>(sqlite3_value_bytes(arguments[1]))};
    const int limit = sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1);
    if (whole.size() > static_cast<std::size_t>(limit))
        return sqlite3_result_error(context, "LIKE pattern is too long", -1);
    if (!is_whole(whole)) return sqlite3_result_error(context, "LIKE pattern ends in a lone backslash", -1);
    sqlite3_result_int(
        context, matches<Case>({text, static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]))}, whole) ? 1 : 0);
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
