#include "row_copies.hpp"

#include <algorithm>
#include <utility>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

void row_copies::add(std::span<const koine_value> row) {
    for (const koine_value& from : row) {
        cell one;
        one.what = from;
        switch (from.tag) {
            case KOINE_TEXT:
            case KOINE_BLOB:
            case KOINE_DECIMAL:
            case KOINE_JSON:
            case KOINE_OPAQUE:
            case KOINE_UUID: {
                const std::size_t size = from.tag == KOINE_UUID ? 16 : from.len;
                one.bytes = std::make_unique<char[]>(size);
                std::copy_n(static_cast<const char*>(from.u.p), size, one.bytes.get());
                one.what.len = static_cast<std::uint32_t>(size);
                one.what.u.p = one.bytes.get();
                break;
            }
            default:
                break;
        }
        cells_.push_back(std::move(one));
    }
}

void row_copies::show(koine_value* to) const noexcept {
    for (const cell& one : cells_) *to++ = one.what;
}

void row_copies::clear() noexcept {
    // Overwritten first: a build without a sanitizer shall see it too.
    for (auto& one : cells_)
        if (one.bytes) std::fill_n(one.bytes.get(), one.what.len, '\xdd');
    cells_.clear();
}

void spoil(koine_value* cells, std::size_t count) noexcept {
    koine_value garbage{};
    garbage.len = 0x7fffffffU;
    garbage.tag = 0xee;
    garbage.u.i = 1;
    if (cells != nullptr) std::fill_n(cells, count, garbage);
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
