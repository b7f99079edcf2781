// A session's transaction: its connection, its savepoints, and memory as it was before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include <koine/connection.hpp>
#include <koine/engine.hpp>
#include <koine/error.hpp>
#include <koine/isolation.hpp>
#include <koine/lease/connection_lease.hpp>
#include <koine/statement_observer.hpp>
#include <koine/wire/driver_connection.hpp>

#include "identities/identities.hpp"
#include "identities/membership.hpp"
#include "objects/tracked_objects.hpp"
#include "transaction/session_state.hpp"
#include "transaction/undo_log.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Leases with the first statement and gives back at the end. Functions that talk to the database
// throw koine::error. One thread at a time.
class session_transaction {
public:
    // The last three live longer. Throws usage_error if the engine is empty.
    session_transaction(koine::engine engine, const transaction_options& wanted, const here& where, identities& known,
                        membership& members, tracked_objects& tracked);
    session_transaction(const session_transaction&) = delete;
    session_transaction& operator=(const session_transaction&) = delete;

    // Throws usage_error or errc::transaction_failed if the session does not take work.
    void check_usable() const {
        if (!state_.is_open()) [[unlikely]]
            raise(state_.may(session_state::operation::work));
    }
    bool in_transaction() const noexcept { return lease_ != nullptr; }
    // The connection of a session that takes work. Leases and begins where that is due.
    driver_connection& on() {
        check_usable();
        return link();
    }
    // The same for those who have checked.
    driver_connection& link() {
        if (lease_ == nullptr) lease();
        return leased();
    }
    // For statements written by hand. Valid as long as the transaction.
    koine::connection& raw_connection();

    // What was flushed and can be taken back.
    undo_log& undo() noexcept { return undo_; }
    // A flush has failed on its way. Called where its error is handled, which is kept to be told
    // again.
    void failed() noexcept;
    // What a statement has committed on its way stays, whatever becomes of the rest. Precondition:
    // in_transaction().
    void keep_what_ended();

    // For observers of this session's statements, from now on.
    statement_subscription observe(std::shared_ptr<statement_observer> observer);

    // Sends COMMIT, if there is a transaction. Behind it comes end().
    void commit() {
        if (in_transaction()) commit(leased());
    }
    void commit(driver_connection& link);
    // The same for changes that were sent. Where COMMIT is refused they are flushed and the session
    // goes on: returns why, to be thrown when they are the objects' own. Throws every other
    // failure.
    std::exception_ptr commit_what_was_sent(driver_connection& link) {
        try {
            commit(link);
            return nullptr;
        } catch (...) {
            if (!state_.is_open()) throw;
            return std::current_exception();
        }
    }
    // Rolls back in the database and in memory. Behind it comes end().
    void rollback();
    // Forgets what could be taken back, and gives the connection back.
    void end() noexcept;
    // As end(), without talking to anybody; what was not committed is taken back in memory.
    void abandon() noexcept;
    // Behind it: the session takes no work any more.
    void session_ended() noexcept { state_.session_ended(); }
    // Closes the connection. For a rollback that has failed.
    void give_back() noexcept;
    // Whether there is something that close() has to roll back.
    bool needs_rollback() const noexcept {
        return in_transaction() && state_.may(session_state::operation::take_back) == session_state::decision::go;
    }

    // ---- Savepoints ----
    // Precondition: everything is flushed.
    std::uint64_t open_savepoint();
    // Throws what release_savepoint() would, for a flush that comes in between.
    void check_release(std::uint64_t id) const;
    void release_savepoint(std::uint64_t id);
    void undo_savepoint(std::uint64_t id);
    // Without waiting. False if there was nothing to do.
    bool leave_savepoint(std::uint64_t id) noexcept;
    bool has_savepoint(std::uint64_t id) const noexcept { return state_.has(id); }

private:
    void close_connection() noexcept;
    // The connection that is leased. Throws usage_error in a child of the process that leased it.
    driver_connection& leased() const {
        lease_->check();
        return **lease_;
    }
    void lease();
    [[noreturn]] KOINE_COLD void raise(session_state::decision why) const;
    void demand(session_state::operation what, std::uint64_t id = 0) const;
    void restore(std::size_t size);
    void undo_one(undo_entry& entry);

    identities& known_;
    membership& members_;
    tracked_objects& tracked_;
    koine::engine engine_;
    transaction_options wanted_;
    std::unique_ptr<statement_observers> observers_{};  // once there were any
    here where_;                                        // the session was made
    connection_lease own_{};
    std::optional<koine::connection> connection_{};  // once somebody needs one, it has the lease
    const connection_lease* lease_ = nullptr;        // either of them, null between transactions
    session_state state_{};
    undo_log undo_{};
    std::optional<error> cause_{};  // why the session does not take work, or did not once
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
