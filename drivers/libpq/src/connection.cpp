#include "connection.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <koine/spi/hex.hpp>

namespace koine::libpq {

namespace {

// Names of statements cannot be guessed and do not repeat, so that a pooler that swaps sessions
// makes an error of a name that another client prepared, never that client's statement.
std::string random_prefix() {
    unsigned char bytes[8];
    if (::getentropy(bytes, sizeof bytes) != 0) throw std::system_error{errno, std::generic_category(), "getentropy"};
    std::string out = "koine_";
    for (const unsigned char byte : bytes) {
        out += spi::hex_digits[byte >> 4];
        out += spi::hex_digits[byte & 15];
    }
    return out + '_';
}

// Statements that were prepared by text; the driver's own are not among them.
constexpr const char* deallocate_named =
    "DO $$ DECLARE one text; BEGIN FOR one IN SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql LOOP "
    "EXECUTE pg_catalog.format('DEALLOCATE %I', one); END LOOP; END $$";

void check_sql(std::string_view sql) {
    // libpq would drop what follows without a word.
    if (sql.find('\0') != std::string_view::npos)
        throw local_failure(errc::invalid_encoding, "the statement's text contains a NUL byte");
}

}  // namespace

connection::connection(std::span<const koine_parameter> parameters)
    : settings_{std::make_shared<const connect_settings>(read_settings(parameters))} {}

connection::~connection() {
    delete_statements();
}

void connection::abandon() noexcept {
    // The session belongs to another process. Nothing of it is touched, not even its memory: libpq
    // has no way to free that without sending its farewell.
    exchange_.break_off();
}

koine_status connection::go_on_connecting(koine_wait& wait) {
    if (const auto status = connector_->run(handle_, &exchange::receive_notice, &exchange_, wait); status != KOINE_DONE)
        return status;
    connector_.reset();
    exchange_.attach(handle_.get());
    encoding_ = PQclientEncoding(handle_.get());
    server_version_ = spi::to_view(PQparameterStatus(handle_.get(), "server_version"));
    server_version_.resize(std::min(server_version_.find(' '), server_version_.size()));
    name_prefix_ = random_prefix();
    return KOINE_DONE;
}

void connection::give_up_connecting() noexcept {
    connector_.reset();
    exchange_.break_off();
}

std::uint32_t connection::transaction_bits() const noexcept {
    switch (PQtransactionStatus(handle_.get())) {
        case PQTRANS_IDLE:
            return 0;
        case PQTRANS_INTRANS:
            return KOINE_STATE_IN_TRANSACTION;
        case PQTRANS_INERROR:
            return KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION;
        case PQTRANS_ACTIVE:
            return KOINE_STATE_BUSY;
        case PQTRANS_UNKNOWN:
            break;
    }
    return KOINE_STATE_BROKEN;
}

bool connection::has_drifted() const noexcept {
    return dirty_ || PQclientEncoding(handle_.get()) != encoding_ || exchange_.cancels().used();
}

koine_status connection::prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait) {
    const bool stream = (flags & KOINE_PREPARE_STREAM) != 0;
    if (!resumes(task::prepare, nullptr)) {
        check_sql(sql);
        // Without a name the server describes the statement and keeps nothing that anyone relies
        // on.
        const bool keep = (flags & KOINE_PREPARE_ONCE) == 0 && !settings_->transaction_pooler;
        auto made = std::make_unique<statement>(*this, sql, keep ? next_name() : std::string{}, stream);
        check_statement(made->plan()->facts.empty, made->plan()->facts.parameters, max_parameters);
        exchange_.open(true);
        send_doomed();
        exchange_.send_prepare(made->plan()->name.c_str(), std::string{sql});
        exchange_.send_sync();
        exchange_.go();
        preparing_ = std::move(made);
        enter(task::prepare, nullptr);
    }
    return step_preparing(out, [&] {
        answer got;
        do {
            if (const auto status = exchange_.next(got, wait); status != KOINE_DONE) return status;
            if (got.of == part::describe) preparing_->take_description(std::move(got.result));
        } while (got.of != part::over);
        return koine_status{KOINE_DONE};
    });
}

void connection::send_behind_front(const prepared& plan, const parameters& values, bool stream) {
    exchange_.open(true);
    send_front();
    send_plan(plan, values, part::statement, 0);
    exchange_.send_sync();
    if (stream) exchange_.stream();
    exchange_.go();
}

void connection::send_unprepared(const prepared& plan, const parameters& values, part of, std::uint32_t index) {
    exchange_.send_unprepared(plan.sql, plan.parameter_types, values, plan.binary, plan.facts, of, index);
}

void connection::send_front() {
    send_doomed();
    for (std::size_t i = 0; i < queued_; ++i) {
        queued& one = queue_[i];
        const auto index = static_cast<std::uint32_t>(i);
        if (one.plan != nullptr) {
            send_plan(*one.plan, one.values, part::queued, index);
        } else {
            if (one.facts.sets_session) note_change(one.facts);
            exchange_.send_text(one.sql, one.facts, part::queued, index);
        }
        one.plan.reset();
    }
    queued_ = 0;
}

