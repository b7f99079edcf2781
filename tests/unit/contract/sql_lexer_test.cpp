// Tokens of SQL, by the rules of servers that differ.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <koine/spi/server_rules.hpp>
#include <koine/spi/sql_lexer.hpp>

namespace {

using koine::spi::sql_lexer;
using koine::spi::sql_rules;
using koine::spi::sql_token;
using koine::spi::sql_token_kind;

using tokens = std::vector<std::string>;

constexpr sql_rules standard{};
constexpr sql_rules postgresql = koine::spi::postgresql_rules;
constexpr sql_rules sqlite = koine::spi::sqlite_rules;
constexpr sql_rules mariadb = koine::spi::mariadb_rules;
constexpr sql_rules loose_mariadb{.backslash_escapes = true, .double_quoted_strings = true};

// One letter for the kind and the text; an exclamation mark behind what is not closed.
std::string described(const sql_token& token) {
    std::string out{"-wnsd?@.c"[static_cast<std::size_t>(token.kind)]};
    return out.append(" ").append(token.text).append(token.closed ? "" : "!");
}

template <const sql_rules& Rules>
tokens read(std::string_view sql) {
    tokens out;
    sql_lexer<Rules> in{sql};
    for (sql_token token = in.next(); token.kind != sql_token_kind::end; token = in.next()) {
        EXPECT_EQ(sql.substr(token.at, token.text.size()), token.text);
        out.push_back(described(token));
    }
    EXPECT_EQ(in.next().kind, sql_token_kind::end);
    return out;
}

TEST(sql_lexer, parts_words_numbers_strings_names_and_symbols) {
    EXPECT_EQ(read<standard>("SELECT a_1$, \"x\"\"y\" FROM t WHERE b='it''s' AND c>=1.5e-3"),
              (tokens{"w SELECT", "w a_1$", ". ,", "n \"x\"\"y\"", "w FROM", "w t", "w WHERE", "w b",
                      ". =", "s 'it''s'", "w AND", "w c", ". >", ". =", "d 1", ". .", "d 5e-3"}));
    EXPECT_EQ(read<standard>("a::int:b [1] ? $1 @c `d`"),
              (tokens{"w a", ". ::", "w int", ". :", "w b", ". [", "d 1", ". ]", ". ?", ". $", "d 1", ". @", "w c",
                      ". `", "w d", ". `"}));
    EXPECT_EQ(read<standard>(""), tokens{});
    EXPECT_EQ(read<standard>(" \t\r\n\f\v"), tokens{});
}

TEST(sql_lexer, is_known_to_compilers) {
    static_assert(sql_lexer<standard>{"/* x */ Select"}.next().is("select"));
    static_assert(!sql_lexer<standard>{"\"select\""}.next().is("select"));
    static_assert(sql_lexer<standard>{"("}.next().is('('));
    SUCCEED();
}

TEST(sql_lexer, tells_comments_to_those_who_ask) {
    sql_lexer<standard> in{"-- a\n/* b */ c /* d"};
    EXPECT_EQ(described(in.next_or_comment()), "c -- a");
    EXPECT_EQ(described(in.next_or_comment()), "c /* b */");
    EXPECT_EQ(described(in.next_or_comment()), "w c");
    EXPECT_EQ(described(in.next_or_comment()), "c /* d!");
    EXPECT_EQ(described(in.next_or_comment()), "- ");
}

TEST(sql_lexer, ends_what_is_not_closed_with_the_text) {
    for (const char* sql : {"'abc", "'abc''", "\"abc", "/* abc", "/*/"}) {
        sql_lexer<standard> in{sql};
        const sql_token token = in.next_or_comment();
        EXPECT_FALSE(token.closed) << sql;
        EXPECT_EQ(token.text, sql);
    }
    EXPECT_EQ(read<sqlite>("[abc"), tokens{"n [abc!"});
    EXPECT_EQ(read<postgresql>("$a$ abc $a"), tokens{"s $a$ abc $a!"});
    EXPECT_EQ(read<postgresql>("e'abc\\'"), tokens{"s e'abc\\'!"});
    EXPECT_EQ(read<loose_mariadb>("'abc\\"), tokens{"s 'abc\\!"});
}

TEST(sql_lexer, nests_comments_only_where_the_server_does) {
    constexpr std::string_view sql = "/* a /* b */ c */ d";
    EXPECT_EQ(read<postgresql>(sql), tokens{"w d"});
    EXPECT_EQ(read<sqlite>(sql), (tokens{"w c", ". *", ". /", "w d"}));
    EXPECT_EQ(read<mariadb>(sql), (tokens{"w c", ". *", ". /", "w d"}));
    EXPECT_EQ(read<postgresql>("/*/ a */ b"), tokens{"w b"});
    EXPECT_EQ(read<postgresql>("*/*x*/ b"), (tokens{". *", "w b"}));
}

TEST(sql_lexer, ends_a_line_where_the_server_does) {
    EXPECT_EQ(read<postgresql>("-- a\rb\nc"), (tokens{"w b", "w c"}));
    EXPECT_EQ(read<sqlite>("-- a\rb\nc"), tokens{"w c"});
    EXPECT_EQ(read<mariadb>("-- a\rb\nc"), tokens{"w c"});
}

TEST(sql_lexer, reads_postgresql) {
    EXPECT_EQ(read<postgresql>("E'a\\'b' e'c' 'd\\' xE'f\\'"),
              (tokens{"s E'a\\'b'", "s e'c'", "s 'd\\'", "w xE", "s 'f\\'"}));
    // The second part of such a string is of the same kind.
    EXPECT_EQ(read<postgresql>("e'a' -- c\n 'b\\'c' d"), (tokens{"s e'a' -- c\n 'b\\'c'", "w d"}));
    EXPECT_EQ(read<postgresql>("e'a' 'b\\' c"), (tokens{"s e'a'", "s 'b\\'", "w c"})) << "no line break";
    EXPECT_EQ(read<postgresql>("e'a' /*\n*/ 'b\\' c"), (tokens{"s e'a'", "s 'b\\'", "w c"}));
    EXPECT_EQ(read<postgresql>("U&'\\0041' u&\"d\\0061t\" u & 'x'"),
              (tokens{"s U&'\\0041'", "n u&\"d\\0061t\"", "w u", ". &", "s 'x'"}));
    EXPECT_EQ(read<postgresql>("$$ ' $a$ $$ $tag_1$ $$ $tag_1$ a$b$c"),
              (tokens{"s $$ ' $a$ $$", "s $tag_1$ $$ $tag_1$", "w a$b$c"}));
    EXPECT_EQ(read<postgresql>("$1+$22$$a$$ 1$3"), (tokens{"? $1", ". +", "? $22", "s $$a$$", "d 1", "? $3"}));
    EXPECT_EQ(read<postgresql>("a ? b @> c #> d `e` --f"),
              (tokens{"w a", ". ?", "w b", ". @", ". >", "w c", ". #", ". >", "w d", ". `", "w e", ". `"}));
    EXPECT_EQ(read<postgresql>("\xef\xbb\xbfselect"), tokens{"w \xef\xbb\xbfselect"});
}

TEST(sql_lexer, reads_sqlite) {
    EXPECT_EQ(read<sqlite>("[a b]]c] `d``e` \"f\"\"g\""),
              (tokens{"n [a b]", ". ]", "w c", ". ]", "n `d``e`", "n \"f\"\"g\""}));
    EXPECT_EQ(read<sqlite>("?, ?12, :a, @b, $c, #d"),
              (tokens{"? ?", ". ,", "? ?12", ". ,", "? :a", ". ,", "? @b", ". ,", "? $c", ". ,", "? #d"}));
    EXPECT_EQ(read<sqlite>("\xef\xbb\xbfselect\n\xef\xbb\xbf 1"), (tokens{"w select", "d 1"}));
    EXPECT_EQ(read<sqlite>(" \vselect"), tokens{"w select"});
    EXPECT_EQ(read<sqlite>("\vselect"), (tokens{". \v", "w select"})) << "SQLite refuses it";
    EXPECT_EQ(read<sqlite>("'a\\' e'b\\'"), (tokens{"s 'a\\'", "w e", "s 'b\\'"}));
    EXPECT_EQ(read<sqlite>("1--?\n"), tokens{"d 1"});
}

TEST(sql_lexer, reads_mariadb) {
    EXPECT_EQ(read<mariadb>("1--2 1-- 2\n --\t3\n a --"), (tokens{"d 1", ". -", ". -", "d 2", "d 1", "w a"}));
    EXPECT_EQ(read<mariadb>("a # b\n c"), (tokens{"w a", "w c"}));
    EXPECT_EQ(read<mariadb>("/*! a */ /*M! b */ /*!50000c*/ /*M!100305 d*/ /*!123 e*/ *f"),
              (tokens{"w a", "w b", "w c", "w d", "d 123", "w e", ". *", "w f"}));
    EXPECT_EQ(read<mariadb>("/*! a /* b */ c */ d */"), (tokens{"w a", "w c", "w d", ". *", ". /"}));
    EXPECT_EQ(read<mariadb>("@a @@b.c @'d e' @`f``g` @h.i :="),
              (tokens{"@ @a", "@ @@b.c", "@ @'d e'", "@ @`f``g`", "@ @h.i", ". :", ". ="}));
    EXPECT_EQ(read<mariadb>("1a 1e5 1e 1e+5 0x1F 0b01 0b2 $x 2$"),
              (tokens{"w 1a", "d 1e5", "w 1e", "d 1e+5", "d 0x1F", "d 0b01", "w 0b2", "w $x", "w 2$"}));
    EXPECT_EQ(read<mariadb>("'a\\' \"b\\\" `c\\`"), (tokens{"s 'a\\'", "n \"b\\\"", "n `c\\`"}));
    EXPECT_EQ(read<loose_mariadb>("'a\\'b' \"c\\\"d\""), (tokens{"s 'a\\'b'", "s \"c\\\"d\""}));
}

}  // namespace
