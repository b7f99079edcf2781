// Which objects belong to a session, and how they come and go.
#pragma once

#include <memory>
#include <vector>

#include <koine/orm/detail/object.hpp>

#include "identities/identities.hpp"
#include "objects/object_store.hpp"
#include "objects/tracked_objects.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// A session's own store, and the objects it adopted from stores of others. Says where each object
// is, changes nothing in a database. One thread at a time.
class membership {
public:
    // Both live longer.
    membership(identities& known, tracked_objects& tracked) noexcept : known_{known}, tracked_{tracked} {}
    membership(const membership&) = delete;
    membership& operator=(const membership&) = delete;

    bool owns(const object_header& header) const noexcept;
    // Whether another session that is open holds the object.
    bool is_elsewhere(const object_header& header) const noexcept;
    // Where new objects of a class are made. Throws std::bad_alloc.
    object_pool& pool_of(class_slot& slot) {
        if (slot.pool == nullptr) [[unlikely]]
            make_pool(slot);
        return *slot.pool;
    }

    // Moves an object in, to be inserted by the next flush. Returns it, referred to once.
    void* add(const entity_info& entity, void* object);
    // Takes an object up again. Throws usage_error if it belongs to another session, its row was
    // deleted, or another object of the row is known.
    void attach(object_header& header);
    // Throws usage_error if there is no row to delete, or the object belongs to somebody else.
    void mark_deleted(object_header& header);
    // Throws usage_error if the object belongs to somebody else.
    void expunge(object_header& header);

    // Refers to each object once more: in one step where all are of the session's own store.
    void retain_all(const std::vector<void*>& objects) const noexcept;

    // Lets go of all objects. They stay readable for those who refer to them.
    void let_go() noexcept;
    // Behind let_go(): the next object gets a new store. The old one is kept for an undo log that
    // still speaks of its objects; false: it could not be.
    bool set_store_aside() noexcept;
    // Behind let_go(): drops the store, and what was kept.
    void drop_stores() noexcept;
    // No undo log speaks of objects any more.
    void transaction_ended() noexcept {
        if (!kept_.empty() && adopted_.empty()) [[unlikely]]
            drop_kept();
    }

private:
    KOINE_COLD void drop_kept() noexcept { kept_.clear(); }
    KOINE_COLD void make_pool(class_slot& slot);
    object_store& store();
    void adopt(object_header& header, object_state state);

    identities& known_;
    tracked_objects& tracked_;
    store_reference store_{};
    std::vector<object_header*> adopted_{};
    // stores of adopted objects, and those that the undo log speaks of
    std::vector<store_reference> kept_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
