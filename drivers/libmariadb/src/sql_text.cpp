#include "sql_text.hpp"

#include <algorithm>
#include <array>

#include <koine/spi/server_rules.hpp>
#include <koine/spi/sql_lexer.hpp>

namespace koine::libmariadb {

namespace {

// Words of a query that change something, or may.
constexpr std::array<std::string_view, 10> writing_words{"insert", "update", "delete", "replace", "into",
                                                         "call",   "do",     "lock",   "nextval", "setval"};

// What may stand before a parenthesis in a query that changes nothing. Other functions may do
// anything.
constexpr std::array<std::string_view, 84> harmless_words{
    "and",       "or",       "not",           "in",      "exists",      "values",   "as",           "on",
    "using",     "where",    "having",        "from",    "select",      "union",    "all",          "intersect",
    "except",    "any",      "some",          "by",      "over",        "when",     "then",         "else",
    "key",       "index",    "case",          "limit",   "offset",      "interval", "like",         "between",
    "is",        "with",     "distinct",      "join",    "char",        "varchar",  "decimal",      "count",
    "sum",       "min",      "max",           "avg",     "coalesce",    "ifnull",   "nullif",       "if",
    "greatest",  "least",    "cast",          "convert", "lower",       "upper",    "length",       "char_length",
    "substring", "trim",     "repeat",        "concat",  "left",        "right",    "binary",       "instr",
    "extract",   "date",     "time",          "now",     "date_format", "abs",      "round",        "floor",
    "ceil",      "mod",      "row_number",    "rank",    "lag",         "lead",     "group_concat", "json_extract",
    "version",   "database", "connection_id", "sleep"};

// First words of statements that end an open transaction by committing it.
constexpr std::array<std::string_view, 17> committing_words{
    "commit",   "create", "alter", "drop", "truncate", "rename",  "grant",     "revoke", "analyze",
    "optimize", "repair", "flush", "lock", "unlock",   "install", "uninstall", "xa"};

// First words of statements that may hold any other, a COMMIT too: calls of procedures, and blocks.
constexpr std::array<std::string_view, 8> holding_words{"call", "execute", "if",     "case",
                                                        "loop", "while",   "repeat", "for"};

// What SET STATEMENT may stand before, done as a whole or not at all.
constexpr std::array<std::string_view, 6> whole_words{"select", "insert", "delete", "replace", "values", "with"};

// First words of statements that answer without rows. ANALYZE, OPTIMIZE, REPAIR, CHECK, CALL and XA
// may have some.
constexpr std::array<std::string_view, 16> rowless_words{
    "begin",  "start", "commit", "rollback", "savepoint", "release", "set",    "use",
    "create", "alter", "drop",   "truncate", "rename",    "grant",   "revoke", "do"};

// First words of statements that change what COM_RESET_CONNECTION would undo, beyond settings.
constexpr std::array<std::string_view, 8> session_words{"use",     "lock",       "unlock",  "handler",
                                                        "execute", "deallocate", "prepare", "backup"};
// Functions that take and give back named locks.
constexpr std::array<std::string_view, 3> lock_functions{"get_lock", "release_lock", "release_all_locks"};

struct words {
    spi::sql_token first{};
    spi::sql_token second{};
    bool writes = false;
    bool locks = false;      // named locks, and those of FLUSH TABLES
    bool variables = false;  // a variable of the user may be set
    bool temporary = false;
    bool returning = false;
    bool autocommit = false;
    bool several = false;     // a comma
    spi::sql_token last{};    // word
    spi::sql_token behind{};  // the first FOR
};

void take_word(const spi::sql_token& word, bool before_parenthesis, words& found) noexcept {
    if (found.first.text.empty()) {
        found.first = word;
    } else if (found.second.text.empty()) {
        found.second = word;
    }
    if (word.is_any(writing_words)) found.writes = true;
    if (before_parenthesis && !word.is_any(harmless_words)) found.writes = true;
    if (word.is_any(lock_functions)) found.locks = true;
    if (found.first.is("flush") && (word.is("lock") || word.is("export"))) found.locks = true;
    if (word.is("temporary")) found.temporary = true;
    if (word.is("returning")) found.returning = true;
    if (word.is("autocommit")) found.autocommit = true;
    if (found.behind.text.empty() && found.last.is("for")) found.behind = word;
    found.last = word;
}

void conclude(sql_facts& facts, const words& found) noexcept {
    const auto& first = found.first;
    const auto& second = found.second;
    const bool block = first.is("begin") && second.is("not");
    const bool starts = (first.is("begin") && !block) || (first.is("start") && second.is("transaction"));
    const bool rolls_back = first.is("rollback") || first.is("savepoint") || first.is("release");
    facts.empty = first.text.empty();
    facts.begins = starts;
    const bool for_statement = first.is("set") && second.is("statement");
    facts.calls = first.is_any(holding_words) || block || for_statement;
    facts.commits =
        first.is_any(committing_words) || facts.calls || (first.is("set") && found.autocommit && !for_statement);
    facts.commits_first =
        facts.commits && !first.is("commit") && !first.is("xa") && (!first.is("set") || for_statement);
    const bool schema = second.is("database") || second.is("schema");
    const bool several_users = found.several && (second.is("user") || second.is("role"));
    const bool several = found.several && (first.is("drop") || first.is("grant") || first.is("revoke"));
    facts.in_parts = (facts.calls && !(for_statement && found.behind.is_any(whole_words))) || several ||
                     several_users || (first.is("drop") && schema);
    const bool query = first.is("select") || first.is("with") || first.is("values") || first.is("table");
    facts.reads_only =
        (query && !found.writes) || first.is("show") || first.is("describe") || first.is("desc") || rolls_back;
    const bool transaction_setting = first.is("set") && second.is("transaction");
    facts.sets_next_transaction = transaction_setting;
    facts.sets_session = (first.is("set") && !transaction_setting) || first.is_any(session_words) || found.locks ||
                         found.variables || found.temporary;
    const bool changes = first.is("insert") || first.is("update") || first.is("delete") || first.is("replace");
    facts.one_result = query || changes;
    facts.plain_command = facts.parameters == 0 && (first.is_any(rowless_words) || (changes && !found.returning));
}

}  // namespace

sql_facts inspect(std::string_view sql) noexcept {
    using kind = spi::sql_token_kind;
    sql_facts facts;
    words found;
    spi::sql_lexer<spi::mariadb_rules> in{sql};
    spi::sql_token token;
    do {
        const spi::sql_token next = in.next();
        if (token.kind == kind::placeholder) {
            ++facts.parameters;
        } else if (token.kind == kind::word) {
            take_word(token, next.is('('), found);
        } else if (token.kind == kind::quoted_name && next.is('(')) {
            found.writes = true;
            const std::string_view name = token.text.size() < 2 ? "" : token.text.substr(1, token.text.size() - 2);
            if (std::any_of(lock_functions.begin(), lock_functions.end(),
                            [name](std::string_view one) { return spi::same_sql_word(name, one); }))
                found.locks = true;
        } else if (token.kind == kind::variable && token.text.substr(0, 2) != "@@") {
            // @@name reads a setting; @name := value, and INTO @name, set a variable of the
            // session.
            found.variables = true;
        } else if (token.kind == kind::variable &&
                   spi::same_sql_word(token.text.substr(token.text.find_last_of("@.") + 1), "autocommit")) {
            found.autocommit = true;
        } else if (token.is(',')) {
            found.several = true;
        }
        token = next;
    } while (token.kind != kind::end);
    conclude(facts, found);
    return facts;
}

}  // namespace koine::libmariadb
