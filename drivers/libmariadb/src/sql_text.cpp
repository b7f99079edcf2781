#include "sql_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace koine::libmariadb {

namespace {

constexpr bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool starts_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}
constexpr bool continues_word(char c) noexcept {
    return starts_word(c) || is_digit(c);
}
constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view word, std::string_view lower_case) noexcept {
    return word.size() == lower_case.size() &&
           std::equal(word.begin(), word.end(), lower_case.begin(), [](char a, char b) { return lower(a) == b; });
}

template <std::size_t N>
bool any_of(std::string_view word, const std::array<std::string_view, N>& list) noexcept {
    return std::any_of(list.begin(), list.end(), [word](std::string_view entry) { return same(word, entry); });
}

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
constexpr std::array<std::string_view, 7> session_words{"use",     "lock",       "unlock", "handler",
                                                        "execute", "deallocate", "prepare"};

// The cursor over the text.
class scanner {
public:
    explicit scanner(std::string_view sql) noexcept : sql_{sql} {}

    bool done() const noexcept { return at_ >= sql_.size(); }
    char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
    void skip(std::size_t n = 1) noexcept { at_ = std::min(at_ + n, sql_.size()); }

    std::string_view word() noexcept {
        const std::size_t start = at_;
        while (!done() && continues_word(peek())) ++at_;
        return sql_.substr(start, at_ - start);
    }
    // A literal or quoted name; doubled quotes read as two of them in a row, which is the same to
    // us. The session takes a backslash for itself.
    void quoted(char quote) noexcept {
        const auto end = sql_.find(quote, at_ + 1);
        at_ = end == std::string_view::npos ? sql_.size() : end + 1;
    }
    void line_comment() noexcept {
        while (!done() && peek() != '\n') ++at_;
    }
    // Comments do not nest. The text of a comment for some servers only is taken for code: this
    // server may run it.
    void block_comment() noexcept {
        if (peek(2) == '!' || (peek(2) == 'M' && peek(3) == '!')) return skip(peek(2) == '!' ? 3 : 4);
        const auto end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
    }
    bool comment() noexcept {
        const char c = peek();
        // Two dashes are a comment only before a space or a control character.
        if (c == '#' || (c == '-' && peek(1) == '-' && (static_cast<unsigned char>(peek(2)) <= ' '))) {
            line_comment();
        } else if (c == '/' && peek(1) == '*') {
            block_comment();
        } else {
            return false;
        }
        return true;
    }
    bool parenthesis_follows() const noexcept {
        std::size_t i = at_;
        while (i < sql_.size() && is_space(sql_[i])) ++i;
        return i < sql_.size() && sql_[i] == '(';
    }

private:
    std::string_view sql_;
    std::size_t at_ = 0;
};

struct words {
    std::string_view first{};
    std::string_view second{};
    bool writes = false;
    bool locks = false;      // named locks
    bool variables = false;  // a variable of the user may be set
    bool temporary = false;
    bool returning = false;
    bool autocommit = false;
    bool several = false;       // a comma
    std::string_view last{};    // word
    std::string_view behind{};  // the first FOR
};

void take_word(scanner& in, words& found) noexcept {
    const auto word = in.word();
    if (found.first.empty()) {
        found.first = word;
    } else if (found.second.empty()) {
        found.second = word;
    }
    if (any_of(word, writing_words)) found.writes = true;
    if (same(word, "get_lock") || same(word, "release_lock") || same(word, "release_all_locks")) found.locks = true;
    if (same(word, "temporary")) found.temporary = true;
    if (same(word, "returning")) found.returning = true;
    if (same(word, "autocommit")) found.autocommit = true;
    if (found.behind.empty() && same(found.last, "for")) found.behind = word;
    found.last = word;
    if (in.parenthesis_follows() && !any_of(word, harmless_words)) found.writes = true;
}

void conclude(sql_facts& facts, const words& found) noexcept {
    const auto first = found.first;
    const auto second = found.second;
    const bool block = same(first, "begin") && same(second, "not");
    const bool starts = (same(first, "begin") && !block) || (same(first, "start") && same(second, "transaction"));
    const bool rolls_back = same(first, "rollback") || same(first, "savepoint") || same(first, "release");
    facts.empty = first.empty();
    facts.begins = starts;
    const bool for_statement = same(first, "set") && same(second, "statement");
    facts.calls = any_of(first, holding_words) || block || for_statement;
    facts.commits =
        any_of(first, committing_words) || facts.calls || (same(first, "set") && found.autocommit && !for_statement);
    facts.commits_first =
        facts.commits && !same(first, "commit") && !same(first, "xa") && (!same(first, "set") || for_statement);
    const bool schema = same(second, "database") || same(second, "schema");
    const bool several_users = found.several && (same(second, "user") || same(second, "role"));
    const bool several = found.several && (same(first, "drop") || same(first, "grant") || same(first, "revoke"));
    facts.in_parts = (facts.calls && !(for_statement && any_of(found.behind, whole_words))) || several ||
                     several_users || (same(first, "drop") && schema);
    const bool query = same(first, "select") || same(first, "with") || same(first, "values") || same(first, "table");
    facts.reads_only =
        (query && !found.writes) || same(first, "show") || same(first, "describe") || same(first, "desc") || rolls_back;
    const bool transaction_setting = same(first, "set") && same(second, "transaction");
    facts.sets_next_transaction = transaction_setting;
    facts.sets_session = (same(first, "set") && !transaction_setting) || any_of(first, session_words) || found.locks ||
                         found.variables || found.temporary;
    const bool changes =
        same(first, "insert") || same(first, "update") || same(first, "delete") || same(first, "replace");
    facts.one_result = query || changes;
    facts.plain_command = facts.parameters == 0 && (any_of(first, rowless_words) || (changes && !found.returning));
}

}  // namespace

sql_facts inspect(std::string_view sql) noexcept {
    sql_facts facts;
    scanner in{sql};
    words found;
    while (!in.done()) {
        const char c = in.peek();
        if (is_space(c)) {
            in.skip();
        } else if (in.comment()) {
            continue;
        } else if (c == '\'' || c == '"' || c == '`') {
            in.quoted(c);
            if (c != '\'' && in.parenthesis_follows()) found.writes = true;
        } else if (c == '?') {
            ++facts.parameters;
            in.skip();
        } else if (c == '@') {
            // @@name reads a setting; @name := value, and INTO @name, set a variable of the
            // session.
            if (in.peek(1) != '@') found.variables = true;
            in.skip(in.peek(1) == '@' ? 2 : 1);
            if (in.peek() == '`' || in.peek() == '\'' || in.peek() == '"') {
                in.quoted(in.peek());
            } else if (same(in.word(), "autocommit")) {
                found.autocommit = true;
            }
        } else if (starts_word(c)) {
            take_word(in, found);
        } else if (is_digit(c)) {
            in.word();
        } else {
            if (c == ',') found.several = true;
            in.skip();
        }
    }
    conclude(facts, found);
    return facts;
}

}  // namespace koine::libmariadb
