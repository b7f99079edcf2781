// How C++ values become the values of the driver contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include <koine/driver_abi.h>

namespace koine {
inline namespace v1 {
namespace detail {

// Values of the contract. Content is borrowed, as everywhere at that border.
inline koine_value null_value() noexcept {
    return koine_value{0, KOINE_NULL, 0, 0, {0}};
}
inline koine_value integer_value(std::int64_t value, std::uint8_t tag = KOINE_INT64) noexcept {
    return koine_value{0, tag, 0, 0, {value}};
}
inline koine_value float_value(double value) noexcept {
    koine_value out{0, KOINE_FLOAT64, 0, 0, {0}};
    out.u.f = value;
    return out;
}
// Precondition: size fits 32 bits.
inline koine_value content_value(const void* data, std::size_t size, std::uint8_t tag) noexcept {
    koine_value out{static_cast<std::uint32_t>(size), tag, 0, 0, {0}};
    out.u.p = data;
    return out;
}

// Whether a value of this tag keeps its content behind a pointer.
constexpr bool has_content(std::uint8_t tag) noexcept {
    return tag == KOINE_TEXT || tag == KOINE_BLOB || tag >= KOINE_UUID;
}

// The largest text or blob that one value can carry, in bytes.
inline constexpr std::size_t max_content = std::numeric_limits<std::uint32_t>::max();

}  // namespace detail
}  // namespace v1
}  // namespace koine
