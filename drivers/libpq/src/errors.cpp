#include "errors.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include <koine/sqlstate.hpp>

namespace koine::libpq {

namespace {

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

std::string field(const PGresult* result, int code) {
    return std::string{trimmed(spi::to_view(PQresultErrorField(result, code)))};
}

bool contains(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

// A SQLSTATE that outlives the failure: failures keep a view.
std::string_view stable(std::string_view state) {
    thread_local char memory[6];
    if (state.size() != 5) return {};
    state.copy(memory, 5);
    return {memory, 5};
}

// In a verbose message a SQLSTATE stands behind the severity: "FATAL: 28P01: text". The last one
// counts: with several hosts or a second try without TLS there is one message for each.
std::string_view last_sqlstate(std::string_view message) noexcept {
    std::string_view found;
    for (auto at = message.find(":  "); at != std::string_view::npos; at = message.find(":  ", at + 1)) {
        const auto rest = message.substr(at + 3);
        if (rest.size() < 7 || rest.substr(5, 2) != ": ") continue;
        const auto state = rest.substr(0, 5);
        if (state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos) found = state;
    }
    return found;
}

// The message as people want it: in one line, without the SQLSTATEs and without the place in the
// server's source.
std::string plain(std::string_view message) {
    std::string out;
    while (!message.empty()) {
        const auto end = message.find('\n');
        auto line = message.substr(0, end);
        message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
        if (line.substr(0, 10) == "LOCATION: ") continue;
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.empty()) continue;
        if (!out.empty()) out += "; ";
        const auto state = last_sqlstate(line);
        if (!state.empty()) {
            const auto at = static_cast<std::size_t>(state.data() - line.data());
            out += line.substr(0, at);
            line.remove_prefix(at + 7);
        }
        out += line;
    }
    return std::string{trimmed(out)};
}

errc connect_code(std::string_view state) noexcept {
    if (state.substr(0, 2) == "28") return errc::authentication_failed;
    if (state == "3D000") return errc::database_not_found;
    if (state == "53300") return errc::too_many_connections;
    if (state == "57P03") return errc::server_starting;
    return errc::connect_failed;
}

// What PostgreSQL says of a value that it cannot take quotes it: it goes to the detail, for a value
// has no place in the message.
void hide_value(spi::failure& why) {
    const auto open = why.message.find('"');
    const auto close = why.message.rfind('"');
    if (open == close) return;
    why.detail = why.detail.empty() ? why.message : why.message + "; " + why.detail;
    why.message.replace(open + 1, close - open - 1, "...");
}

}  // namespace

bool session_survives(const PGresult* error) noexcept {
    if (error == nullptr) return false;
    const auto severity = spi::to_view(PQresultErrorField(error, PG_DIAG_SEVERITY_NONLOCALIZED));
    // A result without SQLSTATE was made by libpq itself, because it does not understand or hear
    // the server any more.
    return PQresultErrorField(error, PG_DIAG_SQLSTATE) != nullptr && severity != "FATAL" && severity != "PANIC";
}

bool comes_from_server(const PGresult* error) noexcept {
    return error != nullptr && PQresultErrorField(error, PG_DIAG_SOURCE_FUNCTION) != nullptr;
}

spi::failure server_failure(const PGresult* error, const work_facts& facts) {
    spi::failure why;
    const auto state = spi::to_view(PQresultErrorField(error, PG_DIAG_SQLSTATE));
    why.sqlstate = stable(state);
    why.outcome = facts.commits || facts.writes ? outcome::unknown : outcome::rejected;
    why.code = classify(sqlstate{state});
    if (state == "57014") {
        why.code = facts.cancelled_by_us ? errc::cancelled : errc::timeout;
    } else if (state == "55P03") {
        why.code = errc::lock_timeout;
    } else if (state == "26000" || state == "42P05" ||
               (state == "0A000" &&
                spi::to_view(PQresultErrorField(error, PG_DIAG_SOURCE_FUNCTION)) == "RevalidateCachedQuery")) {
        why.code = errc::statement_outdated;
    }
    why.poisons_transaction = facts.in_transaction;
    why.message = field(error, PG_DIAG_MESSAGE_PRIMARY);
    why.detail = field(error, PG_DIAG_MESSAGE_DETAIL);
    why.hint = field(error, PG_DIAG_MESSAGE_HINT);
    if (state.substr(0, 2) == "22") hide_value(why);
    why.constraint = field(error, PG_DIAG_CONSTRAINT_NAME);
    why.table = field(error, PG_DIAG_TABLE_NAME);
    why.column = field(error, PG_DIAG_COLUMN_NAME);
    const auto position = spi::to_view(PQresultErrorField(error, PG_DIAG_STATEMENT_POSITION));
    std::from_chars(position.data(), position.data() + position.size(), why.position);
    return why;
}

spi::failure lost_connection(std::string_view said, const PGresult* last, const notice& reason,
                             const work_facts& facts) {
    spi::failure why;
    why.poisons_connection = why.poisons_transaction = true;
    if (facts.commits) {
        why.code = errc::in_doubt;
        why.outcome = outcome::unknown;
    } else {
        why.code = errc::disconnected;
        why.outcome = facts.writes ? outcome::unknown : outcome::rejected;
    }
    std::string_view state;
    if (last != nullptr) {
        state = spi::to_view(PQresultErrorField(last, PG_DIAG_SQLSTATE));
        why.message = field(last, PG_DIAG_MESSAGE_PRIMARY);
        why.detail = field(last, PG_DIAG_MESSAGE_DETAIL);
        why.hint = field(last, PG_DIAG_MESSAGE_HINT);
    }
    if (why.message.empty()) why.message = plain(said);
    if (why.message.empty()) why.message = "the connection to the server was lost";
    if (reason.announces_end()) {
        if (state.empty()) state = reason.sqlstate;
        if (why.detail.empty()) why.detail = reason.message;
    }
    why.sqlstate = stable(state);
    return why;
}

spi::failure rolled_back_commit() {
    spi::failure why;
    why.code = errc::transaction_failed;
    why.outcome = outcome::rejected;
    why.poisons_transaction = true;
    why.sqlstate = "25P02";
    why.message = "the transaction had failed: COMMIT rolled it back";
    return why;
}

spi::failure connect_failure(const PGconn* connection, ConnStatusType phase) {
    spi::failure why;
    why.outcome = outcome::not_sent;
    why.poisons_connection = true;
    const auto message = spi::to_view(PQerrorMessage(connection));
    const auto state = last_sqlstate(message);
    why.sqlstate = stable(state);
    why.message = plain(message);
    if (!state.empty()) {
        why.code = connect_code(state);
        return why;
    }
    switch (phase) {
        case CONNECTION_NEEDED:
        case CONNECTION_STARTED:
        case CONNECTION_BAD: {
            // The system's own words, in whatever language libpq got them from the same function.
            const auto says = [message](int error) {
                return contains(message, std::generic_category().message(error));
            };
            why.code = says(ECONNREFUSED) || says(ENOENT) ? errc::connection_refused : errc::connect_failed;
            break;
        }
        case CONNECTION_SSL_STARTUP:
            why.code = errc::tls_failed;
            break;
        case CONNECTION_AWAITING_RESPONSE:
        case CONNECTION_AUTH_OK:
            // No message of the server: either the line broke, or this side refused to log in. Only
            // libpq's text tells.
            why.code = PQconnectionNeedsPassword(connection) != 0 || contains(message, "SCRAM") ||
                               contains(message, "channel binding") || contains(message, "authentication method")
                           ? errc::authentication_failed
                           : errc::connect_failed;
            break;
        default:
            why.code = errc::connect_failed;
            break;
    }
    if (why.message.empty()) why.message = "the connection to the server could not be made";
    return why;
}

}  // namespace koine::libpq
