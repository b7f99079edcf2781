// SQL as MySQL 8.0.19 and later takes it, written so that MariaDB takes it too. docs/dialects.md
// says how types are stored and what LIKE means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/dialects/ansi.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

// Immutable; one object serves all threads. What it writes does not depend on the session's
// sql_mode, but text compares by code point only in a session whose collation is a binary one,
// which is what the driver makes.
class KOINE_API mysql : public ansi {
public:
    mysql() = default;
    ~mysql() override;

    std::string_view name() const noexcept override;
    const dialect_features& features() const noexcept override;
    // A server that is MariaDB is served by this dialect too; it is told in the log.
    server_fit for_server(std::string_view product, std::string_view version) const override;

    // Refuses also characters beyond U+FFFF and a space at the end, which the server would not
    // take.
    std::string quote(std::string_view identifier) const override;
    const text_rules& texts() const override;
    begin_rule begin(const transaction_options& options) const override;
    // Refuses keys over text or bytes without a length, and over more than an index can hold.
    std::vector<std::string> create_table(const table_info& table, bool with_foreign_keys) const override;
    std::string table_exists() const override;
    std::string key_is_last_insert_id(const table_info& table, std::uint16_t column) const override;
    // DDL and statements like it, by the first word of the text.
    bool commits_by_itself(std::string_view text) const override;

    bool reserved(std::string_view word) const noexcept override;
    char quotation_mark() const noexcept override;
    std::string like(syntax::op kind, std::string_view text, std::string_view pattern) const override;
    std::string concatenation(std::string_view left, std::string_view right) const override;
    std::string ordering_value(std::string_view value) const override;
    std::string paging(std::string_view limit, std::string_view offset) const override;
    bool takes_returning(syntax::op head) const noexcept override;
    std::string insert_defaults(const table_info& table) const override;
    std::string literal(std::string_view text) const override;
    std::string column_type(const column_info& column) const override;
    std::string column_default(const column_info& column) const override;
    column_check check(const column_info& column, std::string_view quoted) const override;
    std::string primary_key(std::string_view name) const override;
    std::string_view table_suffix() const noexcept override;

    // The collation that compares by code point and takes spaces at the end for what they are.
    virtual std::string_view text_collation() const noexcept;
};

}  // namespace dialects
}  // namespace v1
}  // namespace koine
