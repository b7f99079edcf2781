#include "exchange.hpp"

#include <cstring>
#include <utility>

namespace koine::libpq {

void exchange::attach(PGconn* connection) {
    connection_ = connection;
    canceller_.take(connection);
}

void exchange::receive_notice(void* self, const PGresult* result) noexcept {
    auto& kept = static_cast<exchange*>(self)->notice_;
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* const text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    std::memset(kept.sqlstate, 0, sizeof kept.sqlstate);
    if (state != nullptr) std::strncpy(kept.sqlstate, state, 5);
    try {
        kept.message.assign(text != nullptr ? text : "", text != nullptr ? strnlen(text, spi::max_error_text) : 0);
    } catch (...) {
        kept.message.clear();
    }
}

void exchange::enter_pipeline() {
    if (PQenterPipelineMode(connection_) == 0) lose(nullptr);
}

void exchange::fail_to_send() {
    // Refused before a byte was written, or in the middle of a batch: the connection is out of
    // step.
    auto why = loss(nullptr);
    if (due_.empty() && !follow(0).in_transaction) why.outcome = outcome::not_sent;
    throw why;
}

void exchange::send_command(const char* sql, part of) {
    sql_facts harmless;
    harmless.effect.reads_only = true;
    sent(PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 0));
    expect(of, harmless, 0);
}

