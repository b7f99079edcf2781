// What has changed in memory since the last flush.
#pragma once

#include "flushing/flush_lists.hpp"
#include "objects/tracked_objects.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Fills the empty lists, in the order in which foreign keys hold. Leaves the objects as they are.
// Throws koine::error for values that cannot be bound, usage_error for keys and versions that were
// assigned to and rows that refer to each other in a circle.
void collect(flush_lists& lists, tracked_objects& tracked);
// Adds one new row. `values` has room for the columns, as long as the flush.
void collect_insert(flush_lists& lists, const entity_plan& plan, void* object, koine_value* values);

}  // namespace detail
}  // namespace v1
}  // namespace koine
