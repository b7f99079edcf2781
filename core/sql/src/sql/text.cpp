#include <koine/sql/text.hpp>

#include <algorithm>

#include <koine/detail/utf8.hpp>
#include <koine/error.hpp>

#include "text_scanner.hpp"

namespace koine {
inline namespace v1 {

namespace {

// Offsets are 32 bits wide, and no database takes a statement of this size.
constexpr std::size_t max_text = std::size_t{1} << 30U;

std::string listed(const std::vector<std::string_view>& names) {
    std::string out;
    for (const auto name : names) out.append(out.empty() ? ":" : ", :").append(name);
    return out.empty() ? "none" : out;
}

}  // namespace

text_statement::text_statement(sql_text text, std::initializer_list<named_value> values, here made_at)
    : text_{text.text()}, where_{made_at} {
    if (text_.size() > max_text) throw_usage("SQL text of more than 1 GiB");
    if (!detail::is_text(text_.data(), text_.size())) throw_usage("SQL text contains NUL or is not valid UTF-8");
    const auto found = detail::scan_names(text_);

    std::vector<std::string_view> needed;
    std::vector<std::string_view> given;
    for (const auto& value : values) given.push_back(value.name);
    for (const auto& at : found) {
        const auto name = std::string_view{text_}.substr(at.begin + 1, at.end - at.begin - 1);
        auto known = std::find(needed.begin(), needed.end(), name);
        const auto number = static_cast<std::uint32_t>(known - needed.begin());
        if (known == needed.end()) needed.push_back(name);
        places_.push_back({static_cast<std::uint32_t>(at.begin), static_cast<std::uint32_t>(at.end), number});
    }
    const auto complain = [&](std::string_view what, std::string_view name, std::size_t at) {
        detail::throw_text_error(text_, at,
                                 std::string{what}.append(" :").append(name).append(" (the text has ") +
                                     listed(needed) + "; given are " + listed(given) + ')');
    };
    for (std::size_t i = 0; i < needed.size(); ++i) {
        const auto value =
            std::find_if(values.begin(), values.end(), [&](const named_value& v) { return v.name == needed[i]; });
        if (value == values.end()) {
            const auto where =
                std::find_if(places_.begin(), places_.end(), [&](const place& p) { return p.value == i; });
            complain("no value is given for", needed[i], where->begin);
        }
        values_.push_back(value->value);
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (std::find(needed.begin(), needed.end(), given[i]) == needed.end())
            complain("nothing is called", given[i], 0);
        if (std::find(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(i), given[i]) !=
            given.begin() + static_cast<std::ptrdiff_t>(i))
            complain("two values are given for", given[i], 0);
    }
}

}  // namespace v1
}  // namespace koine
