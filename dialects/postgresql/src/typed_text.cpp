// Types for values in texts by hand. The server takes a value's type from what stands around it,
// which is right for most: a text beside a column of an enumeration has to be one of it. Where
// nothing stands around it, or other values alone, it fails or guesses, and the value's own type is
// written.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include <koine/dialects/postgresql.hpp>
#include <koine/spi/server_rules.hpp>
#include <koine/spi/sql_lexer.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

using spi::sql_token;
using kind = spi::sql_token_kind;

// Words that end a list of what is selected.
constexpr std::array<std::string_view, 14> clause_words{"from",  "where",  "group",  "having", "window",
                                                        "order", "limit",  "offset", "fetch",  "for",
                                                        "into",  "values", "set",    "on"};
// Words behind a value that make it an operand.
constexpr std::array<std::string_view, 14> operator_words{"and",  "or",     "is",      "in",      "not",
                                                          "like", "ilike",  "similar", "between", "collate",
                                                          "at",   "isnull", "notnull", "operator"};
// Words in front of an expression: a sign behind them has no left side.
constexpr std::array<std::string_view, 18> opening_words{"select", "distinct", "all",  "where",  "and",       "or",
                                                         "not",    "on",       "when", "then",   "else",      "between",
                                                         "limit",  "offset",   "by",   "having", "returning", "in"};
// Functions that take arguments of any type.
constexpr std::array<std::string_view, 14> any_functions{"concat",
                                                         "concat_ws",
                                                         "format",
                                                         "json_build_object",
                                                         "json_build_array",
                                                         "jsonb_build_object",
                                                         "jsonb_build_array",
                                                         "to_json",
                                                         "to_jsonb",
                                                         "pg_typeof",
                                                         "num_nulls",
                                                         "num_nonnulls",
                                                         "row_to_json",
                                                         "quote_nullable"};

bool is_arithmetic(const sql_token& token) {
    return token.kind == kind::symbol && token.text.size() == 1 &&
           std::string_view{"+-*/%^"}.find(token.text[0]) != std::string_view::npos;
}
bool is_comparison(const sql_token& token) {
    return token.kind == kind::symbol && token.text.size() == 1 &&
           std::string_view{"=<>!"}.find(token.text[0]) != std::string_view::npos;
}
bool is_sign(const sql_token& token) {
    return token.is('+') || token.is('-');
}

// What is known of a place. A text, which the server takes for anything, is left to its
// surroundings but where there are none.
enum class need : std::uint8_t { nothing, own_type, any_type };

// A chain of operands with arithmetic between them.
struct chain {
    std::size_t first = 0;  // tokens
    std::size_t last = 0;
    std::uint32_t values = 0;
    std::uint32_t strings = 0;
    std::uint32_t numbers = 0;
    bool other = false;  // it has an operand that has a type, or may have
    bool sign = false;   // it begins with one
};

class reader {
public:
    explicit reader(std::string_view text) {
        spi::sql_lexer<spi::postgresql_rules> in{text};
        for (sql_token token = in.next(); token.kind != kind::end; token = in.next()) tokens_.push_back(token);
        tokens_.push_back({});  // so that there always is a next one
        tokens_.back().at = text.size();
    }

    const std::vector<sql_token>& tokens() const noexcept { return tokens_; }
    // For each token, what it needs; nothing for those that are no values.
    std::vector<need> needs(std::span<const koine_value> values) {
        needs_.assign(tokens_.size(), need::nothing);
        find_alone();
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            if (!is_value(i) || needs_[i] == need::any_type) continue;
            if (is_tested_for_null(i))
                needs_[i] = need::any_type;
            else if (needs_[i] == need::nothing && is_among_values(i, values))
                needs_[i] = need::own_type;
        }
        return std::move(needs_);
    }
    static std::size_t number_of(const sql_token& placeholder) {
        std::size_t number = 0;
        std::from_chars(placeholder.text.data() + 1, placeholder.text.data() + placeholder.text.size(), number);
        return number;
    }

