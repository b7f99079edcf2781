#include "transaction/session_transaction.hpp"

#include <string>
#include <utility>

#include <koine/error.hpp>
#include <koine/lease/connection_access.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

session_transaction::session_transaction(koine::engine engine, const transaction_options& wanted, const here& where,
                                         identities& known, membership& members, tracked_objects& tracked)
    : known_{known}, members_{members}, tracked_{tracked}, engine_{std::move(engine)}, wanted_{wanted}, where_{where} {
    if (!engine_) throw_usage("a session needs an engine; this one is empty (koine::create_engine makes one)");
}

void session_transaction::raise(session_state::decision why) const {
    switch (why) {
        case session_state::decision::refused_over:
            throw_usage("the session has ended; a query runs while its session lives");
        case session_state::decision::refused_in_doubt:
            throw_usage(
                "the answer to the session's COMMIT was lost, so that nobody knows what is in the database; only "
                "close() is accepted");
        case session_state::decision::refused_ended:
            throw_usage("the savepoint has ended already");
        case session_state::decision::refused_inner:
            throw_usage("a savepoint inside of this one is still open");
        default:
            break;
    }
    error_info info;
    info.code = errc::transaction_failed;
    info.outcome = outcome::not_sent;
    info.poisons_transaction = true;
    info.message = "an earlier flush or commit of the session failed; call rollback() before anything else";
    if (cause_) info.message += ". It failed for this: " + std::string{cause_->what()};
    throw_error(std::move(info));
}

void session_transaction::failed() noexcept {
    if (!state_.is_open()) return;
    state_.failed();
    cause_.reset();
    const std::exception_ptr under_way = std::current_exception();
    if (!under_way) return;
    try {
        std::rethrow_exception(under_way);
    } catch (const error& why) {
        cause_ = why;
    } catch (const std::exception& why) {
        try {
            error_info info;
            info.message = why.what();
            cause_.emplace(std::move(info));
        } catch (...) {
            cause_.reset();
        }
    } catch (...) {
        cause_.reset();
    }
}

void session_transaction::demand(session_state::operation what, std::uint64_t id) const {
    const session_state::decision answer = state_.may(what, id);
    if (answer != session_state::decision::go) raise(answer);
}

// ---- The connection ----

void session_transaction::lease() {
    own_ = connection_lease{engine_, where_};
    lease_ = &own_;
    if (observers_) [[unlikely]]
        own_->watch_also(*observers_, where_);
    if (wanted_.isolation == isolation::default_ && !wanted_.read_only && !wanted_.deferrable) return;
    try {
        (*lease_)->begin(wanted_);
    } catch (...) {
        give_back();
        throw;
    }
}

statement_subscription session_transaction::observe(std::shared_ptr<statement_observer> observer) {
    if (!observers_) observers_ = std::make_unique<statement_observers>();
    statement_subscription made = observers_->subscribe(std::move(observer));
    if (in_transaction()) leased().watch_also(*observers_, where_);
    return made;
}

void session_transaction::give_back() noexcept {
    lease_ = nullptr;
    own_ = connection_lease{};
    connection_.reset();
}

koine::connection& session_transaction::raw_connection() {
    on();
    if (!connection_) {
        connection_.emplace(connection_access::adopt(std::move(own_), engine_.options().statement_timeout));
        lease_ = &connection_access::lease_of(*connection_);
    }
    return *connection_;
}

// ---- Commit, rollback ----

void session_transaction::commit(driver_connection& link) {
    try {
        link.commit();
    } catch (const in_doubt_error&) {
        state_.commit_in_doubt();
        throw;
    } catch (const error& why) {
        // Refused, it has changed nothing.
        const bool refused =
            why.outcome() == outcome::not_sent && !why.poisons_connection() && !why.poisons_transaction();
        if (!refused) failed();
        throw;
    } catch (...) {
        failed();
        throw;
    }
}

void session_transaction::keep_what_ended() {
    if (!leased().ended_by_statement()) return;
    tracked_.forget_deleted();
    undo_.clear();
    state_.ended_by_statement();
}

void session_transaction::rollback() {
    demand(session_state::operation::rollback);
    if (in_transaction()) {
        try {
            keep_what_ended();
            leased().rollback();
        } catch (const usage_error&) {
            throw;
        } catch (const error&) {
            // The connection is lost, and with it the transaction: the server has rolled it back,
            // which is what was asked for.
        }
    }
    restore(0);
}

