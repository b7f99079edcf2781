#include "text_scanner.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <koine/error.hpp>
#include <koine/spi/server_rules.hpp>
#include <koine/spi/sql_lexer.hpp>
#include <koine/sql/text.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

using spi::sql_token;
using kind = spi::sql_token_kind;

constexpr std::array<const spi::sql_rules*, 3> known_databases{&spi::sqlite_rules, &spi::postgresql_rules,
                                                               &spi::mariadb_rules};

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

// Where a token begins, without the E or the U& of a string.
std::size_t place_of(const sql_token& token) {
    const bool prefixed = token.kind != kind::comment && spi::is_sql_letter(token.text[0]);
    return token.at + (prefixed ? token.text.find_first_of("'\"") : 0);
}

// Reads one text: finds its names, and refuses what would take a value and is no name.
class scanner {
public:
    scanner(std::string_view text, const spi::sql_rules& rules) : text_{text}, rules_{rules}, in_{text, rules_} {}

    sql_token next() { return in_.next_or_comment(); }
    // Throws usage_error for what may not stand in a text.
    void take(const sql_token& token) {
        if (!token.closed) throw_text_error(text_, place_of(token), unclosed(token.kind));
        watch_code_comment(token);
        if (token.kind == kind::placeholder) take_placeholder(token);
        if (open_in_ && token.is(')')) {
            places_.back().in_end = static_cast<std::uint32_t>(token.at + 1);
            open_in_ = false;
        } else if (token.kind != kind::placeholder && token.kind != kind::comment) {
            close_in();
        }
        if (token.kind != kind::comment) remember(token);
    }
    std::vector<text_place> take_places() {
        close_in();
        return std::move(places_);
    }

private:
    void take_placeholder(const sql_token& token) {
        if (token.text[0] == '$') throw_text_error(text_, token.at, "values are written :name, not with $");
        if (token.text[0] != ':' || token.text.size() < 2 || spi::is_sql_digit(token.text[1]))
            throw_text_error(text_, token.at, "values are written :name, not " + std::string{token.text});
        for (const char c : token.text)
            if (c == '$' || !is_ascii(c))
                throw_text_error(text_, token.at, "names of values consist of a to z, A to Z, 0 to 9 and _");
        if (code_end_ != 0)
            throw_text_error(text_, token.at, "a value inside of a comment that is code for some servers");
        close_in();
        text_place place;
        place.begin = static_cast<std::uint32_t>(token.at);
        place.end = static_cast<std::uint32_t>(token.at + token.text.size());
        if (before_[0].is('(') && before_[1].is("in")) {
            place.negated = before_[2].is("not");
            place.in_begin = static_cast<std::uint32_t>((place.negated ? before_[2] : before_[1]).at);
            open_in_ = true;
        }
        places_.push_back(place);
    }
    // Something else stands in the parentheses too.
    void close_in() {
        if (std::exchange(open_in_, false)) places_.back().in_begin = 0;
    }
    void remember(const sql_token& token) {
        before_[2] = before_[1];
        before_[1] = before_[0];
        before_[0] = token;
    }
    // A server that does not run the code must find the same end of the comment as one that does.
    void watch_code_comment(const sql_token& token) {
        const std::size_t end = token.at + token.text.size();
        if (code_end_ != 0 && end > code_end_ - 2 && token.at < code_end_)
            throw_text_error(text_, code_begin_, "a comment of which servers find different ends");
        if (code_end_ != 0 && (token.at >= code_end_ || !in_.in_code_comment())) code_end_ = 0;
        if (token.kind != kind::comment || !in_.in_code_comment() || token.text.substr(0, 2) != "/*") return;
        if (token.text.substr(2, 1) != "!" && token.text.substr(2, 2) != "M!") return;
        if (code_end_ != 0) throw_text_error(text_, token.at, "a comment of code within one");
        const auto found = text_.find("*/", end);
        if (found == std::string_view::npos) throw_text_error(text_, token.at, unclosed(kind::comment));
        code_begin_ = token.at;
        code_end_ = found + 2;
    }

    std::string_view text_;
    spi::sql_rules rules_;
    spi::any_sql_lexer in_;
    std::vector<text_place> places_{};
    std::array<sql_token, 3> before_{};  // the latest first
    bool open_in_ = false;               // the last place awaits its parenthesis
    std::size_t code_begin_ = 0;
    std::size_t code_end_ = 0;  // 0: not in such a comment
};

