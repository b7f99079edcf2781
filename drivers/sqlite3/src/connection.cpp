#include "connection.hpp"

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <koine/deadline.hpp>
#include <koine/spi/hex.hpp>

#include "errors.hpp"
#include "functions.hpp"
#include "statement.hpp"

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

// Steps of SQLite's machine between two looks at deadline and cancellation: some tens of
// microseconds.
constexpr int steps_between_looks = 1000;

constexpr std::int64_t millisecond = 1000000;

// Costs a part of what the exact clock does, and is asked again and again.
std::int64_t coarse_now_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

}  // namespace

connection::connection(std::span<const koine_parameter> parameters)
    : options_{parse_options(parameters)},
      standing_bits_{options_.private_database() ? std::uint32_t{KOINE_STATE_PRIVATE_DATABASE} : 0U} {}

connection::~connection() {
    while (statements_ != nullptr) delete statements_;
    close_database();
}

void connection::close_database() noexcept {
    sqlite3* closing = nullptr;
    {
        const std::lock_guard lock{interrupter_};
        closing = std::exchange(database_, nullptr);
    }
    sqlite3_close(closing);
}

koine_status connection::connect(koine_wait&) {
    if (database_ != nullptr) throw own_failure(errc::usage, outcome::not_sent, {}, "the connection is open already");
    if (sqlite3_threadsafe() == 0)
        throw own_failure(errc::not_supported, outcome::not_sent, {}, "this SQLite was built without thread safety");
    std::uint64_t number = 0;
    begin_operation(number);
    try {
        if (options_.private_file) create_private_file();
        if (options_.immutable) check_immutable();
        open();
        configure();
    } catch (spi::failure& why) {
        explain_log(why);
        close_database();
        // SQLite's own words ("file is not a database") leave out which one.
        if (!options_.in_memory()) why.message = "the SQLite database \"" + options_.file + "\": " + why.message;
        throw;
    } catch (...) {
        close_database();
        throw;
    }
    return KOINE_DONE;
}

// Opening and closing a file that SQLite has open elsewhere in this process would drop that one's
// locks; a file that was created just now is nobody's yet. SQLite gives the journal the same
// permissions.
void connection::create_private_file() const {
    const int file = ::open(options_.file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);
    // Whatever else went wrong, opening the database tells it.
}

// SQLite says "unable to open database file", whatever the reason is.
void connection::explain_open(spi::failure& why, int system_error) const {
    if (system_error == 0) return;
    why.message += ": " + std::generic_category().message(system_error);
    if (system_error != ENOENT) return;
    const bool creates = options_.mode == open_mode::read_write_create;
    why.hint = creates ? "the file is made, its directory is not" : "mode=rwc makes a file that is missing";
    if (!options_.uri && !options_.file.starts_with('/'))
        why.hint +=
            "; the path is relative to the working directory, an absolute one has four slashes: sqlite:////path";
}

// A database with a write-ahead log needs its two files beside it even for reading. Where they
// cannot be made, SQLite speaks of opening a file or of writing to one.
void connection::explain_log(spi::failure& why) const {
    const int code = why.native_code & 0xff;
    if (database_ == nullptr || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)) return;
    sqlite3_file* file = nullptr;
    if (sqlite3_file_control(database_, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
        file->pMethods == nullptr)
        return;
    // Through SQLite's own descriptor: closing another one would drop the locks of this process.
    constexpr unsigned char with_log = 2;
    unsigned char read_version = 0;
    if (file->pMethods->xRead(file, &read_version, 1, 19) != SQLITE_OK || read_version != with_log) return;
    why.message =
        "it has a write-ahead log (WAL), for which files must be made beside it even to read it, and they cannot be (" +
        why.message + ")";
    why.hint =
        "let the user write to its directory; or, if nobody changes the file meanwhile, open it with "
        "mode=ro&immutable=on; or take the log away, where it can be written: PRAGMA journal_mode=delete";
}

// Without a look at the write-ahead log its changes would be missing without a word.
void connection::check_immutable() const {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(options_.file + "-wal", none);
    if (none || bytes == 0) return;
    throw own_failure(errc::not_supported, outcome::not_sent, {},
                      "changes stand in the write-ahead log beside it, which immutable=on does not read: open it once "
                      "with mode=rw, which takes them into the file");
}

