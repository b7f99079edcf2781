#include "objects/snapshot.hpp"

#include <cmath>
#include <cstring>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
    hash = (hash ^ word) * 0xff51afd7ed558ccdU;
    return hash ^ (hash >> 32U);
}

std::uint64_t hash_bytes(std::uint64_t hash, const char* data, std::size_t size) noexcept {
    hash = mix(hash, size);
    for (; size >= 8; data += 8, size -= 8) {
        std::uint64_t word;
        std::memcpy(&word, data, 8);
        hash = mix(hash, word);
    }
    std::uint64_t rest = 0;
    if (size != 0) std::memcpy(&rest, data, size);
    return mix(hash, rest);
}

}  // namespace

std::uint64_t hash_values(std::span<const koine_value> values) noexcept {
    std::uint64_t hash = 0x9e3779b97f4a7c15U;
    for (const koine_value& value : values) {
        hash = mix(hash, value.tag);
        if (detail::has_content(value.tag)) {
            hash = hash_bytes(hash, static_cast<const char*>(value.u.p), content_size(value));
        } else if (value.tag == KOINE_FLOAT64 && std::isnan(value.u.f)) {
            hash = mix(hash, 1);
        } else if (value.tag != KOINE_NULL) {
            hash = mix(hash, static_cast<std::uint64_t>(value.u.i));
        }
    }
    return hash;
}

snapshot make_snapshot(const koine_value* values, std::size_t count) {
    const koine_value* const end = values + count;
    std::size_t size = count * sizeof(koine_value);
    for (const koine_value* from = values; from != end; ++from) size += content_size(*from);
    snapshot out{static_cast<koine_value*>(::operator new(size))};
    char* content = reinterpret_cast<char*>(out.get() + count);
    koine_value* to = out.get();
    for (const koine_value* from = values; from != end; ++from, ++to) {
        *to = *from;
        if (const std::uint32_t length = content_size(*from); length != 0) {
            std::memcpy(content, from->u.p, length);
            to->u.p = content;
            content += length;
        }
    }
    return out;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
