// The transaction of a connection: begun with the first statement that needs it, BEGIN and COMMIT
// riding with other work where the driver can queue.
#include <koine/wire/driver_connection.hpp>

#include <charconv>
#include <utility>

#include "wire/connection_source.hpp"
#include "wire/statement_watch.hpp"
#include "wire/wire_drive.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

using phase = transaction_state::phase;
using verdict = transaction_state::verdict;

namespace {

// Bits of the driver's state that every idle connection may have.
constexpr std::uint32_t resting_state = KOINE_STATE_PRIVATE_DATABASE;

// Takes the deadline of one call away at its end.
class deadline_of_call {
public:
    deadline_of_call(wire& on, deadline limit) : on_{on} { on_.set_deadline(limit); }
    ~deadline_of_call() { on_.set_deadline(deadline::never()); }
    deadline_of_call(const deadline_of_call&) = delete;
    deadline_of_call& operator=(const deadline_of_call&) = delete;

private:
    wire& on_;
};

}  // namespace

transaction_options driver_connection::or_defaults(transaction_options options) const noexcept {
    const engine_options& defaults = source_->options();
    if (options.isolation == isolation::default_) options.isolation = defaults.isolation;
    options.read_only = options.read_only || defaults.read_only;
    return options;
}

bool driver_connection::autocommits() const noexcept {
    return transaction_.wants_intent() ? source_->options().isolation == isolation::autocommit
                                       : transaction_.autocommits();
}

// ---- BEGIN ----

// How a transaction with these options begins; mostly as the one before.
inline void driver_connection::choose_begin_rule(const transaction_options& options) {
    const transaction_options& before = control_.options;
    const bool same = control_.known && before.isolation == options.isolation &&
                      before.read_only == options.read_only && before.deferrable == options.deferrable;
    if (!same) [[unlikely]]
        choose_another_begin_rule(options);
}

void driver_connection::choose_another_begin_rule(const transaction_options& options) {
    control_.rule = dialect_->begin(options);
    control_.options = options;
    control_.known = true;
    control_.current = control_.begin != nullptr && control_.begin->text->text == control_.rule.text;
}

void driver_connection::begin(const transaction_options& options) {
    const busy_guard guard{*this};
    check_usable();
    if (const verdict due = transaction_.before_begin(); due != verdict::go) refuse(due);
    const transaction_options wanted = or_defaults(options);
    choose_begin_rule(wanted);
    transaction_.intend(wanted, control_.rule.at_first_write, true);
}

// The transaction that a statement needs where none is open. False: there is to be none.
inline bool driver_connection::intend_by_default() {
    if (!transaction_.wants_intent()) return true;
    const transaction_options wanted = or_defaults({});
    if (wanted.isolation == isolation::autocommit) return false;
    choose_begin_rule(wanted);
    transaction_.intend(wanted, control_.rule.at_first_write, false);
    return true;
}

// Begins the transaction if this statement needs one. Returns whether it began now.
bool driver_connection::begin_for(const prepared& statement) {
    if (!intend_by_default()) [[unlikely]] {
        if (source_->options().read_only && !statement.read_only) refuse_write(statement);
        return false;
    }
    if (transaction_.options().read_only && !statement.read_only) [[unlikely]]
        refuse_write(statement);
    if (transaction_.before_statement(statement.read_only) != verdict::begin_first) return false;
    begin_now();
    return true;
}

inline void driver_connection::begin_now() {
    if (control_.current && !owed_.any() && control_.rule.before.empty()) {
        run_control(*control_.begin);
    } else {
        for (const std::string* const text : {&control_.rule.before, &control_.rule.text}) {
            if (text->empty()) continue;
            if (queues()) {
                if (owed_.any()) settle();
                queue_text(*text);
            } else {
                run_text(*text);
            }
        }
        control_.current = control_.begin != nullptr && control_.begin->text->text == control_.rule.text;
    }
    wire_.forget_stop();
    transaction_.began();
}

// A text by hand may have ended the transaction, or begun one. What the driver says of it counts,
// not what stands in the text.
void driver_connection::compare_with_driver(prepared& statement) {
    if (autocommits() || (wire_.state() & KOINE_STATE_BUSY) != 0) return;
    const bool there = wire_.in_transaction();
    if (there == transaction_.begun()) return;
    if (!there) {
        transaction_.ended_by_statement();
        // DDL does so by the database's rules, which is documented.
        if (dialect_->commits_by_itself(statement.text->text)) return;
    } else {
        end_on_server(false);
    }
    finish_later(statement);
    raise_control_by_text(statement, !there);
}

// ---- COMMIT ----