// Only a URI of SQLite's own can say that a file is immutable.
std::string connection::name_to_open() const {
    if (!options_.immutable) return options_.file;
    std::string out = options_.file.starts_with('/') ? "file://" : "file:";
    for (const char c : options_.file) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '%' || c == '?' || c == '#' || byte < 0x21)
            out.append(1, '%').append(1, spi::hex_digits[byte >> 4]).append(1, spi::hex_digits[byte & 15]);
        else
            out += c;
    }
    return out + "?immutable=1";
}

void connection::open() {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (options_.mode) {
        case open_mode::read_only:
            flags |= SQLITE_OPEN_READONLY;
            break;
        case open_mode::read_write:
            flags |= SQLITE_OPEN_READWRITE;
            break;
        case open_mode::read_write_create:
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
            break;
        case open_mode::memory:
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
            break;
    }
    if (options_.uri || options_.immutable) flags |= SQLITE_OPEN_URI;
    flags |= options_.shared_cache ? SQLITE_OPEN_SHAREDCACHE : SQLITE_OPEN_PRIVATECACHE;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(name_to_open().c_str(), &opened, flags, nullptr);
    if (code != SQLITE_OK) {
        const std::unique_ptr<sqlite3, int (*)(sqlite3*)> closing{opened, &sqlite3_close};
        spi::failure why = last_error(opened, code);
        why.outcome = outcome::not_sent;
        if ((code & 0xff) == SQLITE_CANTOPEN && opened != nullptr) explain_open(why, sqlite3_system_errno(opened));
        throw why;
    }
    const std::lock_guard lock{interrupter_};
    database_ = opened;
}

void connection::set_switch(int which, int value) {
    int now = -1;
    if (sqlite3_db_config(database_, which, value, &now) != SQLITE_OK || now != value)
        throw own_failure(errc::not_supported, outcome::not_sent, {}, "this SQLite lacks a setting that Koine needs");
}

void connection::run(const char* sql) {
    const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    spi::failure why = failure_of(code, current(), sql);
    why.outcome = outcome::not_sent;
    throw why;
}

void connection::configure() {
    sqlite3_busy_handler(database_, &connection::on_busy, this);
    sqlite3_progress_handler(database_, steps_between_looks, &connection::on_progress, this);
    set_switch(SQLITE_DBCONFIG_DQS_DML, 0);
    set_switch(SQLITE_DBCONFIG_DQS_DDL, 0);
    set_switch(SQLITE_DBCONFIG_DEFENSIVE, 1);
    set_switch(SQLITE_DBCONFIG_TRUSTED_SCHEMA, options_.trusted_schema ? 1 : 0);
    set_switch(SQLITE_DBCONFIG_ENABLE_FKEY, options_.foreign_keys ? 1 : 0);
#ifndef SQLITE_OMIT_LOAD_EXTENSION
    sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
#endif
    sqlite3_limit(database_, SQLITE_LIMIT_ATTACHED, options_.attach_limit);
    if (const int code = add_functions(database_); code != SQLITE_OK) {
        spi::failure why = failure_of(code, current(), {});
        why.outcome = outcome::not_sent;
        throw why;
    }
    run(("pragma synchronous=" + options_.synchronous).c_str());
    configure_journal();
    // Opening reads nothing yet: this is where a file that is not a database is found out.
    run("pragma schema_version");
}

// SQLite does not call the busy handler for every lock that a change of the journal mode needs, so
// several first connections to one file would fail at random without the loop.
void connection::configure_journal() {
    if (options_.in_memory() && !options_.journal_mode_asked) return;
    if (sqlite3_db_readonly(database_, nullptr) == 1) return;
    const std::string sql = "pragma journal_mode=" + options_.journal_mode;
    for (int tries = 0;; ++tries) {
        std::string got;
        const auto take = [](void* to, int, char** values, char**) {
            *static_cast<std::string*>(to) = values[0] == nullptr ? "" : values[0];
            return 0;
        };
        const int code = sqlite3_exec(database_, sql.c_str(), take, &got, nullptr);
        if (code == SQLITE_OK) {
            if (got == options_.journal_mode || !options_.journal_mode_asked) return;
            throw own_failure(errc::not_supported, outcome::not_sent, {},
                              "the database keeps journal_mode=" + got + " instead of " + options_.journal_mode);
        }
        if ((code & 0xff) == SQLITE_BUSY && wait_for_lock(tries)) continue;
        spi::failure why = failure_of(code, current(), sql);
        why.outcome = outcome::not_sent;
        throw why;
    }
}