private:
    bool is_value(std::size_t i) const { return tokens_[i].kind == kind::placeholder; }
    bool ends_expression(std::size_t i) const {
        const sql_token& token = tokens_[i];
        if (token.kind == kind::end || token.is(',') || token.is(')') || token.is(';')) return true;
        if (token.kind == kind::quoted_name) return true;
        return token.kind == kind::word && !token.is_any(operator_words);
    }

    // Values alone in a list that is selected, or alone as the argument of a function that takes
    // anything. What INSERT ... SELECT selects has the types of the columns, and the branches of a
    // UNION those of each other.
    void find_alone() {
        struct level {
            bool list = false;
            bool compound = false;
            bool inserts = false;
            bool any = false;
            std::vector<std::size_t> found{};
        };
        std::vector<level> levels(1);
        const auto accept = [this](const level& closed) {
            for (const std::size_t i : closed.found)
                if (!closed.compound || closed.any) needs_[i] = closed.any ? need::any_type : need::own_type;
        };
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            const sql_token& token = tokens_[i];
            level& now = levels.back();
            if (token.is('(')) {
                levels.emplace_back();
                levels.back().any = i > 0 && tokens_[i - 1].is_any(any_functions);
            } else if (token.is(')') && levels.size() > 1) {
                accept(now);
                levels.pop_back();
            } else if (token.is("insert")) {
                now.inserts = true;
            } else if (token.is("select")) {
                now.list = !now.inserts;
            } else if (token.is("returning")) {
                now.list = true;
            } else if (token.is("union") || token.is("intersect") || token.is("except")) {
                now.compound = true;
                now.list = false;
            } else if (token.is_any(clause_words)) {
                now.list = false;
            } else if (token.kind == kind::placeholder && i > 0) {
                const sql_token& before = tokens_[i - 1];
                const bool first =
                    before.is("select") || before.is("distinct") || before.is("all") || before.is("returning");
                const bool alone = now.any ? before.is('(') || before.is(',') : now.list && (first || before.is(','));
                if (alone && ends_expression(i + 1)) now.found.push_back(i);
            }
        }
        for (const level& one : levels) accept(one);
    }

    bool is_tested_for_null(std::size_t i) const {
        if (i > 0 && tokens_[i - 1].kind == kind::symbol && !tokens_[i - 1].is('(') && !tokens_[i - 1].is(','))
            return false;
        const sql_token& next = tokens_[i + 1];
        if (next.is("isnull") || next.is("notnull")) return true;
        if (!next.is("is")) return false;
        const sql_token& then = tokens_[i + 2];
        return then.is("null") || (then.is("not") && i + 3 < tokens_.size() && tokens_[i + 3].is("null"));
    }

    // Takes the operand that ends at, or begins at, a token into the chain; false at the end of it.
    bool take(chain& of, std::size_t i) const {
        switch (tokens_[i].kind) {
            case kind::placeholder:
                ++of.values;
                return true;
            case kind::string:
                ++of.strings;
                return true;
            case kind::number:
                ++of.numbers;
                return true;
            default:
                of.other = true;
                return false;
        }
    }
    // 0.5 is three tokens.
    std::size_t left_end(std::size_t i) const {
        while (i >= 2 && tokens_[i].kind == kind::number && tokens_[i - 1].is('.') &&
               tokens_[i - 2].kind == kind::number)
            i -= 2;
        return i;
    }
    std::size_t right_end(std::size_t i) const {
        while (i + 2 < tokens_.size() && tokens_[i].kind == kind::number && tokens_[i + 1].is('.') &&
               tokens_[i + 2].kind == kind::number)
            i += 2;
        return i;
    }

    chain chain_around(std::size_t i) const {
        chain out;
        take(out, i);
        out.first = left_end(i);
        out.last = right_end(i);
        while (!out.other && out.first > 0 && is_arithmetic(tokens_[out.first - 1])) {
            const std::size_t before = out.first - 1;
            const bool unary = is_sign(tokens_[before]) &&
                               (before == 0 || tokens_[before - 1].is('(') || tokens_[before - 1].is(',') ||
                                is_comparison(tokens_[before - 1]) || tokens_[before - 1].is_any(opening_words));
            if (unary) {
                out.sign = true;
                out.first = before;
                break;
            }
            if (before == 0 || !take(out, before - 1)) out.other = true;
            out.first = before == 0 ? 0 : left_end(before - 1);
        }
        while (!out.other && is_arithmetic(tokens_[out.last + 1])) {
            std::size_t next = out.last + 2;
            if (next < tokens_.size() && tokens_[next].is("interval") && tokens_[next + 1].kind == kind::string) ++next;
            if (next >= tokens_.size() || !take(out, next)) out.other = true;
            out.last = next >= tokens_.size() ? out.last : right_end(next);
        }
        return out;
    }

    // Whether the value meets none but values and literals, so that the server has nothing to take
    // its type from, or takes that of a literal, which the value need not fit.
    bool is_among_values(std::size_t i, std::span<const koine_value> values) const {
        const std::size_t number = number_of(tokens_[i]);
        const std::uint8_t tag =
            number == 0 || number > values.size() ? std::uint8_t{KOINE_NULL} : values[number - 1].tag;
        const chain mine = chain_around(i);
        if (mine.other) return false;
        const bool whole = tag == KOINE_INT64;
        const auto tells_nothing = [whole](std::uint32_t others, std::uint32_t strings, std::uint32_t numbers) {
            return others + strings != 0 || (numbers != 0 && !whole);
        };
        if (mine.sign || tells_nothing(mine.values - 1, mine.strings, mine.numbers)) return true;
        if (mine.last > i || mine.first < i) return false;
        if (is_looked_up(i)) return true;
        // A comparison: the other side has to be a chain of the same kind. The type of a literal
        // there would be too small for some values.
        std::size_t next = i + 1;
        while (next < tokens_.size() && is_comparison(tokens_[next])) ++next;
        if (next != i + 1 && next < tokens_.size() && is_plain(tokens_[next])) {
            const chain other = chain_around(next);
            if (!other.other) return true;
        }
        std::size_t before = i;
        while (before > 0 && is_comparison(tokens_[before - 1])) --before;
        if (before != i && before > 0 && is_plain(tokens_[before - 1])) {
            const chain other = chain_around(before - 1);
            if (!other.other) return true;
        }
        return false;
    }
    static bool is_plain(const sql_token& token) {
        return token.kind == kind::placeholder || token.kind == kind::number;
    }
    // Before BETWEEN or IN with values: one type serves all of them.
    bool is_looked_up(std::size_t i) const {
        if (i > 0 && (is_comparison(tokens_[i - 1]) || is_arithmetic(tokens_[i - 1]))) return false;
        std::size_t word = i + 1;
        if (tokens_[word].is("not")) ++word;
        if (word + 2 >= tokens_.size()) return false;
        if (tokens_[word].is("between")) return is_plain(tokens_[word + 1]);
        return tokens_[word].is("in") && tokens_[word + 1].is('(') && is_plain(tokens_[word + 2]);
    }

    std::vector<sql_token> tokens_{};
    std::vector<need> needs_{};
};

