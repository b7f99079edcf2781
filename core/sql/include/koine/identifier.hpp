// A name in SQL: of a table, a column, a schema, an index.
#pragma once

#include <compare>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

// A name that can be written in SQL: not empty, valid UTF-8, no NUL. Every other character is
// allowed, because dialects quote names; a dialect may still refuse one that is too long for its
// database. A value type. A string literal converts by itself; text that is only known at run time
// has to say `identifier{text}`, so that a name never comes from outside by accident. Constructors
// throw usage_error for a name that is none.
class KOINE_API identifier {
public:
    template <std::size_t N>
    identifier(const char (&literal)[N]) : identifier{std::string{literal, N - 1}} {}
    template <std::size_t N>
    identifier(char (&buffer)[N]) = delete;  // a buffer is not a literal
    explicit identifier(std::string name);
    explicit identifier(std::string_view name) : identifier{std::string{name}} {}

    const std::string& text() const noexcept { return name_; }

    friend bool operator==(const identifier& a, const identifier& b) noexcept { return a.name_ == b.name_; }
    friend auto operator<=>(const identifier& a, const identifier& b) noexcept { return a.name_ <=> b.name_; }

private:
    std::string name_;
};

// Writes the name without quotes, control characters escaped.
KOINE_API std::ostream& operator<<(std::ostream& out, const identifier& name);

}  // namespace v1
}  // namespace koine
