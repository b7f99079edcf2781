// One conversation with the server at a time: what it is about, whether it was cancelled, and what
// went wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <mysql.h>

#include <koine/driver_abi.h>

#include "canceller.hpp"
#include "connector.hpp"
#include "errors.hpp"
#include "options.hpp"
#include "sql_text.hpp"
#include "wire.hpp"

namespace koine::libmariadb {

// Opened with what is known of the work; the calls are made through line(); closed by conclude().
// Used by the thread that owns the connection. Throws spi::failure: a lost connection at once and
// for ever, a server's error when the conversation is concluded.
class exchange {
public:
    ~exchange();
    exchange() = default;
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    // Takes a connected handle.
    void attach(connected_session made, const std::shared_ptr<const connect_settings>& settings);

    wire& line() noexcept { return wire_; }
    MYSQL* handle() const noexcept { return wire_.handle(); }
    bool active() const noexcept { return active_; }
    bool broken() const noexcept { return broken_; }
    bool in_transaction() const noexcept { return (handle()->server_status & SERVER_STATUS_IN_TRANS) != 0; }
    canceller& cancels() noexcept { return canceller_; }

    void open(const sql_facts& facts);
    // Frees what the server need not keep any more, before the conversation proper. KOINE_DONE or
    // KOINE_WAIT.
    koine_status front(koine_wait& wait);
    // An error of the work. Throws if the connection is lost, else conclude() will.
    void fail(const native_error& error);
    void fail(spi::failure why);
    bool failed() const noexcept { return failure_.has_value(); }
    // Ends the conversation: KOINE_DONE, KOINE_WAIT, or the failure. A request to cancel it is
    // through then, and without effect on the next.
    koine_status conclude(koine_wait& wait);
    // Reads and drops whatever is still to come, and concludes. `reading` is the statement whose
    // rows are on their way, if any. Throws the errors that are asked for, and for a lost
    // connection.
    enum class errors : std::uint8_t { none, all };
    koine_status drain(MYSQL_STMT* reading, errors which, koine_wait& wait);

    // Frees a statement of the library's later, when the line is free.
    void doom(MYSQL_STMT* statement) noexcept;
    // Marks the session as over.
    void break_off() noexcept;
    // The process has been forked: nothing is touched any more.
    void abandon() noexcept;

private:
    wire wire_{};
    canceller canceller_{};
    work_facts facts_{};
    std::optional<kept_failure> failure_{};
    std::vector<MYSQL_STMT*> doomed_{};
    bool active_ = false;
    bool broken_ = false;
    bool ended_ = false;    // no request to cancel is under way any more
    bool pinging_ = false;  // the round trip that swallows the effect of a late request
    // the round trip that tells whether a transaction is still open, which errors do not tell
    bool asking_ = false;
    bool unsure_ = false;  // it is needed
    // a routine or a block, which may have ended one transaction and begun another
    bool calls_ = false;
    bool behind_ = false;  // the result that is read is not the first
};

}  // namespace koine::libmariadb
