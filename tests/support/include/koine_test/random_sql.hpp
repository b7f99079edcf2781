// Random SQL texts of what lexers stumble over, and the comparison of a lexer with a server: where
// the server takes a text, both must find the same placeholders in it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include <koine/spi/sql_lexer.hpp>

namespace koine_test {

// Texts such as  select 'a--`' || /* $$ */ <mark>, 7 as "[#"  with quotes, comments and brackets
// that close and that do not. A mark is a byte 1.
class random_sql {
public:
    explicit random_sql(std::uint32_t seed) : random_{seed} {}

    std::string next() {
        std::string text = "select ";
        for (auto items = 1 + below(3); items != 0; --items) {
            for (auto values = 1 + below(2); values != 0; --values) {
                text += filler();
                text += value();
                text += filler();
                if (values != 1) text += "||";
            }
            if (below(4) == 0) text += " as " + name();
            if (items != 1) text += ",";
        }
        return text;
    }

private:
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
    template <std::size_t N>
    std::string_view one_of(const std::array<std::string_view, N>& some) {
        return some[below(static_cast<std::uint32_t>(N))];
    }

    std::string inner() {
        static constexpr std::array<std::string_view, 27> pieces{
            "'", "''", "\"", "\"\"", "`", "[",  "]", "--", "-- ",  "#",    "/*", "*/", "$$", "$a$",
            "$", "\\", "\n", "\r",   "e", "e'", " ", "7",  "\x01", "\x01", "?",  "@",  "/*!"};
        std::string out;
        for (auto left = below(5); left != 0; --left) out += one_of(pieces);
        return out;
    }
    std::string value() {
        switch (below(10)) {
            case 0:
                return "e'" + inner() + "'";
            case 1:
                return "$$" + inner() + "$$";
            case 2:
                return "$a$" + inner() + "$a$";
            case 3:
                return "n'" + inner() + "'";
            case 4:
            case 5:
                return "'" + inner() + "'";
            case 6:
                return "7--\x01";
            case 7:
                return "7";
            default:
                return "\x01";
        }
    }
    std::string name() {
        switch (below(3)) {
            case 0:
                return "[a" + inner() + "]";
            case 1:
                return "`a" + inner() + "`";
            default:
                return "\"a" + inner() + "\"";
        }
    }
    // Mostly none.
    std::string filler() {
        switch (below(12)) {
            case 0:
                return "/*" + inner() + "*/";
            case 1:
                return "--" + inner() + "\n";
            case 2:
                return "-- " + inner() + "\n";
            case 3:
                return "#" + inner() + "\n";
            case 4:
                return inner();
            default:
                return " ";
        }
    }

    std::mt19937 random_;
};

// The text with one of its marks as it is given, with a space where a word would stick to it, and
// the others as a number.
inline std::string with_mark(std::string_view text, std::size_t chosen, std::string_view mark) {
    std::string out;
    std::size_t number = 0;
    for (const char c : text) {
        if (c != '\x01') {
            out += c;
            continue;
        }
        if (!out.empty() && koine::spi::is_sql_word_byte(out.back())) out += ' ';
        out.append(number++ == chosen ? mark : "7").append(" ");
    }
    return out;
}

template <const koine::spi::sql_rules& Rules>
unsigned marks_seen(std::string_view text, std::string_view mark, std::string_view other) {
    koine::spi::sql_lexer<Rules> in{text};
    unsigned found = 0;
    for (auto token = in.next(); token.kind != koine::spi::sql_token_kind::end; token = in.next())
        if (token.kind == koine::spi::sql_token_kind::placeholder && (token.text == mark || token.text == other))
            ++found;
    return found;
}

// `ask` answers how many placeholders `native` the server finds in a text, nothing if it does not
// take it. If `native` is what Koine writes for a named value, the lexer is asked for ":x" in the
// same place as well, by Rules that have it.
template <const koine::spi::sql_rules& Rules, class Ask>
void expect_same_marks(std::uint32_t seed, int texts, std::string_view native, Ask ask, bool written = true) {
    random_sql source{seed};
    int seen = 0;
    int hidden = 0;
    for (int i = 0; i < texts; ++i) {
        const std::string text = source.next();
        const auto marks = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\x01'));
        for (std::size_t mark = 0; mark < marks; ++mark) {
            const std::string asked = with_mark(text, mark, native);
            const std::optional<unsigned> answer = ask(asked);
            if (!answer) continue;
            ++(*answer != 0 ? seen : hidden);
            EXPECT_EQ(marks_seen<Rules>(asked, native, native), *answer) << asked;
            if (!written) continue;
            const std::string named = with_mark(text, mark, ":x");
            EXPECT_EQ(marks_seen<Rules>(named, ":x", native), *answer) << named;
        }
    }
    // Neither answer is a rare one, or nothing was compared.
    EXPECT_GT(seen, texts / 20);
    EXPECT_GT(hidden, texts / 20);
}

}  // namespace koine_test
