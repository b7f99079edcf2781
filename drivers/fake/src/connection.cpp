#include "connection.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

namespace {

spi::failure failure_of(errc code, koine::outcome known, std::string message) {
    spi::failure why;
    why.code = code;
    why.outcome = known;
    why.message = std::move(message);
    return why;
}

std::string upper_words(std::string_view sql, std::size_t most) {
    std::string out;
    for (const char c : sql.substr(0, most))
        out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
}

value owned(const koine_value& from) {
    value made;
    made.tag = static_cast<koine_tag>(from.tag);
    switch (made.tag) {
        case KOINE_NULL:
            break;
        case KOINE_FLOAT64:
            made.f = from.u.f;
            break;
        case KOINE_TEXT:
        case KOINE_BLOB:
        case KOINE_DECIMAL:
        case KOINE_JSON:
        case KOINE_OPAQUE:
            made.bytes.assign(static_cast<const char*>(from.u.p), from.len);
            break;
        case KOINE_UUID:
            made.bytes.assign(static_cast<const char*>(from.u.p), 16);
            break;
        default:
            made.i = from.u.i;
    }
    return made;
}

koine_value borrowed(const value& from) {
    koine_value made{};
    made.tag = static_cast<std::uint8_t>(from.tag);
    switch (from.tag) {
        case KOINE_NULL:
            break;
        case KOINE_FLOAT64:
            made.u.f = from.f;
            break;
        case KOINE_TEXT:
        case KOINE_BLOB:
        case KOINE_UUID:
        case KOINE_DECIMAL:
        case KOINE_JSON:
        case KOINE_OPAQUE:
            made.u.p = from.bytes.data();
            made.len = static_cast<std::uint32_t>(from.bytes.size());
            break;
        default:
            made.u.i = from.i;
    }
    return made;
}

// The parameters of a text: question marks, or the highest $n. Quoted text is passed over.
std::uint32_t count_parameters(std::string_view sql) {
    std::uint32_t marks = 0, highest = 0;
    char quote = '\0';
    for (std::size_t i = 0; i < sql.size(); ++i) {
        const char c = sql[i];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '?') {
            ++marks;
        } else if (c == '$') {
            std::uint32_t n = 0;
            while (i + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[i + 1])) && n < 100'000)
                n = n * 10 + static_cast<std::uint32_t>(sql[++i] - '0');
            highest = std::max(highest, n);
        }
    }
    return std::max(marks, highest);
}

}  // namespace

connection::connection(std::span<const koine_parameter> parameters) {
    std::string_view name;
    for (const auto& one : parameters)
        if (spi::to_view(one.key) == "database") name = spi::to_view(one.value);
    script_ = script_state::find(name);
    if (!script_)
        throw failure_of(errc::database_not_found, outcome::not_sent,
                         "there is no script named '" + std::string{name} + "'");
    const std::lock_guard guard{script_->lock};
    number_ = ++script_->numbers.created;
    script_->bells.push_back(&bell_);
}

connection::~connection() {
    const std::lock_guard guard{script_->lock};
    std::erase(script_->bells, &bell_);
    if (!abandoned_) ++script_->numbers.closed;
}

void connection::abandon() noexcept {
    const std::lock_guard guard{script_->lock};
    if (!std::exchange(abandoned_, true)) ++script_->numbers.abandoned;
}

void connection::raise(const fault& why) {
    if (why.poisons_connection) broken_ = true;
    if (why.poisons_transaction && in_transaction_) failed_ = true;
    spi::failure out = failure_of(why.code, why.outcome, why.message);
    out.poisons_connection = why.poisons_connection;
    out.poisons_transaction = why.poisons_transaction;
    // A view of it is copied before the fault dies: it crosses the table while the script's lock is long
    // gone.
    static thread_local std::string state;
    state = why.sqlstate;
    out.sqlstate = state;
    out.constraint = why.constraint;
    throw out;
}

koine_status connection::pass(operation what, std::string_view sql, std::span<const koine_value> binds,
                              koine_wait& wait) {
    if (broken_)
        throw [] {
            auto why = failure_of(errc::disconnected, outcome::not_sent, "the connection is broken");
            why.poisons_connection = true;
            return why;
        }();
    bell_.quiet();
    std::optional<fault> due;
    {
        const std::lock_guard guard{script_->lock};
        const bool first = pending_ != what;
        if (first) {
            cancelled_ = false;
            pending_ = what;
            sent entry{number_, what, std::string{sql}, {}};
            for (const auto& one : binds) entry.binds.push_back(owned(one));
            script_->log.push_back(std::move(entry));
        }
        const auto stop = script_->stopped_by(what, sql);
        if (stop) {
            const bool obeys = script_->on_cancel == cancelling::prompt ||
                               (script_->on_cancel == cancelling::slow && script_->drain_open);
            if (!(cancelled_ && obeys)) {
                if (first) {
                    ++stop->arrived;
                    stop->changed.notify_all();
                }
                wait.fd = bell_.fd();
                wait.events = KOINE_WAIT_READ;
                wait.deadline_ns = KOINE_NO_DEADLINE;
                return KOINE_WAIT;
            }
            pending_.reset();
            due = fault{errc::cancelled,
                        outcome::rejected,
                        in_transaction_,
                        false,
                        "57014",
                        "the operation was cancelled",
                        {}};
        } else {
            pending_.reset();
            due = script_->fault_for(what, sql);
        }
    }
    if (due) raise(*due);
    return KOINE_DONE;
}