// With :name for values, whatever else the database has.
spi::sql_rules with_names(const spi::sql_rules& rules) {
    spi::sql_rules out = rules;
    if (out.named_marks.empty()) out.named_marks = ":";
    return out;
}

// Whether databases may disagree about what this token of the common reading is.
bool may_differ(const sql_token& token, std::string_view behind) {
    const char first = token.text[0];
    switch (token.kind) {
        case kind::symbol:
            if (first == ':')
                return token.text.size() == 1 && !behind.empty() &&
                       (spi::is_sql_word_byte(behind[0]) || behind[0] == ':');
            return first == '?' || first == '@' || first == '#' || first == '$' || first == '[' || first == '`';
        case kind::string:
            return first != '\'';
        case kind::quoted_name:
            return first != '"';
        case kind::comment: {
            if (token.text.find('\r') != std::string_view::npos || behind.substr(0, 1) == "\r") return true;
            if (first == '-') return token.text.size() > 2 && token.text[2] != ' ' && token.text[2] != '\t';
            return token.text.find("/*", 2) != std::string_view::npos || token.text.substr(2, 1) == "!" ||
                   token.text.substr(2, 2) == "M!";
        }
        default:
            return false;
    }
}

std::string listed(std::span<const std::string_view> names) {
    std::string out;
    for (const auto name : names) out.append(out.empty() ? ":" : ", :").append(name);
    return out.empty() ? "none" : out;
}

bool overlap(const given_name& a, const given_name& b) {
    return a.begin < b.end && b.begin < a.end;
}

}  // namespace

std::vector<text_place> scan_names(std::string_view text, const spi::sql_rules& rules) {
    scanner in{text, with_names(rules)};
    for (sql_token token = in.next(); token.kind != kind::end; token = in.next()) in.take(token);
    return in.take_places();
}

std::vector<text_place> scan_names(std::string_view text, bool& differs) {
    scanner in{text, any_database};
    for (sql_token token = in.next(); token.kind != kind::end; token = in.next()) {
        const auto behind = text.substr(token.at + token.text.size());
        if (token.is('?') && !behind.empty() && spi::is_sql_digit(behind[0]))
            throw_text_error(text, token.at, "values are written :name, not ?1");
        differs = differs || may_differ(token, behind);
        in.take(token);
    }
    return in.take_places();
}

bool some_database_takes(std::string_view text, std::span<const given_name> given) {
    return std::any_of(known_databases.begin(), known_databases.end(), [&](const spi::sql_rules* rules) {
        try {
            auto places = scan_names(text, *rules);
            find_values(text, places, given);
            return true;
        } catch (const usage_error&) {
            return false;
        }
    });
}

void find_values(std::string_view text, std::vector<text_place>& places, std::span<const given_name> given) {
    const auto name_of = [&](const text_place& at) { return text.substr(at.begin + 1, at.end - at.begin - 1); };
    const auto complain = [&](std::string_view what, std::string_view name, std::size_t at) {
        std::vector<std::string_view> needed;
        for (const text_place& place : places)
            if (std::find(needed.begin(), needed.end(), name_of(place)) == needed.end())
                needed.push_back(name_of(place));
        std::vector<std::string_view> names;
        for (const given_name& one : given) names.push_back(one.name);
        throw_text_error(text, at,
                         std::string{what}.append(" :").append(name).append(" (the text has ") + listed(needed) +
                             "; given are " + listed(names) + ')');
    };
    for (text_place& place : places) {
        const auto name = name_of(place);
        const auto found = std::find_if(given.begin(), given.end(), [&](const given_name& one) {
            return one.name == name && one.begin <= place.begin && place.begin < one.end;
        });
        if (found == given.end()) complain("no value is given for", name, place.begin);
        if (found->list && place.in_end == 0)
            throw_text_error(text, place.begin,
                             std::string{"a list of values stands alone behind IN, as in (:"}.append(name) + ')');
        place.value = static_cast<std::uint32_t>(found - given.begin());
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (std::none_of(places.begin(), places.end(), [&](const text_place& at) { return at.value == i; }))
            complain(
                std::any_of(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(i),
                            [&](const given_name& one) { return one.name == given[i].name && overlap(one, given[i]); })
                    ? "two values are given for"
                    : "nothing is called",
                given[i].name, 0);
    }
}

bool controls_transaction(std::string_view text) {
    return controls_transaction_by<spi::sqlite_rules>(text) || controls_transaction_by<spi::postgresql_rules>(text) ||
           controls_transaction_by<spi::mariadb_rules>(text);
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
