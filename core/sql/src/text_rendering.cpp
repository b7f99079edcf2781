// Texts by hand as a dialect wants them: its placeholders, and the values in their order.
#include <koine/dialect.hpp>
#include <koine/spi/sql_token.hpp>
#include <koine/sql/text.hpp>

namespace koine {
inline namespace v1 {

namespace {

// Placeholders that carry numbers can name one value twice.
bool has_numbers(const dialect& dialect) {
    return dialect.placeholder(1) != dialect.placeholder(2);
}

}  // namespace

std::string text_statement::render(const dialect& dialect) const {
    const bool numbers = has_numbers(dialect);
    std::string out;
    out.reserve(text_.size() + places_.size());
    std::size_t at = 0;
    std::uint32_t index = 0;
    for (const place& p : places_) {
        out.append(text_, at, p.begin - at);
        if (p.begin != 0 && spi::is_sql_word_byte(text_[p.begin - 1])) out += ' ';
        ++index;
        out += dialect.placeholder(numbers ? p.value + 1 : index);
        at = p.end;
    }
    return out.append(text_, at, std::string::npos);
}

std::uint32_t text_statement::value_count(const dialect& dialect) const {
    return static_cast<std::uint32_t>(has_numbers(dialect) ? values_.size() : places_.size());
}

void text_statement::values(const dialect& dialect, bind_context& context, koine_value* out) const {
    if (has_numbers(dialect)) {
        for (const bind_value& value : values_) *out++ = context.native_form(value.view());
        return;
    }
    for (const place& p : places_) *out++ = context.native_form(values_[p.value].view());
}

}  // namespace v1
}  // namespace koine
