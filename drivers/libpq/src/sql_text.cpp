#include "sql_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include <koine/spi/server_rules.hpp>
#include <koine/spi/sql_lexer.hpp>

namespace koine::libpq {

namespace {

// Words of a query that change something, or may.
constexpr std::array<std::string_view, 10> writing_words{"insert", "update", "delete", "merge",    "into",
                                                         "call",   "do",     "lock",   "truncate", "share"};

// What may stand before a parenthesis in a query that changes nothing. Other functions may do
// anything.
constexpr std::array<std::string_view, 78> harmless_words{"and",       "or",
                                                          "not",       "in",
                                                          "exists",    "values",
                                                          "as",        "on",
                                                          "using",     "where",
                                                          "having",    "from",
                                                          "select",    "union",
                                                          "all",       "intersect",
                                                          "except",    "any",
                                                          "some",      "by",
                                                          "over",      "filter",
                                                          "when",      "then",
                                                          "else",      "case",
                                                          "limit",     "offset",
                                                          "interval",  "like",
                                                          "ilike",     "between",
                                                          "is",        "with",
                                                          "array",     "row",
                                                          "count",     "sum",
                                                          "min",       "max",
                                                          "avg",       "coalesce",
                                                          "nullif",    "greatest",
                                                          "least",     "cast",
                                                          "lower",     "upper",
                                                          "length",    "char_length",
                                                          "substring", "trim",
                                                          "replace",   "repeat",
                                                          "concat",    "left",
                                                          "right",     "position",
                                                          "extract",   "date_trunc",
                                                          "now",       "to_char",
                                                          "abs",       "round",
                                                          "floor",     "ceil",
                                                          "mod",       "row_number",
                                                          "rank",      "lag",
                                                          "lead",      "string_agg",
                                                          "array_agg", "json_agg",
                                                          "unnest",    "generate_series",
                                                          "pg_sleep",  "pg_backend_pid"};

// First words of statements that change the session, or run code that may.
constexpr std::array<std::string_view, 6> session_words{"reset", "discard", "listen", "do", "call", "execute"};
constexpr std::array<std::string_view, 5> session_functions{"set_config", "pg_advisory_lock", "pg_advisory_lock_shared",
                                                            "pg_try_advisory_lock", "pg_try_advisory_lock_shared"};
// First words of statements that commit as they go on; behind CREATE, DROP and ALTER, the kinds of
// objects that no transaction holds.
constexpr std::array<std::string_view, 7> committing_words{"call",    "do",      "vacuum", "analyze",
                                                           "analyse", "cluster", "reindex"};
constexpr std::array<std::string_view, 3> changing_words{"create", "drop", "alter"};
constexpr std::array<std::string_view, 3> untransacted{"database", "tablespace", "subscription"};
// What stands before TEMPORARY where it makes something.
constexpr std::array<std::string_view, 5> before_temporary{"create", "replace", "local", "global", "into"};

struct words {
    spi::sql_token first{};
    spi::sql_token second{};
    spi::sql_token last{};
    bool writes = false;
    bool sets_session = false;
    bool to_savepoint = false;
    bool to_client = false;
    bool chains = false;
    bool concurrently = false;
};

std::string_view within_quotes(const spi::sql_token& name) noexcept {
    return name.text.size() < 2 ? std::string_view{} : name.text.substr(1, name.text.size() - 2);
}

// pg_temp, or the schema of one session by its number.
bool is_temporary_schema(const spi::sql_token& name) noexcept {
    constexpr std::string_view schema = "pg_temp";
    if (name.kind == spi::sql_token_kind::word) return spi::same_sql_word(name.text.substr(0, schema.size()), schema);
    return name.kind == spi::sql_token_kind::quoted_name && within_quotes(name).substr(0, schema.size()) == schema;
}

void take_word(const spi::sql_token& word, bool before_parenthesis, words& found) noexcept {
    if (found.first.text.empty()) {
        found.first = word;
    } else if (found.second.text.empty()) {
        found.second = word;
    }
    if (word.is_any(writing_words)) found.writes = true;
    if (before_parenthesis && !word.is_any(harmless_words)) found.writes = true;
    if (word.is_any(session_functions)) found.sets_session = true;
    if ((word.is("temp") || word.is("temporary")) && found.last.is_any(before_temporary)) found.sets_session = true;
    if (word.is("hold") && found.last.is("with")) found.sets_session = true;
    if (word.is("to")) found.to_savepoint = true;
    if (word.is("stdout") && found.last.is("to")) found.to_client = true;
    if (word.is("chain") && found.last.is("and")) found.chains = true;
    if (word.is("concurrently")) found.concurrently = true;
    found.last = word;
}

control control_of(const words& found) noexcept {
    const auto& first = found.first;
    const auto& second = found.second;
    if (first.is("begin") || (first.is("start") && second.is("transaction"))) return control::begin;
    if (first.is("commit") || first.is("end") || (first.is("prepare") && second.is("transaction")))
        return control::commit;
    if (first.is("abort") || (first.is("rollback") && !second.is("prepared")))
        return found.to_savepoint ? control::rollback_to : control::rollback;
    return control::none;
}

void conclude(sql_facts& facts, const words& found) noexcept {
    const auto& first = found.first;
    const auto& second = found.second;
    facts.empty = first.text.empty();
    facts.effect.control = control_of(found);
    facts.effect.chains = found.chains;
    facts.effect.commits_inside = first.is_any(committing_words) ||
                                  (first.is_any(changing_words) && (found.concurrently || second.is_any(untransacted)));
    const bool query = first.is("select") || first.is("with") || first.is("values") || first.is("table");
    facts.effect.reads_only = ((query || (first.is("copy") && found.to_client)) && !found.writes) || first.is("show");
    const bool prepares = first.is("prepare") && !second.is("transaction");
    facts.may_prepare = prepares || first.is("do") || first.is("call") || first.is("execute");
    facts.sets_session =
        found.sets_session || first.is_any(session_words) || prepares ||
        (first.is("set") && !second.is("local") && !second.is("transaction") && !second.is("constraints"));
}

// The number of $n, or the greatest number where it is none.
std::uint32_t number_of(std::string_view placeholder) noexcept {
    std::uint32_t number = 0;
    const auto result = std::from_chars(placeholder.data() + 1, placeholder.data() + placeholder.size(), number);
    return result.ec == std::errc{} ? number : UINT32_MAX;
}

}  // namespace

sql_facts inspect(std::string_view sql) noexcept {
    using kind = spi::sql_token_kind;
    sql_facts facts;
    words found;
    spi::sql_lexer<spi::postgresql_rules> in{sql};
    spi::sql_token token;
    do {
        const spi::sql_token next = in.next();
        if (token.kind == kind::placeholder) {
            facts.parameters = std::max(facts.parameters, number_of(token.text));
        } else if (token.kind == kind::word) {
            take_word(token, next.is('('), found);
        } else if (token.kind == kind::quoted_name) {
            if (next.is('(')) found.writes = true;
            if (next.is('(') && std::find(session_functions.begin(), session_functions.end(), within_quotes(token)) !=
                                    session_functions.end())
                found.sets_session = true;
            // With escapes in it, it may be any name.
            if (token.text[0] != '"') found.sets_session = true;
        }
        if (next.is('.') && is_temporary_schema(token)) found.sets_session = true;
        token = next;
    } while (token.kind != kind::end);
    conclude(facts, found);
    return facts;
}

}  // namespace koine::libpq
