#include <koine/mapping/repr.hpp>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <koine/bind_context.hpp>
#include <koine/detail/escape.hpp>
#include <koine/types/value.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr std::size_t longest_text = 64;
constexpr std::size_t longest_bytes = 12;

// Length of the text up to the last whole character within `limit` bytes.
std::size_t cut_at(std::string_view text, std::size_t limit) noexcept {
    if (text.size() <= limit) return text.size();
    while (limit != 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) --limit;
    return limit;
}

void append_text(std::string& out, std::string_view text) {
    const std::size_t shown = cut_at(text, longest_text);
    std::string quotable;
    for (const char c : text.substr(0, shown)) {
        if (c == '\'' || c == '\\') quotable += '\\';
        quotable += c;
    }
    out += '\'';
    append_escaped(out, quotable, quotable.size() * 10 + 16);
    out += '\'';
    if (shown < text.size()) out += "... (" + std::to_string(text.size()) + " bytes)";
}

void append_bytes(std::string& out, const unsigned char* data, std::size_t size) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "x'";
    for (std::size_t i = 0; i < size && i < longest_bytes; ++i) {
        out += digits[data[i] >> 4U];
        out += digits[data[i] & 15U];
    }
    out += '\'';
    if (size > longest_bytes) out += "... (" + std::to_string(size) + " bytes)";
}

void append_double(std::string& out, double value) {
    // The shortest form that reads back as the same number.
    char text[32];
    for (int precision = 15; precision <= 17; ++precision) {
        std::snprintf(text, sizeof text, "%.*g", precision, value);
        if (std::strtod(text, nullptr) == value) break;
    }
    out += text;
}

void append_value(std::string& out, const column_info& column, const koine_value& value, bind_context& as_text) {
    const std::string_view content = detail::has_content(value.tag) && value.tag != KOINE_UUID
                                         ? std::string_view{static_cast<const char*>(value.u.p), value.len}
                                         : std::string_view{};
    switch (value.tag) {
        case KOINE_NULL:
            out += "NULL";
            return;
        case KOINE_INT64:
            out += std::to_string(value.u.i);
            return;
        case KOINE_BOOL:
            out += value.u.i != 0 ? "true" : "false";
            return;
        case KOINE_FLOAT64:
            append_double(out, value.u.f);
            return;
        case KOINE_BLOB:
            append_bytes(out, static_cast<const unsigned char*>(value.u.p), value.len);
            return;
        case KOINE_TEXT:
            if (column.type == sql_type::enumeration) {
                out += content;
            } else {
                append_text(out, content);
            }
            return;
        default: {
            const koine_value text = as_text.native_form(value);
            const std::string_view shown{static_cast<const char*>(text.u.p), text.len};
            out += shown.empty() ? std::string_view{"?"} : shown.substr(0, cut_at(shown, longest_text));
        }
    }
}

}  // namespace

std::string repr(const entity_info& entity, const void* object) {
    const auto columns = entity.table->columns;
    bind_context native;
    std::vector<koine_value> values(columns.size());
    entity.bind(object, native, values.data());

    // Text for what only some databases know.
    bind_context as_text{(1U << KOINE_NULL) | (1U << KOINE_INT64) | (1U << KOINE_FLOAT64) | (1U << KOINE_TEXT) |
                         (1U << KOINE_BLOB)};
    std::string out = entity.class_name;
    out += '(';
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i != 0) out += ", ";
        out += columns[i].name;
        out += '=';
        if (columns[i].secret) {
            out += "***";
        } else {
            append_value(out, columns[i], values[i], as_text);
        }
    }
    out += ')';
    return out;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
