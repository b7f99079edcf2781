// From what libpq and the server say to the contract's errors.
#pragma once

#include <string>
#include <string_view>

#include <libpq-fe.h>

#include <koine/driver_spi.hpp>

namespace koine::libpq {

using spi::local_failure;

// What an exchange knows of the work when its error is classified.
struct work_facts {
    bool in_transaction = false;   // where the error was met
    bool commits = false;          // a COMMIT may have taken effect
    bool writes = false;           // something outside of a transaction may have taken effect
    bool cancelled_by_us = false;  // we asked the server to stop it
};

// The last message that the server sent beside an answer: why it is about to end the session.
struct notice {
    char sqlstate[6] = {};
    std::string message{};

    // Whether it announces the end of the session (57P01 and its neighbours).
    bool announces_end() const noexcept { return std::string_view{sqlstate}.substr(0, 3) == "57P"; }
};

// Whether a result is a server's ordinary error, after which the session goes on.
bool session_survives(const PGresult* error) noexcept;
// Whether PostgreSQL itself wrote the error, not libpq nor a pooler: it has run nothing behind the
// statement that it names.
bool comes_from_server(const PGresult* error) noexcept;
// A server's error inside a session that goes on.
spi::failure server_failure(const PGresult* error, const work_facts& facts);
// The session is over; `last` may be null, `said` is libpq's message. Both poisons; the outcome
// follows from the facts.
spi::failure lost_connection(std::string_view said, const PGresult* last, const notice& why, const work_facts& facts);
// COMMIT answered ROLLBACK.
spi::failure rolled_back_commit();
// A connection that could not be made. `phase` is the last state that libpq reported before; the
// connection's messages must have been made verbosely, because only then they carry the SQLSTATE.
spi::failure connect_failure(const PGconn* connection, ConnStatusType phase);

}  // namespace koine::libpq
