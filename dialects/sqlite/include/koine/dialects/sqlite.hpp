// SQL as SQLite (3.35 and later) takes it. docs/dialects.md says how types are stored and what LIKE
// means.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/dialects/ansi.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

// Immutable; one object serves all threads. Its LIKE is written as koine_like() and koine_ilike(),
// functions that the driver makes known on each connection.
class KOINE_API sqlite final : public ansi {
public:
    explicit sqlite(dialect_options options = {}) noexcept : options_{options} {}
    ~sqlite() override;

    std::string_view name() const noexcept override;
    const dialect_features& features() const noexcept override;
    std::shared_ptr<const dialect> with(const dialect_options& options) const override;

    std::string placeholder(std::uint32_t index) const override;
    const text_rules& texts() const override;
    // Writing transactions begin IMMEDIATE, so that they never fail for a snapshot that is too old;
    // see docs/dialects.md.
    begin_rule begin(const transaction_options& options) const override;
    // Foreign keys cannot be dropped; the statement that is answered lets tables that refer to each
    // other be dropped in one transaction.
    std::vector<std::string> drop_foreign_keys(const table_info& table) const override;
    std::string table_exists() const override;
    std::string key_is_last_insert_id(const table_info& table, std::uint16_t column) const override;

    std::string referenced_table(const table_info& from, const table_info& to) const override;
    std::string like(syntax::op kind, std::string_view text, std::string_view pattern) const override;
    std::string paging(std::string_view limit, std::string_view offset) const override;
    std::string column_type(const column_info& column) const override;
    std::string column_default(const column_info& column) const override;
    column_check check(const column_info& column, std::string_view quoted) const override;
    bool inline_generated_key() const noexcept override;
    std::string_view generated_key_suffix() const noexcept override;
    std::string_view table_suffix() const noexcept override;
    bool alters_constraints() const noexcept override;

    // Lists are bound as JSON arrays, but for those of doubles and bytes, which JSON cannot carry
    // exactly. Their placeholders have no numbers: SQLite looks each number up among those before.
    std::string list_text(std::span<const koine_value> values) const override;
    bool binds_lists(std::uint8_t tag) const noexcept override;
    std::string listed_placeholder(std::uint32_t index) const override;
    std::string in_list(std::string_view operand, const column_info* column, std::string_view list,
                        std::string_view example, bool negated) const override;
    // Times of day, timestamps and instants are found with fewer digits of fraction too, instants
    // also without their Z, as CURRENT_TIMESTAMP writes them.
    bool has_forms(sql_type type) const noexcept override;
    std::string first_form(sql_type type, std::string_view value) const override;

private:
    dialect_options options_;
};

}  // namespace dialects
}  // namespace v1
}  // namespace koine
