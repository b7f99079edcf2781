// Texts by hand as a dialect wants them: its placeholders, and the values in their order.
#include <koine/dialect.hpp>
#include <koine/spi/sql_token.hpp>
#include <koine/sql/text.hpp>

#include "sql/text_scanner.hpp"

namespace koine {
inline namespace v1 {

namespace {

// Placeholders that carry numbers can name one value twice.
bool has_numbers(const dialect& dialect) {
    return dialect.placeholder(1) != dialect.placeholder(2);
}

}  // namespace

const text_rules& dialect::texts() const {
    static const text_rules of_any{detail::any_database};
    static const text_rules of_any_with_question_marks{detail::any_database_with_question_marks};
    return placeholder(1)[0] == '?' ? of_any_with_question_marks : of_any;
}

const text_statement::places& text_statement::places_for(const dialect& dialect, places& found) const {
    if (!each_reads_) return places_;
    found = read(dialect.texts().tokens);
    return found;
}

std::string text_statement::render(const dialect& dialect) const {
    const bool numbers = has_numbers(dialect);
    std::string out;
    out.reserve(text_.size() + places_.size());
    std::size_t at = 0;
    std::uint32_t index = 0;
    places found;
    for (const detail::text_place& p : places_for(dialect, found)) {
        const bool plain = given_.empty();
        const std::uint32_t first = plain ? p.value : given_[p.value].first;
        const std::uint32_t count = plain ? 1 : given_[p.value].count;
        if (count == 0) {
            out.append(text_, at, p.in_begin - at);
            out += p.negated ? dialect.texts().not_in_nothing : dialect.texts().in_nothing;
            at = p.in_end;
            continue;
        }
        out.append(text_, at, p.begin - at);
        if (p.begin != 0 && spi::is_sql_word_byte(text_[p.begin - 1])) out += ' ';
        for (std::uint32_t i = 0; i < count; ++i) {
            if (i != 0) out += ", ";
            ++index;
            out += dialect.placeholder(numbers ? first + i + 1 : index);
        }
        at = p.end;
    }
    return out.append(text_, at, std::string::npos);
}

std::uint32_t text_statement::value_count(const dialect& dialect) const {
    if (has_numbers(dialect)) return static_cast<std::uint32_t>(values_.size());
    if (!each_reads_) return static_cast<std::uint32_t>(places_.size());
    std::uint32_t count = 0;
    for (const detail::text_place& p : read(dialect.texts().tokens)) count += given_[p.value].count;
    return count;
}

void text_statement::values(const dialect& dialect, bind_context& context, koine_value* out) const {
    if (has_numbers(dialect)) {
        for (const bind_value& value : values_) *out++ = context.native_form(value.view());
        return;
    }
    places found;
    for (const detail::text_place& p : places_for(dialect, found)) {
        const std::uint32_t first = given_.empty() ? p.value : given_[p.value].first;
        const std::uint32_t count = given_.empty() ? 1 : given_[p.value].count;
        for (std::uint32_t i = 0; i < count; ++i) *out++ = context.native_form(values_[first + i].view());
    }
}

}  // namespace v1
}  // namespace koine
