// What stands in front of every object of a session: how a reference finds the store that the
// object lives in.
#pragma once

#include <atomic>
#include <cstdint>

#include <koine/driver_abi.h>
#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// The shared part of an object store: who refers to it. References may be copied and dropped on any
// thread.
struct store_head {
    std::atomic<std::uint64_t> references{1};
};

// Where an object is on its way between program and database.
enum class object_state : std::uint8_t {
    transient,   // not in the database, and nobody is going to insert it
    pending,     // inserted by the next flush
    persistent,  // has a row
    deleting,    // has a row that the next flush deletes
    deleted,     // its row was deleted
    detached     // has a row, belongs to no session
};

// 24 bytes directly in front of an object.
struct object_header {
    store_head* store;
    // the columns as the database has them, once the object is touched; null before
    koine_value* base;
    std::uint32_t epoch;   // the session's clock when the row was read
    std::uint16_t entity;  // number of the class
    object_state state;
    std::uint8_t flags;
};
static_assert(sizeof(object_header) == 24);

inline constexpr std::uint8_t object_touched = 1;  // compared with its base by each flush
// belongs to a session that did not make its store
inline constexpr std::uint8_t object_adopted = 2;

inline object_header* header_of(const void* object) noexcept {
    return reinterpret_cast<object_header*>(const_cast<char*>(static_cast<const char*>(object)) -
                                            sizeof(object_header));
}
inline void* object_of(object_header* header) noexcept {
    return header + 1;
}

// Takes the base of an object and has its session watch it from now on. Throws std::bad_alloc.
KOINE_API void touch_slowly(object_header* header);
inline void touch(const void* object) {
    object_header* const header = header_of(object);
    if ((header->flags & object_touched) == 0) [[unlikely]]
        touch_slowly(header);
}

// Frees a store with all its objects, when its last reference is gone.
KOINE_API void destroy_store(store_head* store) noexcept;
inline void retain(const void* object, std::uint64_t count = 1) noexcept {
    header_of(object)->store->references.fetch_add(count, std::memory_order_relaxed);
}
inline void release(const void* object) noexcept {
    store_head* const store = header_of(object)->store;
    if (store->references.fetch_sub(1, std::memory_order_acq_rel) == 1) [[unlikely]]
        destroy_store(store);
}

[[noreturn]] KOINE_API KOINE_COLD void throw_empty_ref(const char* class_name);

}  // namespace detail
}  // namespace v1
}  // namespace koine
