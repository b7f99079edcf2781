#include "connection.hpp"

#include <algorithm>
#include <utility>

#include <mysqld_error.h>

#include <koine/detail/utf8.hpp>

#include "errors.hpp"
#include "session.hpp"

namespace koine::libmariadb {

namespace {

// What the driver sends for itself changes nothing that a caller counts on.
constexpr sql_facts housekeeping{.reads_only = true};

std::string version_text(unsigned long number) {
    return std::to_string(number / 10'000) + '.' + std::to_string(number / 100 % 100) + '.' +
           std::to_string(number % 100);
}

}  // namespace

connection::connection(std::span<const koine_parameter> parameters)
    : settings_{std::make_shared<const connect_settings>(read_settings(parameters))} {}

connection::~connection() {
    delete_statements();
}

// The session belongs to another process. Nothing of it is touched, not even its memory: the
// library has no way to free that without sending its farewell.
void connection::abandon() noexcept {
    exchange_.abandon();
}

koine_status connection::go_on_connecting(koine_wait& wait) {
    connected_session made;
    if (const auto status = connector_->finish(made, wait); status != KOINE_DONE) return status;
    connector_.reset();
    mariadb_ = made.mariadb;
    role_ = std::move(made.role);
    max_packet_ = settings_->max_packet != 0 ? std::min(settings_->max_packet, made.max_packet) : made.max_packet;
    server_version_ = version_text(mysql_get_server_version(made.handle.get()));
    // A request to cancel must find the server that the session is on.
    settings_ = made.settings;
    exchange_.attach(std::move(made), settings_);
    return KOINE_DONE;
}

void connection::give_up_connecting() noexcept {
    connector_.reset();
    exchange_.break_off();
}

// What a successful statement did to the session.
void connection::take_session(const sql_facts& facts) noexcept {
    if (facts.sets_session || (exchange_.handle()->server_status & SERVER_SESSION_STATE_CHANGED) != 0) dirty_ = true;
    // The one thing that the server does not tell of what a routine has done.
    if (facts.calls) may_hold_locks_ = true;
    next_transaction_set_ = facts.sets_next_transaction;
}

// Nothing tells what the statement has done to the session until then.
void connection::give_up() noexcept {
    if (owner_ != nullptr && (owner_->facts().sets_session || owner_->facts().calls)) dirty_ = true;
    leave();
}

koine_status connection::prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait) {
    if (!resumes(task::prepare, nullptr)) {
        if (!detail::is_text(sql.data(), sql.size()))
            throw local_failure(errc::invalid_encoding, "the statement's text is not UTF-8 or contains a NUL byte");
        if (sql.size() >= max_packet_)
            throw local_failure(errc::too_big, "the statement's text is longer than max_allowed_packet (" +
                                                   std::to_string(max_packet_) + ")");
        auto made = std::make_unique<statement>(*this, sql, (flags & KOINE_PREPARE_STREAM) != 0);
        check_statement(made->facts().empty, made->facts().parameters, max_parameters);
        if (made->facts().plain_command) {
            out = made.release();
            return KOINE_DONE;
        }
        exchange_.open(housekeeping);
        made->make_native();
        preparing_sql_ = sql;
        preparing_ = std::move(made);
        phase_ = phase::front;
        enter(task::prepare, nullptr);
    }
    return step_preparing(out, [&] { return run_prepare(wait); });
}

koine_status connection::run_prepare(koine_wait& wait) {
    if (phase_ == phase::front) {
        if (const auto status = exchange_.front(wait); status != KOINE_DONE) return status;
        exchange_.line().prepare(preparing_->native(), preparing_sql_);
        phase_ = phase::sent;
    }
    if (phase_ == phase::sent) {
        if (const auto status = exchange_.line().advance(wait); status != KOINE_DONE) return status;
        phase_ = phase::concluding;
        if (exchange_.line().answer() == 0) {
            preparing_->take_description();
        } else if (const auto error = error_of(preparing_->native());
                   error.code == ER_UNSUPPORTED_PS && preparing_->facts().parameters == 0) {
            preparing_->send_as_text(preparing_sql_);
        } else {
            exchange_.fail(error);
        }
    }
    return exchange_.conclude(wait);
}

koine_status connection::ping(koine_wait& wait) {
    if (!resumes(task::ping, nullptr)) {
        exchange_.open(housekeeping);
        phase_ = phase::front;
        enter(task::ping, nullptr);
    }
    return step([&] {
        if (phase_ == phase::front) {
            if (const auto status = exchange_.front(wait); status != KOINE_DONE) return status;
            exchange_.line().ping();
            phase_ = phase::sent;
        }
        if (phase_ == phase::sent) {
            if (const auto status = sent(wait); status != KOINE_DONE) return status;
            phase_ = phase::concluding;
        }
        return exchange_.conclude(wait);
    });
}

// The end of a call that is not a statement's.
koine_status connection::sent(koine_wait& wait) {
    if (const auto status = exchange_.line().advance(wait); status != KOINE_DONE) return status;
    if (exchange_.line().answer() != 0) exchange_.fail(error_of(exchange_.handle()));
    return KOINE_DONE;
}

koine_status connection::reset(koine_wait& wait) {
    check_connected();
    if (task_ != task::reset) {
        if (owner_ != nullptr) reading_ = owner_->native();
        if (preparing_ != nullptr) reading_ = preparing_->native();
        if (exchange_.active()) {
            phase_ = phase::draining;
        } else if (!starts_reset()) {
            return KOINE_DONE;
        }
        enter(task::reset, owner_);
    }
    return step([&] { return run_reset(wait); });
}

// False if the session is what connect() made: there is nothing to tell the server.
bool connection::starts_reset() {
    if (!exchange_.broken() && !is_dirty() && !exchange_.in_transaction()) return false;
    exchange_.open(housekeeping);
    phase_ = phase::front;
    role_restored_ = false;
    return true;
}

koine_status connection::run_reset(koine_wait& wait) {
    if (phase_ == phase::draining) {
        if (const auto status = exchange_.drain(reading_, exchange::errors::none, wait); status != KOINE_DONE)
            return status;
        preparing_.reset();
        if (owner_ != nullptr) owner_->drop_result();
        give_up();
        if (!starts_reset()) return KOINE_DONE;
        enter(task::reset, nullptr);
    }
    if (phase_ == phase::front) {
        if (const auto status = exchange_.front(wait); status != KOINE_DONE) return status;
        // A reset of the session takes the prepared statements with it: only where something has
        // changed.
        if (has_drifted()) {
            exchange_.line().reset_session();
            phase_ = phase::sent;
        } else if (exchange_.in_transaction()) {
            exchange_.line().query("ROLLBACK");
            phase_ = phase::sent;
        } else {
            release_locks();
        }
    }
    while (phase_ != phase::concluding) {
        if (phase_ != phase::checked) {
            if (const auto status = sent(wait); status != KOINE_DONE) return status;
        } else if (const auto status = exchange_.line().advance(wait); status != KOINE_DONE) {
            return status;
        }
        after_reset_step();
    }
    return exchange_.conclude(wait);
}

// Where the server is too old to know the function, the reset fails and the connection is closed.
void connection::release_locks() {
    exchange_.line().query("DO RELEASE_ALL_LOCKS()");
    phase_ = phase::unlocking;
}

// Begins what follows the call that has ended.
void connection::after_reset_step() {
    wire& line = exchange_.line();
    if (exchange_.failed()) {
        phase_ = phase::concluding;
        return;
    }
    switch (phase_) {
        case phase::sent:
            if (!has_drifted()) {
                if (may_hold_locks_)
                    release_locks();
                else
                    phase_ = phase::concluding;
            } else if (!settings_->database.empty()) {
                line.select_database(settings_->database);
                phase_ = phase::database;
            } else {
                line.query(setup_statement(mariadb_));
                phase_ = phase::setting;
            }
            break;
        case phase::unlocking:
            may_hold_locks_ = false;
            phase_ = phase::concluding;
            break;
        case phase::database:
            line.query(setup_statement(mariadb_));
            phase_ = phase::setting;
            break;
        case phase::setting:
            line.query(check_query(mariadb_));
            phase_ = phase::checking;
            break;
        case phase::checking:
            line.store_result();
            phase_ = phase::checked;
            break;
        case phase::checked: {
            const result_ptr answer = line.result();
            if (mariadb_ && !role_restored_ && role_ && role_of(answer.get()) != *role_) {
                role_restored_ = true;
                line.query(role_statement(*role_));
                phase_ = phase::setting;  // to look once more
                break;
            }
            check_session(answer.get(), *settings_, role_);
            dirty_ = next_transaction_set_ = may_hold_locks_ = false;
            phase_ = phase::concluding;
            break;
        }
        default:
            phase_ = phase::concluding;
            break;
    }
}

void connection::forget(statement& one) noexcept {
    unlink(one);
    if (one.native_ != nullptr) exchange_.doom(one.native_);
    if (owner_ != &one) return;
    // What is still on the line is read and dropped by reset().
    const bool resetting = task_ == task::reset;
    give_up();
    if (resetting) {
        enter(task::reset, nullptr);
    } else {
        reading_ = one.native_;
    }
}

}  // namespace koine::libmariadb
