#include "errors.hpp"

#include <string>

namespace sqlcipher_plugin {

namespace {

using koine::errc;
using koine::spi::failure;

struct meaning {
    int native;
    errc code;
    std::string_view sqlstate;
    bool poisons_connection = false;
};

// Extended codes first: the first one that fits counts.
constexpr meaning meanings[] = {
    {SQLITE_CONSTRAINT_UNIQUE, errc::unique_violation, "23505"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, errc::unique_violation, "23505"},
    {SQLITE_CONSTRAINT_ROWID, errc::unique_violation, "23505"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, errc::foreign_key_violation, "23503"},
    {SQLITE_CONSTRAINT_NOTNULL, errc::not_null_violation, "23502"},
    {SQLITE_CONSTRAINT_CHECK, errc::check_violation, "23514"},
    {SQLITE_BUSY_SNAPSHOT, errc::serialization_failure, "40001"},
    {SQLITE_CONSTRAINT, errc::constraint_violation, "23000"},
    {SQLITE_BUSY, errc::lock_timeout, "55P03"},
    {SQLITE_LOCKED, errc::lock_timeout, "55P03"},
    {SQLITE_INTERRUPT, errc::cancelled, "57014"},
    {SQLITE_READONLY, errc::read_only, "25006"},
    {SQLITE_FULL, errc::disk_full, "53100"},
    {SQLITE_TOOBIG, errc::too_big, "54000"},
    {SQLITE_MISMATCH, errc::type_mismatch, "42804"},
    {SQLITE_SCHEMA, errc::statement_outdated, "0A000"},
    {SQLITE_NOMEM, errc::no_memory, "53200"},
    {SQLITE_CANTOPEN, errc::connect_failed, "08001"},
    {SQLITE_NOTADB, errc::authentication_failed, "28000", true},
    {SQLITE_IOERR, errc::io_error, "58030", true},
    {SQLITE_CORRUPT, errc::corrupt_database, "XX001", true},
};

// What SQLITE_ERROR is about stands in its text alone: the first part that is found counts.
struct wording {
    std::string_view part;
    errc code;
    std::string_view sqlstate;
};
constexpr wording wordings[] = {
    {"no such table: ", errc::undefined_table, "42P01"},
    {"no such column: ", errc::undefined_column, "42703"},
    {"no such ", errc::undefined_object, "42704"},
    {"near \"", errc::syntax_error, "42601"},
    {"incomplete input", errc::syntax_error, "42601"},
    {"unrecognized token", errc::syntax_error, "42601"},
    {" has no column ", errc::undefined_column, "42703"},
    {" already exists", errc::duplicate_object, "42P07"},
    {"too many ", errc::too_big, "54000"},
};

// "UNIQUE constraint failed: parent.name" and "CHECK constraint failed: ck_age".
void name_parts(failure& why) {
    const std::string_view text = why.message;
    const auto at = text.find("failed: ");
    if (at == std::string_view::npos) return;
    const std::string_view name = text.substr(at + 8);
    if (why.code == errc::check_violation) why.constraint = name;
    const auto dot = name.find('.');
    if (why.code == errc::check_violation || dot == std::string_view::npos) return;
    why.table = name.substr(0, dot);
    why.column = name.substr(dot + 1);
}

}  // namespace

failure refusal(errc code, std::string_view sqlstate, std::string message) {
    failure why;
    why.code = code;
    why.outcome = koine::outcome::not_sent;
    why.sqlstate = sqlstate;
    why.message = std::move(message);
    return why;
}

failure failure_of(sqlite3* database, int code) {
    failure why;
    why.native_code = code;
    why.message = database != nullptr && (sqlite3_errcode(database) & 0xff) == (code & 0xff) ? sqlite3_errmsg(database)
                                                                                             : sqlite3_errstr(code);
    why.code = errc::unknown;
    why.sqlstate = "HY000";
    for (const meaning& known : meanings) {
        if (known.native != code && known.native != (code & 0xff)) continue;
        why.code = known.code;
        why.sqlstate = known.sqlstate;
        why.poisons_connection = why.poisons_transaction = known.poisons_connection;
        break;
    }
    for (const wording& known : wordings) {
        if (code != SQLITE_ERROR || why.message.find(known.part) == std::string::npos) continue;
        why.code = known.code;
        why.sqlstate = known.sqlstate;
        break;
    }
    name_parts(why);
    return why;
}

}  // namespace sqlcipher_plugin
