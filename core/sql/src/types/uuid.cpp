#include <koine/types/uuid.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace koine {
inline namespace v1 {
namespace detail {

bool read_uuid(const koine_value& cell, uuid& value) {
    if (cell.tag == KOINE_TEXT) {
        // Only the form that is bound: another one would not be found by its value.
        const std::string_view text{static_cast<const char*>(cell.u.p), cell.len};
        result<uuid> parsed = uuid::try_parse(text);
        if (!parsed) return false;
        const bool capital = std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; });
        if (text.size() != uuid::text_size || capital) return false;
        value = *parsed;
        return true;
    }
    if (cell.tag != KOINE_UUID) return false;
    uuid::bytes_type bytes;
    std::memcpy(bytes.data(), cell.u.p, bytes.size());
    value = uuid{bytes};
    return true;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
