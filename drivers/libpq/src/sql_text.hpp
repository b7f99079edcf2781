// What can be told about a statement from its text, without the server.
#pragma once

#include <cstdint>
#include <string_view>

namespace koine::libpq {

struct sql_facts {
    std::uint32_t parameters = 0;  // the highest $n outside literals and comments
    bool empty = false;            // no word at all: nothing that could run
    bool begins = false;           // BEGIN or START TRANSACTION
    // COMMIT, END or PREPARE TRANSACTION: its answer decides what is known of the work
    bool commits = false;
    // a query without data-changing parts and without functions that may change something
    bool reads_only = false;
    // may change the session beyond the transaction: settings, locks, temporary tables, cursors,
    // channels
    bool sets_session = false;
};

// Scans the text once. Never fails: what it does not understand it takes for something that may
// write.
sql_facts inspect(std::string_view sql) noexcept;

}  // namespace koine::libpq
