// What INSERTs are made of, for one row and for many.
#pragma once

#include <cstdint>
#include <span>

#include <koine/sql/fragment.hpp>
#include <koine/wire/driver_connection.hpp>

#include "flushing/flush_lists.hpp"
#include "objects/entity_plan.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

inline bool has_capability(const driver_connection& link, std::uint32_t capability) noexcept {
    return (link.driver().capabilities->flags & capability) != 0;
}
// Whether the driver itself tells the key of the row inserted last, which needs no RETURNING.
inline bool tells_key(const driver_connection& link) noexcept {
    return has_capability(link, KOINE_CAP_LAST_INSERT_ID) && has_capability(link, KOINE_CAP_IN_PROCESS);
}
// The INSERT of these columns, that returns those in `back`.
void push_insert(syntax::fragment& shape, const entity_plan& plan, const column_set& columns,
                 std::span<const std::uint16_t> back);
// The key that the database has generated. Throws koine::error if the member cannot hold it.
std::int64_t generated_key(const entity_plan& plan, const koine_value& key);
// What the database has made of the row comes to its object.
void fill_in(new_row& one);
// Throws koine::error for an answer to an INSERT that is not what was asked for.
[[noreturn]] KOINE_COLD void raise_bad_answer(const entity_plan& plan, const char* what);

}  // namespace detail
}  // namespace v1
}  // namespace koine
