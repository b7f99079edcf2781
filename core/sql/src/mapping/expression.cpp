// The parts of expressions that need no type.
#include <algorithm>
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

// Lists of up to so many values are written out: a database plans them best.
constexpr std::uint32_t most_operands = 8;
// What the node of a list that is written out can count.
constexpr std::uint32_t most_numbered = 0xffff;
// What one statement can take where each value has a placeholder, on MariaDB.
constexpr std::uint32_t most_placeholders = 0xffff;

// Whether the last `count` nodes are values of one type. A type's own traits may give several, or
// NULL.
bool have_one_tag(const syntax::fragment& values, std::uint32_t count) {
    const auto list = values.nodes().last(count);
    return list[0].detail != KOINE_NULL &&
           std::all_of(list.begin(), list.end(), [&](const syntax::node& one) { return one.detail == list[0].detail; });
}

// The size to which a list is filled up, so that few shapes of statements exist: a power of two, or
// a multiple of 2048, which leaves room for other values beside a list that nearly fills a
// statement.
std::uint32_t padded_list(std::uint32_t count) {
    constexpr std::uint32_t step = 2048;
    if (count > 1U << 30U) return count;
    if (count <= step || count > most_placeholders) return std::bit_ceil(count);
    const std::uint32_t padded = (count + step - 1) / step * step;
    return padded > most_placeholders ? count : padded;
}

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
    if (count == 0) {
        // The column stays out of it: NULL is not in nothing either.
        to.clear();
        to.push(negated ? syntax::op::true_ : syntax::op::false_);
        return;
    }
    if (count > most_operands && have_one_tag(to, count))
        return to.fold_list(negated ? syntax::op::not_in_list : syntax::op::in_list, count, padded_list(count));
    if (count > most_numbered) throw_usage("a list of more than 65535 values of several types in an IN");
    const std::uint32_t padded = std::min(std::bit_ceil(count), most_numbered);
    for (std::uint32_t i = count; i < padded; ++i) to.push_bind(to.value(to.bind_count() - 1));
    to.push(negated ? syntax::op::not_in : syntax::op::in, static_cast<std::uint16_t>(padded));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
