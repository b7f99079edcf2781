#include "connection.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <memory>

#include "errors.hpp"
#include "statement.hpp"

namespace sqlcipher_plugin {

using koine::errc;
using koine::spi::failure;

namespace {

std::int64_t now_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Steps of SQLite's machine between two questions whether to go on.
constexpr int steps_between_questions = 1000;

}  // namespace

connection::connection(std::span<const koine_parameter> parameters) {
    for (const auto& parameter : parameters) {
        const std::string_view key = koine::spi::to_view(parameter.key);
        const std::string_view value = koine::spi::to_view(parameter.value);
        if (key == "database") {
            file_ = value;
        } else if (key == "passphrase") {
            if (!passphrase_.empty()) throw refusal(errc::invalid_url, "", "the passphrase is given twice");
            passphrase_ = value;
        } else if (key == "busy_timeout") {
            std::int64_t milliseconds = 0;
            const auto read = std::from_chars(value.data(), value.data() + value.size(), milliseconds);
            if (read.ec != std::errc{} || milliseconds < 0 || milliseconds > 1'000'000'000)
                throw refusal(errc::invalid_url, "", "busy_timeout is a number of milliseconds");
            busy_timeout_ns_ = milliseconds * 1'000'000;
        } else if (!value.empty()) {
            throw refusal(errc::invalid_url, "",
                          "an encrypted file has no " + std::string{key} + "; an absolute path has four slashes");
        }
    }
    if (file_.empty() || file_ == ":memory:" || file_.find('\0') != std::string::npos)
        throw refusal(errc::invalid_url, "", "encryption needs a file: sqlcipher:///file");
    if (passphrase_.empty())
        throw refusal(errc::invalid_url, "", "the passphrase is missing: sqlcipher:///file?passphrase=...");
}

connection::~connection() {
    while (!statements_.empty()) delete *statements_.begin();
    sqlite3_close(database_);
}

koine_status connection::connect(koine_wait&) {
    begin();
    const int code = sqlite3_open_v2(file_.c_str(), &database_,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    try {
        if (code != SQLITE_OK) throw failed(code);
        sqlite3_extended_result_codes(database_, 1);
        sqlite3_busy_handler(database_, &connection::on_busy, this);
        sqlite3_progress_handler(database_, steps_between_questions, &connection::on_progress, this);
        const int keyed = sqlite3_key(database_, passphrase_.data(), static_cast<int>(passphrase_.size()));
        if (keyed != SQLITE_OK) throw failed(keyed);
        run("pragma foreign_keys = on");
        run("pragma case_sensitive_like = on");
        // The first look at what the file holds: a wrong passphrase is found out here. SQLite asks
        // nobody whether to wait for this lock.
        for (int tries = 0;; ++tries) {
            const int switched = sqlite3_exec(database_, "pragma journal_mode = wal", nullptr, nullptr, nullptr);
            if (switched == SQLITE_OK) break;
            if ((switched & 0xff) != SQLITE_BUSY || !wait_for_lock(tries)) throw failed(switched);
        }
    } catch (failure& why) {
        why.outcome = koine::outcome::not_sent;
        if (why.code == errc::authentication_failed)
            why.message = "the passphrase is wrong, or the file is not an encrypted database";
        why.message = "the encrypted database \"" + file_ + "\": " + why.message;
        sqlite3_close(database_);
        database_ = nullptr;
        throw;
    }
    return KOINE_DONE;
}

void connection::run(const char* sql) {
    if (const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) throw failed(code);
}

// The parent process uses the same file and locks: nothing may be closed.
void connection::abandon() noexcept {
    database_ = nullptr;
}

std::uint32_t connection::state() const noexcept {
    if (database_ == nullptr) return 0;
    std::uint32_t bits = 0;
    if (sqlite3_get_autocommit(database_) == 0) bits |= KOINE_STATE_IN_TRANSACTION;
    if (open_results_ != 0) bits |= KOINE_STATE_BUSY;
    return bits;
}

koine_status connection::reset(koine_wait&) {
    for (statement* const one : statements_) one->end();
    begin();
    if (sqlite3_get_autocommit(database_) == 0) run("rollback");
    return KOINE_DONE;
}

koine_status connection::ping(koine_wait&) {
    begin();
    run("pragma schema_version");
    return KOINE_DONE;
}

bool connection::must_stop() noexcept {
    if (running_ <= cancelled_.load()) return true;
    if (deadline_ns_ == KOINE_NO_DEADLINE || now_ns() < deadline_ns_) return false;
    return out_of_time_ = true;
}

int connection::on_progress(void* self) noexcept {
    auto& me = *static_cast<connection*>(self);
    // SQLite asks once more when a statement has ended and is committed, and would call that
    // interrupted.
    if (me.stepping_ != nullptr && sqlite3_stmt_busy(me.stepping_) == 0) return 0;
    return me.must_stop() ? 1 : 0;
}

bool connection::wait_for_lock(int tries) noexcept {
    const std::int64_t now = now_ns();
    if (tries == 0) busy_since_ns_ = now;
    const std::int64_t limit = std::min(deadline_ns_, busy_since_ns_ + busy_timeout_ns_);
    if (now >= limit || must_stop()) return false;
    const std::int64_t nap = std::min<std::int64_t>(limit - now, 100'000 << std::min(tries, 6));
    const timespec time{nap / 1'000'000'000, nap % 1'000'000'000};
    nanosleep(&time, nullptr);
    return true;
}

failure connection::failed(int code) {
    failure why = failure_of(database_, code);
    if (out_of_time_ && why.code == errc::cancelled) why.code = errc::timeout;
    out_of_time_ = false;
    if (in_transaction_ && sqlite3_get_autocommit(database_) != 0) why.poisons_transaction = true;
    if (why.code == errc::lock_timeout && !in_transaction_) why.outcome = koine::outcome::not_sent;
    return why;
}

koine_status connection::prepare(std::string_view sql, std::uint32_t, statement*& out, koine_wait&) {
    if (sql.size() > 1'000'000'000) throw refusal(errc::too_big, "54000", "the statement is too long");
    if (sql.find('\0') != std::string_view::npos)
        throw refusal(errc::syntax_error, "42601", "the statement contains a NUL character");
    begin();
    sqlite3_stmt* handle = nullptr;
    // What follows the statement may be blank: SQLite itself tells, by preparing nothing of it.
    for (std::string_view rest = sql; !rest.empty();) {
        sqlite3_stmt* next = nullptr;
        const char* tail = nullptr;
        const int code = sqlite3_prepare_v2(database_, rest.data(), static_cast<int>(rest.size()), &next, &tail);
        if (code != SQLITE_OK || (next != nullptr && handle != nullptr)) {
            failure why = code != SQLITE_OK && handle == nullptr
                              ? failed(code)
                              : refusal(errc::syntax_error, "42601", "there is text after the statement");
            why.outcome = koine::outcome::not_sent;
            sqlite3_finalize(next);
            sqlite3_finalize(handle);
            throw why;
        }
        if (next != nullptr) handle = next;
        rest.remove_prefix(static_cast<std::size_t>(tail - rest.data()));
    }
    if (handle == nullptr) throw refusal(errc::syntax_error, "42601", "the statement is empty");
    auto made = std::make_unique<statement>(*this, handle, sql);
    statements_.insert(made.get());
    out = made.release();
    return KOINE_DONE;
}

}  // namespace sqlcipher_plugin
