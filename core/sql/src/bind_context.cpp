#include <koine/bind_context.hpp>

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include <koine/detail/temporal_text.hpp>
#include <koine/types/value.hpp>
#include <koine/uuid.hpp>

namespace koine {
inline namespace v1 {

// The head of a block; the memory given away stands behind it.
struct alignas(std::max_align_t) bind_context::block {
    block* next;
};

char* bind_context::allocate_slow(std::size_t size) {
    blocks_ = ::new (::operator new(sizeof(block) + size)) block{blocks_};
    return reinterpret_cast<char*>(blocks_ + 1);
}

void bind_context::free_blocks() noexcept {
    while (blocks_ != nullptr) ::operator delete(std::exchange(blocks_, blocks_->next));
}

koine_value bind_context::rewrite(const koine_value& value) {
    const auto text_of = [&](std::size_t (*format)(std::int64_t, char*) noexcept, bool sortable) {
        char* out = allocate(detail::temporal_text_size);
        const std::size_t size = sortable ? format(value.u.i, out) : 0;
        // Stored as text, such a value would compare wrongly with every other one.
        if (size == 0)
            fail(errc::out_of_range,
                 "a date or time lies outside the years 0000 to 9999, which this database can order");
        return detail::content_value(out, size, KOINE_TEXT);
    };
    koine_value out = value;
    switch (value.tag) {
        case KOINE_BOOL:
            out.tag = KOINE_INT64;
            return out;
        case KOINE_DATE:
            return text_of(detail::format_date, detail::is_sortable_date(value.u.i));
        case KOINE_TIME:
            return text_of(detail::format_time, true);
        case KOINE_TIMESTAMP:
            return text_of(detail::format_timestamp, detail::is_sortable_timestamp(value.u.i));
        case KOINE_INSTANT:
            return text_of(detail::format_instant, detail::is_sortable_timestamp(value.u.i));
        case KOINE_UUID: {
            uuid::bytes_type bytes;
            std::memcpy(bytes.data(), value.u.p, bytes.size());
            char* text = allocate(uuid::text_size);
            uuid{bytes}.write(text);
            return detail::content_value(text, uuid::text_size, KOINE_TEXT);
        }
        case KOINE_DECIMAL:
        case KOINE_JSON:
        case KOINE_OPAQUE:
            out.tag = KOINE_TEXT;
            return out;
        default:
            return value;
    }
}

}  // namespace v1
}  // namespace koine