koine_status connection::connect(koine_wait& wait) {
    if (const auto status = pass(operation::connect, {}, {}, wait); status != KOINE_DONE) return status;
    const std::lock_guard guard{script_->lock};
    ++script_->numbers.connected;
    clean_at_ = script_->dirt;
    connected_ = true;
    return KOINE_DONE;
}

std::uint32_t connection::state() const noexcept {
    std::uint32_t bits = 0;
    if (in_transaction_) bits |= KOINE_STATE_IN_TRANSACTION;
    if (failed_) bits |= KOINE_STATE_FAILED_TRANSACTION;
    if (pending_ || reading_ != nullptr || !queue_.empty()) bits |= KOINE_STATE_BUSY;
    if (broken_) bits |= KOINE_STATE_BROKEN;
    const std::lock_guard guard{script_->lock};
    if (clean_at_ != script_->dirt) bits |= KOINE_STATE_DIRTY;
    return bits;
}

koine_status connection::reset(koine_wait& wait) {
    if ((state() & ~std::uint32_t{KOINE_STATE_BROKEN}) == 0 && !broken_) return KOINE_DONE;
    if (const auto status = pass(operation::reset, {}, {}, wait); status != KOINE_DONE) return status;
    in_transaction_ = failed_ = false;
    reading_ = nullptr;
    queue_.clear();
    queue_at_ = 0;
    const std::lock_guard guard{script_->lock};
    clean_at_ = script_->dirt;
    return KOINE_DONE;
}

koine_status connection::ping(koine_wait& wait) {
    return pass(operation::ping, {}, {}, wait);
}

void connection::cancel() {
    const std::lock_guard guard{script_->lock};
    ++script_->numbers.cancels;
    if (script_->on_cancel == cancelling::fails)
        throw failure_of(errc::disconnected, outcome::rejected, "the request to cancel was refused");
    cancelled_ = true;
    bell_.ring();
}

koine_status connection::prepare(std::string_view sql, std::uint32_t, statement*& made, koine_wait& wait) {
    if (const auto status = pass(operation::prepare, sql, {}, wait); status != KOINE_DONE) return status;
    made = std::make_unique<statement>(*this, sql).release();
    return KOINE_DONE;
}

std::shared_ptr<const answer> connection::run(std::string_view sql) {
    const std::string start = upper_words(sql, 24);
    const bool ends = start.starts_with("ROLLBACK");
    if (failed_ && !ends && !start.starts_with("COMMIT") && !start.starts_with("END"))
        raise({errc::transaction_failed,
               outcome::rejected,
               true,
               false,
               "25P02",
               "the transaction has failed: only ROLLBACK is accepted",
               {}});
    std::shared_ptr<const answer> found;
    bool lost = false;
    {
        const std::lock_guard guard{script_->lock};
        found = script_->answer_to(sql);
        if (start.starts_with("COMMIT") || start.starts_with("END"))
            lost = std::exchange(script_->commit_lost, false);
    }
    if (!found) found = run_unscripted(sql);
    if (lost)
        raise({errc::in_doubt,
               outcome::unknown,
               true,
               true,
               "08007",
               "the connection was lost while COMMIT was under way",
               {}});
    if (found->breaks_after == 0 && found->columns.empty()) raise(found->fault);
    last_insert_id_ = found->last_insert_id != 0 ? found->last_insert_id : last_insert_id_;
    return found;
}

std::shared_ptr<const answer> connection::run_unscripted(std::string_view sql) {
    static const auto nothing = std::make_shared<const answer>();
    const std::string start = upper_words(sql, 24);
    const auto is = [&](std::string_view word) { return start.starts_with(word); };
    if (is("BEGIN") || is("START")) {
        if (in_transaction_)
            raise({errc::usage,
                   outcome::rejected,
                   false,
                   false,
                   "25001",
                   "there is a transaction already",
                   {}});
        in_transaction_ = true;
    } else if (is("ROLLBACK TO") || is("ROLLBACK TRANSACTION TO")) {
        failed_ = false;
    } else if (is("COMMIT") || is("END") || is("ROLLBACK")) {
        in_transaction_ = failed_ = false;
    } else if (!is("SAVEPOINT") && !is("RELEASE") && !is("SET") && !is("PRAGMA")) {
        raise({errc::syntax_error,
               outcome::rejected,
               true,
               false,
               "42601",
               "the script has no answer to: " + std::string{sql},
               {}});
    }
    return nothing;
}

koine_status connection::enqueue(statement* prepared, std::string_view sql,
                                 std::span<const koine_value> binds) {
    queued one{prepared != nullptr ? prepared->sql() : std::string{sql}, {}};
    for (const auto& bind : binds) one.binds.push_back(owned(bind));
    queue_.push_back(std::move(one));
    return KOINE_DONE;
}

