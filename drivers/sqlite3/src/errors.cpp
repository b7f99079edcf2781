#include "errors.hpp"

#include <cerrno>
#include <memory>
#include <string>

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

struct meaning {
    errc code;
    std::string_view sqlstate;
    bool poisons_connection = false;
};

bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::string_view after_dot(std::string_view name) noexcept {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool is_identifier(std::string_view text) noexcept {
    if (text.empty()) return false;
    for (const char c : text) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                          c == '$' || static_cast<unsigned char>(c) >= 0x80;
        if (!word) return false;
    }
    return !(text.front() >= '0' && text.front() <= '9');
}

// "t.a, t.b" -> table "t", column "a, b".
void take_columns(spi::failure& why, std::string_view names) {
    while (!names.empty()) {
        const auto comma = names.find(", ");
        const auto one = names.substr(0, comma);
        const auto dot = one.rfind('.');
        if (dot != std::string_view::npos && why.table.empty()) why.table = one.substr(0, dot);
        if (!why.column.empty()) why.column += ", ";
        why.column += after_dot(one);
        names = comma == std::string_view::npos ? std::string_view{} : names.substr(comma + 2);
    }
}

void take_constraint_names(spi::failure& why, int extended_code, std::string_view message) {
    const auto colon = message.find("failed: ");
    std::string_view names = colon == std::string_view::npos ? std::string_view{} : message.substr(colon + 8);
    switch (extended_code) {
        case SQLITE_CONSTRAINT_CHECK:
            // An unnamed check is told by its expression, which is no name.
            if (is_identifier(names)) why.constraint = names;
            break;
        case SQLITE_CONSTRAINT_DATATYPE:
            take_columns(why, message.substr(message.rfind(' ') + 1));
            break;
        default:
            if (take_prefix(names, "index '"))
                why.constraint = names.substr(0, names.find('\''));
            else
                take_columns(why, names);
    }
}

// ON DELETE RESTRICT is a trigger of SQLite's own, whose text is that of other foreign keys. What a
// trigger of a program raises has the same code and another text.
bool is_foreign_key(int extended_code, std::string_view message) noexcept {
    return extended_code == SQLITE_CONSTRAINT_TRIGGER && message == "FOREIGN KEY constraint failed";
}

meaning constraint_meaning(int extended_code, std::string_view message) noexcept {
    if (is_foreign_key(extended_code, message)) return {errc::foreign_key_violation, "23503"};
    switch (extended_code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID:
            return {errc::unique_violation, "23505"};
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return {errc::foreign_key_violation, "23503"};
        case SQLITE_CONSTRAINT_NOTNULL:
            return {errc::not_null_violation, "23502"};
        case SQLITE_CONSTRAINT_CHECK:
            return {errc::check_violation, "23514"};
        case SQLITE_CONSTRAINT_DATATYPE:
            return {errc::type_mismatch, "42804"};
        default:
            return {errc::constraint_violation, "23000"};
    }
}

enum class names : std::uint8_t { none, table, column };

struct wording {
    std::string_view prefix;
    meaning means;
    names rest = names::none;
};

constexpr wording beginnings[] = {
    {"no such table: ", {errc::undefined_table, "42P01"}, names::table},
    {"no such view: ", {errc::undefined_table, "42P01"}, names::table},
    {"no such column: ", {errc::undefined_column, "42703"}, names::column},
    {"ambiguous column name: ", {errc::undefined_column, "42702"}, names::column},
    {"no such function: ", {errc::undefined_object, "42883"}},
    {"wrong number of arguments to function", {errc::undefined_object, "42883"}},
    {"no such savepoint: ", {errc::undefined_object, "3B001"}},
    {"no such ", {errc::undefined_object, "42704"}},
    {"unknown database", {errc::undefined_object, "3F000"}},
    {"foreign key mismatch", {errc::undefined_object, "42830"}},
    {"duplicate column name: ", {errc::duplicate_object, "42701"}, names::column},
    {"near \"", {errc::syntax_error, "42601"}},
    {"incomplete input", {errc::syntax_error, "42601"}},
    {"unrecognized token", {errc::syntax_error, "42601"}},
    {"cannot start a transaction within", {errc::usage, "25001"}},
    {"cannot commit - no transaction", {errc::usage, "25P01"}},
    {"cannot rollback - no transaction", {errc::usage, "25P01"}},
    {"integer overflow", {errc::out_of_range, "22003"}},
    {"malformed JSON", {errc::invalid_value, "22032"}},
    {"too many ", {errc::too_big, "54000"}},
    {"variable number must be between", {errc::too_big, "54000"}},
    {"Expression tree is too large", {errc::too_big, "54001"}},
    {"parser stack overflow", {errc::too_big, "54001"}},
    {"not authorized", {errc::permission_denied, "42501"}},
};

constexpr wording endings[] = {
    {" already exists", {errc::duplicate_object, "42P07"}},
    {": syntax error", {errc::syntax_error, "42601"}},
    {" may not be modified", {errc::permission_denied, "42501"}},
    {" may not be dropped", {errc::permission_denied, "42501"}},
    {" may not be altered", {errc::permission_denied, "42501"}},
    {" because it is a view", {errc::not_supported, "42809"}},
    {" values were supplied", {errc::syntax_error, "42601"}},
};

