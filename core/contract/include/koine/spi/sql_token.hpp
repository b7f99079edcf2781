// What SQL text consists of, and how servers differ in reading it; sql_lexer.hpp reads it so.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace koine {
inline namespace v1 {
namespace spi {

// How a server reads SQL where servers differ. The default is the standard's way.
struct sql_rules {
    bool nested_comments = false;  // a comment within a comment ends by itself
    bool hash_comments = false;    // # begins a comment to the end of the line
    // -- begins a comment only before white space, a control character or the end
    bool spaced_dashes = false;
    bool return_ends_line = false;       // a carriage return ends a comment of one line too
    bool code_comments = false;          // what stands in /*! */ and /*M! */ is code
    bool backslash_escapes = false;      // in all strings
    bool escape_strings = false;         // E'', with backslashes; U&'' and U&""
    bool dollar_strings = false;         // $tag$ text $tag$
    bool double_quoted_strings = false;  // "text" is a string and no name
    bool backtick_names = false;
    bool bracket_names = false;       // [name]
    bool dollar_starts_word = false;  // it may always stand inside
    bool digit_starts_word = false;   // 1a is a name, 1e5 a number
    bool at_variables = false;        // @name, @'name', @@name
    bool question_marks = false;      // ? is a placeholder, unless a word sticks to it
    // ?1 is one too, and so is a mark with a name that begins with a digit, :1
    bool loose_marks = false;
    bool dollar_numbers = false;       // $1 is one
    std::string_view named_marks{};    // those before which :name is one, such as ":@"
    bool order_mark_is_blank = false;  // the three bytes of UTF-8's byte order mark
    bool lone_vertical_tab = true;     // is white space, also where no other is before it
};

// What a text can consist of. Blanks and comments only part tokens.
enum class sql_token_kind : std::uint8_t {
    end,          // of the text
    word,         // a keyword or a name without quotes
    quoted_name,  // with its quotes
    string,       // with its quotes, and with the E, U& or $tag$ before it
    number,       // digits and what sticks to them; the point and the sign are symbols
    placeholder,  // ?, ?1, $1, :name
    variable,     // @name or @@name
    symbol,       // any other character; :: is one
    comment       // told by next_or_comment() alone
};

struct sql_token {
    sql_token_kind kind = sql_token_kind::end;
    bool closed = true;       // false: the text ends inside of the string, name or comment
    std::size_t at = 0;       // offset in the text, in bytes
    std::string_view text{};  // a part of the text

    constexpr bool is(char symbol) const noexcept {
        return kind == sql_token_kind::symbol && text.size() == 1 && text[0] == symbol;
    }
    // Whether it is this word, written in lower case here and in any case there.
    constexpr bool is(std::string_view word) const noexcept;
    // Whether it is one of these words.
    template <class Words>
    constexpr bool is_any(const Words& words) const noexcept;
};

namespace detail {

enum : std::uint8_t { sql_space = 1, sql_digit = 2, sql_letter = 4, sql_word_byte = 8 };

inline constexpr auto sql_classes = [] {
    std::array<std::uint8_t, 256> out{};
    for (const unsigned char c : {' ', '\t', '\n', '\v', '\f', '\r'}) out[c] = sql_space;
    for (unsigned c = 0; c < 256; ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (letter) out[c] = sql_letter | sql_word_byte;
        if (c >= '0' && c <= '9') out[c] = sql_digit | sql_word_byte;
    }
    out['$'] = sql_word_byte;
    return out;
}();

}  // namespace detail

// The classes of bytes that all servers agree on. What is no ASCII is a letter.
constexpr bool is_sql_space(char c) noexcept {
    return detail::sql_classes[static_cast<unsigned char>(c)] == detail::sql_space;
}
constexpr bool is_sql_digit(char c) noexcept {
    return (detail::sql_classes[static_cast<unsigned char>(c)] & detail::sql_digit) != 0;
}
constexpr bool is_sql_letter(char c) noexcept {
    return (detail::sql_classes[static_cast<unsigned char>(c)] & detail::sql_letter) != 0;
}
constexpr bool is_sql_word_byte(char c) noexcept {
    return (detail::sql_classes[static_cast<unsigned char>(c)] & detail::sql_word_byte) != 0;
}
constexpr char sql_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
// Whether two words are one, ASCII letters in any case; `lower_case` has none in upper case.
constexpr bool same_sql_word(std::string_view word, std::string_view lower_case) noexcept {
    return word.size() == lower_case.size() &&
           std::equal(word.begin(), word.end(), lower_case.begin(), [](char a, char b) { return sql_lower(a) == b; });
}

constexpr bool sql_token::is(std::string_view word) const noexcept {
    return kind == sql_token_kind::word && same_sql_word(text, word);
}
template <class Words>
constexpr bool sql_token::is_any(const Words& words) const noexcept {
    return kind == sql_token_kind::word &&
           std::any_of(words.begin(), words.end(), [this](std::string_view word) { return same_sql_word(text, word); });
}

}  // namespace spi
}  // namespace v1
}  // namespace koine
