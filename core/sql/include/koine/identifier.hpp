// A name in SQL: of a table, a column, a schema, an index.
#pragma once

#include <compare>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

#include <koine/api.hpp>
#include <koine/detail/program_text.hpp>

namespace koine {
inline namespace v1 {

namespace detail {
// Throws usage_error. Unknown to compilers: a literal that comes here does not compile.
[[noreturn]] KOINE_API void an_sql_name_is_utf8_without_nul();
}  // namespace detail

// A name that can be written in SQL: not empty, valid UTF-8, no NUL. Every other character is
// allowed, because dialects quote names; a dialect may still refuse one that is too long for its
// database. A value type. A string literal converts by itself, and does not compile if it cannot
// be a name; text that is only known at run time, a constant buffer too, has to say
// `identifier{text}`, so that a name never comes from outside by accident. These constructors throw
// usage_error for a name that is none.
class KOINE_API identifier {
public:
    template <std::size_t N>
    consteval identifier(const char (&literal)[N]) : name_{std::string_view{literal, N - 1}} {
        static_assert(N > 1, "koine: an SQL name is not empty");
        if (!detail::is_literal_text(name_.view())) detail::an_sql_name_is_utf8_without_nul();
    }
    template <std::size_t N>
    identifier(char (&buffer)[N]) = delete;  // a buffer is not a literal
    explicit identifier(std::string name);
    explicit identifier(std::string_view name) : identifier{std::string{name}} {}

    // Lives as long as the identifier.
    constexpr std::string_view text() const noexcept { return name_.view(); }

    friend bool operator==(const identifier& a, const identifier& b) noexcept { return a.text() == b.text(); }
    friend auto operator<=>(const identifier& a, const identifier& b) noexcept { return a.text() <=> b.text(); }

private:
    detail::program_text name_;
};

// Writes the name without quotes, control characters escaped.
KOINE_API std::ostream& operator<<(std::ostream& out, const identifier& name);

}  // namespace v1
}  // namespace koine
