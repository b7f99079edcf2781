// Is this text? The check that every bound string passes before a driver sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// The bytes at `data` up to `end` form one valid UTF-8 sequence of this many bytes: 1 to 4, or 0 if
// they do not. NUL counts as valid here. Precondition: data < end.
KOINE_API unsigned utf8_sequence(const unsigned char* data, const unsigned char* end) noexcept;

// Marks bytes that are not plain by their top bits: in w - 01..01 a byte is marked if it was zero,
// borrows aside; in w if it is not ASCII. Both together never miss such a byte, and a borrow starts
// at a zero byte only, so plain text is never marked.
constexpr std::uint64_t mark_not_plain(std::uint64_t w) noexcept {
    return (w - 0x0101010101010101u) | w;
}
inline constexpr std::uint64_t plain_marks = 0x8080808080808080u;

// True for plain ASCII without NUL, eight bytes at a time. Empty is plain. `data` may be null if
// size is 0.
inline bool is_plain_text(const char* data, std::size_t size) noexcept {
    std::uint64_t w = 0;
    std::uint64_t marked = 0;
    if (size >= 8) {
        const char* const last = data + size - 8;
        for (; data < last; data += 8) {
            std::memcpy(&w, data, 8);
            marked |= mark_not_plain(w);
        }
        // The last eight, some of which have been seen before.
        std::memcpy(&w, last, 8);
    } else if (size >= 4) {
        // Fewer: both halves, or the first, the middle and the last byte, with a one wherever there
        // is no byte.
        std::uint32_t half = 0;
        std::memcpy(&half, data, 4);
        w = half;
        std::memcpy(&half, data + size - 4, 4);
        w |= std::uint64_t{half} << 32U;
    } else if (size != 0) {
        const auto byte = [data](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(data[i])}; };
        w = std::uint64_t{0x0101010101000000u} | byte(0) | byte(size / 2) << 8U | byte(size - 1) << 16U;
    } else {
        return true;
    }
    return ((marked | mark_not_plain(w)) & plain_marks) == 0;
}

// is_text(), for what is not plain.
KOINE_API KOINE_COLD bool is_text_slow(const char* data, std::size_t size) noexcept;

// True if the bytes are valid UTF-8 (no overlong form, no surrogate, nothing above U+10FFFF)
// without NUL. Empty is text. `data` may be null if size is 0. Thread-safe.
inline bool is_text(const char* data, std::size_t size) noexcept {
    return is_plain_text(data, size) || is_text_slow(data, size);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