// Inside a transaction a name that is gone already (DISCARD ALL) would fail the transaction, so it
// waits. Each has its own Sync: one that fails takes nothing with it.
void connection::send_doomed() {
    if (!exchange_.starts_idle()) return;
    std::erase_if(doomed_, [this](const std::shared_ptr<const prepared>& plan) {
        // What is queued still needs its statement.
        if (plan.use_count() > 1) return false;
        exchange_.send_command(("DEALLOCATE " + plan->name).c_str(), part::housekeeping);
        exchange_.send_sync();
        return true;
    });
}

koine_status connection::enqueue(statement* what, std::string_view sql, std::span<const koine_value> binds) {
    resumes(task::none, nullptr);
    if (exchange_.broken()) exchange_.open(false);
    if (queued_ == queue_.size()) queue_.emplace_back();
    queued& next = queue_[queued_];
    if (what != nullptr) {
        what->encode(binds, next.values, true);
        next.plan = what->plan();
    } else {
        if (!binds.empty()) throw local_failure(errc::usage, "a queued text takes no parameters");
        next.plan.reset();
        // The same texts come again and again in the same places: BEGIN in the first.
        if (next.sql != sql) {
            check_sql(sql);
            next.sql = sql;
            next.facts = inspect(sql);
        }
    }
    ++queued_;
    return KOINE_DONE;
}

koine_status connection::flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error&) {
    if (!resumes(task::flush, nullptr)) {
        if (queued_ == 0) return KOINE_DONE;
        std::fill(affected.begin(), affected.end(), std::int64_t{-1});
        exchange_.open(true);
        send_front();
        exchange_.send_sync();
        exchange_.go();
        enter(task::flush, nullptr);
    }
    return step([&] {
        answer got;
        do {
            if (const auto status = exchange_.next(got, wait); status != KOINE_DONE) return status;
            if (got.of == part::queued && got.index < affected.size())
                affected[got.index] = affected_rows(got.result.get());
        } while (got.of != part::over);
        return koine_status{KOINE_DONE};
    });
}

koine_status connection::ping(koine_wait& wait) {
    if (!resumes(task::ping, nullptr)) {
        // A lone Sync: it is answered in every state, a failed transaction included.
        exchange_.open(true);
        exchange_.send_sync();
        exchange_.go();
        enter(task::ping, nullptr);
    }
    return step([&] {
        answer got;
        do {
            if (const auto status = exchange_.next(got, wait); status != KOINE_DONE) return status;
        } while (got.of != part::over);
        return koine_status{KOINE_DONE};
    });
}

// Ends whatever is under way by reading its answers to their end.
koine_status connection::drained(koine_wait& wait, exchange::errors which) {
    if (!exchange_.active()) return KOINE_DONE;
    return exchange_.drain(wait, which);
}

koine_status connection::reset(koine_wait& wait) {
    check_connected();
    if (task_ != task::reset) {
        for (std::size_t i = 0; i < queued_; ++i) queue_[i].plan.reset();
        queued_ = 0;
        preparing_.reset();
        enter(task::reset, nullptr);
        resetting_ = false;
    }
    return step([&] {
        if (!resetting_) {
            if (const auto status = drained(wait, exchange::errors::none); status != KOINE_DONE) return status;
            if (exchange_.broken()) exchange_.open(false);
            if (!send_reset()) return koine_status{KOINE_DONE};
            resetting_ = true;
        }
        answer got;
        do {
            if (const auto status = exchange_.next(got, wait); status != KOINE_DONE) return status;
        } while (got.of != part::over);
        if (PQtransactionStatus(handle_.get()) == PQTRANS_IDLE) {
            dirty_ = may_have_prepared_ = false;
            exchange_.cancels().forget();
            return koine_status{KOINE_DONE};
        }
        exchange_.break_off();
        auto why = local_failure(errc::transaction_failed, "the transaction could not be rolled back");
        why.poisons_connection = why.poisons_transaction = true;
        throw why;
    });
}

// Sends what brings the session back to what connect() made; false if it is that already.
bool connection::send_reset() {
    const bool rollback = PQtransactionStatus(handle_.get()) != PQTRANS_IDLE;
    const bool drifted = has_drifted();
    if (!rollback && !drifted) return false;
    exchange_.open(drifted);
    if (rollback) exchange_.send_command("ROLLBACK", part::statement);
    if (drifted) {
        if (rollback) exchange_.send_sync();
        // Not DISCARD ALL: it would take the prepared statements with it, and their owners would
        // only notice when the next transaction fails. These are its other parts.
        for (const char* const command :
             {"CLOSE ALL", "RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL", "UNLISTEN *",
              "SELECT pg_catalog.pg_advisory_unlock_all()", "DISCARD TEMP", "DISCARD SEQUENCES"})
            exchange_.send_command(command, part::statement);
        exchange_.send_sync();
        // Its own Sync: where there is no PL/pgSQL, they stay.
        if (may_have_prepared_) {
            exchange_.send_command(deallocate_named, part::housekeeping);
            exchange_.send_sync();
        }
    }
    exchange_.go();
    return true;
}

void connection::forget(statement& one) noexcept {
    unlink(one);
    // Its answers are read and dropped by reset().
    if (owner_ == &one) leave();
    if (!one.plan()->on_server) return;
    try {
        doomed_.push_back(one.plan());
    } catch (...) {
        // The server then keeps the statement as long as the session lives.
    }
}

std::string connection::next_name() {
    return name_prefix_ + std::to_string(++names_);
}

}  // namespace koine::libpq
