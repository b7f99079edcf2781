// Where a session's objects live.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <koine/orm/detail/object.hpp>

#include "objects/entity_plan.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

class tracked_objects;

// The objects of one class, in chunks that grow to 64 KB. Objects never move.
class object_pool {
public:
    object_pool(store_head& store, const entity_plan& plan) noexcept : store_{store}, plan_{plan} {}
    object_pool(const object_pool&) = delete;
    object_pool& operator=(const object_pool&) = delete;
    ~object_pool();

    // Memory for the next object, its header filled in (state persistent). The same memory again
    // until keep() is called, once there is an object in it. Throws std::bad_alloc.
    void* place() {
        if (next_ == end_) [[unlikely]]
            add_chunk();
        char* const object = next_ + plan_.offset;
        *header_of(object) = {&store_, nullptr, 0, static_cast<std::uint16_t>(plan_.number), object_state::persistent,
                              0};
        return object;
    }
    void keep() noexcept { next_ += plan_.stride; }

private:
    struct chunk {
        char* memory;
        std::size_t bytes;
    };
    void add_chunk();

    store_head& store_;
    const entity_plan& plan_;
    char* next_ = nullptr;
    char* end_ = nullptr;
    std::vector<chunk> chunks_{};
};

// All objects that a session loaded or was given. Lives until the session and the last reference
// are gone. Used by the session's thread; only the count of references is shared between threads.
class object_store final : public store_head {
public:
    explicit object_store(tracked_objects& owner) noexcept : owner_{&owner} {}

    object_pool& pool(const entity_plan& plan);
    const entity_plan& plan(std::uint16_t entity) const noexcept { return *plans_[entity]; }
    // What watches the objects for their session; null once the session let go of them.
    tracked_objects* owner() const noexcept { return owner_; }
    void disown() noexcept { owner_ = nullptr; }

private:
    tracked_objects* owner_;
    std::vector<std::unique_ptr<object_pool>> pools_{};  // by number of the class
    std::vector<const entity_plan*> plans_{};
};

inline object_store& store_of(const object_header& header) noexcept {
    return static_cast<object_store&>(*header.store);
}
inline const entity_plan& plan_of(const object_header& header) noexcept {
    return store_of(header).plan(header.entity);
}

// Makes the base of an object from what it holds now. Throws koine::error if it holds what cannot
// be bound.
void take_base(object_header& header);
void take_base(object_header& header, bound_values& buffer);
// Puts another base in the place of the old one.
void replace_base(object_header& header, snapshot base) noexcept;
// Gives the object the values that differ from these. Throws std::bad_alloc.
void assign_columns(object_header& header, const koine_value* values, bound_values& buffer);

// Counted references to stores.
struct store_release {
    void operator()(store_head* store) const noexcept {
        if (store->references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy_store(store);
    }
};
using store_reference = std::unique_ptr<store_head, store_release>;
inline store_reference refer_to(store_head& store) noexcept {
    store.references.fetch_add(1, std::memory_order_relaxed);
    return store_reference{&store};
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
