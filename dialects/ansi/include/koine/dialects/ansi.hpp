// SQL as ISO/IEC 9075 writes it, and the renderer that the other dialects are made from: derive,
// override what differs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/dialect.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

// A condition that values of a column must meet; `expression` is empty if there is none.
struct column_check {
    std::string_view rule{};  // last word of the constraint's name: "length"
    std::string expression{};
};

// Immutable and stateless: one object serves all threads. Everything that compiles or renders
// throws usage_error (errc::not_supported for what cannot be said in the dialect, errc::usage for a
// statement or table that makes no sense), and std::bad_alloc.
class KOINE_API ansi : public dialect {
public:
    ansi() = default;
    ~ansi() override;

    std::string_view name() const noexcept override;
    const dialect_features& features() const noexcept override;

    compiled compile(const syntax::fragment& statement) const override;
    compiled compile_rows(const syntax::fragment& insert, std::uint32_t rows) const override;
    std::string quote(std::string_view identifier) const override;
    std::string placeholder(std::uint32_t index) const override;

    begin_rule begin(const transaction_options& options) const override;
    std::string savepoint(std::string_view name) const override;
    std::string release_savepoint(std::string_view name) const override;
    std::string rollback_to_savepoint(std::string_view name) const override;

    std::vector<std::string> create_table(const table_info& table, bool with_foreign_keys) const override;
    std::vector<std::string> add_foreign_keys(const table_info& table) const override;
    std::string drop_table(const table_info& table) const override;
    std::vector<std::string> drop_foreign_keys(const table_info& table) const override;
    std::string table_exists() const override;

    // ---- What a derived dialect may say differently ----
    // Public so that the renderer's parts can ask; programs have no use for them. Operands arrive
    // as finished text, parenthesised where an operator needs it, their placeholders already
    // numbered in the order of the parameters.

    // Whether a lower-case word must be quoted to be an identifier.
    virtual bool reserved(std::string_view word) const noexcept;
    // The character around quoted names.
    virtual char quotation_mark() const noexcept;
    // The table as statements name it, with its schema.
    virtual std::string table_name(const table_info& table) const;
    // The table `to` as a foreign key of `from` names it.
    virtual std::string referenced_table(const table_info& from, const table_info& to) const;
    // One of op::like, not_like, ilike, not_ilike.
    virtual std::string like(syntax::op kind, std::string_view text, std::string_view pattern) const;
    // Two texts joined; NULL if one of them is.
    virtual std::string concatenation(std::string_view left, std::string_view right) const;
    // A value in ORDER BY, which must not be read as the position of a column.
    virtual std::string ordering_value(std::string_view value) const;
    // The clause that ends a SELECT; either may be empty, not both.
    virtual std::string paging(std::string_view limit, std::string_view offset) const;
    // A bound value where nothing else tells the database its type.
    virtual std::string typed_placeholder(std::uint32_t index, std::uint8_t tag) const;
    // Whether the values of a list in IN, of this tag, are bound as one text, dialect::list_text();
    // else each has a placeholder.
    virtual bool binds_lists(std::uint8_t tag) const noexcept;
    // The placeholder of one value of a list that is written out.
    virtual std::string listed_placeholder(std::uint32_t index) const;
    // Whether a list is typed by its first value, which is bound once more then.
    virtual bool types_lists_by_example() const noexcept;
    // IN, or NOT IN if `negated`, of a list bound as one text. `column` is the operand where that
    // is one whose values may have several forms, else null; `example` is the list's first value,
    // where one is wanted.
    virtual std::string in_list(std::string_view operand, const column_info* column, std::string_view list,
                                std::string_view example, bool negated) const;
    // Whether a column of this type may hold one value in several forms that do not compare as
    // equal. The form that is bound sorts behind the others then, and first_form() gives the one
    // that sorts in front of them.
    virtual bool has_forms(sql_type type) const noexcept;
    virtual std::string first_form(sql_type type, std::string_view value) const;
    // Whether INSERT, UPDATE or DELETE, told by its operation, takes RETURNING.
    virtual bool takes_returning(syntax::op head) const noexcept;
    // An INSERT of one row without any value.
    virtual std::string insert_defaults(const table_info& table) const;
    // An INSERT of several rows: `rows` are the finished lists of values, `columns` their columns
    // in order.
    virtual std::string insert_rows(const table_info& table, const std::vector<std::uint16_t>& columns,
                                    const std::vector<std::vector<std::string>>& rows,
                                    bool returns_generated_key) const;

    // A text literal, for DDL alone; values of statements are always bound.
    virtual std::string literal(std::string_view text) const;
    // The type of a column, with what makes it a generated key; throws for what the dialect cannot
    // hold.
    virtual std::string column_type(const column_info& column) const;
    // The column's default, ready for "DEFAULT (...)"; empty: none.
    virtual std::string column_default(const column_info& column) const;
    // `quoted` is the column's name as text.
    virtual column_check check(const column_info& column, std::string_view quoted) const;
    // Whether the generated key carries its PRIMARY KEY constraint itself, and the word that
    // follows it.
    virtual bool inline_generated_key() const noexcept;
    virtual std::string_view generated_key_suffix() const noexcept;
    // The begin of a PRIMARY KEY constraint of this quoted name.
    virtual std::string primary_key(std::string_view name) const;
    // What follows the closing parenthesis of CREATE TABLE.
    virtual std::string_view table_suffix() const noexcept;
    // Whether foreign keys can be added to a table that exists.
    virtual bool alters_constraints() const noexcept;

protected:
    // A constraint's name by the convention: the parts joined by '_', shortened with a hash where
    // it would be too long. Not quoted.
    std::string constraint_name(std::initializer_list<std::string_view> parts) const;
};

}  // namespace dialects
}  // namespace v1
}  // namespace koine
