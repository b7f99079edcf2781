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
    while (size >= 8) {
        std::uint64_t w;
        std::memcpy(&w, data, 8);
        if ((((w - ones) | w) & tops) != 0) return is_text_slow(data, size);
        data += 8;
        size -= 8;
    }
    while (size != 0) {
        const auto c = static_cast<unsigned char>(*data);
        if (static_cast<unsigned char>(c - 1) >= 0x7f) return is_text_slow(data, size);
        ++data;
        --size;
    }
    return true;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