bool connection::run_queue(std::span<std::int64_t> affected, koine_wait& wait) {
    while (queue_at_ < queue_.size()) {
        const auto at = queue_at_;
        try {
            std::vector<koine_value> binds;
            for (const auto& one : queue_[at].binds) binds.push_back(borrowed(one));
            if (pass(operation::execute, queue_[at].sql, binds, wait) != KOINE_DONE) return false;
            const auto done = run(queue_[at].sql);
            if (at < affected.size()) affected[at] = done->affected;
        } catch (spi::failure& why) {
            why.queued_index = static_cast<std::uint32_t>(at + 1);
            queue_.clear();
            queue_at_ = 0;
            throw;
        }
        ++queue_at_;
    }
    queue_.clear();
    queue_at_ = 0;
    return true;
}

koine_status connection::flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error&) {
    if (queue_at_ == 0 && pending_ != operation::execute)
        if (const auto status = pass(operation::flush, {}, {}, wait); status != KOINE_DONE) return status;
    return run_queue(affected, wait) ? KOINE_DONE : KOINE_WAIT;
}

// Statements

statement::statement(connection& home, std::string_view sql)
    : home_{home}, sql_{sql}, parameters_{count_parameters(sql)} {
    const std::lock_guard guard{home_.script_->lock};
    shape_ = home_.script_->peek(sql);
}

statement::~statement() {
    if (home_.reading_ == this) home_.reading_ = nullptr;
}

std::uint32_t statement::flags() const noexcept {
    if (!shape_) return 0;
    return (shape_->read_only ? std::uint32_t{KOINE_STATEMENT_READ_ONLY} : 0U) |
           (shape_->columns.empty() ? 0U : std::uint32_t{KOINE_STATEMENT_RETURNS_ROWS});
}

std::uint32_t statement::column_count() const noexcept {
    return shape_ ? static_cast<std::uint32_t>(shape_->columns.size()) : 0;
}

void statement::column(std::uint32_t index, koine_column& out) const noexcept {
    const auto& from = shape_->columns[index];
    out.name = spi::to_c(from.name);
    out.type_name = spi::to_c(from.type_name);
    out.tag = from.tag;
    out.native_type = 0;
}

koine_status statement::execute(std::span<const koine_value> binds, koine_value* cells,
                                std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait, koine_error&) {
    got = 0;
    result_.reset();
    if (home_.reading_ == this) home_.reading_ = nullptr;
    if (!home_.queue_.empty() && !home_.run_queue({}, wait)) return KOINE_WAIT;
    if (const auto status = home_.pass(operation::execute, sql_, binds, wait); status != KOINE_DONE)
        return status;
    if (binds.size() != parameters_)
        home_.raise({errc::usage,
                     outcome::not_sent,
                     false,
                     false,
                     "07001",
                     std::to_string(parameters_) + " parameters, " + std::to_string(binds.size()) + " values",
                     {}});
    affected_ = -1;
    result_ = home_.run(sql_);
    shape_ = result_;
    affected_ = result_->affected;
    next_ = 0;
    if (result_->columns.empty()) {
        result_.reset();
        return KOINE_DONE;
    }
    home_.reading_ = this;
    give(cells, max_rows, got);
    return KOINE_DONE;
}

void statement::give(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got) {
    const auto& rows = result_->rows;
    if (max_rows == 0) next_ = std::min(rows.size(), result_->breaks_after);
    const auto most = result_->rows_a_fetch == 0 ? max_rows : std::min(max_rows, result_->rows_a_fetch);
    for (; got < most && next_ < rows.size() && next_ < result_->breaks_after; ++next_, ++got)
        for (const auto& one : rows[next_]) *cells++ = borrowed(one);
    if (got > 0) return;
    home_.reading_ = nullptr;
    const auto ended = std::exchange(result_, nullptr);
    if (next_ >= ended->breaks_after && ended->breaks_after <= rows.size()) home_.raise(ended->fault);
}

koine_status statement::fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got,
                              koine_wait& wait, koine_error&) {
    got = 0;
    if (!result_) return KOINE_DONE;
    try {
        if (const auto status = home_.pass(operation::fetch, sql_, {}, wait); status != KOINE_DONE)
            return status;
    } catch (...) {
        home_.reading_ = nullptr;
        result_.reset();
        throw;
    }
    give(cells, max_rows, got);
    return KOINE_DONE;
}

std::int64_t statement::rows_remaining() const noexcept {
    if (!result_) return 0;
    return result_->breaks_after <= result_->rows.size()
               ? -1
               : static_cast<std::int64_t>(result_->rows.size() - next_);
}

koine_status statement::finish(koine_wait& wait, koine_error&) {
    if (!result_) return KOINE_DONE;
    if (const auto status = home_.pass(operation::finish, sql_, {}, wait); status != KOINE_DONE)
        return status;
    home_.reading_ = nullptr;
    result_.reset();
    return KOINE_DONE;
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
