#include <algorithm>
#include <array>

#include <koine/spi/server_rules.hpp>
#include <koine/spi/sql_lexer.hpp>

#include "statement.hpp"

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

using spi::sql_token;
using kind = spi::sql_token_kind;

using lexer = spi::sql_lexer<spi::sqlite_rules>;

// The first token that is no semicolon.
sql_token first_of(lexer& in) noexcept {
    sql_token token = in.next();
    while (token.is(';')) token = in.next();
    return token;
}

// Whether one of the tokens up to the end is the word.
bool holds(lexer in, std::string_view word) noexcept {
    for (sql_token token = in.next(); token.kind != kind::end; token = in.next())
        if (token.is(word)) return true;
    return false;
}

// A name as SQLite takes one, quoted in any way or not.
bool names(const sql_token& token, std::string_view lower_case) noexcept {
    if (token.kind == kind::word) return token.is(lower_case);
    const bool quoted = (token.kind == kind::quoted_name || token.kind == kind::string) && token.text.size() >= 2;
    return quoted && spi::same_sql_word(token.text.substr(1, token.text.size() - 2), lower_case);
}

constexpr std::array<std::string_view, 5> counting_words{"insert", "update", "delete", "replace", "with"};
constexpr std::array<std::string_view, 5> control_words{"begin", "commit", "end", "savepoint", "release"};

// Settings of the database or the transaction, and questions.
constexpr std::array<std::string_view, 13> harmless_pragmas{
    "table_info",       "table_xinfo",       "table_list",        "index_info", "index_list",
    "index_xinfo",      "quick_check",       "wal_checkpoint",    "optimize",   "integrity_check",
    "foreign_key_list", "foreign_key_check", "incremental_vacuum"};

// Behind CREATE: whether what it makes is temporary, by that word or by the schema in front of its
// name.
bool creates_temporary(lexer& in) noexcept {
    sql_token token = in.next();
    if (token.is("temp") || token.is("temporary")) return true;
    for (sql_token next; token.kind != kind::end && !token.is('(') && !token.is("as") && !token.is("on");
         token = next) {
        next = in.next();
        if (next.is('.')) return names(token, "temp");
    }
    return false;
}

// Behind PRAGMA: whether it sets something that stays.
bool changes_setting(lexer& in, bool in_transaction) noexcept {
    sql_token name = in.next();
    sql_token given = in.next();
    bool temporary = false;
    if (given.is('.')) {
        temporary = names(name, "temp");
        name = in.next();
        given = in.next();
    }
    if (!given.is('=') && !given.is('(')) return false;
    // Kept in the file, of which the temporary tables have one of their own.
    if (names(name, "user_version") || names(name, "application_id")) return temporary;
    // The one mode that belongs to the file.
    if (names(name, "journal_mode")) return !names(in.next(), "wal");
    // It ends with a transaction, the next one if there is none.
    if (names(name, "defer_foreign_keys")) return !in_transaction;
    return std::none_of(harmless_pragmas.begin(), harmless_pragmas.end(),
                        [&name](std::string_view harmless) { return names(name, harmless); });
}

}  // namespace

std::size_t find_text(std::string_view sql, std::size_t from) noexcept {
    lexer in{sql.substr(from)};
    const sql_token found = first_of(in);
    return found.kind == kind::end ? std::string_view::npos : from + found.at;
}

statement_kind kind_of(std::string_view sql) noexcept {
    lexer in{sql};
    const sql_token first = first_of(in);
    if (first.is_any(counting_words)) return statement_kind::counting;
    if (first.is_any(control_words)) return statement_kind::control;
    if (first.is("rollback")) return holds(in, "to") ? statement_kind::control : statement_kind::rollback;
    // VACUUM INTO writes a file of its own: that counts as attaching.
    if (first.is("vacuum") && !holds(in, "into")) return statement_kind::vacuum;
    return statement_kind::other;
}

bool leaves_traces(std::string_view sql, bool in_transaction) noexcept {
    lexer in{sql};
    const sql_token first = first_of(in);
    if (first.is("attach") || first.is("detach")) return true;
    if (first.is("create")) return creates_temporary(in);
    return first.is("pragma") && changes_setting(in, in_transaction);
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
