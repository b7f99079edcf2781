// How objects come into a session and leave it.
#include <algorithm>
#include <string>
#include <utility>

#include <koine/error.hpp>

#include "flush_work.hpp"
#include "session_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

void drop(std::vector<object_header*>& from, const object_header* header) noexcept {
    from.erase(std::remove(from.begin(), from.end(), header), from.end());
}

std::string name_of(const object_header& header) {
    return plan_of(header).entity->class_name;
}

}  // namespace

bool session_core::owns(const object_header& header) const noexcept {
    if ((header.flags & object_adopted) != 0)
        return std::find(adopted_.begin(), adopted_.end(), &header) != adopted_.end();
    return store_of(header).owner() == this;
}

// ---- Identities ----

// The key's columns, side by side. Valid until the next call.
const koine_value* session_core::key_of(const entity_plan& plan, const koine_value* values) {
    key_.resize(plan.key.size());
    for (std::size_t i = 0; i < plan.key.size(); ++i) key_[i] = values[plan.key[i]];
    return key_.data();
}

void* session_core::find(const class_slot& slot, const koine_value* key) const noexcept {
    if (slot.plan->keys == key_kind::integer) return slot.integers.find(key->u.i);
    return slot.values.find({key, slot.plan->key.size()});
}

// Makes an object known by the key of its base.
void session_core::put(class_slot& slot, object_header& header) {
    const entity_plan& plan = *slot.plan;
    if (plan.keys == key_kind::integer) return put_integer(slot, header, header.base[plan.key[0]].u.i);
    enter(slot.values.at({key_of(plan, header.base), plan.key.size()}), slot.values, header);
}

void session_core::take_out(class_slot& slot, const object_header& header) noexcept {
    const entity_plan& plan = *slot.plan;
    key_.resize(plan.key.size());  // has room: the object went in by its key
    for (std::size_t i = 0; i < plan.key.size(); ++i) key_[i] = header.base[plan.key[i]];
    if (plan.keys == key_kind::integer)
        slot.integers.erase(key_[0].u.i);
    else
        slot.values.erase(key_);
}

// The database has let another object take over the key: the row of this one is gone, unless a
// rollback brings it back.
void session_core::displace(object_header& header) {
    if (header.state != object_state::persistent) return;
    undo_.reserve(work().size() + 2);  // beside what the flush at hand has reserved
    touch(object_of(&header));
    header.state = object_state::deleted;
    undo_.push({&header, nullptr, undo_entry::change::delete_});
}

// ---- Coming ----

void* session_core::add(const entity_info& entity, void* object) {
    check_usable();
    class_slot& slot = slot_of(entity);
    if (slot.pool == nullptr) slot.pool = &store().pool(*slot.plan);
    void* const place = slot.pool->place();
    if (pending_.size() == pending_.capacity()) pending_.reserve(pending_.size() * 2 + 8);
    entity.move_construct(place, object);
    slot.pool->keep();
    object_header* const header = header_of(place);
    header->state = object_state::pending;
    pending_.push_back(header);
    retain(place);
    return place;
}

void session_core::attach(object_header& header) {
    check_usable();
    object_store& home = store_of(header);
    const bool mine = owns(header);
    const bool adopted_elsewhere = !mine && (header.flags & object_adopted) != 0;
    const bool at_home = !mine && home.owner() != nullptr && header.state != object_state::detached;
    if (header.state == object_state::deleted) {
        throw_usage("the row of this " + name_of(header) + " was deleted; add a copy of the object to insert it again");
    }
    if (adopted_elsewhere || at_home) {
        throw_usage("this " + name_of(header) +
                    " belongs to another session; expunge it there, or close that session first");
    }
    switch (header.state) {
        case object_state::pending:
            if (mine) return;
            [[fallthrough]];
        case object_state::transient:
            adopt(header, object_state::pending);
            return;
        case object_state::deleting:
            if (!mine) break;
            drop(deleting_, &header);
            header.state = object_state::persistent;
            return;
        case object_state::persistent:
            if (mine) return;
            break;
        default:
            break;
    }
    adopt(header, object_state::persistent);
}

