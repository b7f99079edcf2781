// Lists of values as JSON, and the forms in which a column may hold a moment.
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include <koine/dialects/sqlite.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

void put_text(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20) {
            out += "\\u00";
            out += digits[code >> 4U];
            out += digits[code & 15U];
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

}  // namespace

std::string sqlite::list_text(std::span<const koine_value> values) const {
    std::string out;
    out.reserve(values.size() * 8);
    for (const koine_value& value : values) {
        out += out.empty() ? '[' : ',';
        if (value.tag == KOINE_INT64) {
            std::array<char, 24> number;
            out.append(number.data(), std::to_chars(number.data(), number.data() + number.size(), value.u.i).ptr);
        } else {
            put_text(out, {value.len == 0 ? "" : static_cast<const char*>(value.u.p), value.len});
        }
    }
    return out += ']';
}

bool sqlite::binds_lists(std::uint8_t tag) const noexcept {
    return tag != KOINE_FLOAT64 && tag != KOINE_BLOB;
}

std::string sqlite::listed_placeholder(std::uint32_t) const {
    return "?";
}

// The column's own affinity and collation hold, as they do for values that are written out. Of a
// moment every form is looked for: the bound one cut off behind the seconds or behind each digit of
// the fraction that is followed by zeros alone.
std::string sqlite::in_list(std::string_view operand, const column_info* column, std::string_view list,
                            std::string_view, bool negated) const {
    std::string out{operand};
    out += negated ? " NOT IN (SELECT " : " IN (SELECT ";
    if (column == nullptr) return out.append("value FROM json_each(").append(list).append("))");
    const std::string_view lengths =
        column->type == sql_type::time ? "[8,10,11,12,13,14,15]" : "[19,21,22,23,24,25,26,27]";
    return out.append("substr(v.value, 1, f.value) FROM json_each(")
        .append(list)
        .append(") AS v, json_each('")
        .append(lengths)
        .append("') AS f WHERE f.value >= length(")
        .append(first_form(column->type, "v.value"))
        .append("))");
}

bool sqlite::has_forms(sql_type type) const noexcept {
    return type == sql_type::time || type == sql_type::timestamp || type == sql_type::instant;
}

// The bound form has six digits of fraction, and an instant's Z sorts behind all of them.
std::string sqlite::first_form(sql_type type, std::string_view value) const {
    std::string out{value};
    if (type == sql_type::instant) out = "rtrim(" + out + ", 'Z')";
    return "rtrim(rtrim(" + out + ", '0'), '.')";
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
