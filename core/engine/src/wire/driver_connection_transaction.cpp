// The transaction of a link: begun with the first statement that needs it, BEGIN and COMMIT riding
// with other work where the driver can queue.
#include <koine/wire/driver_connection.hpp>

#include <charconv>
#include <utility>

#include "wire/connection_source.hpp"
#include "wire/driver_connection_drive.hpp"
#include "wire/statement_cache.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

transaction_options or_defaults(transaction_options options, const engine_options& defaults) {
    if (options.isolation == isolation::default_) options.isolation = defaults.isolation;
    options.read_only = options.read_only || defaults.read_only;
    return options;
}

}  // namespace

// How the transaction of options_ begins; mostly as the one before.
inline void driver_connection::choose_begin_rule() {
    const bool same = begin_rule_known_ && begin_options_.isolation == options_.isolation &&
                      begin_options_.read_only == options_.read_only &&
                      begin_options_.deferrable == options_.deferrable;
    if (!same) [[unlikely]]
        choose_another_begin_rule();
}

void driver_connection::begin(const transaction_options& options) {
    const busy_guard guard{*this};
    check_usable();
    if (transaction_ != transaction_state::none)
        throw_usage("a transaction is already open: commit or roll back, or use a savepoint");
    options_ = or_defaults(options, source_->options());
    choose_begin_rule();
    transaction_ = transaction_state::pending;
    asked_for_ = true;
}

// Whether the database refuses a write itself is a matter of its SQL, not of where it runs.
void driver_connection::refuse_write(const prepared& statement) const {
    if (dialect_->features().read_only_transactions) return;
    error_info info;
    info.code = errc::read_only;
    info.sqlstate = koine::sqlstate{"25006"};
    info.outcome = outcome::not_sent;
    info.message = "the transaction is read only";
    info.statement = statement.text->text;
    throw_error(std::move(info));
}

void driver_connection::choose_another_begin_rule() {
    begin_rule_ = dialect_->begin(options_);
    begin_options_ = options_;
    begin_rule_known_ = true;
    begin_is_current_ = begin_statement_ != nullptr && begin_statement_->text->text == begin_rule_.text;
}

inline void driver_connection::begin_now() {
    if (begin_is_current_ && unfinished_.empty() && begin_rule_.before.empty()) {
        run_control(*begin_statement_);
    } else {
        for (const std::string* const text : {&begin_rule_.before, &begin_rule_.text}) {
            if (text->empty()) continue;
            if (queues())
                queue_text(*text);
            else
                run_text(*text);
        }
        begin_is_current_ = begin_statement_ != nullptr && begin_statement_->text->text == begin_rule_.text;
    }
    transaction_ = transaction_state::begun;
}

// Begins the transaction if this statement needs one. Answers whether it began now.
bool driver_connection::begin_for(const prepared& statement) {
    if (transaction_ == transaction_state::none) {
        options_ = or_defaults({}, source_->options());
        if (options_.isolation == isolation::autocommit) return false;
        choose_begin_rule();
        transaction_ = transaction_state::pending;
    }
    if (options_.isolation == isolation::autocommit) return false;
    if (begin_rule_.at_first_write && statement.read_only) return false;
    begin_now();
    return true;
}

void driver_connection::end_transaction() noexcept {
    transaction_ = transaction_state::none;
    savepoint_depth_ = 0;
    options_ = {};
    asked_for_ = false;
}

// A statement may have ended the transaction, with all that was done in it, which is committed
// then. What was begun explicitly goes on with another transaction like it at the next statement.
void driver_connection::notice_end() noexcept {
    if (dialect_->features().transactional_ddl) return;
    if ((driver_->state(handle_) & (KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION)) != 0) return;
    ended_by_statement_ = true;
    savepoint_depth_ = 0;
    if (asked_for_)
        transaction_ = transaction_state::pending;
    else
        end_transaction();
}

void driver_connection::raise_no_savepoint(std::uint32_t depth) const {
    if (depth > savepoint_depth_)
        throw_usage("the savepoint is over already; where DDL commits, it ends savepoints too");
    throw_usage("savepoints end innermost first, each once");
}

