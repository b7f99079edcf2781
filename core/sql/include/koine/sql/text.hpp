// SQL written by hand, with named values: sql("select * from users where name = :name", {{"name",
// name}}).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <koine/api.hpp>
#include <koine/bind_context.hpp>
#include <koine/detail/program_text.hpp>
#include <koine/here.hpp>
#include <koine/spi/sql_token.hpp>
#include <koine/sql/bind_value.hpp>

namespace koine {
inline namespace v1 {

class dialect;

// SQL text that is part of the program. A string literal converts by itself; a constant buffer is
// none and does not compile. Text made at run time has to go through unsafe_sql(), so that input
// never becomes SQL by accident.
class sql_text {
public:
    template <std::size_t N>
    consteval sql_text(const char (&literal)[N]) noexcept : text_{std::string_view{literal, N - 1}} {}
    template <std::size_t N>
    sql_text(char (&buffer)[N]) = delete;  // a buffer is not a literal

    // Lives as long as this object.
    constexpr std::string_view text() const noexcept { return text_.view(); }

private:
    struct unsafe {};
    sql_text(unsafe, std::string text) : text_{std::move(text)} {}
    friend sql_text unsafe_sql(std::string text);

    detail::program_text text_;
};

// Text made at run time as SQL. The caller vouches that nothing in it comes from outside.
inline sql_text unsafe_sql(std::string text) {
    return {sql_text::unsafe{}, std::move(text)};
}

namespace detail {

// A container of values, and not one value: text and bytes are values.
template <class T>
concept value_list = requires(const T& list) {
    typename T::value_type;
    list.begin() != list.end();
}
&&!std::is_convertible_v<const T&, std::string_view> && !std::is_same_v<typename T::value_type, std::byte> &&
    !std::is_same_v<typename T::value_type, T>;

}  // namespace detail

// A value and the name by which a text calls it, without the colon; or a list of values, for
// `in (:name)`. Throws usage_error, which says the name, for what cannot be stored.
struct named_value {
    template <class T>
    named_value(std::string_view called, const T& value) : name{called} {
        if constexpr (detail::value_list<T>) {
            list = true;
            for (const auto& each : value)
                values.push_back(bind_value::called(called, static_cast<const typename T::value_type&>(each)));
        } else {
            values.push_back(bind_value::called(called, value));
        }
    }

    std::string_view name;
    std::vector<bind_value> values{};  // one, unless it is a list
    bool list = false;
};

namespace detail {

// Where a name stands in a text, in bytes, and which of the given names it is.
struct text_place {
    std::uint32_t begin = 0;  // of ":name"
    std::uint32_t end = 0;
    std::uint32_t value = 0;
    // of "in (:name)" or "not in (:name)" around it; both 0: it does not stand so
    std::uint32_t in_begin = 0;
    std::uint32_t in_end = 0;
    bool negated = false;
};

// A name that was given, for the part of a text from `begin` to `end`.
struct given_name {
    std::string name{};
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t first = 0;  // of its values
    std::uint32_t count = 0;
    bool list = false;
};

}  // namespace detail

// A text with its values, for any dialect. Owns everything. Reading it from several threads is
// safe.
class KOINE_API text_statement {
public:
    // As sql(); a text without values converts by itself.
    text_statement(sql_text text, std::initializer_list<named_value> values = {}, here where = here::now());

    // A text alone is none: it says by sql() that it is SQL of the program.
    template <class T>
    requires std::is_convertible_v<const T&, std::string_view> text_statement(const T&) {
        static_assert(detail::never<T>,
                      "koine: SQL is a literal within koine::sql(); a text made at run time has to say so: "
                      "koine::unsafe_sql(text)");
    }

    // Puts another text behind this one, with its own values: the same name may mean another one
    // there. White space comes between them. Throws usage_error if the two are too long together.
    text_statement& operator+=(const text_statement& more);
    friend text_statement operator+(text_statement first, const text_statement& more) {
        first += more;
        return first;
    }

    // The text with the dialect's placeholders. Throws usage_error, as sql() does, for a text that
    // reads in another way there: what is a placeholder of that database and no :name of the text,
    // such as ? or @name on SQLite, and names that are not exactly those given.
    std::string render(const dialect& dialect) const;
    // How many values the rendered text takes: one a name where placeholders carry numbers, else
    // one a placeholder.
    std::uint32_t value_count(const dialect& dialect) const;
    // Writes them, in the form that the driver behind `context` takes. Pointers lead into this
    // object and into the context.
    void values(const dialect& dialect, bind_context& context, koine_value* out) const;
    // As it was written.
    const std::string& text() const noexcept { return text_; }
    // Where it was made, for observers of statements.
    here where() const noexcept { return where_; }

private:
    using places = std::vector<detail::text_place>;

    void remember(std::initializer_list<named_value> values);
    void remember_names();
    places read(const spi::sql_rules& rules) const;
    // The places for the dialect: these here, or others, which `read` then holds.
    const places& places_for(const dialect& dialect, places& read) const;

    std::string text_;
    // Where all databases read the text alike and no value is a list.
    places places_{};
    // Else: what was given, for each database to find its places.
    std::vector<detail::given_name> given_{};
    bool each_reads_ = false;
    std::vector<bind_value> values_{};
    here where_{};
};

// A statement from text. Values stand in it as :name, found wherever that is not inside of a
// string, a quoted name, a comment or a cast, as the database reads it; a list of values stands
// alone in `in (:name)` and may be empty. Throws usage_error, with the position in info().position,
// if a quote or comment is left open, if the text has placeholders of another kind ($1, ?1), if it
// contains NUL or is not UTF-8, and if the names given are not exactly those in the text. What is
// so for some databases alone, such as a ? that is an operator elsewhere, is refused where such a
// one is to run it, before anything is sent.
inline text_statement sql(sql_text text, std::initializer_list<named_value> values = {}, here where = here::now()) {
    return {std::move(text), values, where};
}
// SQL is part of the program: a string of run time goes through unsafe_sql().
template <class T>
requires(std::is_convertible_v<const T&, std::string_view> && !std::is_array_v<T>) text_statement
    sql(const T& text, std::initializer_list<named_value> = {}) {
    return text_statement{text};
}

namespace detail {

// Whether the text begins or ends a transaction: BEGIN, START TRANSACTION, COMMIT, END, ABORT,
// ROLLBACK; not savepoints, prepared transactions and blocks (BEGIN NOT ATOMIC). Thread-safe.
KOINE_API bool controls_transaction(std::string_view text);

}  // namespace detail

}  // namespace v1
}  // namespace koine
