// The cold halves of type_traits: what is rarely read, and what is wrong with what cannot be bound.
#include <cmath>
#include <cstring>

#include <koine/types/enumeration.hpp>
#include <koine/types/text.hpp>
#include <koine/types/type_traits.hpp>
#include <koine/types/value.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

bool read_float(const koine_value& cell, double& value) noexcept {
    if (cell.tag != KOINE_INT64) return false;
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    const auto candidate = static_cast<double>(cell.u.i);
    const bool small = cell.u.i >= -exact && cell.u.i <= exact;
    // 2^63 is a double but not an int64: converting it back would be undefined.
    if (!small && (candidate >= 0x1p63 || static_cast<std::int64_t>(candidate) != cell.u.i)) return false;
    value = candidate;
    return true;
}

bool read_boolean(const koine_value& cell, bool& value) noexcept {
    if (cell.tag != KOINE_INT64 || (cell.u.i != 0 && cell.u.i != 1)) return false;
    value = cell.u.i == 1;
    return true;
}

bool read_bytes(const koine_value& cell, std::vector<std::byte>& value) {
    if (cell.tag != KOINE_BLOB) return false;
    const auto* data = static_cast<const std::byte*>(cell.u.p);
    value.assign(data, data + cell.len);
    return true;
}

bool read_other_text(const koine_value& cell, std::string& value) {
    if (cell.tag != KOINE_DECIMAL && cell.tag != KOINE_JSON && cell.tag != KOINE_OPAQUE) return false;
    value.assign(static_cast<const char*>(cell.u.p), cell.len);
    return true;
}

void check_text(const char* data, std::size_t size, bind_context& context) noexcept {
    if (size > max_content)
        complain_of_size(context);
    else if (!is_text_slow(data, size))
        context.fail(errc::invalid_encoding, "a text is not UTF-8, or contains a NUL character");
}

void complain_of_size(bind_context& context) noexcept {
    context.fail(errc::too_big, "a value has more than 4294967295 bytes");
}

koine_value keep(const koine_value& value, bind_context& context) {
    if (!detail::has_content(value.tag)) return value;
    const std::size_t size = value.tag == KOINE_UUID ? 16 : value.len;
    koine_value kept = value;
    char* memory = context.allocate(size);
    if (size != 0) std::memcpy(memory, value.u.p, size);
    kept.u.p = memory;
    return kept;
}

void keep_all(koine_value* values, std::size_t count, bind_context& context) {
    for (std::size_t i = 0; i < count; ++i) values[i] = keep(values[i], context);
}

int find_enumerator(const koine_value& cell, const std::string_view* by_value, std::size_t count) noexcept {
    // PostgreSQL gives values of its own enumeration types as opaque text.
    if (cell.tag != KOINE_TEXT && cell.tag != KOINE_OPAQUE) return -1;
    const std::string_view text{static_cast<const char*>(cell.u.p), cell.len};
    if (text.empty()) return -1;
    for (std::size_t i = 0; i < count; ++i) {
        if (by_value[i] == text) return static_cast<int>(i);
    }
    return -1;
}

koine_value enumerator_value(long long number, const std::string_view* by_value, std::size_t count,
                             bind_context& context) noexcept {
    if (number >= 0 && static_cast<unsigned long long>(number) < count) {
        const std::string_view name = by_value[number];
        if (!name.empty()) return content_value(name.data(), name.size(), KOINE_TEXT);
    }
    context.fail(errc::invalid_value, "a value of an enumeration has no enumerator in its enum_range");
    return null_value();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
