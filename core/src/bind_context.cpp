#include <koine/bind_context.hpp>

namespace koine {
inline namespace v1 {

char* bind_context::allocate_slow(std::size_t size) {
    // new[] of char is aligned for any value of fundamental alignment.
    blocks_.push_back(std::make_unique<char[]>(size));
    return blocks_.back().get();
}

koine_value bind_context::rewrite(const koine_value& value) {
    koine_value out = value;
    switch (value.tag) {
        case KOINE_BOOL: out.tag = KOINE_INT64; return out;
        case KOINE_DECIMAL:
        case KOINE_JSON:
        case KOINE_OPAQUE: out.tag = KOINE_TEXT; return out;
        default: return value;
    }
}

}  // namespace v1
}  // namespace koine
