// Is this text? The check that every bound string passes before a driver sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// The bytes at `data` up to `end` form one valid UTF-8 sequence of this many bytes: 1 to 4, or 0 if they do
// not. NUL counts as valid here. Precondition: data < end.
KOINE_API unsigned utf8_sequence(const unsigned char* data, const unsigned char* end) noexcept;

// The rest of is_text() from the first byte that is not plain ASCII.
KOINE_API KOINE_COLD bool is_text_slow(const char* data, std::size_t size) noexcept;

// True if the bytes are valid UTF-8 (no overlong form, no surrogate, nothing above U+10FFFF) without NUL.
// Empty is text. `data` may be null if size is 0. Plain ASCII is checked eight bytes at a time, inline.
// Thread-safe.
inline bool is_text(const char* data, std::size_t size) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t tops = 0x8080808080808080u;
    // In (w - ones) & tops a byte is marked if it was zero, borrows aside; in w & tops if it is not ASCII.
    // Both together never miss such a byte, and a borrow starts at a zero byte only, so plain text is never
    // marked.
    std::uint64_t w = 0;
    if (size >= 8) {
        const char* const last = data + size - 8;
        for (; data < last; data += 8) {
            std::memcpy(&w, data, 8);
            if ((((w - ones) | w) & tops) != 0) return is_text_slow(data, static_cast<std::size_t>(last - data) + 8);
        }
        // The last eight, some of which have been seen before.
        std::memcpy(&w, last, 8);
        return (((w - ones) | w) & tops) == 0 || is_text_slow(data, static_cast<std::size_t>(last - data) + 8);
    }
    // Fewer: both halves, or the first, the middle and the last byte, with a one wherever there is no byte.
    if (size >= 4) {
        std::uint32_t half = 0;
        std::memcpy(&half, data, 4);
        w = half;
        std::memcpy(&half, data + size - 4, 4);
        w |= std::uint64_t{half} << 32U;
    } else if (size != 0) {
        const auto byte = [data](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(data[i])}; };
        w = (ones << 24U) | byte(0) | byte(size / 2) << 8U | byte(size - 1) << 16U;
    } else {
        return true;
    }
    return (((w - ones) | w) & tops) == 0 || is_text_slow(data, size);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
