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

identifier::identifier(std::string name) : name_{std::move(name)} {
    if (name_.empty() || !detail::is_text(name_.data(), name_.size())) refuse(name_);
}

std::ostream& operator<<(std::ostream& out, const identifier& name) {
    return out << detail::escaped(name.text(), name.text().size() * 8);
}

}  // namespace v1
}  // namespace koine
