// The parts of expressions that need no type.
#include <bit>
#include <cstring>
#include <string>

#include <koine/error.hpp>
#include <koine/mapping/column.hpp>
#include <koine/schema/table_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// The column that a value was to stand beside: the last one in the fragment.
void name_column(error_info& info, const syntax::fragment& beside) {
    const auto nodes = beside.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const bool has_table = nodes[i].kind == syntax::op::column || nodes[i].kind >= syntax::op::select_entity;
        if (!has_table || i + 1 == nodes.size()) continue;
        const table_info* table = nullptr;
        std::memcpy(&table, &nodes[i + 1], sizeof table);
        if (nodes[i++].kind != syntax::op::column) continue;
        info.table = table->name;
        info.column = table->columns[nodes[i - 1].index].name;
    }
    if (!info.column.empty()) info.message += " (a value for the column " + info.table + '.' + info.column + ')';
}

[[noreturn]] void raise(const syntax::fragment& beside, errc code, std::string message) {
    error_info info;
    info.code = code;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    name_column(info, beside);
    throw_error(std::move(info));
}

}  // namespace

void push_text(syntax::fragment& to, std::string_view text) {
    if (text.size() > max_content) raise(to, errc::too_big, "a value has more than 4294967295 bytes");
    if (!is_text(text.data(), text.size()))
        raise(to, errc::invalid_encoding, "a text is not UTF-8, or contains a NUL character");
    to.push_bind(content_value(text.data(), text.size(), KOINE_TEXT));
}

void raise_unbindable(const syntax::fragment& to, const bind_context& context) {
    raise(to, context.code(), context.what());
}

void raise_integer_too_large(const syntax::fragment& to, std::size_t bits) {
    raise(to, errc::out_of_range,
          "an integer does not fit its column, whose member has " + std::to_string(bits) + " bits");
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