void exchange::send_text(const std::string& sql, const sql_facts& facts, part of, std::uint32_t index) {
    sent(PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
    expect(of, facts, index);
}

void exchange::send_unprepared(const std::string& sql, std::span<const std::uint32_t> types, const parameters& values,
                               bool binary, const sql_facts& facts, part of, std::uint32_t index) {
    sent(PQsendQueryParams(connection_, sql.c_str(), values.count(), types.data(), values.values(), values.lengths(),
                           values.formats(), binary ? 1 : 0));
    expect(of, facts, index);
}

void exchange::send_prepare(const char* name, const std::string& sql) {
    sql_facts harmless;
    harmless.effect.reads_only = true;
    sent(PQsendPrepare(connection_, name, sql.c_str(), 0, nullptr));
    expect(part::prepare, harmless, 0);
    sent(PQsendDescribePrepared(connection_, name));
    expect(part::describe, harmless, 0);
}

void exchange::send_sync() {
    sent(PQpipelineSync(connection_));
    sql_effect none;
    none.reads_only = true;
    due_.push_back(due{part::sync, none, 0});
}

koine_status exchange::push_rest(int left, koine_wait& wait) {
    consumed_ = true;
    // The server may be unable to read on before we have read what it sends.
    if (left < 0 || PQconsumeInput(connection_) == 0) lose(nullptr);
    wait = koine_wait{PQsocket(connection_), KOINE_WAIT_READ | KOINE_WAIT_WRITE, KOINE_NO_DEADLINE};
    return KOINE_WAIT;
}

koine_status exchange::push_again(koine_wait& wait) {
    return push(wait);
}

koine_status exchange::await_more(koine_wait& wait) {
    if (PQsocket(connection_) < 0) lose(nullptr);
    return await_input(wait);
}

// The next part is due.
void exchange::step() {
    ++at_;
    if (stream_ && at_ < due_.size() && due_[at_].of == part::statement) PQsetSingleRowMode(connection_);
}

koine_status exchange::next(answer& out, koine_wait& wait) {
    while (at_ < due_.size()) {
        if (const auto status = readable(wait); status != KOINE_DONE) return status;
        out.result.reset(PQgetResult(connection_));
        if (gives(out)) return KOINE_DONE;
    }
    if (pipelined_ && PQexitPipelineMode(connection_) == 0) lose(nullptr);
    if (const auto status = conclude(wait); status != KOINE_DONE) return status;
    out.of = part::over;
    out.result.reset();
    return KOINE_DONE;
}

// What answers a statement, but is no rows.
void exchange::take_other(result_ptr got, result_ptr& out) {
    answer other{part::over, 0, std::move(got)};
    if (gives(other) && other.of == part::statement) out = std::move(other.result);
}

// Judges the answer that has come to the part that is due: false for one that nobody waits for.
bool exchange::gives(answer& out) {
    const due& now = due_[at_];
    if (out.result == nullptr) {
        // Behind an error at a Sync, the answer to the Sync itself is still to come.
        if (now.of == part::sync && std::exchange(sync_failed_, false)) return false;
        if (now.of == part::sync || PQstatus(connection_) == CONNECTION_BAD) lose(nullptr);
        step();
        return false;
    }
    switch (PQresultStatus(out.result.get())) {
        case PGRES_COMMAND_OK:
            // A COMMIT that the server turned into a ROLLBACK is no error to it.
            if (now.effect.control == control::commit && !failure_ &&
                std::strcmp(PQcmdStatus(out.result.get()), "ROLLBACK") == 0) {
                failure_ = rolled_back_commit();
                failed_at_ = due_.size();
                // It is no error to the server, which has run on.
                if (const auto all = follow(failed_at_); all.commits || all.writes)
                    failure_->outcome = outcome::unknown;
                failure_->queued_index = now.of == part::queued ? now.index + 1 : 0;
                out.of = part::failed;
                return true;
            }
            break;
        case PGRES_TUPLES_OK:
        case PGRES_SINGLE_TUPLE:
        case PGRES_EMPTY_QUERY:
            break;
        case PGRES_PIPELINE_SYNC:
            sync_failed_ = false;
            step();
            return false;
        case PGRES_PIPELINE_ABORTED:
            return false;
        case PGRES_FATAL_ERROR:
        case PGRES_NONFATAL_ERROR:
            take_error(out.result.get());
            out.of = part::failed;
            return failure_.has_value();
        default: {
            // COPY would take the connection over: there is no way to end it that keeps pipelines
            // in step.
            active_ = false;
            broken_ = true;
            auto why = local_failure(errc::not_supported, "COPY to or from the client cannot be run as a statement");
            // From the client nothing comes, and nothing behind it runs. To the client all is sent,
            // read or not, and what stands behind it runs.
            const bool goes_on = PQresultStatus(out.result.get()) != PGRES_COPY_IN;
            const auto done = follow(goes_on ? due_.size() : at_);
            why.outcome = done.commits || done.writes ? outcome::unknown : outcome::rejected;
            why.queued_index = now.of == part::queued ? now.index + 1 : 0;
            why.poisons_connection = why.poisons_transaction = true;
            throw why;
        }
    }
    if (now.of == part::housekeeping) return false;
    out.of = now.of;
    out.index = now.index;
    return true;
}

void exchange::take_error(const PGresult* error) {
    if (!session_survives(error)) lose(error);
    const due& now = due_[at_];
    sync_failed_ = now.of == part::sync;
    // A Sync commits what stands in front of it.
    const due& answered = sync_failed_ && at_ != 0 ? due_[at_ - 1] : now;
    if (failure_ || answered.of == part::housekeeping) return;
    failure_ = server_failure(error, facts_of_error());
    failed_at_ = at_;
    failed_state_[failure_->sqlstate.copy(failed_state_, 5)] = '\0';
    failure_->sqlstate = failed_state_;
    if (now.of == part::queued) failure_->queued_index = now.index + 1;
}

void exchange::throw_failure() {
    auto why = std::move(*failure_);
    failure_.reset();
    if (PQtransactionStatus(connection_) == PQTRANS_INERROR) why.poisons_transaction = true;
    throw why;
}

koine_status exchange::drain(koine_wait& wait, errors which) {
    answer dropped;
    do {
        try {
            if (const auto status = next(dropped, wait); status != KOINE_DONE) return status;
        } catch (const spi::failure&) {
            if (broken_ || (which == errors::of_writes && failed_to_write())) throw;
            return KOINE_DONE;
        }
    } while (dropped.of != part::over);
    return KOINE_DONE;
}

// Whether the failure of the batch is that of something that was to change the data.
bool exchange::failed_to_write() const noexcept {
    if (failed_at_ >= due_.size()) return true;
    const due& failed = due_[failed_at_];
    return failed.of == part::sync ? follow(failed_at_).writes : !failed.effect.reads_only;
}

// Follows the first parts of the batch through the transactions that they begin and end.
exchange::course exchange::follow(std::size_t parts) const noexcept {
    course now{start_ == PQTRANS_INTRANS || start_ == PQTRANS_INERROR, start_ == PQTRANS_INERROR};
    for (std::size_t i = 0; i < parts; ++i) {
        const sql_effect& effect = due_[i].effect;
        switch (effect.control) {
            case control::begin:
                now.in_transaction = true;
                break;
            case control::commit:
                // Of a transaction that has failed it can only roll back.
                if (!now.failed) now.commits = true;
                now.in_transaction = effect.chains;
                now.failed = false;
                break;
            case control::rollback:
                now.in_transaction = effect.chains;
                now.failed = false;
                break;
            case control::rollback_to:
                now.failed = false;
                break;
            case control::none:
                if (now.in_transaction || effect.reads_only) break;
                now.writes = true;
                now.commits_inside = now.commits_inside || effect.commits_inside;
                break;
        }
    }
    return now;
}

// What the error says that answers the part that is due: nothing of a statement is left, unless it
// has committed inside; nothing of what a Sync was to commit, unless something before has.
work_facts exchange::facts_of_error() const noexcept {
    const auto before = follow(at_);
    work_facts facts;
    facts.in_transaction = before.in_transaction;
    if (due_[at_].of == part::sync) {
        facts.commits = before.commits;
        facts.writes = before.commits_inside;
    } else {
        facts.writes = due_[at_].effect.commits_inside && !before.in_transaction;
    }
    facts.cancelled_by_us = canceller_.requested();
    return facts;
}

// What may stay of the batch when the session has ended: nothing from a part on that has failed,
// nothing behind the one that the server ended the session with.
work_facts exchange::facts_of_loss(const PGresult* last) const noexcept {
    const bool stopped = comes_from_server(last) && at_ < due_.size();
    const auto done = follow(failure_ ? failed_at_ : stopped ? at_ + 1 : due_.size());
    work_facts facts;
    facts.commits = done.commits;
    facts.writes = done.writes || (failure_ && failure_->outcome == outcome::unknown);
    return facts;
}

// The session is over. What the server said last may still stand in the input.
spi::failure exchange::loss(const PGresult* last) {
    active_ = false;
    broken_ = true;
    // Asking for results adds complaints about the closed socket.
    const std::string said = PQerrorMessage(connection_);
    const PGresult* answered = last;  // to the part that is due
    result_ptr found;
    // Bounded: a broken libpq connection may answer errors for ever. Blocks never: the socket is
    // gone or nothing is awaited.
    for (int i = 0; last == nullptr && i < 8 && PQisBusy(connection_) == 0; ++i) {
        found.reset(PQgetResult(connection_));
        if (found == nullptr) break;
        if (PQresultStatus(found.get()) == PGRES_FATAL_ERROR) last = found.get();
        if (i == 0) answered = last;
    }
    return lost_connection(said, last, notice_, facts_of_loss(answered));
}

void exchange::lose(const PGresult* last) {
    throw loss(last);
}

}  // namespace koine::libpq
