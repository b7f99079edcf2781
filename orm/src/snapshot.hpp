// Snapshots: the columns of an object in bound form, copied into one block of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <koine/driver_abi.h>

namespace koine {
inline namespace v1 {
namespace detail {

// Bytes behind the pointer of a value; 0 for those without one.
std::uint32_t content_size(const koine_value& value) noexcept;
// Whether two values are the same for the database: same tag and content; NaN is NaN, and zero is not minus zero.
bool same_value(const koine_value& a, const koine_value& b) noexcept;
// Of a key, such that keys whose values are the same have the same hash.
std::uint64_t hash_values(std::span<const koine_value> values) noexcept;

struct snapshot_deleter {
    void operator()(koine_value* values) const noexcept { ::operator delete(values); }
};
using snapshot = std::unique_ptr<koine_value[], snapshot_deleter>;

// Copies values with what they point to. Throws std::bad_alloc.
snapshot make_snapshot(const koine_value* values, std::size_t count);

}  // namespace detail
}  // namespace v1
}  // namespace koine
