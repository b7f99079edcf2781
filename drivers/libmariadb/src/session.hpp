// The state that every session is brought into, after connecting and after a reset.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <mysql.h>

#include "options.hpp"

namespace koine::libmariadb {

// The statement that sets the session up: character set, clock, SQL mode, isolation.
std::string setup_statement(bool mariadb);
// The query that reads back what the session is.
std::string check_query(bool mariadb);
// Reads its answer. `role` is the one that the login has given, which no reset of the session
// brings back; nullopt: it is told for the first time. Throws spi::failure with both poisons if the
// session is not what it should be; returns the server's max_allowed_packet.
std::uint64_t check_session(MYSQL_RES* answer, const connect_settings& settings, std::optional<std::string>& role);

}  // namespace koine::libmariadb