void driver_connection::commit() {
    const busy_guard guard{*this};
    const verdict due = transaction_.before_commit();
    // A lost connection has lost what was to be committed, so that "nothing to do" would be a lie.
    if (due != verdict::in_doubt && wire_.poisoned()) [[unlikely]]
        check_usable();
    if (due == verdict::nothing) {
        // With autocommit, statements can wait for a COMMIT that is not going to be sent.
        if (!queue_.empty()) flush_queue();
        transaction_.ended();
        return;
    }
    if (due != verdict::go) refuse(due);
    queue_.expect_last(!queues());
    try {
        if (control_.commit != nullptr && !owed_.any())
            run_control(*control_.commit);
        else
            run_text("COMMIT");
    } catch (const error& failed) {
        after_failed_commit(failed);
        throw;
    }
    transaction_.ended();
}

// What has become of the transaction. Throws in_doubt_error where nobody knows.
void driver_connection::after_failed_commit(const error& failed) {
    const bool refused =
        failed.outcome() == outcome::not_sent && !failed.poisons_connection() && !failed.poisons_transaction();
    if (refused) return;
    if (wire_.poisoned()) {
        const bool stopped = failed.code() == errc::timeout || failed.code() == errc::cancelled;
        if (failed.code() != errc::in_doubt && !(stopped && failed.outcome() == outcome::unknown)) return;
        transaction_.lost_commit();
        if (failed.code() == errc::in_doubt) return;
        error_info info = failed.info();
        info.code = errc::in_doubt;
        info.message = failed.code() == errc::timeout
                           ? "the deadline passed and the server did not answer COMMIT: it may have been done"
                           : "COMMIT was stopped and the server did not answer: it may have been done";
        throw_error(std::move(info));
    }
    // What was queued in front of COMMIT failed: the transaction is there, and failed.
    if (!queue_.last_has_failed()) {
        if (transaction_.now() != transaction_state::phase::failed) control_.cause = failed.what();
        transaction_.statement_failed();
        return;
    }
    // COMMIT itself failed: it is over on every backend.
    if (wire_.in_transaction()) {
        try {
            transaction_.statement_failed();
            run_text("ROLLBACK");
        } catch (const error&) {
            wire_.poison();
        }
    }
    transaction_.ended();
}

// ---- ROLLBACK ----

// ROLLBACK where there is a transaction to roll back; where a result is still open or the driver
// has statements queued, its reset, which ends and drops them first.
void driver_connection::end_on_server(bool unsent) {
    // All work is undone: what has failed of it is of no interest any more, unless the connection
    // failed with it.
    owed_.take_texts();
    while (owed_.has_results()) {
        try {
            settle_results();
        } catch (const error&) {
            if (wire_.poisoned()) throw;
        }
    }
    if (!unsent && (wire_.state() & KOINE_STATE_BUSY) == 0) {
        if (wire_.in_transaction()) run_text("ROLLBACK");
        return;
    }
    const bool told = wire_.observed() && wire_.in_transaction();
    const std::int64_t began = told ? time_of_watch() : 0;
    const auto reset = [&] { return driver().reset(handle(), wire_.waiting(), wire_.failing()); };
    try {
        if (wire_.drive(reset) != KOINE_DONE) raise(nullptr, "ROLLBACK");
    } catch (const error& failed) {
        if (told) tell_control("ROLLBACK", began, &failed.info());
        throw;
    }
    if (told) tell_control("ROLLBACK", began, nullptr);
}

void driver_connection::rollback() {
    const busy_guard guard{*this};
    const verdict due = transaction_.before_rollback();
    if (due == verdict::in_doubt) refuse(due);
    if (results_.any()) results_.mark(open_result::condition::over);
    const bool unsent = !queue_.empty();
    queue_.clear();
    if (watch_) watch_->forget_queue();
    if ((unsent || due == verdict::go) && !wire_.poisoned()) {
        try {
            end_on_server(unsent);
        } catch (...) {
            wire_.poison();
            transaction_.ended();
            throw;
        }
    }
    transaction_.ended();
}

void driver_connection::rollback_later() noexcept {
    try {
        if (wire_.can(KOINE_CAP_IN_PROCESS)) return rollback();
        const busy_guard guard{*this};
        const bool sent = transaction_.before_rollback() == verdict::go;
        if (transaction_.now() == phase::in_doubt) return;
        // A result that is still streamed keeps the driver busy.
        if (results_.any()) end_results();
        transaction_.ended();
        if (sent && !wire_.poisoned()) owe_text("ROLLBACK");
    } catch (...) {
        wire_.poison();
    }
}

// ---- Savepoints ----

std::string driver_connection::savepoint_name(std::uint32_t depth) const {
    return "koine_" + std::to_string(depth);
}

