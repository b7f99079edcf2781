// The dialect sqlcipher: SQL as the SQLite inside SQLCipher takes it, which may be as old as 3.15.
// It knows no RETURNING, so that generated keys come from the driver, and its LIKE is made
// case-sensitive by the driver.
#include <koine/dialect_plugin.hpp>
#include <koine/dialects/ansi.hpp>

namespace {

using koine::column_info;
using koine::sql_type;
using koine::table_info;
using koine::dialects::column_check;

class sqlcipher final : public koine::dialects::ansi {
public:
    std::string_view name() const noexcept override { return "sqlcipher"; }

    const koine::dialect_features& features() const noexcept override {
        static constexpr koine::dialect_features out{
            .multi_row_insert = true, .default_values = true, .transactional_ddl = true, .savepoints = true};
        return out;
    }

    std::string placeholder(std::uint32_t index) const override { return '?' + std::to_string(index); }

    koine::begin_rule begin(const koine::transaction_options& options) const override {
        if (options.isolation == koine::isolation::autocommit) return {};
        if (options.read_only) return {"BEGIN DEFERRED", false};
        const bool one_snapshot = options.isolation == koine::isolation::repeatable_read ||
                                  options.isolation == koine::isolation::serializable;
        return {"BEGIN IMMEDIATE", !one_snapshot};
    }

    std::string table_exists() const override {
        return "SELECT 1 FROM sqlite_master WHERE ?1 IN ('', 'main') AND type IN ('table', 'view') AND name = ?2 "
               "COLLATE NOCASE";
    }

    std::vector<std::string> drop_foreign_keys(const table_info&) const override {
        return {"PRAGMA defer_foreign_keys = ON"};
    }

    std::string paging(std::string_view limit, std::string_view offset) const override {
        std::string out = "LIMIT ";
        out += limit.empty() ? "-1" : limit;
        if (!offset.empty()) out.append(" OFFSET ").append(offset);
        return out;
    }

    std::string column_type(const column_info& column) const override {
        switch (column.type) {
            case sql_type::int16:
            case sql_type::int32:
            case sql_type::int64:
            case sql_type::boolean:
                return "INTEGER";
            case sql_type::float64:
                return "REAL";
            case sql_type::bytes:
                return "BLOB";
            default:
                return "TEXT";
        }
    }

    column_check check(const column_info& column, std::string_view quoted) const override {
        if (column.type == sql_type::boolean) return {"boolean", std::string{quoted} + " IN (0, 1)"};
        const bool sized = column.type == sql_type::text || column.type == sql_type::bytes;
        if (sized && column.length != 0)
            return {"length", "length(" + std::string{quoted} + ") <= " + std::to_string(column.length)};
        return ansi::check(column, quoted);
    }

    bool inline_generated_key() const noexcept override { return true; }
    std::string_view generated_key_suffix() const noexcept override { return " AUTOINCREMENT"; }
    bool alters_constraints() const noexcept override { return false; }
};

}  // namespace

KOINE_DIALECT_PLUGIN(sqlcipher, "sqlcipher")
