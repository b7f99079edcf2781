// Writes one statement of a dialect.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <koine/dialects/ansi.hpp>

#include "statement.hpp"

namespace koine {
inline namespace v1 {
namespace dialects {

// How tightly a piece of text holds together; larger is tighter. Databases disagree about the place
// of || (SQLite: above *, PostgreSQL: below +) and of LIKE against =, so those are never left to
// precedence.
enum class tightness : std::uint8_t {
    disjunction,
    conjunction,
    negation,
    predicate,
    sum,
    product,
    concatenation,
    primary
};

class renderer {
public:
    renderer(const ansi& dialect, const statement& of) : dialect_{dialect}, statement_{of} {}

    // For an INSERT: `rows` lists of values.
    compiled run(std::uint32_t rows = 1);

private:
    void select();
    void select_body(bool all_columns, bool ordered);
    void insert(std::uint32_t rows);
    void update();
    void delete_from();
    void where();
    void order_by();
    void paging();
    void returning();
    void column_list();
    bool ordering_binds() const;

    // A term as text, in parentheses if it is looser than `least`. `typed` is false where a bound
    // value would be without a type.
    std::string expression(std::uint32_t index, tightness least, bool typed = true);
    std::string bare(std::uint32_t index, bool typed);
    std::string bind(const term& of, bool typed);
    std::string column(const term& of) const;
    std::string infix(std::uint32_t index, std::string_view word, tightness left, tightness right);
    std::string membership(std::uint32_t index);
    std::string list_membership(std::uint32_t index);
    // Comparisons with a column that may hold a value in several forms.
    std::string comparison(std::uint32_t index);
    std::string is_value(std::string_view column, sql_type type, std::uint32_t bound, bool negated);
    // The column where the term is one whose values may have several forms, else null.
    const column_info* column_of_forms(std::uint32_t index) const;
    // Whether the term is a value, or a list of values, of a type that has them.
    bool is_moment(std::uint32_t index) const;
    std::uint32_t place_of(std::uint32_t bound);
    bool gives_type(std::uint32_t index) const;
    bool leads_with_type(std::uint32_t index) const;
    bool any_gives_type(const std::vector<std::uint32_t>& operands) const;

    const ansi& dialect_;
    const statement& statement_;
    compiled out_{};
    std::uint32_t shift_ = 0;  // added to the numbers of bound values: those of the rows before
};

}  // namespace dialects
}  // namespace v1
}  // namespace koine
