// Splits SQL text into tokens, for drivers that have to tell from a text what it does. Which words
// mean what is the driver's matter; what is a string, a name or a comment is said by its sql_rules.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <koine/spi/sql_token.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

namespace detail {

// Where a lexer has its rules from: known to the compiler, or given at run time.
template <const sql_rules& Rules>
struct fixed_rules {
    static constexpr const sql_rules& rules() noexcept { return Rules; }
};
struct given_rules {
    const sql_rules* given;
    constexpr const sql_rules& rules() const noexcept { return *given; }
};

}  // namespace detail

// Reads a text from its start to its end, once. Never fails: what is not closed ends with the text.
// A value type that views the text, which must outlive it; allocates nothing. Its forms for users
// are sql_lexer and any_sql_lexer.
template <class Source>
class basic_sql_lexer : private Source {
public:
    explicit constexpr basic_sql_lexer(std::string_view sql, Source source = {}) noexcept : Source{source}, sql_{sql} {}

    // Whether what comes next stands in a comment that is code for some servers.
    constexpr bool in_code_comment() const noexcept { return in_code_comment_; }

    // The next token that is no comment; `end` again and again at the end.
    constexpr sql_token next() noexcept {
        for (;;) {
            const sql_token token = next_or_comment();
            if (token.kind != sql_token_kind::comment) return token;
        }
    }
    // The next token, or the comment before it.
    constexpr sql_token next_or_comment() noexcept {
        skip_blanks();
        start_ = at_;
        if (at_ >= sql_.size()) return made(sql_token_kind::end);
        const char c = sql_[at_];
        if (is_sql_letter(c) || (c == '$' && rules().dollar_starts_word)) return word();
        if (is_sql_digit(c)) return number();
        switch (c) {
            case '\'':
                return quoted(sql_token_kind::string, c, rules().backslash_escapes);
            case '"':
                return rules().double_quoted_strings ? quoted(sql_token_kind::string, c, rules().backslash_escapes)
                                                     : quoted(sql_token_kind::quoted_name, c, false);
            case '`':
                return rules().backtick_names ? quoted(sql_token_kind::quoted_name, c, false) : symbol(1);
            case '[':
                return rules().bracket_names ? until("]", 1, sql_token_kind::quoted_name) : symbol(1);
            case '-':
                return peek(1) == '-' && dashes_begin_comment() ? line_comment() : symbol(1);
            case '#':
                if (rules().hash_comments) return line_comment();
                break;
            case '/':
                return peek(1) == '*' ? block_comment() : symbol(1);
            case '$':
                if (rules().dollar_numbers && is_sql_digit(peek(1))) return placeholder();
                if (const auto tag = dollar_tag(); tag != 0) return until(sql_.substr(at_, tag), tag);
                break;
            case '?':
                if (rules().question_marks && (rules().loose_marks || !is_sql_word_byte(peek(1)))) return placeholder();
                break;
            case '@':
                if (rules().at_variables) return variable();
                break;
            default:
                break;
        }
        return mark();
    }

private:
    using Source::rules;

    constexpr char peek(std::size_t ahead) const noexcept {
        return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
    }
    constexpr sql_token made(sql_token_kind kind, bool closed = true) const noexcept {
        return sql_token{kind, closed, start_, std::string_view{sql_.data() + start_, at_ - start_}};
    }
    constexpr sql_token symbol(std::size_t size) noexcept {
        at_ += size;
        return made(sql_token_kind::symbol);
    }

    constexpr void skip_blanks() noexcept {
        for (bool behind = rules().lone_vertical_tab; at_ < sql_.size();) {
            const char c = sql_[at_];
            if (is_sql_space(c) && (behind || c != '\v')) {
                ++at_;
            } else if (rules().order_mark_is_blank && sql_.substr(at_, 3) == "\xef\xbb\xbf") {
                at_ += 3;
                behind = rules().lone_vertical_tab;
                continue;
            } else if (in_code_comment_ && c == '*' && peek(1) == '/') {
                in_code_comment_ = false;
                at_ += 2;
            } else {
                return;
            }
            behind = true;
        }
    }

