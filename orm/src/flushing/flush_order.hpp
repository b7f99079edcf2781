// In which order rows are written, so that foreign keys hold after every statement and sessions
// that change the same rows wait for each other instead of locking each other out.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "flushing/flush_lists.hpp"
#include "objects/entity_plan.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// ---- Classes ----
// Negative if the rows of the first class are inserted before those of the other one, and changed
// and deleted behind them: what is referred to first. The same for all sessions; zero for one
// table.
inline int compare_classes(const entity_plan& a, const entity_plan& b) noexcept {
    return &a == &b ? 0 : compare_places(*a.table, a.place, *b.table, b.place);
}
// Whether rows of the two may refer to each other both ways, so that no order of classes does.
inline bool of_one_circle(const entity_plan& a, const entity_plan& b) noexcept {
    return a.table == b.table ? a.refers_to_itself || a.place.circle != nullptr
                              : a.place.circle != nullptr && a.place.circle == b.place.circle;
}

// ---- Rows ----
// Which of two rows of one table comes first by its primary key. The values are bound forms of
// whole objects.
bool key_is_less(const entity_plan& plan, const koine_value* a, const koine_value* b) noexcept;

// Whether a row is changed or deleted before another one: rows that refer before those that they
// refer to, and by the key within a table. Both have a base.
bool is_changed_first(const object_header& a, const object_header& b) noexcept;

struct ordered_row {
    const table_info* table;
    const koine_value* values;  // of all columns, in bound form
};
// First those that refer, or those that are referred to.
enum class direction : bool { referring_first, referred_first };
// The order of rows of one circle, by references that exist: NULL refers to nothing, and a row that
// refers to itself to nobody else. Otherwise as given. Empty if rows refer to each other in a
// circle; `circle`, if not null, then gets its rows.
std::vector<std::size_t> order_rows(std::span<const ordered_row> rows, direction first,
                                    std::vector<std::size_t>* circle = nullptr);
// Which row refers to which: pairs of numbers of rows.
std::vector<std::pair<std::size_t, std::size_t>> references_among(std::span<const ordered_row> rows);

// ---- What a flush has collected ----
// Sorts the inserts; rows of one class stay in the order in which they were added. Throws
// usage_error if rows refer to each other in a circle.
void order_inserts(std::vector<new_row>& inserts);
// Sorts the updates (update_order), and the deletes, by class and key; deletes of one circle by
// what they refer to. Throws usage_error likewise.
void order_changes(flush_lists& lists);

}  // namespace detail
}  // namespace v1
}  // namespace koine
