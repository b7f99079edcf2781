#include "values.hpp"

#include <cctype>
#include <utility>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

spi::failure failure_of(errc code, koine::outcome known, std::string message) {
    spi::failure why;
    why.code = code;
    why.outcome = known;
    why.message = std::move(message);
    return why;
}

void throw_fault(const fault& why) {
    spi::failure out = failure_of(why.code, why.outcome, why.message);
    out.poisons_connection = why.poisons_connection;
    out.poisons_transaction = why.poisons_transaction;
    // A view of it is copied before the fault dies: it crosses the table while the script's lock is
    // long gone.
    static thread_local std::string state;
    state = why.sqlstate;
    out.sqlstate = state;
    out.constraint = why.constraint;
    throw out;
}

void throw_broken() {
    auto why = failure_of(errc::disconnected, outcome::not_sent, "the connection is broken");
    why.poisons_connection = true;
    throw why;
}

std::string upper_words(std::string_view sql, std::size_t most) {
    std::string out;
    for (const char c : sql.substr(0, most)) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
}

value owned(const koine_value& from) {
    value made;
    made.tag = static_cast<koine_tag>(from.tag);
    switch (made.tag) {
        case KOINE_NULL:
            break;
        case KOINE_FLOAT64:
            made.f = from.u.f;
            break;
        case KOINE_TEXT:
        case KOINE_BLOB:
        case KOINE_DECIMAL:
        case KOINE_JSON:
        case KOINE_OPAQUE:
            made.bytes.assign(static_cast<const char*>(from.u.p), from.len);
            break;
        case KOINE_UUID:
            made.bytes.assign(static_cast<const char*>(from.u.p), 16);
            break;
        default:
            made.i = from.u.i;
    }
    return made;
}

koine_value borrowed(const value& from) {
    koine_value made{};
    made.tag = static_cast<std::uint8_t>(from.tag);
    switch (from.tag) {
        case KOINE_NULL:
            break;
        case KOINE_FLOAT64:
            made.u.f = from.f;
            break;
        case KOINE_TEXT:
        case KOINE_BLOB:
        case KOINE_UUID:
        case KOINE_DECIMAL:
        case KOINE_JSON:
        case KOINE_OPAQUE:
            made.u.p = from.bytes.data();
            made.len = static_cast<std::uint32_t>(from.bytes.size());
            break;
        default:
            made.u.i = from.i;
    }
    return made;
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
