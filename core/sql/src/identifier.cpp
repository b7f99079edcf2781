#include <koine/identifier.hpp>

#include <ostream>
#include <utility>

#include <koine/detail/escape.hpp>
#include <koine/detail/utf8.hpp>
#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

namespace {

constexpr std::size_t shown = 64;

[[noreturn]] void refuse(std::string_view name) {
    if (name.empty()) throw_usage("an SQL name is empty");
    const auto* const why = name.find('\0') != name.npos ? "contains a NUL" : "is not valid UTF-8";
    throw_usage("the SQL name \"" + detail::escaped(name, shown) + "\" " + why);
}

}  // namespace

void detail::an_sql_name_is_utf8_without_nul() {
    throw_usage("an SQL name is not valid UTF-8, or contains a NUL");
}

identifier::identifier(std::string name) : name_{std::move(name)} {
    const std::string_view text = name_.view();
    if (text.empty() || !detail::is_text(text.data(), text.size())) refuse(text);
}

std::ostream& operator<<(std::ostream& out, const identifier& name) {
    return out << detail::escaped(name.text(), name.text().size() * 8);
}

}  // namespace v1
}  // namespace koine