void driver_connection::queue_text(std::string_view text) {
    if (!unfinished_.empty()) {
        deferred_.emplace_back(text);
        return;
    }
    if (driver_->enqueue(handle_, nullptr, koine_string{text.data(), text.size()}, nullptr, 0, &error_) != KOINE_DONE)
        raise(nullptr, text);
    queue_.push_back(nullptr);
}

// A statement without parameters and rows: transaction control.
void driver_connection::run_text(std::string_view text) {
    if (queues()) {
        queue_text(text);
        flush_queue();
        return;
    }
    if (!unfinished_.empty()) settle();
    // BEGIN and COMMIT come again and again; there are few others.
    for (prepared* const known : {begin_statement_, commit_statement_})
        if (known != nullptr && known->text->text == text) return run_control(*known);
    prepared** const place = text == "COMMIT"           ? &commit_statement_
                             : text == begin_rule_.text ? &begin_statement_
                                                        : nullptr;
    if (place != nullptr && *place == nullptr) {
        auto as_compiled = std::make_shared<compiled>();
        as_compiled->text = std::string{text};
        auto made = make_prepared(std::move(as_compiled), 0);
        owned_.reserve(owned_.size() + 1);
        *place = made.get();
        owned_.push_back(std::move(made));
        return run_control(**place);
    }
    run_control(found_or_made(text));
}

prepared& driver_connection::found_or_made(std::string_view text) {
    const std::uint64_t hash = std::hash<std::string_view>{}(text);
    if (prepared* const found = statements_->find(hash, text)) return *found;
    auto as_compiled = std::make_shared<compiled>();
    as_compiled->text = std::string{text};
    auto made = make_prepared(std::move(as_compiled), 0);
    prepared& statement = *made;
    if (auto evicted = statements_->insert(hash, text, std::move(made))) close_handle(*evicted);
    return statement;
}

void driver_connection::run_control(prepared& statement) {
    koine_status status;
    execute_once(statement, {}, status);
    if (status != KOINE_DONE) raise(&statement);
}

// An execution or a flush has failed, and with it the driver has dropped its queue. The error names
// the queued statement if it is one's.
void driver_connection::raise_sent(const prepared* statement) {
    if (const std::uint32_t index = error_.queued_index; index != 0) {
        // Those behind it were not run, so that the work is not whole, whatever the driver says of
        // the one that failed.
        error_.poisons |= KOINE_POISONS_TRANSACTION;
        last_failed_ = index >= queue_.size();
        if (prepared* const failed = index <= queue_.size() ? queue_[index - 1] : nullptr; failed != nullptr) {
            if (error_.code == static_cast<std::int32_t>(errc::statement_outdated)) failed->add(prepared::outdated);
            statement = failed;
        }
    }
    queue_.clear();
    affected_.clear();
    raise(statement);
}

// The queue went along with an execution, which tells no counts of it.
void driver_connection::queue_was_sent() {
    for (const prepared* const one : queue_)
        if (one != nullptr) affected_.push_back(-1);
    queue_.clear();
}

// Sends what is queued; counts go to affected_.
void driver_connection::flush_queue() {
    if (!unfinished_.empty()) settle();
    const std::size_t before = affected_.size();
    std::vector<std::int64_t> counts(queue_.size(), -1);
    const auto flush = [&] { return driver_->flush(handle_, counts.data(), counts.size(), &wait_, &error_); };
    if (drive(flush(), flush) != KOINE_DONE) raise_sent(nullptr);
    affected_.reserve(before + queue_.size());
    for (std::size_t i = 0; i < queue_.size(); ++i)
        if (queue_[i] != nullptr) affected_.push_back(counts[i]);
    queue_.clear();
}

void driver_connection::enqueue(prepared& statement, std::span<const koine_value> binds) {
    const busy_guard guard{*this};
    if (affected_read_) {
        affected_read_ = false;
        affected_.clear();
    }
    if (queues()) return keep_back(statement, binds);
    if (execute(statement, binds) != 0) finish(statement);
    affected_.push_back(driver_->rows_affected(statement.handle));
}

