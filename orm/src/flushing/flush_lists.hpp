// What one flush is going to write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <koine/bind_context.hpp>
#include <koine/orm/detail/object.hpp>

#include "objects/entity_plan.hpp"
#include "objects/snapshot.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

struct new_row {
    const entity_plan* plan;
    void* object;
    koine_value* values;  // borrowed from the object, or `returned`
    column_set columns;   // those that are sent
    bool generated = false;
    std::int64_t key = 0;  // the generated one
    snapshot returned{};
    // `values` holds what the database made of the columns that were not sent
    bool read_back = false;
};

struct changed_row {
    object_header* header = nullptr;
    snapshot values{};
    column_set columns{};
};

// What stands for an update while updates are sorted.
struct sorted_update {
    std::int64_t key;  // where all are of one class with a key of one integer
    std::uint32_t row;
};

// Inserts and deletes are in the order in which they are sent. Collected by collect(), sent by
// flush_sender, taken over by flushing.
struct flush_lists {
    bind_context context{};  // of the values below, which live as long as the flush
    std::vector<koine_value> values{};
    std::vector<new_row> inserts{};
    std::vector<changed_row> updates{};
    // The updates in the order in which they are sent; empty: as they are.
    std::vector<sorted_update> update_order{};
    std::vector<object_header*> deletes{};

    bool empty() const noexcept { return inserts.empty() && updates.empty() && deletes.empty(); }
    std::size_t size() const noexcept { return inserts.size() + updates.size() + deletes.size(); }
    // The one that is sent as number `i`.
    const changed_row& update(std::size_t i) const noexcept {
        return updates[update_order.empty() ? i : update_order[i].row];
    }
    // Forgets the flush. The memory stays, for the next one.
    void clear() noexcept {
        context.clear();
        if (!empty()) clear_rows();
    }
    void clear_rows() noexcept;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
