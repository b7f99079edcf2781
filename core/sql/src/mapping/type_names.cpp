#include <koine/mapping/type_names.hpp>

#include <koine/driver_abi.h>

namespace koine {
inline namespace v1 {
namespace detail {

std::string_view type_name(sql_type type) noexcept {
    switch (type) {
        case sql_type::int16:
            return "int16";
        case sql_type::int32:
            return "int32";
        case sql_type::int64:
            return "int64";
        case sql_type::boolean:
            return "bool";
        case sql_type::float64:
            return "double";
        case sql_type::text:
            return "text";
        case sql_type::bytes:
            return "bytes";
        case sql_type::date:
            return "date";
        case sql_type::time:
            return "time";
        case sql_type::timestamp:
            return "timestamp";
        case sql_type::instant:
            return "instant";
        case sql_type::uuid:
            return "uuid";
        case sql_type::enumeration:
            return "enumeration";
    }
    return "unknown";
}

std::string_view tag_name(std::uint8_t tag) noexcept {
    switch (tag) {
        case KOINE_NULL:
            return "NULL";
        case KOINE_INT64:
            return "an integer";
        case KOINE_FLOAT64:
            return "a double";
        case KOINE_TEXT:
            return "a text";
        case KOINE_BLOB:
            return "bytes";
        case KOINE_BOOL:
            return "a bool";
        case KOINE_DATE:
            return "a date";
        case KOINE_TIME:
            return "a time";
        case KOINE_TIMESTAMP:
            return "a timestamp";
        case KOINE_INSTANT:
            return "an instant";
        case KOINE_UUID:
            return "a uuid";
        case KOINE_DECIMAL:
            return "a decimal";
        case KOINE_JSON:
            return "JSON";
        default:
            return "a value of the database's own type";
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
