#include <koine/sql/bind_value.hpp>

#include <koine/error.hpp>
#include <koine/types/value.hpp>

namespace koine {
inline namespace v1 {

void bind_value::take(const koine_value& value, const bind_context& context, std::string_view name) {
    if (context.failed()) {
        error_info info;
        info.code = context.code();
        info.outcome = outcome::not_sent;
        info.message = context.what();
        if (!name.empty()) info.message.append(" (the value of :").append(name) += ')';
        throw usage_error{std::move(info)};
    }
    value_ = value;
    if (!detail::has_content(value.tag)) return;
    const std::size_t size = value.tag == KOINE_UUID ? 16 : value.len;
    if (size != 0) content_.assign(static_cast<const char*>(value.u.p), size);
}

koine_value bind_value::view() const noexcept {
    koine_value out = value_;
    if (detail::has_content(out.tag)) out.u.p = content_.data();
    return out;
}

}  // namespace v1
}  // namespace koine
