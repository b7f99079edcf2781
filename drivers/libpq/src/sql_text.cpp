#include "sql_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace koine::libpq {

namespace {

constexpr bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool starts_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}
constexpr bool continues_word(char c) noexcept {
    return starts_word(c) || is_digit(c) || c == '$';
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
constexpr std::array<std::string_view, 5> session_words{"reset", "discard", "listen", "do", "call"};
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
    std::uint32_t number() noexcept {
        std::uint64_t value = 0;
        for (; is_digit(peek()); ++at_)
            value = std::min<std::uint64_t>(value * 10 + static_cast<unsigned>(peek() - '0'), UINT32_MAX);
        return static_cast<std::uint32_t>(value);
    }
    // A literal or quoted name; doubled quotes read as two of them in a row, which is the same to
    // us.
    void quoted(char quote, bool backslashes) noexcept {
        for (skip(); !done() && peek() != quote; skip())
            if (backslashes && peek() == '\\') skip();
        skip();
    }
    void line_comment() noexcept {
        while (!done() && peek() != '\n') ++at_;
    }
    void block_comment() noexcept {
        std::size_t depth = 0;
        do {
            if (peek() == '/' && peek(1) == '*') {
                ++depth;
                skip(2);
            } else if (peek() == '*' && peek(1) == '/') {
                --depth;
                skip(2);
            } else {
                skip();
            }
        } while (depth != 0 && !done());
    }
    // $$text$$ or $tag$text$tag$; false if no such thing starts here.
    bool dollar_quoted() noexcept {
        std::size_t end = at_ + 1;
        while (end < sql_.size() && sql_[end] != '$' && continues_word(sql_[end])) ++end;
        if (end >= sql_.size() || sql_[end] != '$') return false;
        const auto tag = sql_.substr(at_, end + 1 - at_);
        const auto close = sql_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? sql_.size() : close + tag.size();
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

}  // namespace

sql_facts inspect(std::string_view sql) noexcept {
    sql_facts facts;
    scanner in{sql};
    std::string_view first;
    std::string_view second;
    std::string_view last;
    bool writes = false;
    bool to_savepoint = false;
    bool to_client = false;
    bool concurrently = false;
    while (!in.done()) {
        const char c = in.peek();
        if (is_space(c)) {
            in.skip();
        } else if (c == '-' && in.peek(1) == '-') {
            in.line_comment();
        } else if (c == '/' && in.peek(1) == '*') {
            in.block_comment();
        } else if (c == '\'') {
            in.quoted('\'', false);
        } else if (c == '"') {
            in.quoted('"', false);
            if (in.parenthesis_follows()) writes = true;
        } else if (c == '$' && is_digit(in.peek(1))) {
            in.skip();
            facts.parameters = std::max(facts.parameters, in.number());
        } else if (c == '$') {
            if (!in.dollar_quoted()) in.skip();
        } else if (starts_word(c)) {
            const auto word = in.word();
            if (in.peek() == '\'' && same(word, "e")) in.quoted('\'', true);
            if (first.empty()) {
                first = word;
            } else if (second.empty()) {
                second = word;
            }
            if (any_of(word, writing_words)) writes = true;
            if (any_of(word, session_functions)) facts.sets_session = true;
            if ((same(word, "temp") || same(word, "temporary")) && any_of(last, before_temporary))
                facts.sets_session = true;
            if (same(word, "hold") && same(last, "with")) facts.sets_session = true;
            if (same(word, "to")) to_savepoint = true;
            if (same(word, "stdout") && same(last, "to")) to_client = true;
            if (same(word, "chain") && same(last, "and")) facts.effect.chains = true;
            if (same(word, "concurrently")) concurrently = true;
            last = word;
            if (in.parenthesis_follows() && !any_of(word, harmless_words)) writes = true;
        } else if (is_digit(c)) {
            in.word();
        } else {
            in.skip();
        }
    }
    facts.empty = first.empty();
    if (same(first, "begin") || (same(first, "start") && same(second, "transaction"))) {
        facts.effect.control = control::begin;
    } else if (same(first, "commit") || same(first, "end") || (same(first, "prepare") && same(second, "transaction"))) {
        facts.effect.control = control::commit;
    } else if (same(first, "abort") || (same(first, "rollback") && !same(second, "prepared"))) {
        facts.effect.control = to_savepoint ? control::rollback_to : control::rollback;
    }
    facts.effect.commits_inside = any_of(first, committing_words) ||
                                  (any_of(first, changing_words) && (concurrently || any_of(second, untransacted)));
    const bool query = same(first, "select") || same(first, "with") || same(first, "values") || same(first, "table");
    facts.effect.reads_only = ((query || (same(first, "copy") && to_client)) && !writes) || same(first, "show");
    if (same(first, "set") && !same(second, "local") && !same(second, "transaction") && !same(second, "constraints"))
        facts.sets_session = true;
    if (any_of(first, session_words)) facts.sets_session = true;
    return facts;
}

}  // namespace koine::libpq
