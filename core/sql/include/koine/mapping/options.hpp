// What can be said of a column or a table besides its name and type. Structural constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <koine/mapping/names.hpp>
#include <koine/schema/column_info.hpp>

namespace koine {
inline namespace v1 {

namespace detail {

enum class generation : std::uint8_t { by_rule, always, never };

// Everything a description says of one column.
struct column_options {
    std::string_view name{};
    std::uint64_t member = 0;  // member_identity
    std::string_view server_default{};
    column_reference (*references)() = nullptr;
    std::uint32_t length = 0;
    generation generated = generation::by_rule;
    referential_action on_delete = referential_action::no_action;
    referential_action on_update = referential_action::no_action;
    bool has_length = false;
    bool refers = false;  // to another column
    bool primary_key = false;
    bool unique = false;
    bool version = false;
    bool secret = false;
};

struct column_option {};

struct primary_key_option : column_option {
    constexpr void apply(column_options& to) const { to.primary_key = true; }
};
struct unique_option : column_option {
    constexpr void apply(column_options& to) const { to.unique = true; }
};
struct version_option : column_option {
    constexpr void apply(column_options& to) const { to.version = true; }
};
struct secret_option : column_option {
    constexpr void apply(column_options& to) const { to.secret = true; }
};
struct generated_option : column_option {
    generation value;
    explicit constexpr generated_option(generation given) : value{given} {}
    constexpr void apply(column_options& to) const { to.generated = value; }
};

template <auto M, class Entity>
column_reference reference_to();

template <auto M, class Entity>
struct foreign_key_option : column_option {
    using references = member_t<M>;

    referential_action deleted = referential_action::no_action;
    referential_action updated = referential_action::no_action;

    // What happens to this row when the one it refers to is deleted.
    constexpr foreign_key_option on_delete(referential_action action) const {
        foreign_key_option copy = *this;
        copy.deleted = action;
        return copy;
    }
    // What happens to this row when the key it refers to changes.
    constexpr foreign_key_option on_update(referential_action action) const {
        foreign_key_option copy = *this;
        copy.updated = action;
        return copy;
    }
    constexpr void apply(column_options& to) const {
        to.refers = true;
        to.references = &reference_to<M, Entity>;
        to.on_delete = deleted;
        to.on_update = updated;
    }
};

}  // namespace detail

// The column is the primary key, or a part of it.
inline constexpr detail::primary_key_option primary_key{};
// No two rows hold the same value.
inline constexpr detail::unique_option unique{};
// An integer that counts changes of the row: an update of a row that somebody else has changed
// fails as stale.
inline constexpr detail::version_option version{};
// Never printed.
inline constexpr detail::secret_option secret{};
// The database makes the key when it is left at its default. A single integer key without
// server_default and foreign key is generated anyway; not_generated says that the program always
// gives it.
inline constexpr detail::generated_option generated{detail::generation::always};
inline constexpr detail::generated_option not_generated{detail::generation::never};

// At most this many characters of text, or bytes of bytes.
struct length : detail::column_option {
    std::uint32_t value;
    explicit constexpr length(std::uint32_t characters) : value{characters} {}
    constexpr void apply(detail::column_options& to) const {
        to.length = value;
        to.has_length = true;
    }
};

// SQL text that the database evaluates for rows that give no value:
// server_default{"CURRENT_TIMESTAMP"}. Never put user input here.
struct server_default : detail::column_option {
    std::string_view text;
    explicit constexpr server_default(std::string_view sql) : text{sql} {}
    constexpr void apply(detail::column_options& to) const { to.server_default = text; }
};

// The name of the column in the database, where it is not the member's.
struct named : detail::column_option {
    std::string_view text;
    explicit constexpr named(std::string_view name) : text{name} {}
    constexpr void apply(detail::column_options& to) const { to.name = text; }
};

// Refers to a column of another class (or the same one): foreign_key<&User::id>,
// foreign_key<&User::id>.on_delete(koine::cascade).
template <auto M, class Entity = detail::owner_t<M>>
inline constexpr detail::foreign_key_option<M, Entity> foreign_key{};

inline constexpr referential_action no_action = referential_action::no_action;
inline constexpr referential_action restrict_delete = referential_action::restrict;
inline constexpr referential_action cascade = referential_action::cascade;
inline constexpr referential_action set_null = referential_action::set_null;

}  // namespace v1
}  // namespace koine