    // Up to and with `close`, which is looked for `skipped` bytes from here.
    constexpr sql_token until(std::string_view close, std::size_t skipped,
                              sql_token_kind kind = sql_token_kind::string) noexcept {
        const auto found = sql_.find(close, at_ + skipped);
        const bool closed = found != std::string_view::npos;
        at_ = closed ? found + close.size() : sql_.size();
        return made(kind, closed);
    }
    // A doubled quote is one inside. The quote stands at at_.
    constexpr bool skip_quoted(char quote, bool backslashes) noexcept {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (backslashes && sql_[at_] == '\\') {
                ++at_;
            } else if (sql_[at_] == quote) {
                ++at_;
                if (peek(0) != quote) return true;
            }
        }
        at_ = sql_.size();
        return false;
    }
    constexpr sql_token quoted(sql_token_kind kind, char quote, bool backslashes) noexcept {
        const bool closed = skip_quoted(quote, backslashes);
        return made(kind, closed);
    }
    // E'...', which goes on behind a line break with another quote.
    constexpr sql_token escape_string() noexcept {
        while (skip_quoted('\'', true)) {
            const auto more = continuation();
            if (more == 0) return made(sql_token_kind::string);
            at_ = more;
        }
        return made(sql_token_kind::string, false);
    }
    // Where the quote of the next part is, or 0. Only comments of one line may stand between.
    constexpr std::size_t continuation() const noexcept {
        bool broken = false;
        for (auto at = at_; at < sql_.size();) {
            if (is_sql_space(sql_[at])) {
                broken = broken || ends_line(sql_[at]);
                ++at;
            } else if (sql_.substr(at, 2) == "--") {
                while (at < sql_.size() && !ends_line(sql_[at])) ++at;
            } else {
                return broken && sql_[at] == '\'' ? at : 0;
            }
        }
        return 0;
    }

    constexpr bool ends_line(char c) const noexcept { return c == '\n' || (c == '\r' && rules().return_ends_line); }
    constexpr bool dashes_begin_comment() const noexcept {
        const auto c = static_cast<unsigned char>(peek(2));
        return !rules().spaced_dashes || c <= ' ' || c == 0x7f;
    }
    constexpr sql_token line_comment() noexcept {
        while (at_ < sql_.size() && !ends_line(sql_[at_])) ++at_;
        return made(sql_token_kind::comment);
    }
    constexpr sql_token block_comment() noexcept {
        if (rules().code_comments) {
            const std::size_t mark = peek(2) == '!' ? 3 : peek(2) == 'M' && peek(3) == '!' ? 4 : 0;
            if (mark != 0) return begin_code(mark);
        }
        if (!rules().nested_comments) return until("*/", 2, sql_token_kind::comment);
        std::size_t depth = 0;
        while (at_ < sql_.size()) {
            if (sql_[at_] == '/' && peek(1) == '*') {
                ++depth;
                at_ += 2;
            } else if (sql_[at_] == '*' && peek(1) == '/') {
                at_ += 2;
                if (--depth == 0) return made(sql_token_kind::comment);
            } else {
                ++at_;
            }
        }
        return made(sql_token_kind::comment, false);
    }
    // Behind the mark may stand the least version of the server, in five or six digits.
    constexpr sql_token begin_code(std::size_t mark) noexcept {
        at_ += mark;
        std::size_t digits = 0;
        while (digits < 6 && is_sql_digit(peek(digits))) ++digits;
        if (digits >= 5) at_ += digits;
        in_code_comment_ = true;
        return made(sql_token_kind::comment);
    }

    constexpr sql_token word() noexcept {
        auto end = at_ + 1;
        while (end < sql_.size() && is_sql_word_byte(sql_[end])) ++end;
        at_ = end;
        if (!rules().escape_strings || at_ - start_ != 1) return made(sql_token_kind::word);
        const char c = sql_lower(sql_[start_]);
        if (c == 'e' && peek(0) == '\'') return escape_string();
        if (c == 'u' && peek(0) == '&' && (peek(1) == '\'' || peek(1) == '"')) {
            ++at_;
            return sql_[at_] == '"' ? quoted(sql_token_kind::quoted_name, '"', false)
                                    : quoted(sql_token_kind::string, '\'', false);
        }
        return made(sql_token_kind::word);
    }
    constexpr sql_token number() noexcept {
        while (is_sql_word_byte(peek(0)) && (peek(0) != '$' || rules().digit_starts_word)) ++at_;
        const auto run = sql_.substr(start_, at_ - start_);
        const auto digits = std::min(run.find_first_not_of("0123456789"), run.size());
        const auto rest = run.substr(digits);
        const bool exponent = !rest.empty() && sql_lower(rest[0]) == 'e';
        if (exponent && rest.size() == 1 && (peek(0) == '+' || peek(0) == '-') && is_sql_digit(peek(1))) {
            for (++at_; is_sql_digit(peek(0));) ++at_;
            return made(sql_token_kind::number);
        }
        if (!rules().digit_starts_word || rest.empty() || (exponent && is_sql_digit(rest.substr(0, 2).back())) ||
            is_based(run, "0x", "0123456789abcdefABCDEF") || is_based(run, "0b", "01"))
            return made(sql_token_kind::number);
        return made(sql_token_kind::word);
    }
    static constexpr bool is_based(std::string_view run, std::string_view base, std::string_view digits) noexcept {
        return run.size() > 2 && run.substr(0, 2) == base && run.find_first_not_of(digits, 2) == std::string_view::npos;
    }

    // How long the $tag$ is that begins here; 0: none does.
    constexpr std::size_t dollar_tag() const noexcept {
        if (!rules().dollar_strings || is_sql_digit(peek(1))) return 0;
        std::size_t size = 1;
        while (is_sql_letter(peek(size)) || is_sql_digit(peek(size))) ++size;
        return peek(size) == '$' ? size + 1 : 0;
    }
    constexpr sql_token placeholder() noexcept {
        do ++at_;
        while (is_sql_digit(peek(0)));
        return made(sql_token_kind::placeholder);
    }
    constexpr sql_token variable() noexcept {
        at_ += peek(1) == '@' ? 2U : 1U;
        const char c = peek(0);
        if (c == '\'' || c == '"' || c == '`') return quoted(sql_token_kind::variable, c, false);
        while (is_sql_word_byte(peek(0)) || peek(0) == '.') ++at_;
        return made(sql_token_kind::variable);
    }
    constexpr bool is_named_mark(char c) const noexcept {
        for (const char mark : rules().named_marks)
            if (c == mark) return true;
        return false;
    }
    // A placeholder with a name, or a symbol.
    constexpr sql_token mark() noexcept {
        if (sql_[at_] == ':' && peek(1) == ':') return symbol(2);
        const bool named = rules().loose_marks ? is_sql_word_byte(peek(1)) : is_sql_letter(peek(1));
        if (!named || !is_named_mark(sql_[at_])) return symbol(1);
        do ++at_;
        while (is_sql_word_byte(peek(0)));
        return made(sql_token_kind::placeholder);
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::size_t start_ = 0;  // of the token that is read
    bool in_code_comment_ = false;
};

// A lexer for a server whose rules are a constant.
template <const sql_rules& Rules>
class sql_lexer : public basic_sql_lexer<detail::fixed_rules<Rules>> {
public:
    explicit constexpr sql_lexer(std::string_view sql) noexcept : basic_sql_lexer<detail::fixed_rules<Rules>>{sql} {}
};

// A lexer for rules that are known at run time, and outlive it.
class any_sql_lexer : public basic_sql_lexer<detail::given_rules> {
public:
    constexpr any_sql_lexer(std::string_view sql, const sql_rules& rules) noexcept
        : basic_sql_lexer<detail::given_rules>{sql, detail::given_rules{&rules}} {}
};

}  // namespace spi
}  // namespace v1
}  // namespace koine
