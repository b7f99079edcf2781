// The state that every session is brought into, after connecting and after a reset.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mysql.h>

#include "options.hpp"

namespace koine::libmariadb {

// The statement that sets the session up: character set, clock, SQL mode, isolation.
std::string setup_statement(bool mariadb);
// The query that reads back what the session is.
std::string check_query(bool mariadb);
// The role that the session has, by that answer; empty: none. Reads no row away.
std::string role_of(MYSQL_RES* answer);
// Makes it another one. No reset of the session does.
std::string role_statement(std::string_view role);
// Reads the answer. `role` is the one that the login has given; nullopt: it is told for the first
// time. Throws spi::failure with both poisons if the session is not what it should be; returns the
// server's max_allowed_packet.
std::uint64_t check_session(MYSQL_RES* answer, const connect_settings& settings, std::optional<std::string>& role);

}  // namespace koine::libmariadb
