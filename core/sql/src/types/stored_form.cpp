#include <koine/types/stored_form.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <koine/detail/temporal_text.hpp>
#include <koine/uuid.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

struct bound_form {
    std::string_view looks{};    // of a bound value
    std::string_view rewrite{};  // what gives it on SQLite, of a column x
};

bool is_boolean_word(std::string_view text) {
    constexpr std::array<std::string_view, 4> words{"t", "f", "true", "false"};
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return std::find(words.begin(), words.end(), lower) != words.end();
}

// The bound form if the text is a value of the type, else nothing.
bound_form form_of(sql_type type, std::string_view text) {
    std::int64_t ignored = 0;
    switch (type) {
        case sql_type::boolean:
            return is_boolean_word(text) ? bound_form{"0 or 1", "lower(x) IN ('t', 'true')"} : bound_form{};
        case sql_type::date:
            return parse_date(text, ignored) ? bound_form{"9999-99-99", "date(x)"} : bound_form{};
        case sql_type::time:
            return parse_time(text, ignored) ? bound_form{"99:99:99.999999", "strftime('%H:%M:%f', x) || '000'"}
                                             : bound_form{};
        case sql_type::timestamp:
            return parse_timestamp(text, ignored)
                       ? bound_form{"9999-99-99 99:99:99.999999", "strftime('%Y-%m-%d %H:%M:%f', x) || '000'"}
                       : bound_form{};
        case sql_type::instant:
            return parse_instant(text, ignored)
                       ? bound_form{"9999-99-99 99:99:99.999999Z", "strftime('%Y-%m-%d %H:%M:%f', x) || '000Z'"}
                       : bound_form{};
        case sql_type::uuid:
            if (!uuid::try_parse(text)) return {};
            return {"99999999-9999-9999-9999-99999999999a",
                    text.size() == uuid::text_size ? "lower(x)" : "36 characters in lower case, with hyphens"};
        default:
            return {};
    }
}

// The text with its digits hidden: a form and no value.
std::string shape_of(sql_type type, std::string_view text) {
    std::string out{text.substr(0, temporal_text_size)};
    for (char& c : out) {
        if (c >= '0' && c <= '9') c = '9';
        if (type == sql_type::uuid && c >= 'a' && c <= 'f') c = 'a';
        if (type == sql_type::uuid && c >= 'A' && c <= 'F') c = 'A';
    }
    return out;
}

}  // namespace

void explain_stored_form(sql_type type, const koine_value& cell, error_info& info) {
    if (cell.tag != KOINE_TEXT) return;
    const std::string_view text{static_cast<const char*>(cell.u.p), cell.len};
    const bound_form bound = form_of(type, text);
    if (bound.looks.empty()) return;
    info.message += type == sql_type::boolean ? ": it is a word" : ": it has the form " + shape_of(type, text);
    info.message.append(", which a comparison with a value would not find, because values are bound as ")
        .append(bound.looks);
    info.hint = "rewrite the column once, on SQLite by UPDATE ... SET x = ";
    info.hint.append(bound.rewrite).append("; or read it as std::string");
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
