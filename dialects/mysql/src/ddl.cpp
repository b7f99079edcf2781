// Types, defaults and tables.
#include <koine/dialects/mysql.hpp>

#include <algorithm>
#include <span>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

// characters of four bytes; a row has 65535 bytes
constexpr std::uint32_t largest_varchar = 16'382;
constexpr std::uint32_t largest_varbinary = 65'532;
constexpr std::uint32_t largest_key = 3'072;  // bytes of all columns of an index
constexpr std::uint32_t enumerator_size = 255;

bool is_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

[[noreturn]] void refuse(const table_info& table, const column_info& column, std::string_view why) {
    throw_usage("column \"" + std::string{column.name} + "\" of table \"" + std::string{table.name} + "\" " +
                std::string{why});
}

// Bytes of the column in an index; throws where it has no limit.
std::uint32_t key_bytes(const table_info& table, const column_info& column) {
    switch (column.type) {
        case sql_type::text:
        case sql_type::bytes:
            if (column.length == 0)
                refuse(table, column,
                       "is part of a key, which has to know how long it can get here: give it a koine::length{}");
            return column.type == sql_type::text ? (std::min(column.length, largest_varchar) + 1) * 4 : column.length;
        case sql_type::enumeration:
            return enumerator_size * 4;
        case sql_type::uuid:
            return 36;
        default:
            return 8;
    }
}

void check_key(const table_info& table, std::span<const std::uint16_t> columns) {
    std::uint64_t bytes = 0;
    std::string names;
    for (const auto column : columns) {
        bytes += key_bytes(table, table.columns[column]);
        names.append(names.empty() ? "\"" : ", \"").append(table.columns[column].name).append("\"");
    }
    if (bytes > largest_key)
        throw_usage("the key over " + names + " of table \"" + std::string{table.name} + "\" takes up to " +
                    std::to_string(bytes) + " bytes, of which an index holds " + std::to_string(largest_key) +
                    ": give it shorter lengths");
}

}  // namespace

std::vector<std::string> mysql::create_table(const table_info& table, bool with_foreign_keys) const {
    for (std::uint16_t i = 0; i < table.columns.size(); ++i) {
        const column_info& column = table.columns[i];
        // A foreign key makes an index too.
        if (column.unique || column.references != nullptr) check_key(table, {&i, 1});
        if (column.server_default.find('\\') != std::string_view::npos)
            refuse(table, column, "has a server_default with a backslash, whose meaning is a setting of the session");
    }
    check_key(table, table.primary_key);
    for (const auto& unique : table.uniques) check_key(table, unique.columns);
    return ansi::create_table(table, with_foreign_keys);
}

// A backslash in a string is itself, or takes the next character with it: a setting of the session.
std::string mysql::literal(std::string_view text) const {
    auto whole = ansi::literal(text);
    if (text.find('\\') == std::string_view::npos) return whole;
    std::string out = "CONCAT(";
    for (const char c : whole) {
        if (c == '\\')
            out += "', CHAR(92 USING utf8mb4), '";
        else
            out += c;
    }
    return out += ')';
}

// VARCHAR cuts off spaces beyond its size in silence, whatever the session says: there is room for
// one of them, so that the check of the length meets it.
std::string mysql::column_type(const column_info& column) const {
    const auto sized = [](std::string_view type, std::uint32_t size) {
        return std::string{type} + '(' + std::to_string(size) + ')';
    };
    const std::string_view generated = column.generated ? " AUTO_INCREMENT" : "";
    switch (column.type) {
        case sql_type::int16:
            return std::string{"SMALLINT"}.append(generated);
        case sql_type::int32:
            return std::string{"INT"}.append(generated);
        case sql_type::int64:
            return std::string{"BIGINT"}.append(generated);
        case sql_type::boolean:
            return "TINYINT(1)";
        case sql_type::float64:
            return "DOUBLE";
        case sql_type::text:
            return column.length != 0 && column.length <= largest_varchar ? sized("VARCHAR", column.length + 1)
                                                                          : "LONGTEXT";
        case sql_type::bytes:
            return column.length != 0 && column.length <= largest_varbinary ? sized("VARBINARY", column.length)
                                                                            : "LONGBLOB";
        case sql_type::date:
            return "DATE";
        case sql_type::time:
            return "TIME(6)";
        case sql_type::timestamp:
        case sql_type::instant:
            return "DATETIME(6)";
        case sql_type::uuid:
            return "CHAR(36) CHARACTER SET ascii COLLATE ascii_bin";
        case sql_type::enumeration:
            return sized("VARCHAR", enumerator_size);
    }
    return ansi::column_type(column);
}

// The current time to the microsecond, in UTC as the session's clock.
std::string mysql::column_default(const column_info& column) const {
    const bool now = is_word(column.server_default, "current_timestamp") || is_word(column.server_default, "now()");
    if (now && (column.type == sql_type::instant || column.type == sql_type::timestamp)) return "CURRENT_TIMESTAMP(6)";
    if (is_word(column.server_default, "current_time") && column.type == sql_type::time) return "CURRENT_TIME(6)";
    return ansi::column_default(column);
}

column_check mysql::check(const column_info& column, std::string_view quoted) const {
    if (column.type == sql_type::boolean) return {"boolean", std::string{quoted} + " IN (0, 1)"};
    if (column.length != 0 && (column.type == sql_type::text || column.type == sql_type::bytes)) {
        const std::string_view function = column.type == sql_type::text ? "CHAR_LENGTH(" : "OCTET_LENGTH(";
        return {"length", std::string{function}.append(quoted).append(") <= ") + std::to_string(column.length)};
    }
    return ansi::check(column, quoted);
}

// Its name would be ignored, with a warning.
std::string mysql::primary_key(std::string_view) const {
    return "PRIMARY KEY";
}

std::string_view mysql::table_suffix() const noexcept {
    return " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 /*!80017 COLLATE=utf8mb4_0900_bin */ /*M!100202 "
           "COLLATE=utf8mb4_nopad_bin */";
}

std::string mysql::table_exists() const {
    return "SELECT 1 FROM information_schema.tables WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND "
           "table_name = ?";
}

// SHOW knows temporary tables too, which information_schema does not.
std::string mysql::key_is_last_insert_id(const table_info& table, std::uint16_t column) const {
    return "SHOW COLUMNS FROM " + table_name(table) + " WHERE Field = " + literal(table.columns[column].name) +
           " AND Extra LIKE '%auto_increment%'";
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
