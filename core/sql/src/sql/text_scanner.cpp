#include "text_scanner.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include <koine/error.hpp>
#include <koine/sql/text.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_word_start(char c) {
    return is_word_byte(c) && !is_digit(c) && c != '$';
}
constexpr bool is_name_start(char c) {
    return is_word_start(c) && static_cast<unsigned char>(c) < 0x80;
}
constexpr bool is_newline(char c) {
    return c == '\n' || c == '\r';
}
constexpr bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\f' || c == '\v' || is_newline(c);
}

class scanner {
public:
    explicit scanner(std::string_view text) : text_{text} {}

    std::vector<found_name> run() {
        while (at_ < text_.size()) {
            switch (const char c = text_[at_]; c) {
                case '\'':
                    quoted(c, "string");
                    break;
                case '"':
                case '`':
                    quoted(c, "quoted name");
                    break;
                case '-':
                    next() == '-' ? line_comment() : skip(1);
                    break;
                case '/':
                    next() == '*' ? block_comment() : skip(1);
                    break;
                case '$':
                    dollar();
                    break;
                case ':':
                    colon();
                    break;
                case '?':
                    if (is_digit(next())) complain("values are written :name, not ?1");
                    skip(1);
                    break;
                default:
                    is_word_start(c) ? word() : skip(1);
                    break;
            }
        }
        return std::move(names_);
    }

private:
    char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
    char next() const { return peek(at_ + 1); }
    void skip(std::size_t bytes) { at_ += bytes; }
    [[noreturn]] void complain(std::string_view what) const { throw_text_error(text_, at_, what); }

    // A doubled quote is one inside.
    void quoted(char quote, std::string_view what) {
        for (std::size_t at = at_ + 1; at < text_.size(); ++at) {
            if (text_[at] != quote) continue;
            if (peek(at + 1) != quote) {
                at_ = at + 1;
                return;
            }
            ++at;
        }
        complain(std::string{"a "}.append(what).append(" that begins here is not closed"));
    }

    // E'...': a backslash takes the next character with it.
    void escape_string() {
        for (std::size_t at = at_ + 1; at < text_.size(); ++at) {
            if (text_[at] == '\\') {
                ++at;
            } else if (text_[at] == '\'') {
                if (peek(at + 1) == '\'') {
                    ++at;
                } else if (const auto more = continuation(at + 1); more != 0) {
                    at = more;
                } else {
                    at_ = at + 1;
                    return;
                }
            }
        }
        complain("a string that begins here is not closed");
    }

    // A string goes on, in the same kind, behind a line break and another quote: where that quote
    // is, or 0.
    std::size_t continuation(std::size_t at) const {
        bool broken = false;
        while (at < text_.size()) {
            if (is_space(text_[at])) {
                broken = broken || is_newline(text_[at]);
                ++at;
            } else if (text_[at] == '-' && peek(at + 1) == '-') {
                while (at < text_.size() && !is_newline(text_[at])) ++at;
            } else {
                return broken && text_[at] == '\'' ? at : 0;
            }
        }
        return 0;
    }

    void line_comment() {
        while (at_ < text_.size() && text_[at_] != '\n') {
            // PostgreSQL ends the comment here, SQLite does not.
            if (text_[at_] == '\r' && next() != '\n') complain("a carriage return inside of a comment");
            skip(1);
        }
    }

    // Comments nest, as the standard and PostgreSQL say. For SQLite they do not: it then finds the
    // rest of a nested one and refuses it.
    void block_comment() {
        std::size_t depth = 0;
        for (std::size_t at = at_; at < text_.size(); ++at) {
            if (text_[at] == '/' && peek(at + 1) == '*') {
                ++depth;
                ++at;
            } else if (text_[at] == '*' && peek(at + 1) == '/') {
                ++at;
                if (--depth == 0) {
                    at_ = at + 1;
                    return;
                }
            }
        }
        complain("a comment that begins here is not closed");
    }