// A fork left the same file, locks and mappings to two processes: whatever this one closes breaks
// the other one's.
void connection::abandon() noexcept {
    database_ = nullptr;
}

std::uint32_t connection::state() const noexcept {
    std::uint32_t bits = standing_bits_;
    if (database_ == nullptr) return bits;
    const bool idle = condition_ == condition::usable && open_results_ == 0;
    if (idle && sqlite3_get_autocommit(database_) != 0) [[likely]]
        return bits;
    if (sqlite3_get_autocommit(database_) == 0) bits |= KOINE_STATE_IN_TRANSACTION;
    if (condition_ == condition::failed_transaction)
        bits |= KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION;
    if (condition_ == condition::broken) bits |= KOINE_STATE_BROKEN;
    if (open_results_ != 0) bits |= KOINE_STATE_BUSY;
    return bits;
}

koine_status connection::reset(koine_wait&) {
    if (condition_ == condition::broken) refuse_broken();
    if (open_results_ != 0) end_results(errc{});
    if (condition_ == condition::failed_transaction) condition_ = condition::usable;
    if (database_ != nullptr && sqlite3_get_autocommit(database_) == 0) return roll_back();
    return KOINE_DONE;
}

koine_status connection::roll_back() {
    std::uint64_t number = 0;
    begin_operation(number);
    in_transaction_ = false;
    run("rollback");
    in_transaction_ = sqlite3_get_autocommit(database_) == 0;
    return KOINE_DONE;
}

koine_status connection::ping(koine_wait&) {
    if (condition_ == condition::broken || database_ == nullptr) refuse_broken();
    int moved = 0;
    sqlite3_file_control(database_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved == 0) return KOINE_DONE;
    condition_ = condition::broken;
    spi::failure why =
        own_failure(errc::disconnected, outcome::not_sent, "58P01", "the database file was moved or deleted");
    why.poisons_connection = why.poisons_transaction = true;
    throw why;
}

void connection::cancel() noexcept {
    const std::lock_guard lock{interrupter_};
    cancelled_up_to_.store(latest_.load(std::memory_order_acquire), std::memory_order_relaxed);
    interrupting_.store(true, std::memory_order_seq_cst);
    if (interruptible_.load(std::memory_order_seq_cst) && database_ != nullptr &&
        cancelled(latest_.load(std::memory_order_acquire)))
        sqlite3_interrupt(database_);
    interrupting_.store(false, std::memory_order_seq_cst);
}

void connection::wait_for_interrupter() noexcept {
    const std::lock_guard lock{interrupter_};
}

std::int64_t connection::last_insert_id() const noexcept {
    return database_ == nullptr ? 0 : sqlite3_last_insert_rowid(database_);
}

std::string_view connection::server_version() const noexcept {
    return database_ == nullptr ? std::string_view{} : std::string_view{sqlite3_libversion()};
}

bool connection::past_deadline() const noexcept {
    // The coarse clock is a few milliseconds late at most, and never early.
    return deadline_ns_ != KOINE_NO_DEADLINE && coarse_now_ns() >= deadline_ns_;
}

std::uint64_t connection::current() const noexcept {
    return stepping_ != nullptr ? stepping_->number_ : latest_.load(std::memory_order_relaxed);
}

int connection::on_progress(void* self) noexcept {
    auto& me = *static_cast<connection*>(self);
    const bool cancelled = me.cancelled(me.current());
    if (!cancelled && !me.past_deadline()) return 0;
    // SQLite asks once more when a statement has ended and is committed, and would call that
    // interrupted.
    if (me.stepping_ != nullptr && sqlite3_stmt_busy(me.stepping_->handle_) == 0) return 0;
    me.timed_out_ = !cancelled;
    return 1;
}

int connection::on_busy(void* self, int tries) noexcept {
    return static_cast<connection*>(self)->wait_for_lock(tries) ? 1 : 0;
}

