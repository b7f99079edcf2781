// What can be told about a statement from its text, without the server.
#pragma once

#include <cstdint>
#include <string_view>

namespace koine::libmariadb {

struct sql_facts {
    std::uint32_t parameters = 0;  // question marks outside literals, names and comments
    bool empty = false;            // no word at all: nothing that could run
    bool begins = false;           // BEGIN or START TRANSACTION
    // COMMIT, or a statement that commits on its way (DDL) or may (CALL): its answer decides what
    // is known
    bool commits = false;
    // commits whatever was done before it, even where it fails then itself: DDL and its like; or
    // may
    bool commits_first = false;
    // Outside of a transaction a part of it may stay when it fails: routines and blocks, and what
    // drops or grants several things.
    bool in_parts = false;
    // a query without data-changing parts and without functions that may change something
    bool reads_only = false;
    // may change the session beyond the transaction: settings, database, variables, locks,
    // temporary tables
    bool sets_session = false;
    // runs a routine or a block, which may change the session and fail then
    bool calls = false;
    bool sets_next_transaction = false;  // SET TRANSACTION, which holds for whatever runs next
    // a query or a change of rows: whatever it does, it never has a second result
    bool one_result = false;
    // returns no rows whatever happens, and takes no parameters: needs no preparation on the server
    bool plain_command = false;
};

// Scans the text once. Never fails: what it does not understand it takes for something that may
// write.
sql_facts inspect(std::string_view sql) noexcept;

}  // namespace koine::libmariadb