    // $tag$ ... $tag$
    void dollar() {
        auto end = at_ + 1;
        if (is_word_start(peek(end)))
            while (is_word_byte(peek(end)) && peek(end) != '$') ++end;
        if (peek(end) != '$') {
            if (is_word_byte(next())) complain("values are written :name, not with $");
            return skip(1);
        }
        const auto tag = text_.substr(at_, end + 1 - at_);
        const auto close = text_.find(tag, end + 1);
        if (close == std::string_view::npos) complain("a string that begins here is not closed");
        at_ = close + tag.size();
    }

    void colon() {
        if (next() == ':') return skip(2);
        if (!is_name_start(next())) return skip(1);
        auto end = at_ + 1;
        while (is_word_byte(peek(end))) {
            if (peek(end) == '$' || static_cast<unsigned char>(peek(end)) >= 0x80)
                complain("names of values consist of a to z, A to Z, 0 to 9 and _");
            ++end;
        }
        names_.push_back({at_, end});
        at_ = end;
    }

    void word() {
        const auto begin = at_;
        while (is_word_byte(peek(at_))) skip(1);
        const bool is_e = at_ - begin == 1 && (text_[begin] == 'e' || text_[begin] == 'E');
        if (is_e && peek(at_) == '\'') escape_string();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<found_name> names_{};
};

}  // namespace

namespace {

// How a database may read what stands between words.
struct reading {
    bool nested;  // comments nest
    bool hash;    // # begins a comment
};

// The words of a text, one after the other, as one database would find them.
class words {
public:
    words(std::string_view text, reading how) noexcept : text_{text}, how_{how} {
        if (text_.substr(0, 3) == "\xef\xbb\xbf") text_.remove_prefix(3);
    }

    // In lower case; empty where something else stands.
    std::string next() {
        while (skip_blank()) {
        }
        std::string word;
        for (; at_ < text_.size() && is_word_byte(text_[at_]); ++at_) {
            const char c = text_[at_];
            word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        return word;
    }

private:
    bool looking_at(std::string_view what) const noexcept { return text_.substr(at_, what.size()) == what; }

    bool skip_blank() noexcept {
        if (at_ >= text_.size()) return false;
        if (is_space(text_[at_]) || text_[at_] == ';')
            ++at_;
        else if (looking_at("--") || (how_.hash && looking_at("#")))
            at_ = std::min(text_.find('\n', at_), text_.size());
        else if (looking_at("/*!") || looking_at("/*M!"))
            open_code();
        else if (looking_at("/*"))
            skip_comment();
        else if (looking_at("*/"))
            at_ += 2;
        else
            return false;
        return true;
    }

    // A comment that MariaDB and MySQL run, from some version on.
    void open_code() noexcept {
        at_ += looking_at("/*!") ? 3 : 4;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    }

    void skip_comment() noexcept {
        int depth = 0;
        do {
            if (looking_at("/*") && (depth == 0 || how_.nested)) {
                ++depth;
                at_ += 2;
            } else if (looking_at("*/")) {
                --depth;
                at_ += 2;
            } else {
                ++at_;
            }
        } while (depth > 0 && at_ < text_.size());
    }

    std::string_view text_;
    reading how_;
    std::size_t at_ = 0;
};

bool controls_transaction(words in) {
    const std::string first = in.next();
    if (first == "end" || first == "abort") return true;
    if (first != "begin" && first != "start" && first != "commit" && first != "rollback") return false;
    std::string second = in.next();
    if (second == "work" || (first == "rollback" && second == "transaction")) second = in.next();
    if (first == "start") return second == "transaction";
    return second != "not" && second != "to" && second != "prepared";
}

}  // namespace

// Databases differ in what they take for a comment. What would end a transaction on one of them is
// refused on all.
bool controls_transaction(std::string_view text) {
    for (const bool nested : {false, true})
        for (const bool hash : {false, true})
            if (controls_transaction(words{text, {nested, hash}})) return true;
    return false;
}

std::vector<found_name> scan_names(std::string_view text) {
    return scanner{text}.run();
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
