#include "exchange.hpp"

#include <utility>

#include <koine/spi/server_connection.hpp>

namespace koine::libmariadb {

exchange::~exchange() {
    if (handle() == nullptr) return;
    if (active_) wire_.break_off();
    // Closing a statement talks to the server; once the line is closed they are mere memory.
    wire_.close();
    for (MYSQL_STMT* const one : doomed_) mysql_stmt_close(one);
}

void exchange::attach(connected_session made, const std::shared_ptr<const connect_settings>& settings) {
    const auto session = mysql_thread_id(made.handle.get());
    wire_.attach(std::move(made), settings->read_timeout_ns, settings->write_timeout_ns);
    canceller_.take(settings, session);
}

void exchange::open(const sql_facts& facts) {
    if (broken_) spi::refuse_lost();
    facts_ = work_facts{};
    // BEGIN commits what was begun before.
    facts_.commits = facts.commits || (facts.begins && in_transaction());
    facts_.in_transaction = in_transaction() || facts.begins;
    facts_.commits_first = facts.commits_first;
    facts_.in_parts = facts.in_parts;
    facts_.reads_only = facts.reads_only;
    failure_.reset();
    ended_ = pinging_ = asking_ = unsure_ = behind_ = false;
    calls_ = facts.calls && facts.in_parts;
    active_ = true;
    canceller_.begin();
}

koine_status exchange::front(koine_wait& wait) {
    for (;;) {
        if (const auto status = wire_.advance(wait); status != KOINE_DONE) return status;
        if (doomed_.empty()) return KOINE_DONE;
        // An error shows in the call that follows.
        wire_.close(std::exchange(doomed_.back(), nullptr));
        doomed_.pop_back();
    }
}

void exchange::fail(const native_error& error) {
    facts_.cancelled_by_us = canceller_.requested();
    auto why = work_failure(error, facts_);
    if (why.poisons_connection) {
        break_off();
        throw why;
    }
    unsure_ = facts_.commits_first && facts_.in_transaction;
    fail(std::move(why));
}

void exchange::fail(spi::failure why) {
    if (!failure_) failure_.emplace(std::move(why));
}

koine_status exchange::conclude(koine_wait& wait) {
    if (!ended_) {
        if (!canceller_.end(wait)) return KOINE_WAIT;
        ended_ = true;
        if (canceller_.used()) {
            wire_.ping();
            pinging_ = true;
        }
    }
    if (pinging_) {
        if (const auto status = wire_.advance(wait); status != KOINE_DONE) return status;
        if (wire_.answer() != 0) {
            // The request may have hit the ping itself.
            if (const auto error = error_of(handle()); loses_connection(error)) fail(error);
        }
        pinging_ = false;
        canceller_.forget();
    }
    if (unsure_) {
        if (!std::exchange(asking_, true)) wire_.query("DO 0");
        if (const auto status = wire_.advance(wait); status != KOINE_DONE) return status;
        if (wire_.answer() != 0) fail(error_of(handle()));
        unsure_ = false;
    }
    active_ = false;
    if (failure_) {
        auto why = failure_->release();
        failure_.reset();
        if (asking_ && !in_transaction()) {
            why.outcome = outcome::unknown;
            why.message +=
                "; what the transaction did before it has been committed, unless it was rolled back on the way";
        } else if (asking_ && calls_) {
            // The transaction that is open now need not be the one that was.
            why.outcome = outcome::unknown;
        }
        throw why;
    }
    return KOINE_DONE;
}

koine_status exchange::drain(MYSQL_STMT* reading, errors which, koine_wait& wait) {
    while (!ended_) {
        if (const auto status = wire_.advance(wait); status != KOINE_DONE) return status;
        static_cast<void>(wire_.result());
        MYSQL* const connection = handle();
        if (connection->net.pvio == nullptr) {
            fail(error_of(connection));
            break;
        }
        if (which == errors::all && mysql_errno(connection) != 0) fail(error_of(connection));
        if (connection->status == MYSQL_STATUS_GET_RESULT) {
            wire_.store_result();
        } else if (connection->status != MYSQL_STATUS_READY && reading != nullptr) {
            if (which == errors::all && behind_) fail(several_results(in_transaction()));
            // Freeing skips what is on the line only where nothing was stored before.
            if (reading->result_cursor != nullptr) {
                wire_.store_rows(reading);
            } else {
                wire_.free_rows(reading);
            }
        } else if ((connection->server_status & SERVER_MORE_RESULTS_EXIST) != 0) {
            behind_ = true;
            if (reading != nullptr) {
                wire_.next_rows(reading);
            } else {
                wire_.next_result();
            }
        } else {
            break;
        }
    }
    try {
        return conclude(wait);
    } catch (const spi::failure&) {
        if (broken_ || which == errors::all) throw;
        return KOINE_DONE;
    }
}

void exchange::doom(MYSQL_STMT* statement) noexcept {
    try {
        doomed_.push_back(statement);
    } catch (...) {
        // The server then keeps the statement as long as the session lives.
    }
}

void exchange::break_off() noexcept {
    wire_.break_off();
    active_ = false;
    broken_ = true;
}

void exchange::abandon() noexcept {
    wire_.abandon();
    active_ = false;
    broken_ = true;
}

}  // namespace koine::libmariadb
