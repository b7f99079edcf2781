#include <koine/detail/escape.hpp>

#include <koine/detail/utf8.hpp>
#include <koine/spi/hex.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

std::uint32_t code_point(const unsigned char* at, unsigned length) noexcept {
    if (length == 1) return at[0];
    std::uint32_t c = at[0] & (0x7fu >> length);
    for (unsigned i = 1; i < length; ++i) c = (c << 6) | (at[i] & 0x3fu);
    return c;
}

// C0, DEL and C1 controls, line separators, and the marks that turn the direction of a line.
bool must_hide(std::uint32_t c) noexcept {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void append_byte(std::string& out, unsigned byte) {
    out += "\\x";
    out += spi::hex_digits[byte >> 4];
    out += spi::hex_digits[byte & 15];
}

void append_hidden(std::string& out, std::uint32_t c) {
    switch (c) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (c < 0x80) return append_byte(out, c);
    out += "\\u{";
    for (int shift = 12; shift >= 0; shift -= 4) out += spi::hex_digits[(c >> shift) & 15];
    out += '}';
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, std::size_t limit) {
    constexpr std::string_view cut = "...";
    const auto start = out.size();
    auto keep = start;  // where the text may be cut so that the mark still fits
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = at + text.size();
    while (at != end) {
        if (out.size() - start + cut.size() <= limit) keep = out.size();
        const auto length = utf8_sequence(at, end);
        if (length == 0) {
            append_byte(out, *at++);
        } else if (const auto c = code_point(at, length); must_hide(c)) {
            append_hidden(out, c);
            at += length;
        } else {
            out.append(reinterpret_cast<const char*>(at), length);
            at += length;
        }
        if (out.size() - start > limit) {
            out.resize(keep);
            out += cut.substr(0, limit - (keep - start));
            return;
        }
    }
}

std::string escaped(std::string_view text, std::size_t limit) {
    std::string out;
    append_escaped(out, text, limit);
    return out;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
