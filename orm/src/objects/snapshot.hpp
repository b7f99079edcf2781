// Snapshots: the columns of an object in bound form, copied into one block of memory.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include <koine/driver_abi.h>
#include <koine/sql/fragment.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Bytes behind the pointer of a value; 0 for those without one.
inline std::uint32_t content_size(const koine_value& value) noexcept {
    constexpr std::uint32_t uuid_size = 16;
    if (value.tag == KOINE_TEXT || value.tag == KOINE_BLOB) return value.len;
    if (!detail::has_content(value.tag)) return 0;
    return value.tag == KOINE_UUID ? uuid_size : value.len;
}
// Whether two values are the same for the database: same tag and content; NaN is NaN, and zero is
// not minus zero.
inline bool same_value(const koine_value& a, const koine_value& b) noexcept {
    if (a.tag != b.tag) return false;
    if (a.tag == KOINE_INT64) return a.u.i == b.u.i;
    if (detail::has_content(a.tag)) {
        const std::uint32_t size = content_size(a);
        if (a.tag != KOINE_UUID && a.len != b.len) return false;
        return size == 0 || std::memcmp(a.u.p, b.u.p, size) == 0;
    }
    if (a.tag == KOINE_NULL || a.u.i == b.u.i) return true;
    return a.tag == KOINE_FLOAT64 && std::isnan(a.u.f) && std::isnan(b.u.f);
}
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
