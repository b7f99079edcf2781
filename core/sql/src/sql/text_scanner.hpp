// Finds :name in SQL text, by the rules of one database or of any.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <koine/spi/sql_token.hpp>
#include <koine/sql/text.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// What some database takes for a string, a name or a comment. Comments nest, as the standard and
// PostgreSQL say. For SQLite they do not: it then finds the rest of a nested one and refuses it.
inline constexpr spi::sql_rules any_database{.nested_comments = true,
                                             .return_ends_line = true,
                                             .escape_strings = true,
                                             .dollar_strings = true,
                                             .backtick_names = true,
                                             .dollar_numbers = true,
                                             .named_marks = ":"};
// The same for a database whose placeholders are question marks.
inline constexpr spi::sql_rules any_database_with_question_marks = [] {
    spi::sql_rules rules = any_database;
    rules.question_marks = true;
    return rules;
}();

// The names in a text, in order, without their values. Throws usage_error with a position.
std::vector<text_place> scan_names(std::string_view text, const spi::sql_rules& rules);

// The same by the rules of any database. `differs` says that one of them may read the text in
// another way.
std::vector<text_place> scan_names(std::string_view text, bool& differs);

// Whether SQLite, PostgreSQL or MariaDB would read the text such that its names are those given.
bool some_database_takes(std::string_view text, std::span<const given_name> given);

// Says of each place which of the given names it is. Throws usage_error unless all places have one,
// all names a place, and lists stand alone behind IN.
void find_values(std::string_view text, std::vector<text_place>& places, std::span<const given_name> given);

// A usage_error about the byte at `at`.
[[noreturn]] void throw_text_error(std::string_view text, std::size_t at, std::string_view what);

}  // namespace detail
}  // namespace v1
}  // namespace koine
