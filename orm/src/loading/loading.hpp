// From rows to objects: one object a row and session, made once and merged afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/orm/detail/object.hpp>

#include "identities/identities.hpp"
#include "identities/membership.hpp"
#include "loading/bad_row.hpp"
#include "loading/result_guard.hpp"
#include "objects/tracked_objects.hpp"
#include "transaction/session_transaction.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Reads rows, and knows which of them need no second look. Functions that talk to the database
// throw koine::error; so do those that take cells, where these do not fit their class. One thread
// at a time.
class loading {
public:
    // All live longer.
    loading(identities& known, membership& members, tracked_objects& tracked, session_transaction& transaction) noexcept
        : known_{known}, members_{members}, tracked_{tracked}, transaction_{transaction} {}
    loading(const loading&) = delete;
    loading& operator=(const loading&) = delete;

    // ---- How old what is known is ----
    // The clock of the session: what is read or written now is of this time.
    std::uint32_t now() const noexcept { return clock_; }
    bool is_fresh(const class_slot& slot, const object_header& header) const noexcept {
        return header.epoch >= fresh_from_ && header.epoch >= slot.fresh_from;
    }
    // Rows of this class, or of all classes, may have been changed behind the objects' backs.
    void distrust(class_slot& slot) noexcept { slot.fresh_from = ++clock_; }
    void distrust_all() noexcept { fresh_from_ = ++clock_; }
    // The row of this object, if it is one.
    static void distrust_row(void* object) noexcept {
        if (object != nullptr) header_of(object)->epoch = 0;
    }

    // ---- Rows at hand ----
    // The object of a row, new or merged.
    void* load(class_slot& slot, const koine_value* cells) {
        if (slot.plan->keys != key_kind::integer) [[unlikely]]
            return load_by_values(slot, cells);
        const koine_value& key = cells[slot.plan->key[0]];
        if (key.tag != KOINE_INT64) [[unlikely]]
            raise_bad_row(*slot.plan->entity, cells);
        return load_into(slot, slot.integers.at(key.u.i), slot.integers, cells);
    }

    // ---- By key ----
    // SELECT by primary key.
    static prepared& statement_by_key(driver_connection& link, const entity_plan& plan);
    // The object of a key that nobody knows yet, or null. `entry` is the key's.
    void* read_new(class_slot& slot, integer_identities::entry& entry, std::int64_t key);
    // The object of a key that may be known, or null. An object whose row is gone is deleted.
    void* read(class_slot& slot, void* known, std::span<const koine_value> key);
    // Reads an object's row again and overwrites all columns.
    void refresh(object_header& header);

private:
    // The object of a row whose key has this entry.
    template <class Entry, class Map>
    void* load_into(class_slot& slot, Entry& entry, Map& map, const koine_value* cells) {
        if (entry.object != nullptr) [[unlikely]] {
            merge(slot, *header_of(entry.object), cells);
            return entry.object;
        }
        void* const made = create(slot, cells);
        entry.object = made;
        map.added();
        return made;
    }
    void* load_by_values(class_slot& slot, const koine_value* cells);
    const koine_value* key_of_cells(class_slot& slot, const koine_value* cells);
    // A new object of a row, not yet known by its key.
    void* create(class_slot& slot, const koine_value* cells) {
        object_pool& pool = members_.pool_of(slot);
        const entity_info& entity = *slot.plan->entity;
        void* const object = pool.place();
        entity.construct(object);
        bool fits = false;
        try {
            fits = entity.read(cells, object);
        } catch (...) {
            entity.destroy(object);
            throw;
        }
        if (!fits) [[unlikely]] {
            entity.destroy(object);
            raise_bad_row(*slot.plan->entity, cells);
        }
        pool.keep();
        header_of(object)->epoch = clock_;
        return object;
    }
    void merge(const class_slot& slot, object_header& header, const koine_value* cells);
    void row_is_gone(class_slot& slot, object_header& header);

    identities& known_;
    membership& members_;
    tracked_objects& tracked_;
    session_transaction& transaction_;
    std::uint32_t clock_ = 1;
    std::uint32_t fresh_from_ = 1;
    std::vector<koine_value> native_key_{};
    snapshot scratch_key_{};
};

// Nothing comes in between: the entry stays where it is until the row is there.
[[gnu::always_inline]] inline void* loading::read_new(class_slot& slot, integer_identities::entry& entry,
                                                      std::int64_t key) {
    const entity_plan& plan = *slot.plan;
    const koine_value value{0, KOINE_INT64, 0, 0, {key}};
    driver_connection& link = transaction_.on();
    prepared& statement = statement_by_key(link, plan);
    if (link.execute(statement, {&value, 1}) == 0) return nullptr;
    const result_guard guard{link, statement};
    const koine_value* const cells = statement.cells.get();
    const koine_value& found = cells[plan.key[0]];
    void* const object =
        found.tag == KOINE_INT64 && found.u.i == key ? load_into(slot, entry, slot.integers, cells) : load(slot, cells);
    link.finish(statement);
    return object;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