void driver_connection::keep_back(prepared& statement, std::span<const koine_value> binds) {
    check_usable();
    if (context_.failed()) raise_bind_failure(statement);
    if (!unfinished_.empty()) settle();
    if (statement.needs(prepared::outdated)) renew(statement);
    if (binds.size() != statement.parameters) raise_wrong_number(statement, binds.size());
    if (statement.needs(prepared::reorders)) binds = in_placeholder_order(statement, binds);
    if (transaction_ != transaction_state::begun) begin_for(statement);
    if (driver_->enqueue(handle_, statement.handle, koine_string{}, binds.data(),
                         static_cast<std::uint32_t>(binds.size()), &error_) != KOINE_DONE)
        raise(&statement);
    context_.clear();
    queue_.push_back(&statement);
}

std::span<const std::int64_t> driver_connection::flush(bool commit) {
    if (commit) {
        this->commit();
    } else {
        const busy_guard guard{*this};
        if (!queue_.empty()) flush_queue();
    }
    affected_read_ = true;
    return affected_;
}

void driver_connection::commit() {
    const busy_guard guard{*this};
    if (transaction_ == transaction_state::none) return;
    if (transaction_ == transaction_state::pending) {
        end_transaction();
        return;
    }
    if (poisoned_ || transaction_ == transaction_state::failed) [[unlikely]]
        check_usable();
    last_failed_ = !queues();
    try {
        if (commit_statement_ != nullptr && unfinished_.empty())
            run_control(*commit_statement_);
        else
            run_text("COMMIT");
    } catch (error& failed) {
        // What was queued in front of COMMIT failed: the transaction is there, and failed. COMMIT
        // itself failed: it is over on every backend.
        if (!poisoned_ && !last_failed_) {
            transaction_ = transaction_state::failed;
            throw;
        }
        const std::uint32_t state = poisoned_ ? 0U : driver_->state(handle_);
        if ((state & (KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION)) != 0) {
            transaction_ = transaction_state::failed;
            try {
                run_text("ROLLBACK");
            } catch (const error&) {
                poisoned_ = true;
            }
        }
        end_transaction();
        if (poisoned_ && failed.code() == errc::timeout) {
            error_info info = failed.info();
            info.code = errc::in_doubt;
            info.message = "the deadline passed and the server did not answer COMMIT: it may have been done";
            throw_error(std::move(info));
        }
        throw;
    }
    end_transaction();
}

// Before all work is undone: what has failed of it is of no interest any more, unless the
// connection failed with it.
void driver_connection::end_unfinished() {
    deferred_.clear();
    while (!unfinished_.empty()) {
        try {
            settle();
        } catch (const error&) {
            if (poisoned_) throw;
        }
    }
}

// ROLLBACK where there is a transaction to roll back; where a result is still open or the driver
// has statements queued, its reset, which ends and drops them first.
void driver_connection::end_on_server(bool unsent) {
    end_unfinished();
    const std::uint32_t state = driver_->state(handle_);
    if (!unsent && (state & KOINE_STATE_BUSY) == 0) {
        if ((state & (KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION)) != 0) run_text("ROLLBACK");
        return;
    }
    const auto reset = [&] { return driver_->reset(handle_, &wait_, &error_); };
    if (drive(reset(), reset) != KOINE_DONE) raise(nullptr, "ROLLBACK");
}

void driver_connection::rollback() {
    const busy_guard guard{*this};
    if (results_.any()) results_.mark(open_result::condition::over);
    const bool unsent = !queue_.empty();
    queue_.clear();
    affected_.clear();
    if (unsent || transaction_ == transaction_state::begun || transaction_ == transaction_state::failed) {
        if (!poisoned_) {
            try {
                end_on_server(unsent);
            } catch (...) {
                poisoned_ = true;
                end_transaction();
                throw;
            }
        }
    }
    end_transaction();
}

void driver_connection::rollback_later() noexcept {
    try {
        if (!queues()) {
            rollback();
            return;
        }
        const busy_guard guard{*this};
        if (results_.any()) results_.mark(open_result::condition::over);
        const bool sent = transaction_ == transaction_state::begun || transaction_ == transaction_state::failed;
        end_transaction();
        if (sent && !poisoned_) queue_text("ROLLBACK");
    } catch (...) {
        poisoned_ = true;
    }
}

