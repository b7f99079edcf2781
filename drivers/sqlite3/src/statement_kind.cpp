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

// The next word in upper case, empty at the end or where something else stands; moves `at` behind it.
std::string next_word(std::string_view sql, std::size_t& at) {
    std::string word;
    at = skip_blank(sql, at, ' ');
    while (at < sql.size() && (std::isalnum(static_cast<unsigned char>(sql[at])) != 0 || sql[at] == '_') &&
           word.size() < 16)
        word += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[at++])));
    return word;
}

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

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