// The tag of the type that is written, or KOINE_NULL for none.
std::uint8_t written_tag(need what, std::uint8_t tag) {
    if (what == need::any_type) return tag == KOINE_NULL ? std::uint8_t{KOINE_TEXT} : tag;
    return what == need::own_type && tag != KOINE_TEXT ? tag : std::uint8_t{KOINE_NULL};
}

}  // namespace

compiled postgresql::typed_text(std::string_view text, std::span<const koine_value> values) const {
    reader in{text};
    const std::vector<need> needs = in.needs(values);
    if (std::all_of(needs.begin(), needs.end(), [](need one) { return one == need::nothing; })) return {};
    compiled out;
    out.values = static_cast<std::uint32_t>(values.size());
    // A value that stands with its type at one place and without at another is bound twice.
    std::vector<std::array<std::uint32_t, 2>> places(values.size(), {0, 0});
    std::size_t at = 0;
    bool changed = false;
    for (std::size_t i = 0; i < needs.size(); ++i) {
        const sql_token& token = in.tokens()[i];
        if (token.kind != kind::placeholder) continue;
        const std::size_t number = reader::number_of(token);
        if (number == 0 || number > values.size()) return {};  // the server says what is wrong
        const std::uint8_t tag = written_tag(needs[i], values[number - 1].tag);
        std::uint32_t& place = places[number - 1][tag == KOINE_NULL ? 0 : 1];
        if (place == 0) {
            out.order.push_back(static_cast<std::uint32_t>(number - 1));
            place = static_cast<std::uint32_t>(out.order.size());
        }
        out.text.append(text.substr(at, token.at - at));
        out.text += tag == KOINE_NULL ? placeholder(place) : typed_placeholder(place, tag);
        at = token.at + token.text.size();
        changed = changed || tag != KOINE_NULL;
    }
    if (!changed) return {};
    out.text.append(text.substr(at));
    return out;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
