// How servers read SQL: rules for sql_lexer.hpp, shared by drivers, dialects and what reads texts
// by hand. Proved against the servers by random texts (tests/unit/driver_*).
#pragma once

#include <koine/spi/sql_token.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

// With standard_conforming_strings, its default.
inline constexpr sql_rules postgresql_rules{.nested_comments = true,
                                            .return_ends_line = true,
                                            .escape_strings = true,
                                            .dollar_strings = true,
                                            .dollar_numbers = true};

inline constexpr sql_rules sqlite_rules{.backtick_names = true,
                                        .bracket_names = true,
                                        .question_marks = true,
                                        .loose_marks = true,
                                        .named_marks = ":@$#",
                                        .order_mark_is_blank = true,
                                        .lone_vertical_tab = false};

// MariaDB and MySQL in a session whose sql_mode has ANSI_QUOTES and NO_BACKSLASH_ESCAPES. What
// stands in a comment for some servers only is code: this server may run it.
inline constexpr sql_rules mariadb_rules{.hash_comments = true,
                                         .spaced_dashes = true,
                                         .code_comments = true,
                                         .backtick_names = true,
                                         .dollar_starts_word = true,
                                         .digit_starts_word = true,
                                         .at_variables = true,
                                         .question_marks = true};

}  // namespace spi
}  // namespace v1
}  // namespace koine