meaning general_meaning(spi::failure& why, std::string_view message) {
    for (const auto& known : beginnings) {
        std::string_view rest = message;
        if (!take_prefix(rest, known.prefix)) continue;
        if (known.rest == names::table) why.table = after_dot(rest);
        if (known.rest == names::column) why.column = after_dot(rest);
        return known.means;
    }
    for (const auto& known : endings)
        if (message.ends_with(known.prefix)) return known.means;
    // "table T has no column named C"
    if (const auto at = message.find(" has no column named ");
        message.starts_with("table ") && at != std::string_view::npos) {
        why.table = message.substr(6, at - 6);
        why.column = message.substr(at + 21);
        return {errc::undefined_column, "42703"};
    }
    return {errc::unknown, "HY000"};
}

meaning cannot_open_meaning(int system_error) noexcept {
    switch (system_error) {
        case ENOENT:
            return {errc::database_not_found, "3D000"};
        case EACCES:
        case EPERM:
            return {errc::permission_denied, "42501"};
        default:
            return {errc::connect_failed, "08001"};
    }
}

meaning meaning_of(int extended_code, spi::failure& why, std::string_view message) {
    switch (extended_code) {
        case SQLITE_BUSY_SNAPSHOT:
            return {errc::serialization_failure, "40001"};
        // The file was moved or deleted: writing to it would be writing to nowhere.
        case SQLITE_READONLY_DBMOVED:
            return {errc::io_error, "58P01", true};
        case SQLITE_IOERR_NOMEM:
            return {errc::no_memory, "53200"};
        default:
            break;
    }
    switch (extended_code & 0xff) {
        case SQLITE_ERROR:
            return general_meaning(why, message);
        case SQLITE_PERM:
            return {errc::permission_denied, "42501"};
        case SQLITE_AUTH:
            return {errc::permission_denied, "42501"};
        case SQLITE_ABORT:
            return {errc::transaction_failed, "40000"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return {errc::lock_timeout, "55P03"};
        case SQLITE_NOMEM:
            return {errc::no_memory, "53200"};
        case SQLITE_READONLY:
            return {errc::read_only, "25006"};
        case SQLITE_INTERRUPT:
            return {errc::cancelled, "57014"};
        case SQLITE_IOERR:
        case SQLITE_NOLFS:
            return {errc::io_error, "58030", true};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_FORMAT:
            return {errc::corrupt_database, "XX001", true};
        case SQLITE_FULL:
            return {errc::disk_full, "53100"};
        case SQLITE_CANTOPEN:
            return {errc::io_error, "58030"};
        case SQLITE_SCHEMA:
            return {errc::statement_outdated, "0A000"};
        case SQLITE_TOOBIG:
            return {errc::too_big, "54000"};
        case SQLITE_CONSTRAINT:
            take_constraint_names(why, extended_code, message);
            return constraint_meaning(extended_code, message);
        case SQLITE_MISMATCH:
            return {errc::type_mismatch, "42804"};
        case SQLITE_RANGE:
        case SQLITE_MISUSE:
            return {errc::usage, "HY000"};
        default:
            return {errc::unknown, "HY000"};
    }
}

}  // namespace

spi::failure classify(int extended_code, std::string_view message) {
    spi::failure why;
    why.native_code = extended_code;
    why.message = message;
    const meaning means = meaning_of(extended_code, why, message);
    why.code = means.code;
    why.sqlstate = means.sqlstate;
    why.poisons_connection = means.poisons_connection;
    // The snapshot stays stale until the transaction ends.
    why.poisons_transaction = means.poisons_connection || extended_code == SQLITE_BUSY_SNAPSHOT;
    return why;
}

spi::failure last_error(sqlite3* database, int code, std::string_view sql) {
    const int extended = database == nullptr ? code : sqlite3_extended_errcode(database);
    // Another code than the call's answer means that the handle remembers something else.
    const bool own = (extended & 0xff) == (code & 0xff) && database != nullptr;
    const char* const text = own ? sqlite3_errmsg(database) : sqlite3_errstr(code);
    spi::failure why = classify(own ? extended : code, text == nullptr ? std::string_view{} : std::string_view{text});
    if ((code & 0xff) == SQLITE_CANTOPEN && database != nullptr) {
        const meaning means = cannot_open_meaning(sqlite3_system_errno(database));
        why.code = means.code;
        why.sqlstate = means.sqlstate;
    }
    if (own && !sql.empty()) {
        const int offset = sqlite3_error_offset(database);
        if (offset >= 0) why.position = character_position(sql, static_cast<std::size_t>(offset));
    }
    return why;
}

void name_unique_index(sqlite3* database, spi::failure& why) {
    if (why.code != errc::unique_violation || !why.constraint.empty() || why.table.empty()) return;
    constexpr std::string_view query =
        "select max(case l.origin when 'c' then l.name end) from pragma_index_list(?1) l where l.\"unique\" "
        "and ?2 = "
        "(select group_concat(name, ', ') from (select name from pragma_index_info(l.name) order by seqno)) "
        "having count(*) = 1";
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v2(database, query.data(), static_cast<int>(query.size()), &raw, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement{raw, &sqlite3_finalize};
    if (raw == nullptr) return;
    sqlite3_bind_text64(raw, 1, why.table.data(), why.table.size(), SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(raw, 2, why.column.data(), why.column.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (sqlite3_step(raw) != SQLITE_ROW) return;
    const auto* const name = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
    if (name != nullptr) why.constraint = name;
}

spi::failure own_failure(errc code, outcome outcome, std::string_view sqlstate, std::string_view message) {
    spi::failure why;
    why.code = code;
    why.outcome = outcome;
    why.sqlstate = sqlstate;
    why.message = message;
    return why;
}

std::uint32_t character_position(std::string_view text, std::size_t byte_offset) noexcept {
    std::uint32_t position = 1;
    for (std::size_t i = 0; i < byte_offset && i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) ++position;
    return position;
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
