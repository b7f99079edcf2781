// A mapped class without its type: how core and the unit of work handle its objects.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/schema/table_info.hpp>

namespace koine {
inline namespace v1 {

class bind_context;

// The operations of one mapped class. One constant object a class, of static lifetime; thread-safe.
struct entity_info {
    const table_info* table = nullptr;
    const char* class_name = "";  // as written, for messages and repr
    std::size_t size = 0;
    std::size_t alignment = 0;

    // Objects in raw memory of `size` and `alignment`.
    void (*construct)(void* memory) = nullptr;
    void (*copy_construct)(void* memory, const void* from) = nullptr;
    void (*move_construct)(void* memory, void* from) = nullptr;
    void (*destroy)(void* object) noexcept = nullptr;

    // Reads one row, cells in column order, into an object; false if a cell does not fit its member
    // (nothing is then promised of the object but that it can be destroyed). May throw
    // std::bad_alloc or what a user's type throws.
    bool (*read)(const koine_value* cells, void* object) = nullptr;
    // Reads the cell of one column.
    bool (*read_column)(std::uint16_t column, const koine_value& cell, void* object) = nullptr;
    // Binds all columns in order. Text and blobs borrow from the object or from the context.
    void (*bind)(const void* object, bind_context& context, koine_value* out) = nullptr;
    // Sets one column to the default of its C++ type (a generated key that is unset again).
    void (*clear_column)(std::uint16_t column, void* object) = nullptr;
    // Binds the columns of a default-constructed object, to recognise values that were left alone.
    void (*bind_default)(bind_context& context, koine_value* out) = nullptr;

    // A small number that is this class's own in this process, from 1, for tables indexed by class;
    // 0 until number_of() gives it.
    std::atomic<std::uint32_t>* number = nullptr;
};

KOINE_API KOINE_COLD std::uint32_t give_number(const entity_info& entity) noexcept;
// The class's number. Thread-safe.
inline std::uint32_t number_of(const entity_info& entity) noexcept {
    const std::uint32_t number = entity.number->load(std::memory_order_relaxed);
    return number != 0 ? number : give_number(entity);
}

}  // namespace v1
}  // namespace koine
