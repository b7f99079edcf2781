#include "text_scanner.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include <koine/error.hpp>
#include <koine/spi/sql_lexer.hpp>
#include <koine/sql/text.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

using spi::sql_token;
using kind = spi::sql_token_kind;

// What some database takes for a string, a name or a comment. Comments nest, as the standard and
// PostgreSQL say. For SQLite they do not: it then finds the rest of a nested one and refuses it.
constexpr spi::sql_rules any_database{.nested_comments = true,
                                      .return_ends_line = true,
                                      .escape_strings = true,
                                      .dollar_strings = true,
                                      .backtick_names = true,
                                      .question_marks = true,
                                      .dollar_numbers = true,
                                      .named_marks = ":"};

// Databases differ in what they take for a comment before the first word. What would end a
// transaction on one of them is refused on all.
constexpr spi::sql_rules by_sqlite{.order_mark_is_blank = true};
constexpr spi::sql_rules by_postgresql{.nested_comments = true};
constexpr spi::sql_rules by_mariadb{.hash_comments = true, .spaced_dashes = true, .code_comments = true};

template <const spi::sql_rules& Rules>
bool controls_transaction_by(std::string_view text) {
    spi::sql_lexer<Rules> in{text};
    sql_token first = in.next();
    while (first.is(';')) first = in.next();
    if (first.is("end") || first.is("abort")) return true;
    if (!first.is("begin") && !first.is("start") && !first.is("commit") && !first.is("rollback")) return false;
    sql_token second = in.next();
    if (second.is("work") || (first.is("rollback") && second.is("transaction"))) second = in.next();
    if (first.is("start")) return second.is("transaction");
    return !second.is("not") && !second.is("to") && !second.is("prepared");
}

constexpr bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

const char* unclosed(kind what) {
    if (what == kind::comment) return "a comment that begins here is not closed";
    return what == kind::string ? "a string that begins here is not closed"
                                : "a quoted name that begins here is not closed";
}

// What is wrong with a token that is no name, or null.
const char* fault_of(const sql_token& token, std::string_view behind) {
    if (!token.closed) return unclosed(token.kind);
    if (token.text[0] == '$' && (token.kind == kind::placeholder ||
                                 (token.kind == kind::symbol && !behind.empty() && spi::is_sql_word_byte(behind[0]))))
        return "values are written :name, not with $";
    if (token.text[0] == '?' && token.text.size() > 1) return "values are written :name, not ?1";
    return nullptr;
}

// Where a token begins, without the E or the U& of a string.
std::size_t place_of(const sql_token& token) {
    const bool prefixed = token.kind != kind::comment && spi::is_sql_letter(token.text[0]);
    return token.at + (prefixed ? token.text.find_first_of("'\"") : 0);
}

}  // namespace

std::vector<found_name> scan_names(std::string_view text) {
    std::vector<found_name> names;
    spi::sql_lexer<any_database> in{text};
    for (;;) {
        const sql_token token = in.next_or_comment();
        if (token.kind == kind::end) return names;
        if (token.kind == kind::word || token.kind == kind::number) continue;
        if (token.kind == kind::symbol && token.text[0] != '$') continue;
        const auto end = token.at + token.text.size();
        const auto behind = text.substr(end);
        if (const char* why = fault_of(token, behind)) throw_text_error(text, place_of(token), why);
        // PostgreSQL ends the comment here, SQLite does not.
        if (token.kind == kind::comment && behind.substr(0, 1) == "\r" && behind.substr(0, 2) != "\r\n")
            throw_text_error(text, end, "a carriage return inside of a comment");
        if (token.kind != kind::placeholder || token.text[0] != ':' || !is_ascii(token.text[1])) continue;
        for (const char c : token.text)
            if (c == '$' || !is_ascii(c))
                throw_text_error(text, token.at, "names of values consist of a to z, A to Z, 0 to 9 and _");
        names.push_back({token.at, end});
    }
}

bool controls_transaction(std::string_view text) {
    return controls_transaction_by<by_sqlite>(text) || controls_transaction_by<by_postgresql>(text) ||
           controls_transaction_by<by_mariadb>(text);
}

void throw_text_error(std::string_view text, std::size_t at, std::string_view what) {
    const auto before = text.substr(0, at);
    const auto characters = std::count_if(before.begin(), before.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
    error_info info;
    info.code = errc::usage;
    info.outcome = outcome::not_sent;
    info.position = static_cast<std::uint32_t>(characters + 1);
    info.message = "SQL text: ";
    info.message += what;
    info.statement = std::string{text.substr(0, 1024)};
    throw usage_error{std::move(info)};
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
