// The parts of expressions that need no type.
#include <bit>
#include <string>

#include <koine/error.hpp>
#include <koine/mapping/column.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

[[noreturn]] void raise(errc code, std::string message) {
    error_info info;
    info.code = code;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    throw_error(std::move(info));
}

}  // namespace

void push_text(syntax::fragment& to, std::string_view text) {
    if (text.size() > max_content) raise(errc::too_big, "a value has more than 4294967295 bytes");
    if (!is_text(text.data(), text.size()))
        raise(errc::invalid_encoding, "a text is not UTF-8, or contains a NUL character");
    to.push_bind(content_value(text.data(), text.size(), KOINE_TEXT));
}

void raise_unbindable(const bind_context& context) {
    raise(context.code(), context.what());
}

void raise_integer_too_large(std::size_t bits) {
    raise(errc::out_of_range, "an integer does not fit its column, whose member has " + std::to_string(bits) + " bits");
}

std::string like_pattern(std::string_view before, std::string_view text, std::string_view after) {
    std::string pattern;
    pattern.reserve(before.size() + text.size() + after.size() + 8);
    pattern += before;
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    pattern += after;
    return pattern;
}

void finish_list(syntax::fragment& to, std::uint32_t count, bool negated) {
    constexpr std::uint32_t most = 0xffff;
    if (count == 0) {
        // The column stays out of it: NULL is not in nothing either.
        to.clear();
        to.push(negated ? syntax::op::true_ : syntax::op::false_);
        return;
    }
    if (count > most) throw_usage("a list of more than 65535 values in an IN; use a range, or several queries");
    std::uint32_t padded = std::bit_ceil(count);
    if (padded > most) padded = count;
    for (std::uint32_t i = count; i < padded; ++i) to.push_bind(to.value(to.bind_count() - 1));
    to.push(negated ? syntax::op::not_in : syntax::op::in, static_cast<std::uint16_t>(padded));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
