// In which order classes and rows are written, so that foreign keys hold after every statement.
#pragma once

#include <span>
#include <vector>

#include "objects/entity_plan.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Sorts the classes so that each comes behind those that its foreign keys refer to; otherwise the
// order stays. Throws usage_error, naming the classes, if some refer to each other in a circle.
void order_classes(std::vector<const entity_plan*>& classes);

// The order of rows of one class whose foreign keys refer to the class itself: those referred to
// first, otherwise as given. `rows` are bound forms of whole objects. Throws usage_error if rows
// refer to each other in a circle.
std::vector<std::size_t> order_rows(const entity_plan& plan, std::span<const koine_value* const> rows);

}  // namespace detail
}  // namespace v1
}  // namespace koine
