#include "connection.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

namespace {

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

connection::connection(std::span<const koine_parameter> parameters) : gate_{parameters} {}

void connection::raise(const fault& why) {
    if (why.poisons_connection) broken_ = true;
    if (why.poisons_transaction && in_transaction_) failed_ = true;
    throw_fault(why);
}

koine_status connection::pass(operation what, std::string_view sql, std::span<const koine_value> binds,
                              koine_wait& wait) {
    if (broken_) throw_broken();
    std::optional<fault> due;
    if (gate_.pending() != what) gate_.begin();
    if (gate_.pass(what, sql, binds, in_transaction_, wait, due) != KOINE_DONE) return KOINE_WAIT;
    if (due) raise(*due);
    return KOINE_DONE;
}

koine_status connection::connect(koine_wait& wait) {
    if (const auto status = pass(operation::connect, {}, {}, wait); status != KOINE_DONE) return status;
    const std::lock_guard guard{script().lock};
    ++script().numbers.connected;
    clean_at_ = script().dirt;
    product_ = script().product;
    version_ = script().version;
    return KOINE_DONE;
}

std::uint32_t connection::state() const noexcept {
    std::uint32_t bits = 0;
    if (in_transaction_) bits |= KOINE_STATE_IN_TRANSACTION;
    if (failed_) bits |= KOINE_STATE_FAILED_TRANSACTION;
    if (gate_.pending() || reading_ != nullptr || !queue_.empty()) bits |= KOINE_STATE_BUSY;
    if (broken_) bits |= KOINE_STATE_BROKEN;
    const std::lock_guard guard{script().lock};
    if (clean_at_ != script().dirt) bits |= KOINE_STATE_DIRTY;
    return bits;
}

koine_status connection::reset(koine_wait& wait) {
    if ((state() & ~std::uint32_t{KOINE_STATE_BROKEN}) == 0 && !broken_) return KOINE_DONE;
    if (const auto status = pass(operation::reset, {}, {}, wait); status != KOINE_DONE) return status;
    in_transaction_ = failed_ = false;
    reading_ = nullptr;
    queue_.clear();
    queue_at_ = 0;
    const std::lock_guard guard{script().lock};
    clean_at_ = script().dirt;
    return KOINE_DONE;
}

koine_status connection::ping(koine_wait& wait) {
    return pass(operation::ping, {}, {}, wait);
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
        const std::lock_guard guard{script().lock};
        found = script().answer_to(sql);
        if (start.starts_with("COMMIT") || start.starts_with("END")) lost = std::exchange(script().commit_lost, false);
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
    if (found->ends_transaction) in_transaction_ = failed_ = false;
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
            raise({errc::usage, outcome::rejected, false, false, "25001", "there is a transaction already", {}});
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

koine_status connection::enqueue(statement* prepared, std::string_view sql, std::span<const koine_value> binds) {
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
    if (queue_at_ == 0 && gate_.pending() != operation::execute)
        if (const auto status = pass(operation::flush, {}, {}, wait); status != KOINE_DONE) return status;
    return run_queue(affected, wait) ? KOINE_DONE : KOINE_WAIT;
}

// Statements

statement::statement(connection& home, std::string_view sql)
    : home_{home}, sql_{sql}, parameters_{count_parameters(sql)} {
    const std::lock_guard guard{home_.script().lock};
    shape_ = home_.script().peek(sql);
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

koine_status statement::execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                                std::uint32_t& got, koine_wait& wait, koine_error&) {
    got = 0;
    result_.reset();
    if (home_.reading_ == this) home_.reading_ = nullptr;
    if (!home_.queue_.empty() && !home_.run_queue({}, wait)) return KOINE_WAIT;
    if (const auto status = home_.pass(operation::execute, sql_, binds, wait); status != KOINE_DONE) return status;
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

koine_status statement::fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                              koine_error&) {
    got = 0;
    if (!result_) return KOINE_DONE;
    try {
        if (const auto status = home_.pass(operation::fetch, sql_, {}, wait); status != KOINE_DONE) return status;
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
    return result_->breaks_after <= result_->rows.size() ? -1 : static_cast<std::int64_t>(result_->rows.size() - next_);
}

koine_status statement::finish(koine_wait& wait, koine_error&) {
    if (!result_) return KOINE_DONE;
    if (const auto status = home_.pass(operation::finish, sql_, {}, wait); status != KOINE_DONE) return status;
    home_.reading_ = nullptr;
    result_.reset();
    return KOINE_DONE;
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
