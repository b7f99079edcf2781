#include <koine/dialects/sqlite.hpp>

#include <algorithm>

#include <koine/error.hpp>
#include <koine/spi/server_rules.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

bool is_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

}  // namespace

sqlite::~sqlite() = default;

std::string_view sqlite::name() const noexcept {
    return "sqlite";
}

const dialect_features& sqlite::features() const noexcept {
    static constexpr dialect_features out{.insert_returning = true,
                                          .multi_row_insert = true,
                                          .default_values = true,
                                          .transactional_ddl = true,
                                          .savepoints = true,
                                          .generated_keys_ascend = true};
    return out;
}

std::shared_ptr<const dialect> sqlite::with(const dialect_options& options) const {
    if (options.strict_tables == options_.strict_tables) return nullptr;
    return std::make_shared<const sqlite>(options);
}

std::string sqlite::placeholder(std::uint32_t index) const {
    return '?' + std::to_string(index);
}

begin_rule sqlite::begin(const transaction_options& options) const {
    if (options.isolation == isolation::autocommit) return {};
    if (options.read_only) return {"BEGIN DEFERRED", false};
    const bool one_snapshot =
        options.isolation == isolation::repeatable_read || options.isolation == isolation::serializable;
    return {"BEGIN IMMEDIATE", !one_snapshot};
}

std::vector<std::string> sqlite::drop_foreign_keys(const table_info& table) const {
    const bool any = std::any_of(table.columns.begin(), table.columns.end(),
                                 [](const column_info& column) { return column.references != nullptr; });
    if (!any) return {};
    return {"PRAGMA defer_foreign_keys = ON"};
}

// Finds views too, and without a schema whatever the bare name means to a statement: temporary,
// main and attached tables.
std::string sqlite::table_exists() const {
    return "SELECT 1 FROM pragma_table_info(?2, nullif(?1, '')) LIMIT 1";
}

// SQLite tells the rowid, which is a column's value only where the column is its alias: the one
// column of a primary key that needs no index of its own. INT PRIMARY KEY is none, and neither
// tables WITHOUT ROWID nor views have one.
std::string sqlite::key_is_last_insert_id(const table_info& table, std::uint16_t column) const {
    const std::string schema = table.schema.empty() ? std::string{} : ", " + literal(table.schema);
    const std::string of_table = '(' + literal(table.name) + schema + ')';
    const std::string alias = "pk = 1 AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo" + of_table +
                              " AS other WHERE other.pk > 1) AND NOT EXISTS (SELECT 1 FROM pragma_index_list" +
                              of_table + " AS key WHERE key.origin = 'pk')";
    return "SELECT " + alias + " FROM pragma_table_xinfo" + of_table +
           " WHERE name = " + literal(table.columns[column].name) +
           " COLLATE NOCASE AND (dflt_value IS NULL AND hidden = 0 OR " + alias + ')';
}

std::string sqlite::referenced_table(const table_info& from, const table_info& to) const {
    // The name is looked up in the database of the table that has the key.
    if (from.schema != to.schema)
        throw_usage("table \"" + std::string{from.name} +
                    "\" refers to a table of another schema, which SQLite cannot");
    return quote(to.name);
}

std::string sqlite::like(syntax::op kind, std::string_view text, std::string_view pattern) const {
    // SQLite's own LIKE ignores case unless a setting of the whole connection says otherwise.
    const bool negated = kind == syntax::op::not_like || kind == syntax::op::not_ilike;
    const bool fold = kind == syntax::op::ilike || kind == syntax::op::not_ilike;
    std::string out = negated ? "NOT " : "";
    out += fold ? "koine_ilike(" : "koine_like(";
    return out.append(text).append(", ").append(pattern) += ')';
}

std::string sqlite::paging(std::string_view limit, std::string_view offset) const {
    std::string out = "LIMIT ";
    out += limit.empty() ? "-1" : limit;  // no OFFSET without a LIMIT
    if (!offset.empty()) out.append(" OFFSET ").append(offset);
    return out;
}

std::string sqlite::column_type(const column_info& column) const {
    switch (column.type) {
        case sql_type::int16:
        case sql_type::int32:
        case sql_type::int64:
        case sql_type::boolean:
            return "INTEGER";
        case sql_type::float64:
            return "REAL";
        case sql_type::text:
        case sql_type::date:
        case sql_type::time:
        case sql_type::timestamp:
        case sql_type::instant:
        case sql_type::uuid:
        case sql_type::enumeration:
            return "TEXT";
        case sql_type::bytes:
            return "BLOB";
    }
    return ansi::column_type(column);
}

std::string sqlite::column_default(const column_info& column) const {
    // The current time in the form in which the column stores time.
    const bool now = is_word(column.server_default, "current_timestamp") || is_word(column.server_default, "now()");
    if (now && column.type == sql_type::instant) return "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000Z'";
    if (now && column.type == sql_type::timestamp) return "strftime('%Y-%m-%d %H:%M:%f', 'now', 'localtime') || '000'";
    if (is_word(column.server_default, "current_time") && column.type == sql_type::time)
        return "strftime('%H:%M:%f', 'now', 'localtime') || '000'";
    if (is_word(column.server_default, "current_date") && column.type == sql_type::date)
        return "date('now', 'localtime')";
    return ansi::column_default(column);
}

column_check sqlite::check(const column_info& column, std::string_view quoted) const {
    if (column.type == sql_type::boolean) return {"boolean", std::string{quoted} + " IN (0, 1)"};
    const bool sized = column.type == sql_type::text || column.type == sql_type::bytes;
    if (sized && column.length != 0)
        return {"length", "length(" + std::string{quoted} + ") <= " + std::to_string(column.length)};
    return ansi::check(column, quoted);
}

bool sqlite::inline_generated_key() const noexcept {
    return true;
}

// Without it the key of a deleted last row is given to the next new row, and an UPDATE meant for
// the old one would hit it.
std::string_view sqlite::generated_key_suffix() const noexcept {
    return " AUTOINCREMENT";
}

std::string_view sqlite::table_suffix() const noexcept {
    return options_.strict_tables ? " STRICT" : "";
}

bool sqlite::alters_constraints() const noexcept {
    return false;
}

const text_rules& sqlite::texts() const {
    static const text_rules rules{spi::sqlite_rules, "in ()", "not in ()"};
    return rules;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
