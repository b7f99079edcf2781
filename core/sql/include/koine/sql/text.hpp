// SQL written by hand, with named values: sql("select * from users where name = :name", {{"name",
// name}}).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/api.hpp>
#include <koine/bind_context.hpp>
#include <koine/here.hpp>
#include <koine/sql/bind_value.hpp>

namespace koine {
inline namespace v1 {

class dialect;

// SQL text that is part of the program. A string literal converts by itself; text made at run time
// has to go through unsafe_sql(), so that input never becomes SQL by accident.
class sql_text {
public:
    template <std::size_t N>
    sql_text(const char (&literal)[N]) : text_{literal, N - 1} {}
    template <std::size_t N>
    sql_text(char (&buffer)[N]) = delete;  // a buffer is not a literal

    const std::string& text() const noexcept { return text_; }

private:
    struct unsafe {};
    sql_text(unsafe, std::string text) noexcept : text_{std::move(text)} {}
    friend sql_text unsafe_sql(std::string text);

    std::string text_;
};

// Text made at run time as SQL. The caller vouches that nothing in it comes from outside.
inline sql_text unsafe_sql(std::string text) {
    return {sql_text::unsafe{}, std::move(text)};
}

// A value and the name by which a text calls it, without the colon.
struct named_value {
    std::string_view name;
    bind_value value;
};

// A text with its values, for any dialect. Owns everything. Immutable: reading it from several
// threads is safe.
class KOINE_API text_statement {
public:
    // As sql().
    text_statement(sql_text text, std::initializer_list<named_value> values, here where = here::now());

    // The text with the dialect's placeholders.
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
    struct place {
        std::uint32_t begin;  // of ":name" in the text
        std::uint32_t end;
        std::uint32_t value;
    };

    std::string text_;
    std::vector<place> places_{};
    std::vector<bind_value> values_{};  // by first appearance
    here where_{};
};

// A statement from text. Values stand in it as :name, found wherever that is not inside of a
// string, a quoted name, a comment or a cast; [names] in square brackets count as no quotes. Throws
// usage_error, with the position in info().position, if a quote or comment is left open, if the
// text has placeholders of another kind ($1, ?1), if it contains NUL or is not UTF-8, and if the
// names given are not exactly those in the text.
inline text_statement sql(sql_text text, std::initializer_list<named_value> values = {}, here where = here::now()) {
    return {std::move(text), values, where};
}

namespace detail {

// Whether the text begins or ends a transaction: BEGIN, START TRANSACTION, COMMIT, END, ABORT,
// ROLLBACK; not savepoints, prepared transactions and blocks (BEGIN NOT ATOMIC). Thread-safe.
KOINE_API bool controls_transaction(std::string_view text);

}  // namespace detail

}  // namespace v1
}  // namespace koine
