// The objects of a session by the keys of their rows.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <koine/orm/detail/object.hpp>

#include "identities/identity_map.hpp"
#include "objects/entity_plan.hpp"
#include "objects/object_store.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// What a session keeps for each class.
struct class_slot {
    const entity_plan* plan = nullptr;
    object_pool* pool = nullptr;
    integer_identities integers{};
    value_identities values{};
    std::uint32_t fresh_from = 0;  // rows read earlier may have been changed by a statement since
};

// One object for each row, in a map for each class. Owns no objects. One thread at a time.
class identities {
public:
    // The slot of a class; it stays where it is as long as the session lives. Throws
    // std::bad_alloc.
    class_slot& slot_of(const entity_info& entity) {
        const std::uint32_t number = entity.number->load(std::memory_order_relaxed);
        if (number < slots_.size() && slots_[number]) [[likely]]
            return *slots_[number];
        return make_slot(entity);
    }
    class_slot& slot_of(const object_header& header) {
        if (header.entity < slots_.size() && slots_[header.entity]) [[likely]]
            return *slots_[header.entity];
        return make_slot(*plan_of(header).entity);
    }

    // The object of a key, or null.
    void* find(const class_slot& slot, const koine_value* key) const noexcept {
        if (slot.plan->keys == key_kind::integer) return slot.integers.find(key->u.i);
        return slot.values.find({key, slot.plan->key.size()});
    }
    // The key's columns of a bound object, side by side. Valid until the next call.
    const koine_value* key_of(const entity_plan& plan, const koine_value* values);
    // Makes an object known by the key of its base. Returns the other object that was known by it
    // and no longer is, or null. Throws std::bad_alloc where there was no room.
    object_header* put(class_slot& slot, object_header& header) {
        const entity_plan& plan = *slot.plan;
        if (plan.keys == key_kind::integer) [[likely]]
            return enter(slot.integers.at(header.base[plan.key[0]].u.i), slot.integers, header);
        return put_by_values(slot, header);
    }
    // The same with the entry of the key in one of the slot's maps.
    template <class Entry, class Map>
    static object_header* enter(Entry& entry, Map& map, object_header& header) noexcept {
        void* const before = std::exchange(entry.object, object_of(&header));
        if (before == nullptr) [[likely]] {
            map.added();
            return nullptr;
        }
        return before == object_of(&header) ? nullptr : header_of(before);
    }
    // Makes room for this many more objects of a class, so that putting them does not fail.
    static void reserve(class_slot& slot, std::size_t more) {
        if (slot.plan->keys == key_kind::integer)
            slot.integers.reserve(more);
        else
            slot.values.reserve(more);
    }
    // Forgets the key of an object's base.
    void take_out(class_slot& slot, const object_header& header) noexcept;
    // Forgets all objects and where those of a class are made.
    void clear() noexcept;

private:
    KOINE_COLD class_slot& make_slot(const entity_info& entity);
    object_header* put_by_values(class_slot& slot, object_header& header);

    std::vector<std::unique_ptr<class_slot>> slots_{};  // by number of the class; 0 is nobody's
    std::vector<koine_value> key_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
