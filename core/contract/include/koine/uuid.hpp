// UUIDs of RFC 9562.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include <koine/api.hpp>
#include <koine/result.hpp>

namespace koine {
inline namespace v1 {

// Sixteen bytes in network order. Ordered by bytes, which is also the order of the text form. A
// value type.
class KOINE_API uuid {
public:
    using bytes_type = std::array<std::uint8_t, 16>;
    static constexpr std::size_t text_size = 36;

    // The nil UUID, all zero.
    constexpr uuid() noexcept = default;
    constexpr explicit uuid(const bytes_type& bytes) noexcept : bytes_{bytes} {}

    // A new version 4 UUID: 122 bits from the operating system's generator. Thread-safe. Throws
    // koine::error (io_error) if that generator fails.
    static uuid random();
    // Reads 8-4-4-4-12 hexadecimal digits, or 32 without hyphens, either in braces or not. Throws
    // koine::error (invalid_value).
    static uuid parse(std::string_view text);
    // The same without throwing.
    static result<uuid> try_parse(std::string_view text);

    constexpr const bytes_type& bytes() const noexcept { return bytes_; }
    constexpr bool is_nil() const noexcept { return *this == uuid{}; }
    // 8-4-4-4-12 lower-case hexadecimal digits.
    std::string to_string() const;
    // The same, text_size characters without a NUL, into `out`.
    void write(char* out) const noexcept;

    friend constexpr bool operator==(const uuid&, const uuid&) noexcept = default;
    friend constexpr auto operator<=>(const uuid&, const uuid&) noexcept = default;

private:
    bytes_type bytes_{};
};

// Writes to_string().
KOINE_API std::ostream& operator<<(std::ostream& out, const uuid& value);

}  // namespace v1
}  // namespace koine

template <>
struct std::hash<koine::uuid> {
    std::size_t operator()(const koine::uuid& value) const noexcept {
        // Version 4 bytes are random already; the multiplication spreads the ordered ones of other
        // versions.
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            high = high << 8 | value.bytes()[i];
            low = low << 8 | value.bytes()[i + 8];
        }
        return static_cast<std::size_t>((high ^ (low * 0x9e3779b97f4a7c15u)) * 0xbf58476d1ce4e5b9u);
    }
};
