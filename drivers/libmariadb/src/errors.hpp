// From what the client library and the server say to the contract's errors.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <mysql.h>

#include <koine/driver_spi.hpp>

namespace koine::libmariadb {

using spi::local_failure;

// What is known of the work when its error is classified.
struct work_facts {
    // the session was in a transaction when the work was sent, or the work began one
    bool in_transaction = false;
    bool commits = false;  // the work ends the transaction by committing it
    // it commits what was done before it, even where it fails then itself
    bool commits_first = false;
    // a part of it may stay when it fails outside of a transaction
    bool in_parts = false;
    bool reads_only = false;       // nothing in it can change anything
    bool cancelled_by_us = false;  // we asked the server to stop it
};

// An error as the library tells it.
struct native_error {
    unsigned int code = 0;
    std::string_view sqlstate{};
    std::string_view message{};
};

native_error error_of(MYSQL* connection) noexcept;
native_error error_of(MYSQL_STMT* statement) noexcept;

// A failure that is kept for later, or carried to another thread: its SQLSTATE is copied with it.
class kept_failure {
public:
    explicit kept_failure(spi::failure why) : why_{std::move(why)} { state_[why_.sqlstate.copy(state_, 5)] = '\0'; }
    // What to throw, by the thread that calls this.
    spi::failure release() noexcept;

private:
    spi::failure why_;
    char state_[6] = {};
};

// Whether the session is over after this error.
bool loses_connection(const native_error& error) noexcept;
// What became of work that was sent. Poisons the connection if the session is over.
spi::failure work_failure(const native_error& error, const work_facts& facts);
// All that was to be done is done, and there are rows that nobody can ask for.
spi::failure several_results(bool in_transaction);

// A connection that could not be made: poisons it, not sent.
spi::failure connect_failure(const native_error& error);

}  // namespace koine::libmariadb
