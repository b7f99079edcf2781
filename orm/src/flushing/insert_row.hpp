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
// The INSERT whose key the database makes. It returns the key where the driver's word for it is
// that of another column, or of none. Asks the database, once for each prepared statement. Throws
// koine::error if the column gets no value, or nobody can tell which.
KOINE_COLD void push_generated_insert(syntax::fragment& shape, const entity_plan& plan, driver_connection& link);
// The statement of it. It has a column where the key is returned.
inline prepared& generated_insert(driver_connection& link, const entity_plan& plan) {
    return link.prepare(*plan.entity, entity_operation::insert,
                        [&](syntax::fragment& shape) { push_generated_insert(shape, plan, link); });
}
// The key of the row that was inserted just now by a driver that tells it. `got` are the rows that
// came back. Ends the result.
inline std::int64_t inserted_key(driver_connection& link, const entity_plan& plan, prepared& statement,
                                 std::uint32_t got);
// The key that the database has generated. Throws koine::error if it is none, or the member cannot
// hold it.
std::int64_t generated_key(const entity_plan& plan, const koine_value& key);
// What the database has made of the row comes to its object.
void fill_in(new_row& one);
// Throws koine::error for an answer to an INSERT that is not what was asked for.
[[noreturn]] KOINE_COLD void raise_bad_answer(const entity_plan& plan, const char* what);
// Throws koine::error: the key of a new row, which was or was not sent, is made by nobody.
[[noreturn]] KOINE_COLD void raise_no_key(const entity_plan& plan, bool sent);
KOINE_COLD std::int64_t returned_key(driver_connection& link, const entity_plan& plan, prepared& statement);

inline std::int64_t inserted_key(driver_connection& link, const entity_plan& plan, prepared& statement,
                                 std::uint32_t got) {
    if (got != 0) [[unlikely]]
        return returned_key(link, plan, statement);
    // An INSERT may be told to ignore a row, and the driver speaks of an earlier one then.
    if (link.rows_affected(statement) == 0) [[unlikely]]
        raise_bad_answer(plan, "no row");
    return generated_key(plan, koine_value{0, KOINE_INT64, 0, 0, {link.last_insert_id()}});
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