void session_core::adopt(object_header& header, object_state state) {
    class_slot& slot = slot_of(header);
    const bool foreign = &store_of(header) != store_.get();
    adopted_.reserve(adopted_.size() + 1);
    touched_.reserve(touched_.size() + 1);
    pending_.reserve(pending_.size() + 1);
    if (state == object_state::persistent) {
        // Watched from now on, because the first mutable access of a foreign object could not tell
        // this session.
        if (header.base == nullptr) take_base(header);
        if (find(slot, key_of(*slot.plan, header.base)) != nullptr) {
            throw_usage("the session holds another object for " + describe_object(*slot.plan, header.base));
        }
        if (foreign) kept_.push_back(refer_to(*header.store));
        put(slot, header);
        touched_.push_back(&header);
    } else {
        if (foreign) kept_.push_back(refer_to(*header.store));
        pending_.push_back(&header);
    }
    if (foreign) {
        adopted_.push_back(&header);
        header.flags |= object_adopted;
    }
    header.flags |= object_touched;
    header.epoch = 0;
    header.state = state;
}

// ---- Going ----

void session_core::mark_deleted(object_header& header) {
    check_usable();
    if (!owns(header) || header.state == object_state::detached) {
        throw_usage("this " + name_of(header) + " does not belong to the session; add it first");
    }
    switch (header.state) {
        case object_state::pending:
            drop(pending_, &header);
            header.state = object_state::transient;
            header.flags &= static_cast<std::uint8_t>(~object_touched);
            return;
        case object_state::persistent:
            deleting_.reserve(deleting_.size() + 1);
            touch(object_of(&header));
            deleting_.push_back(&header);
            header.state = object_state::deleting;
            return;
        case object_state::transient:
            throw_usage("this " + name_of(header) + " has no row to delete");
        default:
            return;  // on its way already
    }
}

// Turns an object of this session into one of nobody; the lists of the session are not looked at.
void session_core::detach(object_header& header) noexcept {
    switch (header.state) {
        case object_state::pending:
            header.state = object_state::transient;
            header.flags &= static_cast<std::uint8_t>(~object_touched);
            break;
        case object_state::persistent:
        case object_state::deleting:
            header.state = object_state::detached;
            break;
        default:
            break;
    }
}

void session_core::expunge(object_header& header) {
    check_usable();
    if (!owns(header)) throw_usage("this " + name_of(header) + " does not belong to the session");
    class_slot& slot = slot_of(header);
    if (header.state == object_state::persistent || header.state == object_state::deleting) {
        const bool had_base = header.base != nullptr;
        if (!had_base) take_base(header);
        take_out(slot, header);
        if (!had_base) replace_base(header, nullptr);
    }
    drop(touched_, &header);
    drop(pending_, &header);
    drop(deleting_, &header);
    detach(header);
    if ((header.flags & object_adopted) != 0) {
        drop(adopted_, &header);
        header.flags &= static_cast<std::uint8_t>(~object_adopted);
    }
}

// ---- Asking ----

bool session_core::is_modified(object_header& header) {
    if (header.state == object_state::pending || header.state == object_state::deleting) return true;
    if (header.base == nullptr) return false;
    const entity_plan& plan = koine::detail::plan_of(header);
    const koine_value* const now = buffer_.bind(plan, object_of(&header));
    if (buffer_.context().failed()) return true;
    return !std::equal(now, now + plan.columns, header.base, same_value);
}

bool session_core::is_modified() {
    if (!pending_.empty() || !deleting_.empty()) return true;
    return std::any_of(touched_.begin(), touched_.end(), [this](object_header* header) {
        return header->state == object_state::persistent && is_modified(*header);
    });
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