driver_connection::savepoint_id driver_connection::savepoint() {
    const busy_guard guard{*this};
    check_usable();
    const verdict due = intend_by_default() ? transaction_.before_savepoint() : verdict::not_in_transaction;
    if (due == verdict::begin_first)
        begin_now();
    else if (due != verdict::go)
        refuse(due);
    transaction_.reserve_savepoint();
    run_text(dialect_->savepoint(savepoint_name(transaction_.depth() + 1)));
    return transaction_.opened_savepoint();
}

void driver_connection::release_savepoint(savepoint_id which) {
    const busy_guard guard{*this};
    check_usable();
    if (const verdict due = transaction_.before_release(which); due != verdict::go) refuse(due);
    run_text(dialect_->release_savepoint(savepoint_name(transaction_.depth())));
    transaction_.released(which);
}

void driver_connection::rollback_to_savepoint(savepoint_id which) {
    const busy_guard guard{*this};
    if (const verdict due = transaction_.before_rollback_to(which); due != verdict::go) refuse(due);
    if (wire_.poisoned()) check_usable();
    // A queue cannot be taken back. What it does is undone with the rest, and whether it fails is
    // of no interest.
    try {
        if (!queue_.empty()) flush_queue();
    } catch (const error&) {
        if (wire_.poisoned()) throw;
    }
    const std::string name = savepoint_name(transaction_.depth_of(which));
    if (queues()) {
        if (owed_.any()) settle();
        queue_text(dialect_->rollback_to_savepoint(name));
        queue_text(dialect_->release_savepoint(name));
        flush_queue();
    } else {
        run_text(dialect_->rollback_to_savepoint(name));
        run_text(dialect_->release_savepoint(name));
    }
    transaction_.rolled_back_to(which);
}

void driver_connection::rollback_to_savepoint_later(savepoint_id which) noexcept {
    try {
        if (wire_.can(KOINE_CAP_IN_PROCESS)) {
            if (transaction_.before_rollback_to(which) == verdict::go) rollback_to_savepoint(which);
            return;
        }
        const busy_guard guard{*this};
        if (transaction_.before_rollback_to(which) != verdict::go || wire_.poisoned()) return;
        if (results_.any() && (wire_.state() & KOINE_STATE_BUSY) != 0) end_results();
        const std::string name = savepoint_name(transaction_.depth_of(which));
        owe_text(dialect_->rollback_to_savepoint(name));
        owe_text(dialect_->release_savepoint(name));
        transaction_.rolled_back_to(which);
    } catch (...) {
        wire_.poison();
    }
}

// ---- pooled ----

result<void> driver_connection::reset(deadline limit) {
    try {
        const busy_guard guard{*this};
        const deadline_of_call by{wire_, limit};
        if (results_.any()) end_results();
        queue_.clear();
        if (watch_) watch_->forget_queue();
        if (!wire_.poisoned()) {
            end_on_server(true);
            transaction_.ended();
        }
        return {};
    } catch (const error& e) {
        wire_.poison();
        return failure{e.info()};
    }
}

inline bool driver_connection::idle_here() const noexcept {
    // A pending transaction is known here alone; the next lease begins without it.
    const bool idle = transaction_.now() == phase::none || transaction_.now() == phase::pending;
    return !wire_.poisoned() && idle && !owed_.any() && queue_.empty() && !results_.any() && handle() != nullptr;
}

bool driver_connection::at_rest() const noexcept {
    return idle_here() && (wire_.state() & ~(resting_state | KOINE_STATE_DIRTY)) == 0;
}

bool driver_connection::reusable() const noexcept {
    if (!idle_here()) return false;
    const std::uint32_t unrest = wire_.state() & ~resting_state;
    return unrest == 0 || has_kept_settings_alone(unrest);
}

bool driver_connection::has_kept_settings_alone(std::uint32_t unrest) const noexcept {
    return unrest == KOINE_STATE_DIRTY && settings_kept_ && !wire_.has_cancelled();
}

result<void> driver_connection::ping(deadline limit) {
    try {
        const busy_guard guard{*this};
        const deadline_of_call by{wire_, limit};
        if (owed_.any()) settle();
        const auto ping = [&] { return driver().ping(handle(), wire_.waiting(), wire_.failing()); };
        if (wire_.drive(ping) == KOINE_DONE) return {};
        error_info info = take_error("ping");
        // Refused, as while rows are streamed, it has told nothing.
        if (info.outcome != outcome::not_sent) {
            info.poisons_connection = true;
            wire_.poison();
        }
        return failure{std::move(info)};
    } catch (const error& e) {
        return failure{e.info()};
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
