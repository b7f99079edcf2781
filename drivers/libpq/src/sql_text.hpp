// What can be told about a statement from its text, without the server.
#pragma once

#include <cstdint>
#include <string_view>

namespace koine::libpq {

// What a statement does to the transaction around it.
enum class control : std::uint8_t {
    none,
    begin,  // BEGIN or START TRANSACTION
    // COMMIT, END or PREPARE TRANSACTION: its answer decides what is known of the work. COMMIT
    // PREPARED too.
    commit,
    rollback,    // ROLLBACK or ABORT
    rollback_to  // a savepoint: a failed transaction is good again
};

struct sql_effect {
    libpq::control control = libpq::control::none;
    bool chains = false;  // AND CHAIN: the next transaction begins at once
    // a query without data-changing parts and without functions that may change something
    bool reads_only = false;
    // Outside of a transaction it commits as it goes on, or may: CALL, DO, VACUUM and others. When
    // it fails, a part of its work may stay.
    bool commits_inside = false;
};

struct sql_facts {
    std::uint32_t parameters = 0;  // the highest $n outside literals and comments
    bool empty = false;            // no word at all: nothing that could run
    sql_effect effect{};
    // may change the session beyond the transaction: settings, locks, temporary tables, cursors,
    // channels, statements prepared by name
    bool sets_session = false;
    // one of those that may prepare statements by name
    bool may_prepare = false;
};

// Scans the text once. Never fails: what it does not understand it takes for something that may
// write.
sql_facts inspect(std::string_view sql) noexcept;

}  // namespace koine::libpq
