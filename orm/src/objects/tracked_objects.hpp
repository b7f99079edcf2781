// The objects of one session that its next flush looks at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <koine/orm/detail/object.hpp>

#include "objects/entity_plan.hpp"
#include "objects/object_store.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Turns an object into one without a row, that nobody is going to insert.
inline void make_transient(object_header& header) noexcept {
    header.state = object_state::transient;
    header.flags &= static_cast<std::uint8_t>(~object_touched);
}
// Turns an object of a session into one of nobody. The session's lists are not looked at.
void detach(object_header& header) noexcept;

// Three lists: objects that may have been written to, new ones, and those whose rows are to be
// deleted. They own nothing. One thread at a time.
class tracked_objects {
public:
    using list = std::vector<object_header*>;

    // Called by the first mutable access. Throws what take_base() throws.
    void watch(object_header& header) {
        if (header.base == nullptr) take_base(header, buffer_);
        touched_.push_back(&header);
    }
    const list& touched() const noexcept { return touched_; }
    const list& pending() const noexcept { return pending_; }
    const list& deleting() const noexcept { return deleting_; }
    // Whether there is anything that a flush has to look at.
    bool any() const noexcept { return !(touched_.empty() && pending_.empty() && deleting_.empty()); }
    // Whether the next flush inserts or deletes.
    bool rows_come_or_go() const noexcept { return !(pending_.empty() && deleting_.empty()); }
    // Whether there is one new object, and nothing else that a flush has to look at.
    bool is_one_insert() const noexcept {
        if (pending_.size() != 1 || !deleting_.empty()) return false;
        for (const object_header* const header : touched_)
            if (header->state == object_state::persistent) return false;
        return true;
    }
    bool is_modified();
    bool is_modified(object_header& header);

    // ---- The lists, without a look at the state of the object ----
    // Room for this many more, or for one, so that adding them does not fail.
    void reserve_touched(std::size_t more);
    void reserve_pending() { make_room(pending_); }
    void reserve_deleting() { make_room(deleting_); }
    void add_touched(object_header& header) { touched_.push_back(&header); }
    void add_pending(object_header& header) { pending_.push_back(&header); }
    void add_deleting(object_header& header) { deleting_.push_back(&header); }
    void drop_pending(const object_header& header) noexcept;
    void drop_deleting(const object_header& header) noexcept;
    void drop(const object_header& header) noexcept;
    void all_inserted() noexcept { pending_.clear(); }
    void all_deleted() noexcept { deleting_.clear(); }
    // Nothing brings deleted objects back any more.
    KOINE_COLD void forget_deleted() noexcept;
    void clear() noexcept;

    // ---- Rollback ----
    // What was not flushed is taken back: assigned columns, new objects, deletes.
    void take_back();
    // Behind that, and what else was taken back: forgets those that are not watched any more.
    void forget_untouched() noexcept;

    // The bound form of one object at a time, for all who deal with the session's objects.
    bound_values& buffer() noexcept { return buffer_; }

private:
    static void make_room(list& of) {
        if (of.size() == of.capacity()) of.reserve(of.size() * 2 + 8);
    }

    list touched_{};
    list pending_{};
    list deleting_{};
    bound_values buffer_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
