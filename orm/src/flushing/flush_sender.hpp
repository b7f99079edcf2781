// Sending what was collected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <koine/sql/fragment.hpp>
#include <koine/wire/driver_connection.hpp>

#include "flushing/flush_lists.hpp"
#include "identities/identities.hpp"
#include "objects/entity_plan.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// As few statements as the database allows. Changes the lists, never the objects: what the database
// makes of a row is kept beside it. Throws koine::error; errc::stale_object where an UPDATE or
// DELETE did not find its one row.
class flush_sender {
public:
    // All live longer. `buffer` is used while something is sent.
    flush_sender(flush_lists& lists, identities& known, bound_values& buffer) noexcept
        : lists_{lists}, known_{known}, buffer_{buffer} {}

    // All of it. With `commit`, the caller sends COMMIT next.
    void send(driver_connection& link, bool commit);
    void send_inserts(driver_connection& link);

private:
    void send_group(driver_connection& link, std::size_t first, std::size_t last);
    void send_each(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last);
    void send_rows(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last);
    void send_and_read_back(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last);
    prepared& insert_statement(driver_connection& link, const entity_plan& plan, const column_set& columns,
                               bool generated);
    void append_values(driver_connection& link, const entity_plan& plan, const new_row& one);
    void take_returned(const entity_plan& plan, new_row& one, const koine_value* cells);
    prepared& prepare_update(driver_connection& link, const entity_plan& plan, const column_set& columns);
    KOINE_COLD void check_taken_over(driver_connection& link) const;
    void send_changes(driver_connection& link);
    void send_update(driver_connection& link, const changed_row& one);
    void send_delete(driver_connection& link, const object_header& header);
    KOINE_COLD void clear_own_references(driver_connection& link, const object_header& header);
    KOINE_COLD void order_cascades(driver_connection& link, std::span<object_header*> circle);
    void check_changes(driver_connection& link);

    flush_lists& lists_;
    identities& known_;
    bound_values& buffer_;
    std::vector<koine_value> binds_{};
    std::vector<std::uint16_t> sets_{};  // columns that the UPDATE at hand sets
    std::vector<std::uint16_t> back_{};  // columns that the group at hand gets back, the key first
    // The UPDATE at hand, as long as nothing else is prepared: of a class, for these columns.
    prepared* statement_ = nullptr;
    const entity_plan* of_ = nullptr;
    column_set columns_{};
    // Whose UPDATE or DELETE was sent and not counted yet, in order.
    std::vector<const object_header*> changed_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