void session_transaction::end() noexcept {
    undo_.clear();
    state_.ended();
    if (!in_transaction()) return;
    lease_ = nullptr;
    // What fails below has been committed or rolled back; a connection that cannot be cleaned is
    // closed by the pool.
    if (connection_) [[unlikely]]
        return close_connection();
    try {
        own_.release();
    } catch (...) {
    }
}

void session_transaction::close_connection() noexcept {
    try {
        connection_->close();
    } catch (...) {
    }
    connection_.reset();
}

void session_transaction::abandon() noexcept {
    // Changes that were flushed and not committed are lost, also in memory. Without a transaction
    // there is nothing to take back: what was assigned since stays with the objects, for the
    // session that takes them up next.
    if (needs_rollback()) {
        try {
            restore(0);
        } catch (...) {
            undo_.clear();
        }
    }
    give_back();
    end();
}

// ---- Savepoints ----

std::uint64_t session_transaction::open_savepoint() {
    state_.reserve_savepoint();
    const std::uint64_t on_connection = on().savepoint();
    return state_.opened(undo_.size(), on_connection);
}

void session_transaction::check_release(std::uint64_t id) const {
    demand(session_state::operation::release_savepoint, id);
}

void session_transaction::release_savepoint(std::uint64_t id) {
    check_release(id);
    leased().release_savepoint(state_.innermost().on_connection);
    state_.closed_innermost();
}

void session_transaction::undo_savepoint(std::uint64_t id) {
    demand(session_state::operation::rollback);
    if (in_transaction()) keep_what_ended();
    demand(session_state::operation::undo_savepoint, id);
    // Those inside of it end with it.
    leased().rollback_to_savepoint(state_.of(id).on_connection);
    restore(state_.left(id).undo);
    state_.taken_back_to_savepoint();
}

bool session_transaction::leave_savepoint(std::uint64_t id) noexcept {
    if (!needs_rollback()) return false;
    try {
        keep_what_ended();
        if (state_.may(session_state::operation::leave_savepoint, id) != session_state::decision::go) return false;
        const session_state::savepoint here = state_.left(id);
        leased().rollback_to_savepoint_later(here.on_connection);
        restore(here.undo);
        state_.taken_back_to_savepoint();
    } catch (...) {
        failed();
    }
    return true;
}

// ---- Memory ----

// As it was when the undo log had `size` entries: first what was not flushed, then what was, newest
// first.
void session_transaction::restore(std::size_t size) {
    try {
        tracked_.take_back();
        while (undo_.size() > size) {
            undo_one(undo_.back());
            undo_.pop();
        }
    } catch (...) {
        failed();
        throw;
    }
    tracked_.forget_untouched();
}

void session_transaction::undo_one(undo_entry& entry) {
    object_header& header = *entry.header;
    // Expunged here and added there since: what becomes of it is up to that session.
    if (members_.is_elsewhere(header)) [[unlikely]]
        return;
    class_slot& slot = known_.slot_of(header);
    const bool mine = members_.owns(header);
    switch (entry.what) {
        case undo_entry::change::update:
            assign_columns(header, entry.base.get(), tracked_.buffer());
            replace_base(header, std::move(entry.base));
            break;
        case undo_entry::change::delete_:
            if (header.state != object_state::deleted) break;
            header.state = mine ? object_state::persistent : object_state::detached;
            if (mine) {
                // A row that was written under the same key, and read, is taken back with the rest.
                if (void* const other = known_.find(slot, known_.key_of(*slot.plan, header.base)); other != nullptr)
                    detach(*header_of(other));
                known_.put(slot, header);
            }
            break;
        case undo_entry::change::insert:
            if (mine && header.state == object_state::persistent) {
                if (header.base == nullptr) take_base(header);
                known_.take_out(slot, header);
            }
            if (slot.plan->generated >= 0) {
                const auto column = static_cast<std::uint16_t>(slot.plan->generated);
                if (entry.generated_key) slot.plan->entity->clear_column(column, object_of(&header));
            }
            replace_base(header, nullptr);
            make_transient(header);
            break;
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
