// Hexadecimal digits.
#pragma once

#include <cstddef>

namespace koine {
inline namespace v1 {
namespace spi {

inline constexpr char hex_digits[] = "0123456789abcdef";

// The value of a digit in either case, or -1.
constexpr int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Writes the two digits of a byte, in lower case; gives back where the next are written.
constexpr char* put_hex(unsigned char byte, char* out) noexcept {
    *out++ = hex_digits[byte >> 4];
    *out++ = hex_digits[byte & 15];
    return out;
}

// Writes the 36 characters of the UUID whose 16 bytes these are; gives back the end.
constexpr char* put_uuid(const unsigned char* bytes, char* out) noexcept {
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        out = put_hex(bytes[i], out);
    }
    return out;
}

}  // namespace spi
}  // namespace v1
}  // namespace koine
