#include <koine/dialects/ansi.hpp>

#include <koine/error.hpp>

#include "renderer.hpp"
#include "statement.hpp"

namespace koine {
inline namespace v1 {
namespace dialects {

ansi::~ansi() = default;

std::string_view ansi::name() const noexcept {
    return "ansi";
}

const dialect_features& ansi::features() const noexcept {
    static constexpr dialect_features out{.multi_row_insert = true,
                                          .default_values = true,
                                          .savepoints = true,
                                          .read_only_transactions = true,
                                          .max_identifier = 128};
    return out;
}

compiled ansi::compile(const syntax::fragment& statement) const {
    return renderer{*this, take_apart(statement)}.run();
}

compiled ansi::compile_rows(const syntax::fragment& insert, std::uint32_t rows) const {
    const auto parts = take_apart(insert);
    if (parts.head != syntax::op::insert) throw_usage("compile_rows is for INSERT");
    return renderer{*this, parts}.run(rows);
}

std::string ansi::placeholder(std::uint32_t) const {
    return "?";
}

std::string ansi::typed_placeholder(std::uint32_t index, std::uint8_t) const {
    return placeholder(index);
}

bool ansi::binds_lists(std::uint8_t) const noexcept {
    return false;
}

std::string ansi::listed_placeholder(std::uint32_t index) const {
    return placeholder(index);
}

bool ansi::types_lists_by_example() const noexcept {
    return false;
}

std::string ansi::in_list(std::string_view, const column_info*, std::string_view, std::string_view, bool) const {
    throw_usage("the dialect binds no lists");
}

bool ansi::has_forms(sql_type) const noexcept {
    return false;
}

std::string ansi::first_form(sql_type, std::string_view value) const {
    return std::string{value};
}

begin_rule ansi::begin(const transaction_options& options) const {
    std::string text = "START TRANSACTION";
    std::string_view separator = " ";
    switch (options.isolation) {
        case isolation::autocommit:
            return {};
        case isolation::default_:
            break;
        case isolation::read_uncommitted:
            text += " ISOLATION LEVEL READ UNCOMMITTED";
            separator = ", ";
            break;
        case isolation::read_committed:
            text += " ISOLATION LEVEL READ COMMITTED";
            separator = ", ";
            break;
        case isolation::repeatable_read:
            text += " ISOLATION LEVEL REPEATABLE READ";
            separator = ", ";
            break;
        case isolation::serializable:
            text += " ISOLATION LEVEL SERIALIZABLE";
            separator = ", ";
            break;
    }
    if (options.read_only) text.append(separator).append("READ ONLY");
    return {std::move(text), false};
}

std::string ansi::savepoint(std::string_view name) const {
    return "SAVEPOINT " + std::string{name};
}

std::string ansi::release_savepoint(std::string_view name) const {
    return "RELEASE SAVEPOINT " + std::string{name};
}

std::string ansi::rollback_to_savepoint(std::string_view name) const {
    return "ROLLBACK TO SAVEPOINT " + std::string{name};
}

std::string ansi::table_name(const table_info& table) const {
    return table.schema.empty() ? quote(table.name) : quote(table.schema) + '.' + quote(table.name);
}

std::string ansi::referenced_table(const table_info&, const table_info& to) const {
    return table_name(to);
}

std::string ansi::like(syntax::op kind, std::string_view text, std::string_view pattern) const {
    const bool negated = kind == syntax::op::not_like || kind == syntax::op::not_ilike;
    const std::string_view word = negated ? " NOT LIKE " : " LIKE ";
    std::string out;
    if (kind == syntax::op::ilike || kind == syntax::op::not_ilike) {
        out.append("lower(").append(text).append(")").append(word).append("lower(").append(pattern).append(")");
    } else {
        out.append(text).append(word).append(pattern);
    }
    return out += " ESCAPE '\\'";
}

std::string ansi::concatenation(std::string_view left, std::string_view right) const {
    return std::string{left}.append(" || ").append(right);
}

std::string ansi::ordering_value(std::string_view value) const {
    return std::string{"("}.append(value).append(")");
}

bool ansi::takes_returning(syntax::op head) const noexcept {
    return head != syntax::op::insert || features().insert_returning;
}

std::string ansi::insert_defaults(const table_info& table) const {
    return "INSERT INTO " + table_name(table) + " DEFAULT VALUES";
}

std::string ansi::paging(std::string_view limit, std::string_view offset) const {
    std::string out;
    if (!limit.empty()) out.append("LIMIT ").append(limit);
    if (!offset.empty()) out.append(out.empty() ? "" : " ").append("OFFSET ").append(offset);
    return out;
}

std::string ansi::insert_rows(const table_info& table, const std::vector<std::uint16_t>& columns,
                              const std::vector<std::vector<std::string>>& rows, bool) const {
    std::string out = "INSERT INTO " + table_name(table);
    std::string_view separator = " (";
    for (const auto column : columns) {
        out.append(separator).append(quote(table.columns[column].name));
        separator = ", ";
    }
    out += ") VALUES";
    std::string_view row_separator = " (";
    for (const auto& row : rows) {
        out += row_separator;
        separator = {};
        for (const auto& value : row) {
            out.append(separator).append(value);
            separator = ", ";
        }
        out += ')';
        row_separator = ", (";
    }
    return out;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
