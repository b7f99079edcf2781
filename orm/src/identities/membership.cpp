#include "identities/membership.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

std::string name_of(const object_header& header) {
    return plan_of(header).entity->class_name;
}

}  // namespace

bool membership::owns(const object_header& header) const noexcept {
    if ((header.flags & object_adopted) != 0)
        return std::find(adopted_.begin(), adopted_.end(), &header) != adopted_.end();
    return store_of(header).owner() == &tracked_;
}

bool membership::is_elsewhere(const object_header& header) const noexcept {
    if (owns(header)) return false;
    if ((header.flags & object_adopted) != 0) return true;
    const bool has_row_or_gets_one = header.state == object_state::pending ||
                                     header.state == object_state::persistent || header.state == object_state::deleting;
    return store_of(header).owner() != nullptr && has_row_or_gets_one;
}

object_store& membership::store() {
    if (!store_) store_.reset(new object_store{tracked_});
    return static_cast<object_store&>(*store_);
}

void membership::make_pool(class_slot& slot) {
    slot.pool = &store().pool(*slot.plan);
}

// ---- Coming ----

void* membership::add(const entity_info& entity, void* object) {
    object_pool& pool = pool_of(known_.slot_of(entity));
    void* const place = pool.place();
    tracked_.reserve_pending();
    entity.move_construct(place, object);
    pool.keep();
    object_header* const header = header_of(place);
    header->state = object_state::pending;
    tracked_.add_pending(*header);
    retain(place);
    return place;
}

void membership::attach(object_header& header) {
    const bool mine = owns(header);
    if (header.state == object_state::deleted) {
        throw_usage("the row of this " + name_of(header) + " was deleted; add a copy of the object to insert it again");
    }
    if (is_elsewhere(header)) {
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
            tracked_.drop_deleting(header);
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

void membership::adopt(object_header& header, object_state state) {
    class_slot& slot = known_.slot_of(header);
    const bool foreign = &store_of(header) != store_.get();
    adopted_.reserve(adopted_.size() + 1);
    tracked_.reserve_touched(1);
    tracked_.reserve_pending();
    if (state == object_state::persistent) {
        // Watched from now on, because the first mutable access of a foreign object could not tell
        // this session.
        if (header.base == nullptr) take_base(header);
        if (known_.find(slot, known_.key_of(*slot.plan, header.base)) != nullptr) {
            throw_usage("the session holds another object for " + describe_object(*slot.plan, header.base));
        }
        if (foreign) kept_.push_back(refer_to(*header.store));
        known_.put(slot, header);
        tracked_.add_touched(header);
    } else {
        if (foreign) kept_.push_back(refer_to(*header.store));
        tracked_.add_pending(header);
    }
    if (foreign) {
        adopted_.push_back(&header);
        header.flags |= object_adopted;
    }
    header.flags |= object_touched;
    header.epoch = 0;
    header.state = state;
}

void membership::retain_all(const std::vector<void*>& objects) const noexcept {
    if (objects.empty()) return;
    if (adopted_.empty()) return retain(objects.front(), objects.size());
    for (void* const object : objects) retain(object);
}

// ---- Going ----

void membership::mark_deleted(object_header& header) {
    if (!owns(header) || header.state == object_state::detached) {
        throw_usage("this " + name_of(header) + " does not belong to the session; add it first");
    }
    switch (header.state) {
        case object_state::pending:
            tracked_.drop_pending(header);
            make_transient(header);
            return;
        case object_state::persistent:
            tracked_.reserve_deleting();
            touch(object_of(&header));
            tracked_.add_deleting(header);
            header.state = object_state::deleting;
            return;
        case object_state::transient:
            throw_usage("this " + name_of(header) + " has no row to delete");
        default:
            return;  // on its way already
    }
}

void membership::expunge(object_header& header) {
    if (!owns(header)) throw_usage("this " + name_of(header) + " does not belong to the session");
    class_slot& slot = known_.slot_of(header);
    if (header.state == object_state::persistent || header.state == object_state::deleting) {
        const bool had_base = header.base != nullptr;
        if (!had_base) take_base(header);
        known_.take_out(slot, header);
        if (!had_base) replace_base(header, nullptr);
    }
    tracked_.drop(header);
    detach(header);
    if ((header.flags & object_adopted) != 0) {
        adopted_.erase(std::remove(adopted_.begin(), adopted_.end(), &header), adopted_.end());
        header.flags &= static_cast<std::uint8_t>(~object_adopted);
    }
}

void membership::let_go() noexcept {
    for (object_header* const header : adopted_) {
        detach(*header);
        header->flags &= static_cast<std::uint8_t>(~object_adopted);
    }
    adopted_.clear();
    if (store_) static_cast<object_store&>(*store_).disown();
    known_.clear();
    tracked_.clear();
}

bool membership::set_store_aside() noexcept {
    bool kept = true;
    try {
        if (store_) kept_.push_back(std::move(store_));
    } catch (...) {
        kept = false;
    }
    store_.reset();
    return kept;
}

void membership::drop_stores() noexcept {
    store_.reset();
    kept_.clear();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
