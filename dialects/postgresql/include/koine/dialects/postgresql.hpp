// SQL as PostgreSQL (13 and later) takes it. docs/dialects.md says how types are stored and what
// LIKE means.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/dialects/ansi.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

// Immutable and stateless; one object serves all threads.
class KOINE_API postgresql final : public ansi {
public:
    postgresql() = default;
    ~postgresql() override;

    std::string_view name() const noexcept override;
    const dialect_features& features() const noexcept override;
    std::string placeholder(std::uint32_t index) const override;
    const text_rules& texts() const override;
    begin_rule begin(const transaction_options& options) const override;
    std::string table_exists() const override;
    // Casts values to their own types where the server could not tell them or would guess: alone in
    // a list that is selected, before IS NULL, where all operands are values, and as arguments of
    // functions that take anything.
    compiled typed_text(std::string_view text, std::span<const koine_value> values) const override;

    std::string like(syntax::op kind, std::string_view text, std::string_view pattern) const override;
    std::string typed_placeholder(std::uint32_t index, std::uint8_t tag) const override;
    // An array, in the server's text form, which has the type of the column that is looked up in
    // it.
    std::string list_text(std::span<const koine_value> values) const override;
    bool binds_lists(std::uint8_t tag) const noexcept override;
    bool types_lists_by_example() const noexcept override;
    std::string in_list(std::string_view operand, const column_info* column, std::string_view list,
                        std::string_view example, bool negated) const override;
    // Rows whose generated keys are wanted are inserted by INSERT ... SELECT ... ORDER BY, the one
    // form for which the server promises that keys are drawn in the order of the rows. The values
    // have the types of their columns, as in an INSERT of one row.
    std::string insert_rows(const table_info& table, const std::vector<std::uint16_t>& columns,
                            const std::vector<std::vector<std::string>>& rows,
                            bool returns_generated_key) const override;
    std::string literal(std::string_view text) const override;
    std::string column_type(const column_info& column) const override;
    column_check check(const column_info& column, std::string_view quoted) const override;
};

}  // namespace dialects
}  // namespace v1
}  // namespace koine