void driver_connection::rollback_to_savepoint_later(std::uint32_t depth) noexcept {
    try {
        if (!queues()) {
            while (savepoint_depth_ >= depth && savepoint_depth_ != 0) rollback_to_savepoint(savepoint_depth_);
            return;
        }
        const busy_guard guard{*this};
        if (depth == 0 || depth > savepoint_depth_ || poisoned_) return;
        queue_text(dialect_->rollback_to_savepoint(savepoint_name(depth)));
        queue_text(dialect_->release_savepoint(savepoint_name(depth)));
        transaction_ = transaction_state::begun;
        savepoint_depth_ = depth - 1;
    } catch (...) {
        poisoned_ = true;
    }
}

std::string driver_connection::savepoint_name(std::uint32_t depth) const {
    char text[40] = "koine_";
    char* end = std::to_chars(text + 6, text + 24, savepoint_prefix_, 16).ptr;
    *end++ = '_';
    end = std::to_chars(end, text + sizeof text, depth).ptr;
    return {text, end};
}

std::uint32_t driver_connection::savepoint() {
    const busy_guard guard{*this};
    check_usable();
    if (transaction_ == transaction_state::none) {
        options_ = or_defaults({}, source_->options());
        if (options_.isolation == isolation::autocommit)
            throw_usage("a savepoint needs a transaction; the isolation level is autocommit");
        choose_begin_rule();
        transaction_ = transaction_state::pending;
    }
    if (transaction_ == transaction_state::pending) begin_now();
    run_text(dialect_->savepoint(savepoint_name(savepoint_depth_ + 1)));
    return ++savepoint_depth_;
}

void driver_connection::release_savepoint(std::uint32_t depth) {
    const busy_guard guard{*this};
    check_usable();
    if (depth == 0 || depth != savepoint_depth_) raise_no_savepoint(depth);
    run_text(dialect_->release_savepoint(savepoint_name(depth)));
    --savepoint_depth_;
}

void driver_connection::rollback_to_savepoint(std::uint32_t depth) {
    const busy_guard guard{*this};
    if (depth == 0 || depth != savepoint_depth_) raise_no_savepoint(depth);
    if (poisoned_) check_usable();
    // A queue cannot be taken back. What it does is undone with the rest, and whether it fails is
    // of no interest.
    try {
        if (!queue_.empty()) flush_queue();
    } catch (const error&) {
        if (poisoned_) throw;
    }
    run_text(dialect_->rollback_to_savepoint(savepoint_name(depth)));
    run_text(dialect_->release_savepoint(savepoint_name(depth)));
    transaction_ = transaction_state::begun;
    --savepoint_depth_;
}

// ---- pooled ----

result<void> driver_connection::reset(deadline limit) {
    try {
        set_deadline(limit);
        const busy_guard guard{*this};
        if (results_.any()) end_results();
        queue_.clear();
        affected_.clear();
        if (!poisoned_) {
            end_unfinished();
            const auto reset = [&] { return driver_->reset(handle_, &wait_, &error_); };
            if (drive(reset(), reset) != KOINE_DONE) {
                poisoned_ = true;
                return failure{take_error("reset")};
            }
        }
        end_transaction();
        set_deadline(deadline::never());
        return {};
    } catch (const error& e) {
        return failure{e.info()};
    }
}

bool driver_connection::reusable() const noexcept {
    // A pending transaction is known here alone; the next lease begins without it.
    const bool idle = transaction_ == transaction_state::none || transaction_ == transaction_state::pending;
    return !poisoned_ && idle && unfinished_.empty() && queue_.empty() && !results_.any() && handle_ != nullptr &&
           (driver_->state(handle_) & ~std::uint32_t{KOINE_STATE_PRIVATE_DATABASE}) == 0;
}

result<void> driver_connection::ping(deadline limit) {
    try {
        set_deadline(limit);
        const busy_guard guard{*this};
        if (!unfinished_.empty()) settle();
        const auto ping = [&] { return driver_->ping(handle_, &wait_, &error_); };
        if (drive(ping(), ping) != KOINE_DONE) {
            poisoned_ = true;
            return failure{take_error("ping")};
        }
        set_deadline(deadline::never());
        return {};
    } catch (const error& e) {
        return failure{e.info()};
    }
}

void driver_connection::abandon() noexcept {
    if (handle_ != nullptr) driver_->abandon(std::exchange(handle_, nullptr));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
