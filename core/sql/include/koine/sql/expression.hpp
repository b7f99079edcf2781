// What predicates, orderings and assignments have in common: how an expression about a base class
// becomes one about a class derived from it.
#pragma once

#include <type_traits>

#include <koine/sql/fragment.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Marks constructors that leave an expression to be filled by the caller.
struct unfinished {};

// The expression with every column of From replaced by the column of To that holds the same member.
// Throws usage_error if To has no such column.
template <class To, class From>
syntax::fragment rebase(const syntax::fragment& expression);

// Never true, but not before a template is used.
template <class T>
inline constexpr bool never_expression = false;

template <template <class> class Expression, class T>
inline constexpr bool is_expression = false;
template <template <class> class Expression, class Entity>
inline constexpr bool is_expression<Expression, Expression<Entity>> = true;

}  // namespace detail
}  // namespace v1
}  // namespace koine
