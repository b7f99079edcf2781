// SQLCipher's result codes as failures of the driver contract.
#pragma once

#include <string_view>

#include <sqlcipher/sqlite3.h>

#include <koine/driver_spi.hpp>

namespace sqlcipher_plugin {

// A failure that the driver finds by itself.
koine::spi::failure refusal(koine::errc code, std::string_view sqlstate, std::string message);
// What `code`, the answer of a call on `database`, means. The outcome is `rejected`.
koine::spi::failure failure_of(sqlite3* database, int code);

}  // namespace sqlcipher_plugin