bool connection::wait_for_lock(int tries) noexcept {
    if (cancelled(current())) return false;
    const std::int64_t now = deadline::now_ns();
    if (tries == 0) busy_since_ns_ = now;
    std::int64_t limit = busy_since_ns_ + options_.busy_timeout_ms * millisecond;
    if (deadline_ns_ < limit) limit = deadline_ns_;
    if (now >= limit) return false;
    // Short at first, for a writer holds its lock for well under a millisecond as a rule.
    std::int64_t nap = (millisecond / 10) << (tries < 6 ? tries : 6);
    if (nap > limit - now) nap = limit - now;
    const timespec time{static_cast<time_t>(nap / 1000000000), static_cast<long>(nap % 1000000000)};
    nanosleep(&time, nullptr);
    return true;
}

koine_status connection::prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait&) {
    if (condition_ == condition::broken || database_ == nullptr) refuse_broken();
    if (const auto nul = sql.find('\0'); nul != std::string_view::npos) {
        auto why =
            own_failure(errc::syntax_error, outcome::not_sent, "42601", "the statement contains a NUL character");
        why.position = character_position(sql, nul);
        throw why;
    }
    if (sql.size() > 0x7fffffff)
        throw own_failure(errc::too_big, outcome::not_sent, "54000", "the statement is too long");
    if (find_text(sql, 0) == std::string_view::npos)
        throw own_failure(errc::syntax_error, outcome::not_sent, "42601", "the statement is empty");
    std::uint64_t number = 0;
    begin_operation(number);
    in_transaction_ = sqlite3_get_autocommit(database_) == 0;
    sqlite3_stmt* handle = nullptr;
    const char* tail = nullptr;
    const unsigned persistence = (flags & KOINE_PREPARE_ONCE) != 0U ? 0U : unsigned{SQLITE_PREPARE_PERSISTENT};
    const int code =
        sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), persistence, &handle, &tail);
    if (code != SQLITE_OK) {
        spi::failure why = failure_of(code, number, sql);
        why.outcome = outcome::not_sent;
        throw why;
    }
    std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> guard{handle, &sqlite3_finalize};
    const auto rest = find_text(sql, static_cast<std::size_t>(tail - sql.data()));
    if (rest != std::string_view::npos) {
        auto why =
            own_failure(errc::syntax_error, outcome::not_sent, "42601", "there is text after the end of the statement");
        why.position = character_position(sql, rest);
        throw why;
    }
    auto made = std::make_unique<statement>(*this, handle, kind_of(sql));
    guard.release();
    // A database in memory may end with its connection: whoever uses it meets what the others left.
    if (!options_.in_memory() && leaves_traces(sql, in_transaction_)) standing_bits_ |= KOINE_STATE_DIRTY;
    out = made.release();
    return KOINE_DONE;
}

void connection::refuse_broken() const {
    auto why = own_failure(
        errc::closed, outcome::not_sent, "08003",
        database_ == nullptr ? "the connection is not open" : "the connection has failed and may only be closed");
    why.poisons_connection = true;
    throw why;
}

void connection::end_results(errc reason) noexcept {
    for (statement* each = statements_; each != nullptr; each = each->next_) {
        if (!each->open_) continue;
        each->end();
        each->ended_by_ = reason;
    }
}

spi::failure connection::failure_of(int code, std::uint64_t number, std::string_view sql) {
    spi::failure why = last_error(database_, code, sql);
    if (cancelled(number) && ((code & 0xff) == SQLITE_INTERRUPT || (code & 0xff) == SQLITE_BUSY)) {
        why.code = errc::cancelled;
        why.sqlstate = "57014";
        why.message = "the operation was cancelled";
    } else if ((code & 0xff) == SQLITE_INTERRUPT && timed_out_) {
        why.code = errc::timeout;
        why.message = "the deadline passed";
    }
    timed_out_ = false;
    if (in_transaction_ && sqlite3_get_autocommit(database_) != 0) {
        // What follows would commit by itself, one statement at a time, so nothing may follow but
        // ROLLBACK.
        condition_ = condition::failed_transaction;
        in_transaction_ = false;
        why.poisons_transaction = true;
        end_results(errc::transaction_failed);
    }
    if (why.poisons_connection) condition_ = condition::broken;
    // SQLite forgets an interrupt when no statement is open: one that stays would hit the next
    // operation.
    if (code == SQLITE_INTERRUPT || cancelled(number)) end_results(why.code);
    return why;
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
