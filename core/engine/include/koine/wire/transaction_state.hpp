// The transaction of one connection as a machine: requests in, decisions out. No I/O, no clock.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <koine/api.hpp>
#include <koine/isolation.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Knows what was begun and what may follow. The questions (`before_...`) change nothing: they say
// what is due, or why a request is refused. A state changes by the reports alone, which are made
// when the operation has succeeded or its failure is known. One thread at a time.
class KOINE_API transaction_state {
public:
    enum class phase : std::uint8_t {
        none,      // the next statement begins one, where that is due
        pending,   // intended; nothing was sent yet
        begun,     // BEGIN was sent, or is queued in front of what follows
        failed,    // a statement failed: only rollback is accepted
        in_doubt,  // the answer to COMMIT was lost: nothing is accepted
    };

    // What is to be done with a request.
    enum class verdict : std::uint8_t {
        go,           // do it
        begin_first,  // send BEGIN, report began(), then do it
        nothing,      // there is nothing to do on the server
        // Refused:
        already_open,
        not_in_transaction,  // the isolation level is autocommit
        failed,
        in_doubt,
        savepoint_over,    // it has ended, by itself or with what it was in
        savepoint_inside,  // one that was made after it is still open
    };

    using savepoint_id = std::uint64_t;  // 0: none

    phase now() const noexcept { return phase_; }
    bool begun() const noexcept { return phase_ == phase::begun; }
    // Of the transaction that is open or intended.
    const transaction_options& options() const noexcept { return options_; }
    bool autocommits() const noexcept { return options_.isolation == isolation::autocommit; }
    // Tells transactions apart; 0: none is open or intended.
    std::uint64_t id() const noexcept { return phase_ == phase::none ? 0 : id_; }
    std::uint32_t depth() const noexcept { return static_cast<std::uint32_t>(savepoints_.size()); }
    // 1 for the outermost; 0 if it is over.
    std::uint32_t depth_of(savepoint_id which) const noexcept;

    // ---- The transaction ----
    verdict before_begin() const noexcept;
    // It is intended from now on. `lazy`: what only reads runs before BEGIN. `explicitly`: asked
    // for by the program, so that it goes on with another one when a statement ends it.
    void intend(const transaction_options& options, bool lazy, bool explicitly) noexcept;
    // Whether a statement needs an intent first: intend() is due before before_statement().
    bool wants_intent() const noexcept { return phase_ == phase::none; }
    verdict before_statement(bool read_only) const noexcept {
        if (phase_ == phase::begun) [[likely]]
            return verdict::go;
        return before_first_statement(read_only);
    }
    void began() noexcept { phase_ = phase::begun; }
    // BEGIN was taken back on the server, with everything that followed it.
    void began_in_vain() noexcept { phase_ = phase::pending; }

    verdict before_commit() const noexcept;
    verdict before_rollback() const noexcept;
    // Committed, rolled back, forgotten, or lost with its connection.
    void ended() noexcept;
    // The answer to COMMIT is lost.
    void lost_commit() noexcept;

    // ---- Statements ----
    // One has failed, or may have: only a rollback is accepted from now on. Nothing changes outside
    // of a transaction.
    void statement_failed() noexcept {
        if (phase_ == phase::begun) phase_ = phase::failed;
    }
    // The server is in no transaction any more, because a statement has ended it; the statement may
    // have failed then. What was begun explicitly goes on with another one like it.
    void ended_by_statement() noexcept;
    // Whether that has happened since this was asked last: what was done before is committed.
    bool take_ended_by_statement() noexcept;

    // ---- Savepoints ----
    verdict before_savepoint() const noexcept;
    // Makes room, so that opened_savepoint() does not throw.
    void reserve_savepoint() { savepoints_.reserve(savepoints_.size() + 1); }
    // It is there. Returns its name for the calls below, never one that was used before.
    savepoint_id opened_savepoint();
    verdict before_release(savepoint_id which) const noexcept;
    void released(savepoint_id which) noexcept;
    // Also in a failed transaction, and with others inside, which end with it.
    verdict before_rollback_to(savepoint_id which) const noexcept;
    void rolled_back_to(savepoint_id which) noexcept;

private:
    verdict before_first_statement(bool read_only) const noexcept;
    verdict refusal() const noexcept;

    phase phase_ = phase::none;
    bool lazy_ = false;
    bool explicitly_ = false;
    bool ended_by_statement_ = false;
    transaction_options options_{};
    std::uint64_t id_ = 0;
    savepoint_id last_savepoint_ = 0;
    std::vector<savepoint_id> savepoints_{};  // outermost first
};

// What a request meets where it is neither open nor intended that decides.
inline transaction_state::verdict transaction_state::refusal() const noexcept {
    if (phase_ == phase::failed) return verdict::failed;
    return phase_ == phase::in_doubt ? verdict::in_doubt : verdict::go;
}

inline void transaction_state::intend(const transaction_options& options, bool lazy, bool explicitly) noexcept {
    options_ = options;
    lazy_ = lazy;
    explicitly_ = explicitly;
    ++id_;
    phase_ = phase::pending;
}

inline transaction_state::verdict transaction_state::before_first_statement(bool read_only) const noexcept {
    if (phase_ != phase::pending) return refusal();
    return autocommits() || (lazy_ && read_only) ? verdict::go : verdict::begin_first;
}

inline transaction_state::verdict transaction_state::before_commit() const noexcept {
    if (phase_ == phase::none || phase_ == phase::pending) return verdict::nothing;
    return refusal();
}

inline void transaction_state::ended() noexcept {
    phase_ = phase::none;
    savepoints_.clear();
    options_ = {};
    explicitly_ = false;
    lazy_ = false;
}

inline bool transaction_state::take_ended_by_statement() noexcept {
    return std::exchange(ended_by_statement_, false);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
