#include <koine/detail/utf8.hpp>

#include <cstring>

namespace koine {
inline namespace v1 {
namespace detail {

unsigned utf8_sequence(const unsigned char* data, const unsigned char* end) noexcept {
    const unsigned lead = data[0];
    if (lead < 0x80) return 1;
    unsigned length = 0;
    // The second byte's range shuts out overlong forms (E0, F0), surrogates (ED) and what lies
    // above U+10FFFF (F4).
    unsigned low = 0x80;
    unsigned high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    } else {
        return 0;
    }
    if (static_cast<std::size_t>(end - data) < length) return 0;
    if (data[1] < low || data[1] > high) return 0;
    for (unsigned i = 2; i < length; ++i)
        if ((data[i] & 0xc0) != 0x80) return 0;
    return length;
}

bool is_text_slow(const char* data, std::size_t size) noexcept {
    const auto* at = reinterpret_cast<const unsigned char*>(data);
    const auto* const end = at + size;
    while (at != end) {
        if (end - at >= 8) {
            std::uint64_t w = 0;
            std::memcpy(&w, at, 8);
            if ((mark_not_plain(w) & plain_marks) == 0) {
                at += 8;
                continue;
            }
        }
        if (*at == 0) return false;
        const auto length = utf8_sequence(at, end);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
