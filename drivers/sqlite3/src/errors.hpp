// From SQLite's result codes and messages to Koine's errors.
#pragma once

#include <cstdint>
#include <string_view>

#include <sqlite3.h>

#include <koine/driver_spi.hpp>

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

// The meaning of an extended result code and its message. SQLite has no codes for what is wrong in
// a statement (SQLITE_ERROR covers all of it) nor fields for names, so these come from its
// messages, which have been stable for many years. `outcome` is rejected: SQLite undoes a statement
// that fails. Sets neither position nor poisons_transaction, except for a stale snapshot.
spi::failure classify(int extended_code, std::string_view message);

// classify() of the handle's last error, with the position of the offending token in `sql` if
// SQLite knows it.
spi::failure last_error(sqlite3* database, int code, std::string_view sql = {});

// The explicitly made unique index on exactly the columns of a unique violation, by its name, or
// nothing. Changes the handle's last error.
void name_unique_index(sqlite3* database, spi::failure& why);

// A failure that this driver finds by itself.
spi::failure own_failure(errc code, outcome outcome, std::string_view sqlstate, std::string_view message);

// 1-based number of the character at a byte offset of UTF-8 text.
std::uint32_t character_position(std::string_view text, std::size_t byte_offset) noexcept;

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
