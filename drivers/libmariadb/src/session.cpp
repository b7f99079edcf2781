#include "session.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "errors.hpp"

namespace koine::libmariadb {

namespace {

// The same SQL means the same whatever the server's settings are, and, as far as that can be had,
// what it means elsewhere.
constexpr std::array<std::string_view, 10> sql_modes{"STRICT_ALL_TABLES",
                                                     "STRICT_TRANS_TABLES",
                                                     "NO_ZERO_IN_DATE",
                                                     "NO_ZERO_DATE",
                                                     "ERROR_FOR_DIVISION_BY_ZERO",
                                                     "NO_ENGINE_SUBSTITUTION",
                                                     "NO_AUTO_VALUE_ON_ZERO",
                                                     "ANSI_QUOTES",
                                                     "PIPES_AS_CONCAT",
                                                     "NO_BACKSLASH_ESCAPES"};
// Only MariaDB has this one, since 10.3.5: UPDATE reads the row as it was.
constexpr std::string_view simultaneous = "/*M!100305 , ',SIMULTANEOUS_ASSIGNMENT' */";

constexpr unsigned int columns_checked = 10;

constexpr std::string_view isolation_variable(bool mariadb) noexcept {
    return mariadb ? "tx_isolation" : "transaction_isolation";
}

[[noreturn]] void refuse(std::string message) {
    auto why = local_failure(errc::connect_failed, std::move(message));
    why.poisons_connection = why.poisons_transaction = true;
    throw why;
}

std::string_view field(MYSQL_ROW row, const unsigned long* lengths, unsigned int i) noexcept {
    return row[i] != nullptr ? std::string_view{row[i], lengths[i]} : std::string_view{};
}

bool lists(std::string_view modes, std::string_view wanted) noexcept {
    while (!modes.empty()) {
        const auto end = modes.find(',');
        if (modes.substr(0, end) == wanted) return true;
        if (end == std::string_view::npos) break;
        modes.remove_prefix(end + 1);
    }
    return false;
}

void expect(std::string_view name, std::string_view is, std::string_view should) {
    if (is != should)
        refuse("the server keeps " + std::string{name} + " at '" + std::string{is} +
               "' although the session sets it to '" + std::string{should} + "'");
}

}  // namespace

std::string setup_statement(bool mariadb) {
    std::string out = "SET NAMES utf8mb4 COLLATE ";
    out += mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    out += ", SESSION time_zone = '+00:00', SESSION sql_mode = CONCAT('";
    for (const auto mode : sql_modes) out.append(mode).append(1, ',');
    out.back() = '\'';
    out += simultaneous;
    out += "), SESSION ";
    out += isolation_variable(mariadb);
    out += " = 'READ-COMMITTED', SESSION autocommit = 1, SESSION session_track_state_change = 1";
    return out;
}

std::string check_query(bool mariadb) {
    return "SELECT @@sql_mode, @@character_set_client, @@character_set_results, @@collation_connection, @@time_zone, "
           "@@" +
           std::string{isolation_variable(mariadb)} + ", @@autocommit, @@max_allowed_packet, DATABASE(), CONCAT(" +
           (mariadb ? "COALESCE(CURRENT_ROLE(), '')" : "/*!80000 CURRENT_ROLE(), */ ''") + ")";
}

std::string role_of(MYSQL_RES* answer) {
    const MYSQL_ROW row = answer != nullptr ? mysql_fetch_row(answer) : nullptr;
    const unsigned long* const lengths = row != nullptr ? mysql_fetch_lengths(answer) : nullptr;
    if (lengths == nullptr || mysql_num_fields(answer) != columns_checked) return {};
    std::string found{field(row, lengths, 9)};
    mysql_data_seek(answer, 0);
    return found;
}

std::string role_statement(std::string_view role) {
    if (role.empty()) return "SET ROLE NONE";
    std::string out = "SET ROLE '";
    for (const char c : role) {
        if (c == '\'') out += c;
        out += c;
    }
    return out += '\'';
}

std::uint64_t check_session(MYSQL_RES* answer, const connect_settings& settings, std::optional<std::string>& role) {
    const MYSQL_ROW row = answer != nullptr ? mysql_fetch_row(answer) : nullptr;
    const unsigned long* const lengths = row != nullptr ? mysql_fetch_lengths(answer) : nullptr;
    if (lengths == nullptr || mysql_num_fields(answer) != columns_checked)
        refuse("the server does not tell the state of its session");
    for (const auto mode : sql_modes)
        if (!lists(field(row, lengths, 0), mode))
            refuse("the server does not keep " + std::string{mode} + " in sql_mode although the session sets it");
    expect("character_set_client", field(row, lengths, 1), "utf8mb4");
    expect("character_set_results", field(row, lengths, 2), "utf8mb4");
    expect("collation_connection", field(row, lengths, 3).substr(0, 8), "utf8mb4_");
    expect("time_zone", field(row, lengths, 4), "+00:00");
    expect("the isolation level", field(row, lengths, 5), "READ-COMMITTED");
    expect("autocommit", field(row, lengths, 6), "1");
    expect("the database", field(row, lengths, 8), settings.database);
    const auto role_now = field(row, lengths, 9);
    if (!role) role = role_now;
    expect("the role", role_now, *role);
    const auto limit = field(row, lengths, 7);
    std::uint64_t bytes = 0;
    if (std::from_chars(limit.data(), limit.data() + limit.size(), bytes).ec != std::errc{})
        refuse("the server's max_allowed_packet is no number");
    return bytes;
}

}  // namespace koine::libmariadb
