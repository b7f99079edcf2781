// The words of a statement in postfix order: operands first, then what is done with them.
#pragma once

#include <cstdint>

namespace koine {
inline namespace v1 {
namespace syntax {

// What a node means. Comments say what it takes from the stack of operands and which fields it
// uses.
enum class op : std::uint8_t {
    // Operands.
    column = 1,  // index: column number; followed by one word: const table_info*
    bind,        // detail: tag of the value; consumes the next bound value
    null,
    true_,
    false_,
    integer,  // size: a literal that is part of the shape

    // Predicates and arithmetic.
    eq = 16,  // two operands, as all up to concat
    ne,
    lt,
    le,
    gt,
    ge,
    and_,
    or_,
    like,  // case-sensitive everywhere
    not_like,
    ilike,  // case-insensitive everywhere
    not_ilike,
    add,
    subtract,
    multiply,
    concat,
    not_,  // one operand, as is_null and is_not_null
    is_null,
    is_not_null,
    between,  // three operands
    in,       // 1 + index operands
    not_in,
    // One operand, and as its list the next `size` bound values, which have no nodes of their own;
    // detail: the tag of all of them.
    in_list,
    not_in_list,

    // Clauses: each takes its operands off the stack and belongs to the statement.
    where = 64,  // one operand; several are joined by AND
    order_asc,   // one operand
    order_desc,
    limit,   // one operand
    offset,  // one operand
    distinct,
    set,        // one operand, index: the column that gets it; table of the head
    value,      // one operand, index: a column of an INSERT
    returning,  // index: a column of the head's table

    // Heads: come first, followed by one word: const table_info*.
    select_entity = 96,  // all columns of the table, in order
    // SELECT count(*) over the statement as a whole (distinct, limit and offset included)
    select_count,
    select_exists,
    insert,
    update,
    delete_
};

}  // namespace syntax
}  // namespace v1
}  // namespace koine
