#include "errors.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <errmsg.h>
#include <mysqld_error.h>

#include <koine/sqlstate.hpp>

namespace koine::libmariadb {

namespace {

// What a message quotes, in the order of its quotes.
enum class names : std::uint8_t { none, key, constraint, column, column_second, table };

struct meaning {
    unsigned int native;
    errc code;
    std::string_view sqlstate{};
    names quoted = names::none;
};

// Errors to which the server gives a SQLSTATE that says less than other databases' do ("HY000",
// "23000", "42000"), and those that name something. Sorted.
constexpr meaning meanings[] = {
    {1020, errc::serialization_failure, "40001"},  // the record has changed since the snapshot
    {1021, errc::disk_full, "53100"},
    {1022, errc::unique_violation, "23505"},
    {1037, errc::no_memory, "53200"},
    {1038, errc::no_memory, "53200"},
    {1040, errc::too_many_connections, "53300"},
    {1041, errc::no_memory, "53200"},
    {1044, errc::permission_denied, "42501"},
    {1045, errc::authentication_failed, "28000"},
    {1047, errc::disconnected, "08S01"},  // Galera: the node is not part of the cluster
    {1048, errc::not_null_violation, "23502", names::column},
    {1049, errc::database_not_found, "3D000"},
    {1050, errc::duplicate_object, "42P07", names::table},
    {1051, errc::undefined_table, "42P01", names::table},
    {1053, errc::disconnected, "57P01"},
    {1054, errc::undefined_column, "42703", names::column},
    {1060, errc::duplicate_object, "42701", names::column},
    {1061, errc::duplicate_object, "42P07", names::constraint},
    {1062, errc::unique_violation, "23505", names::key},
    {1064, errc::syntax_error, "42601"},
    {1065, errc::syntax_error, "42601"},
    {1071, errc::too_big, "54000"},
    {1091, errc::undefined_object, "42704"},
    {1094, errc::undefined_object, "42704"},
    {1114, errc::disk_full, "53100", names::table},
    {1118, errc::too_big, "54000"},
    {1138, errc::unexpected_null, "22004"},
    {1142, errc::permission_denied, "42501"},
    {1143, errc::permission_denied, "42501"},
    {1146, errc::undefined_table, "42P01", names::table},
    {1153, errc::too_big, "54000"},
    {1169, errc::unique_violation, "23505"},
    {1176, errc::undefined_object, "42704"},
    {1194, errc::corrupt_database, "XX001"},
    {1195, errc::corrupt_database, "XX001"},
    {1203, errc::too_many_connections, "53300"},
    {1205, errc::lock_timeout, "55P03"},
    {1206, errc::lock_timeout, "55P03"},
    {1207, errc::read_only, "25006"},
    {1213, errc::deadlock, "40P01"},
    {1216, errc::foreign_key_violation, "23503"},
    {1217, errc::foreign_key_violation, "23503"},
    {1226, errc::too_many_connections, "53300"},
    {1227, errc::permission_denied, "42501"},
    {1243, errc::statement_outdated, "26000"},
    {1264, errc::out_of_range, "22003", names::column},
    {1265, errc::invalid_value, "22000", names::column},
    {1290, errc::read_only, "25006"},
    {1292, errc::invalid_value, "22007"},
    {1295, errc::not_supported, "0A000"},
    {1300, errc::invalid_encoding, "22021"},
    {1305, errc::undefined_object, "42883"},
    {1317, errc::cancelled, "57014"},
    {1364, errc::not_null_violation, "23502", names::column},
    {1365, errc::invalid_value, "22012"},
    {1366, errc::invalid_value, "22007", names::column_second},
    {1367, errc::out_of_range, "22003"},
    {1370, errc::permission_denied, "42501"},
    {1390, errc::usage, "54000"},
    {1406, errc::too_big, "22001", names::column},
    {1411, errc::invalid_value, "22007"},
    {1451, errc::foreign_key_violation, "23503", names::constraint},
    {1452, errc::foreign_key_violation, "23503", names::constraint},
    {1461, errc::too_big, "53400"},
    {1525, errc::invalid_value, "22007"},
    {1557, errc::unique_violation, "23505"},
    {1568, errc::usage, "25001"},
    {1569, errc::unique_violation, "23505"},
    {1586, errc::unique_violation, "23505", names::key},
    {1615, errc::statement_outdated, "26000"},
    {1690, errc::out_of_range, "22003"},
    {1698, errc::authentication_failed, "28000"},
    {1761, errc::foreign_key_violation, "23503"},
    {1762, errc::foreign_key_violation, "23503"},
    {1792, errc::read_only, "25006"},
    {1836, errc::read_only, "25006"},
    {1859, errc::unique_violation, "23505", names::constraint},
    {1927, errc::disconnected, "57P01"},
    {1969, errc::timeout, "57014"},
    {2008, errc::no_memory, "HY001"},
    {2020, errc::too_big, "54000"},
    {2057, errc::statement_outdated, "26000"},
    {3024, errc::timeout, "57014"},                             // MySQL's max_execution_time
    {3572, errc::lock_timeout, "55P03"},                        // MySQL's NOWAIT
    {3819, errc::check_violation, "23514", names::constraint},  // MySQL
    {4025, errc::check_violation, "23514", names::constraint},
};

constexpr bool by_number(const meaning& a, const meaning& b) {
    return a.native < b.native;
}
static_assert(std::is_sorted(std::begin(meanings), std::end(meanings), by_number));

const meaning* find(unsigned int native) noexcept {
    const auto* const found =
        std::lower_bound(std::begin(meanings), std::end(meanings), meaning{native, errc::unknown}, by_number);
    return found != std::end(meanings) && found->native == native ? found : nullptr;
}

// A SQLSTATE that outlives the failure: failures keep a view.
std::string_view stable(std::string_view state) noexcept {
    thread_local char memory[6];
    if (state.size() != 5 || state == "00000" || state == "HY000") return {};
    state.copy(memory, 5);
    return {memory, 5};
}

std::string_view after_dot(std::string_view name) noexcept {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string_view before_dot(std::string_view name) noexcept {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? std::string_view{} : after_dot(name.substr(0, dot));
}

// The n-th text between single quotes.
std::string_view quoted(std::string_view message, int n) noexcept {
    for (;;) {
        const auto open = message.find('\'');
        if (open == std::string_view::npos) return {};
        const auto close = message.find('\'', open + 1);
        if (close == std::string_view::npos) return {};
        if (n-- == 0) return message.substr(open + 1, close - open - 1);
        message.remove_prefix(close + 1);
    }
}

// "Duplicate entry 'x' for key 'users_name_key'": the value may hold quotes, the key's name stands
// last. MySQL writes 'users.users_name_key'.
void take_key(spi::failure& why, std::string_view message) {
    constexpr std::string_view words = " for key '";
    const auto at = message.rfind(words);
    if (at == std::string_view::npos) return;
    auto key = message.substr(at + words.size());
    if (!key.empty() && key.back() == '\'') key.remove_suffix(1);
    why.table = before_dot(key);
    why.constraint = after_dot(key);
}

// Names in messages are quoted as the session's SQL mode quotes them.
bool is_quote(char c) noexcept {
    return c == '`' || c == '"' || c == '\'';
}

// The name that stands quoted behind the words.
std::string_view name_behind(std::string_view message, std::string_view words) noexcept {
    const auto at = message.find(words);
    if (at == std::string_view::npos) return {};
    message.remove_prefix(at + words.size());
    if (message.empty() || !is_quote(message.front())) return {};
    return message.substr(1, message.find(message.front(), 1) - 1);
}

void take_constraint(spi::failure& why, std::string_view message) {
    // "... fails ("db"."books", CONSTRAINT "books_author_fk" FOREIGN KEY ("author_id") REFERENCES
    // ...)"
    if (const auto words = message.find(", CONSTRAINT "); words != std::string_view::npos) {
        why.constraint = name_behind(message, ", CONSTRAINT ");
        why.column = name_behind(message, "FOREIGN KEY (");
        auto table = message.substr(0, words);
        if (!table.empty() && is_quote(table.back())) table.remove_suffix(1);
        why.table = table.substr(table.find_last_of("`\"'") + 1);
        return;
    }
    // "CONSTRAINT "users.age" failed for "db"."users"": a check of one column bears its name.
    if (const auto name = name_behind(message, "CONSTRAINT "); !name.empty()) {
        why.constraint = after_dot(name);
        why.table = name_behind(message, "failed for ");
        if (const auto dot = message.find('.', message.find("failed for ")); dot != std::string_view::npos)
            why.table = name_behind(message.substr(dot), ".");
        return;
    }
    // "Check constraint 'age_check' is violated.", "Duplicate key name 'x'"
    why.constraint = quoted(message, 0);
}

bool quotes_value(unsigned int native) noexcept {
    constexpr unsigned int some[] = {1062, 1292, 1366, 1367, 1411, 1525, 1586, 1690};
    return std::find(std::begin(some), std::end(some), native) != std::end(some);
}

// A value has no place in the message: it goes to the detail. It is quoted first, and may hold
// quotes; the name behind it comes last.
void hide_value(spi::failure& why) {
    const auto open = why.message.find('\'');
    auto close = why.message.rfind("' for ");
    if (close == std::string::npos) close = why.message.rfind('\'');
    if (open == std::string::npos || close == open) return;
    why.detail = why.message;
    why.message.replace(open + 1, close - open - 1, "...");
}

void take_names(spi::failure& why, names which, std::string_view message) {
    switch (which) {
        case names::none:
            break;
        case names::key:
            take_key(why, message);
            break;
        case names::constraint:
            take_constraint(why, message);
            break;
        case names::column:
            why.column = after_dot(quoted(message, 0));
            break;
        // "Incorrect integer value: 'abc' for column `db`.`t`.`c` at row 1"
        case names::column_second:
            if (const auto at = message.rfind(" for column "); at != std::string_view::npos) {
                auto name = message.substr(at + 12);
                name = name.substr(0, name.find(" at row"));
                if (!name.empty() && is_quote(name.back())) name.remove_suffix(1);
                why.column = name.substr(name.find_last_of("`\"'") + 1);
            }
            break;
        case names::table:
            why.table = after_dot(quoted(message, 0));
            break;
    }
}

// The system's number stands in the message alone.
bool tells_system_error(std::string_view message, std::string_view number) noexcept {
    for (auto at = message.find(number); at != std::string_view::npos; at = message.find(number, at + 1)) {
        const std::string_view before = message.substr(0, at);
        if (before.ends_with("error: ") ||
            (before.ends_with('(') && message.substr(at + number.size()).starts_with(')')))
            return true;
    }
    return false;
}

errc connect_code(const native_error& error) {
    switch (error.code) {
        case CR_CONNECTION_ERROR:
        case CR_CONN_HOST_ERROR:
        case CR_SERVER_LOST:
        case CR_SERVER_LOST_EXTENDED:
            if (tells_system_error(error.message, "110")) return errc::timeout;
            // 111 is a closed port, 2 a socket that is not there; 115 stands for both, and for a
            // host that cannot be reached.
            for (const std::string_view refused : {"111", "115", "2"})
                if (error.code < CR_SERVER_LOST && tells_system_error(error.message, refused))
                    return errc::connection_refused;
            return errc::connect_failed;
        case CR_UNKNOWN_HOST:
            return errc::host_not_found;
        case CR_SSL_CONNECTION_ERROR:
            return errc::tls_failed;
        case CR_OUT_OF_MEMORY:
            return errc::no_memory;
        case CR_AUTH_PLUGIN_CANNOT_LOAD:
        case CR_AUTH_PLUGIN_ERR:
        case CR_PLUGIN_NOT_ALLOWED:
        case CR_SECURE_AUTH:
        case 1130:  // the host is not allowed to connect
        case 1251:  // the client does not know the method
        case 1275:
            return errc::authentication_failed;
        case 1053:
            return errc::server_starting;
        case 1044:
        case 1045:
        case 1049:
        case 1040:
        case 1203:
        case 1226:
        case 1698:
            return find(error.code)->code;
        default:
            return errc::connect_failed;
    }
}

}  // namespace

spi::failure kept_failure::release() noexcept {
    why_.sqlstate = stable(state_);
    return std::move(why_);
}

native_error error_of(MYSQL* connection) noexcept {
    return native_error{mysql_errno(connection), mysql_sqlstate(connection), mysql_error(connection)};
}

native_error error_of(MYSQL_STMT* statement) noexcept {
    // Rows on the line fail on the connection alone.
    if (mysql_stmt_errno(statement) == 0 && statement->mysql != nullptr) return error_of(statement->mysql);
    return native_error{mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement), mysql_stmt_error(statement)};
}

bool loses_connection(const native_error& error) noexcept {
    switch (error.code) {
        case CR_SERVER_GONE_ERROR:
        case CR_SERVER_LOST:
        case CR_SERVER_LOST_EXTENDED:
        case CR_SSL_CONNECTION_ERROR:
        case CR_MALFORMED_PACKET:
        case CR_COMMANDS_OUT_OF_SYNC:
        case CR_OUT_OF_MEMORY:
        case CR_NET_PACKET_TOO_LARGE:
        case CR_ERR_NET_READ:
        case CR_ERR_NET_WRITE:
        case CR_ERR_NET_UNCOMPRESS:
        case 1047:
        case 1053:
        case 1158:
        case 1159:
        case 1160:
        case 1161:
        case 1927:
            return true;
        default:
            return false;
    }
}

spi::failure work_failure(const native_error& error, const work_facts& facts) {
    spi::failure why;
    why.native_code = static_cast<std::int32_t>(error.code);
    why.message = error.message;
    const meaning* const known = find(error.code);
    why.sqlstate = known != nullptr ? known->sqlstate : stable(error.sqlstate);
    if (loses_connection(error)) {
        why.poisons_connection = why.poisons_transaction = true;
        if (why.message.empty()) why.message = "the connection to the server was lost";
        if (facts.commits && facts.in_transaction) {
            why.code = errc::in_doubt;
            why.outcome = outcome::unknown;
        } else {
            why.code = error.code == CR_OUT_OF_MEMORY ? errc::no_memory : errc::disconnected;
            // What the server itself refuses, it has not done, unless it had come to a part of it.
            const bool refused = error.code < CR_MIN_ERROR && !facts.in_parts;
            why.outcome = refused || facts.in_transaction || facts.reads_only ? outcome::rejected : outcome::unknown;
        }
        return why;
    }
    why.code = known != nullptr ? known->code : classify(sqlstate{error.sqlstate});
    if (known != nullptr) take_names(why, known->quoted, error.message);
    if (quotes_value(error.code)) hide_value(why);
    why.outcome = facts.in_parts && !facts.in_transaction ? outcome::unknown : outcome::rejected;
    // A query whose rows have another shape by now has done no harm.
    why.poisons_transaction = facts.in_transaction && !(why.code == errc::statement_outdated && facts.reads_only);
    return why;
}

spi::failure several_results(bool in_transaction) {
    auto why = local_failure(errc::not_supported,
                             "the statement has given more than one result, of which only the first could be read; "
                             "what it did is done");
    why.outcome = outcome::unknown;
    why.sqlstate = "0A000";
    why.poisons_transaction = in_transaction;
    return why;
}

spi::failure connect_failure(const native_error& error) {
    auto why = local_failure(connect_code(error), std::string{error.message});
    why.native_code = static_cast<std::int32_t>(error.code);
    const meaning* const known = find(error.code);
    why.sqlstate = known != nullptr ? known->sqlstate : stable(error.sqlstate);
    why.poisons_connection = true;
    if (why.message.empty()) why.message = "the connection to the server could not be made";
    return why;
}

}  // namespace koine::libmariadb
