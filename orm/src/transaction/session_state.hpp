// What a session may do next, decided without a database and without objects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// The state of a session's unit of work: its condition and its open savepoints. Functions that tell
// it what has happened do not look whether that was allowed. One thread at a time.
class session_state {
public:
    enum class condition : std::uint8_t {
        open,
        failed,    // a flush or a commit has failed: the database and the objects may differ
        in_doubt,  // the answer to COMMIT was lost
        over       // the session has ended; queries and savepoints may have outlived it
    };
    enum class operation : std::uint8_t {
        work,               // whatever needs the transaction: queries, objects, flush, commit
        rollback,           // of the whole transaction
        release_savepoint,  // keeps what was done since; behind it comes a flush
        undo_savepoint,     // takes back what was done since
        leave_savepoint,    // the same from a destructor, which complains to nobody
        take_back           // the end of a session that neither committed nor rolled back
    };
    enum class decision : std::uint8_t {
        go,
        nothing_to_do,
        refused_failed,    // only a rollback is accepted
        refused_in_doubt,  // only the session's end is accepted
        refused_ended,     // the savepoint has ended
        refused_inner,     // a savepoint inside of it is open
        refused_over       // the session has ended
    };
    struct savepoint {
        std::uint64_t id;
        std::size_t undo;             // entries of the undo log when it was opened
        std::uint64_t on_connection;  // its name on the connection
    };

    condition now() const noexcept { return condition_; }
    bool is_open() const noexcept { return condition_ == condition::open; }
    // `id` is that of the savepoint, for operations on one.
    decision may(operation what, std::uint64_t id = 0) const noexcept;

    // ---- What has happened ----
    // A flush, a commit or taking back memory has failed.
    void failed() noexcept;
    // Nobody knows whether the commit took place.
    void commit_in_doubt() noexcept { condition_ = condition::in_doubt; }
    // Committed, rolled back or given up.
    void ended() noexcept {
        condition_ = condition::open;
        savepoints_.clear();
    }
    // The session itself, whose transaction has ended.
    void session_ended() noexcept {
        condition_ = condition::over;
        savepoints_.clear();
    }
    // A statement has committed on its way. A failure before it still asks for a rollback.
    void ended_by_statement() noexcept { savepoints_.clear(); }

    // ---- Savepoints ----
    bool has(std::uint64_t id) const noexcept;
    // Precondition: has(id).
    const savepoint& of(std::uint64_t id) const noexcept;
    // Precondition: there is one.
    const savepoint& innermost() const noexcept { return savepoints_.back(); }
    // Makes room for one more, so that opening it does not fail. Throws std::bad_alloc.
    void reserve_savepoint() { savepoints_.reserve(savepoints_.size() + 1); }
    // A savepoint was opened. Returns its id, which no other has had.
    std::uint64_t opened(std::size_t undo, std::uint64_t on_connection) noexcept;
    // The innermost one was released or undone, in the database.
    void closed_innermost() noexcept { savepoints_.pop_back(); }
    // This one is over, with those inside of it. Precondition: has(id).
    savepoint left(std::uint64_t id) noexcept;
    // Database and objects are both as they were at a savepoint.
    void taken_back_to_savepoint() noexcept;

private:
    std::vector<savepoint> savepoints_{};  // innermost last
    std::uint64_t next_id_ = 1;
    condition condition_ = condition::open;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
