#include <koine/uuid.hpp>

#include <ostream>

#include <koine/spi/hex.hpp>

#include "platform/random.hpp"

namespace koine {
inline namespace v1 {

namespace {

// The offsets in the text form in front of which a hyphen stands, by byte.
constexpr bool hyphen_before(std::size_t byte) noexcept {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool read(std::string_view text, uuid::bytes_type& out) noexcept {
    if (text.size() >= 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
    const bool hyphens = text.size() == uuid::text_size;
    if (!hyphens && text.size() != 2 * out.size()) return false;
    std::size_t at = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (hyphens && hyphen_before(i) && text[at++] != '-') return false;
        const int high = spi::hex_value(text[at]);
        const int low = spi::hex_value(text[at + 1]);
        if (high < 0 || low < 0) return false;
        out[i] = static_cast<std::uint8_t>(high * 16 + low);
        at += 2;
    }
    return true;
}

}  // namespace

uuid uuid::random() {
    bytes_type bytes;
    detail::fill_random(bytes.data(), bytes.size());
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // the variant of RFC 9562
    return uuid{bytes};
}

result<uuid> uuid::try_parse(std::string_view text) {
    bytes_type bytes{};
    if (!read(text, bytes)) return failure{errc::invalid_value, "the text is not a UUID"};
    return uuid{bytes};
}

uuid uuid::parse(std::string_view text) {
    return try_parse(text).value();
}

void uuid::write(char* out) const noexcept {
    spi::put_uuid(bytes_.data(), out);
}

std::string uuid::to_string() const {
    std::string out(text_size, '\0');
    write(out.data());
    return out;
}

std::ostream& operator<<(std::ostream& out, const uuid& value) {
    return out << value.to_string();
}

}  // namespace v1
}  // namespace koine
