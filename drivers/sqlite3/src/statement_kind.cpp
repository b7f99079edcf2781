#include <algorithm>
#include <array>
#include <cctype>

#include "statement.hpp"

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

// Past white space and comments; `skipped_too` is skipped as well.
std::size_t skip_blank(std::string_view sql, std::size_t at, char skipped_too) noexcept {
    while (at < sql.size()) {
        if (is_space(sql[at]) || sql[at] == skipped_too) {
            ++at;
        } else if (sql.substr(at, 2) == "--") {
            at = sql.find('\n', at);
        } else if (sql.substr(at, 2) == "/*") {
            at = sql.find("*/", at + 2);
            if (at != std::string_view::npos) at += 2;
        } else {
            return at;
        }
        if (at == std::string_view::npos) break;
    }
    return std::string_view::npos;
}

// The next word in upper case, empty at the end or where something else stands; moves `at` behind
// it.
std::string next_word(std::string_view sql, std::size_t& at) {
    std::string word;
    at = skip_blank(sql, at, ' ');
    while (at < sql.size() && (std::isalnum(static_cast<unsigned char>(sql[at])) != 0 || sql[at] == '_') &&
           word.size() < 32)
        word += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[at++])));
    return word;
}

// Settings of the database or the transaction, and questions.
constexpr std::array<std::string_view, 17> harmless_pragmas{
    "USER_VERSION", "APPLICATION_ID",  "DEFER_FOREIGN_KEYS", "JOURNAL_MODE",      "TABLE_INFO",        "TABLE_XINFO",
    "TABLE_LIST",   "INDEX_INFO",      "INDEX_LIST",         "INDEX_XINFO",       "QUICK_CHECK",       "WAL_CHECKPOINT",
    "OPTIMIZE",     "INTEGRITY_CHECK", "FOREIGN_KEY_LIST",   "FOREIGN_KEY_CHECK", "INCREMENTAL_VACUUM"};

}  // namespace

std::size_t find_text(std::string_view sql, std::size_t from) noexcept {
    return skip_blank(sql, from, ';');
}

statement_kind kind_of(std::string_view sql) {
    std::size_t at = find_text(sql, 0);
    const std::string first = next_word(sql, at);
    for (const std::string_view word : {"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"})
        if (first == word) return statement_kind::counting;
    for (const std::string_view word : {"BEGIN", "COMMIT", "END", "SAVEPOINT", "RELEASE"})
        if (first == word) return statement_kind::control;
    if (first == "ROLLBACK") {
        std::string second = next_word(sql, at);
        if (second == "TRANSACTION") second = next_word(sql, at);
        return second == "TO" ? statement_kind::control : statement_kind::rollback;
    }
    if (first == "VACUUM") {
        // VACUUM INTO writes a file of its own: that counts as attaching.
        const std::string second = next_word(sql, at);
        if (second != "INTO" && next_word(sql, at) != "INTO" && find_text(sql, at) == std::string_view::npos)
            return statement_kind::vacuum;
    }
    return statement_kind::other;
}

bool leaves_traces(std::string_view sql) {
    std::size_t at = find_text(sql, 0);
    const std::string first = next_word(sql, at);
    if (first == "ATTACH" || first == "DETACH") return true;
    std::string name = next_word(sql, at);
    if (first == "CREATE") return name == "TEMP" || name == "TEMPORARY";
    if (first != "PRAGMA") return false;
    at = skip_blank(sql, at, ' ');
    if (at < sql.size() && sql[at] == '.') {
        name = next_word(sql, ++at);
        at = skip_blank(sql, at, ' ');
    }
    const bool given = at < sql.size() && (sql[at] == '=' || sql[at] == '(');
    return given && std::find(harmless_pragmas.begin(), harmless_pragmas.end(), name) == harmless_pragmas.end();
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
