#include <koine/types/uuid.hpp>

#include <cstring>
#include <string_view>

namespace koine {
inline namespace v1 {
namespace detail {

bool read_uuid(const koine_value& cell, uuid& value) {
    if (cell.tag == KOINE_TEXT) {
        result<uuid> parsed = uuid::try_parse(std::string_view{static_cast<const char*>(cell.u.p), cell.len});
        if (!parsed) return false;
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
