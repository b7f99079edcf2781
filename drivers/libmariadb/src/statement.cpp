#include "statement.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include <koine/spi/sql_lexer.hpp>

#include "connection.hpp"
#include "errors.hpp"

namespace koine::libmariadb {

namespace {

// Room for the parts of an execution's packet that are not values.
constexpr std::uint64_t packet_overhead = 1024;

constexpr int truncated = MYSQL_DATA_TRUNCATED;

spi::failure malformed_row() {
    auto why = local_failure(errc::disconnected, "the server sent a row that is not as the protocol says");
    why.outcome = outcome::unknown;
    why.poisons_connection = why.poisons_transaction = true;
    return why;
}

spi::failure outdated(const char* reason) {
    auto why = local_failure(errc::statement_outdated, reason);
    why.sqlstate = "26000";
    return why;
}

// Whether rows that come back are rows that were changed (RETURNING), by the first word.
bool returns_changes(std::string_view sql) noexcept {
    static constexpr spi::sql_rules rules{.hash_comments = true, .spaced_dashes = true, .code_comments = true};
    constexpr std::array<std::string_view, 4> changes{"insert", "replace", "delete", "set"};
    return spi::sql_lexer<rules>{sql}.next().is_any(changes);
}

}  // namespace

statement::statement(connection& owner, std::string_view sql, bool stream)
    : owner_{owner}, facts_{inspect(sql)}, returns_changes_{returns_changes(sql)}, wants_stream_{stream} {
    if (facts_.plain_command) {
        sql_ = sql;
        late_columns_ = false;
    }
    owner_.link(*this);
}

statement::~statement() {
    owner_.forget(*this);
}

void statement::make_native() {
    native_ = mysql_stmt_init(owner_.exchange_.handle());
    if (native_ == nullptr) throw std::bad_alloc{};
}

void statement::send_as_text(std::string_view sql) {
    owner_.exchange_.doom(std::exchange(native_, nullptr));
    sql_ = sql;
}

void statement::take_description() {
    parameters_.resize(mysql_stmt_param_count(native_));
    late_columns_ = native_->field_count == 0;
    take_columns(native_->fields, native_->field_count);
}

std::uint32_t statement::flags() const noexcept {
    return (facts_.reads_only ? std::uint32_t{KOINE_STATEMENT_READ_ONLY} : 0U) |
           (columns_.empty() ? 0U : std::uint32_t{KOINE_STATEMENT_RETURNS_ROWS}) |
           (late_columns_ ? std::uint32_t{KOINE_STATEMENT_LATE_COLUMNS} : 0U);
}

void statement::column(std::uint32_t index, koine_column& out) const noexcept {
    out = koine_column{};
    if (index >= columns_.size()) return;
    out.name = spi::to_c(columns_[index].name);
    out.type_name = spi::to_c(columns_[index].type_name);
    out.tag = tag_of(columns_[index].how);
    out.native_type = static_cast<std::uint32_t>(columns_[index].type);
}

koine_status statement::execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                                std::uint32_t& got, koine_wait& wait, koine_error& error) {
    got = 0;
    if (owner_.task_ == connection::task::stream && owner_.owner_ == this) {
        if (const auto status = finish(wait, error); status != KOINE_DONE) return status;
    }
    if (!owner_.resumes(connection::task::execute, this)) begin(binds);
    if (!streaming_) {
        const auto status = owner_.step([&] { return as_text() ? run_text(wait) : run(wait); });
        if (status != KOINE_DONE) return status;
        if (!streaming_) {
            deliver(cells, max_rows, got);
            return KOINE_DONE;
        }
        owner_.enter(connection::task::execute, this);
    }
    // Rows of unknown columns wait for the fetch that has room for them.
    const auto status =
        late_columns_ && max_rows == 0 ? koine_status{KOINE_DONE} : advance_stream(cells, max_rows, got, wait);
    if (status == KOINE_DONE && owner_.owner_ == this) owner_.enter(connection::task::stream, this);
    return status;
}

// Everything that can fail before the server hears of it.
void statement::begin(std::span<const koine_value> binds) {
    if (!as_text() && native_->mysql == nullptr)
        throw outdated("the server has forgotten the prepared statement with the session's state");
    if (!columns_known_) throw outdated("the columns of the prepared statement may have changed since it was prepared");
    drop_result();
    if (as_text()) columns_.clear();
    affected_ = -1;
    parameters_.encode(binds);
    if (parameters_.bytes() + packet_overhead > owner_.max_packet_)
        throw local_failure(errc::too_big, "the values of the statement have " + std::to_string(parameters_.bytes()) +
                                               " bytes, more than max_allowed_packet lets through (" +
                                               std::to_string(owner_.max_packet_) + ")");
    if (!as_text()) bind_values();
    owner_.exchange_.open(facts_);
    phase_ = phase::front;
    owner_.enter(connection::task::execute, this);
}

// The library keeps a copy of its own; told anew, it would send the types with each execution. It
// is asked itself what types it knows: values that were refused may have left others here.
void statement::bind_values() {
    const auto binds = parameters_.binds();
    bool same_types = native_->bind_param_done != 0;
    for (std::size_t i = 0; same_types && i < binds.size(); ++i) {
        same_types = native_->params[i].buffer_type == binds[i].buffer_type;
        native_->params[i].buffer = binds[i].buffer;
    }
    if (!same_types && !binds.empty()) mysql_stmt_bind_param(native_, binds.data());
}

koine_status statement::run(koine_wait& wait) {
    exchange& line = owner_.exchange_;
    for (;;) {
        if (const auto status = phase_ == phase::front ? line.front(wait) : line.line().advance(wait);
            status != KOINE_DONE)
            return status;
        switch (phase_) {
            case phase::front:
                // The first time the library learns what columns a statement has that had none to
                // tell when it was prepared.
                if (facts_.one_result && !wants_stream_ && native_->execute_count != 0) {
                    line.line().execute_again(native_);
                } else {
                    line.line().execute(native_);
                }
                // The server tells of a change but once: a response that nobody looks at leaves
                // them unknown.
                columns_known_ = false;
                phase_ = phase::sent;
                break;
            case phase::sent:
                columns_known_ = line.handle()->status == MYSQL_STATUS_READY;
                if (line.line().answer() != 0) {
                    line.fail(error_of(native_));
                    // Rows of another shape than the statement was prepared with are on the line.
                    if (!columns_known_) line.line().free_rows(native_);
                    phase_ = phase::dropping;
                    break;
                }
                take_facts_of_execution();
                if (mysql_stmt_field_count(native_) == 0) columns_.clear();
                if (mysql_stmt_field_count(native_) == 0 || columns_known_) {
                    phase_ = phase::more;
                    break;
                }
                columns_known_ = same_columns();
                if (!columns_known_) {
                    auto why = outdated("the result has other columns than the prepared statement");
                    why.outcome = facts_.reads_only ? outcome::rejected : outcome::unknown;
                    why.poisons_transaction = line.in_transaction() && !facts_.reads_only;
                    line.fail(std::move(why));
                    line.line().free_rows(native_);
                    phase_ = phase::dropping;
                    break;
                }
                if (line.handle()->fields != nullptr) take_columns(line.handle()->fields, line.handle()->field_count);
                if (wants_stream_) {
                    streaming_ = true;
                    return KOINE_DONE;
                }
                line.line().store_rows(native_);
                phase_ = phase::rows;
                break;
            case phase::rows:
                if (line.line().answer() != 0) {
                    line.fail(error_of(native_));
                    phase_ = phase::dropping;
                    break;
                }
                take_rows();
                phase_ = phase::more;
                break;
            case phase::more:
                // A procedure's results behind the first are read to their end, and refused.
                if ((line.handle()->server_status & SERVER_MORE_RESULTS_EXIST) == 0) {
                    phase_ = phase::concluding;
                    break;
                }
                keep_rows();
                line.line().next_rows(native_);
                phase_ = phase::more_rows;
                break;
            case phase::more_rows:
                if (line.line().answer() > 0) line.fail(error_of(native_));
                if (line.handle()->status != MYSQL_STATUS_READY) {
                    line.fail(several_results(line.in_transaction()));
                    line.line().store_rows(native_);
                }
                phase_ = phase::more;
                break;
            case phase::dropping:
                phase_ = phase::concluding;
                break;
            case phase::concluding:
                return line.conclude(wait);
        }
    }
}

koine_status statement::run_text(koine_wait& wait) {
    exchange& line = owner_.exchange_;
    for (;;) {
        if (const auto status = phase_ == phase::front ? line.front(wait) : line.line().advance(wait);
            status != KOINE_DONE)
            return status;
        MYSQL* const handle = line.handle();
        switch (phase_) {
            case phase::front:
                line.line().query(sql_);
                phase_ = phase::sent;
                break;
            case phase::sent:
                if (line.line().answer() != 0) {
                    line.fail(error_of(handle));
                    phase_ = phase::concluding;
                    break;
                }
                if (affected_ < 0) take_facts_of_execution();
                if (mysql_field_count(handle) == 0) {
                    phase_ = phase::more;
                    break;
                }
                line.line().store_result();
                phase_ = phase::rows;
                break;
            case phase::rows: {
                result_ptr result = line.line().result();
                phase_ = phase::more;
                if (result == nullptr) {
                    line.fail(error_of(handle));
                    phase_ = phase::concluding;
                } else if (text_result_ != nullptr) {
                    line.fail(several_results(line.in_transaction()));
                } else {
                    text_result_ = std::move(result);
                    take_columns(mysql_fetch_fields(text_result_.get()), mysql_num_fields(text_result_.get()));
                    rows_ = static_cast<std::int64_t>(mysql_num_rows(text_result_.get()));
                }
                break;
            }
            case phase::more:
                phase_ = phase::concluding;
                if ((handle->server_status & SERVER_MORE_RESULTS_EXIST) == 0) break;
                line.line().next_result();
                phase_ = phase::sent;
                break;
            case phase::more_rows:
            case phase::dropping:
                phase_ = phase::concluding;
                break;
            case phase::concluding:
                return line.conclude(wait);
        }
    }
}

void statement::take_facts_of_execution() {
    MYSQL* const handle = owner_.exchange_.handle();
    affected_ = static_cast<std::int64_t>(handle->affected_rows);
    owner_.last_insert_id_ = static_cast<std::int64_t>(handle->insert_id);
    owner_.take_session(facts_);
}

// Types may follow the values of parameters: they are looked at in each execution.
void statement::take_columns(const MYSQL_FIELD* fields, unsigned int count) {
    bool same = columns_.size() == count;
    for (unsigned int i = 0; same && i < count; ++i) {
        const output_column& old = columns_[i];
        same = old.type == fields[i].type && old.flags == (fields[i].flags & UNSIGNED_FLAG) &&
               old.charset == fields[i].charsetnr && old.name == fields[i].name;
    }
    if (same) return;
    columns_.clear();
    for (unsigned int i = 0; i < count; ++i) columns_.push_back(column_of(fields[i]));
}

// After an ALTER TABLE there may be as many columns as before, and others.
bool statement::same_columns() const noexcept {
    const MYSQL* const handle = owner_.exchange_.handle();
    const MYSQL_FIELD* const now = handle->fields;
    if (now == nullptr) return true;
    if (handle->field_count != native_->field_count) return false;
    for (unsigned int i = 0; i < native_->field_count; ++i)
        if (now[i].name != native_->fields[i].name && std::strcmp(now[i].name, native_->fields[i].name) != 0)
            return false;
    return true;
}

void statement::take_rows() {
    row_ = native_->result.data;
    rows_ = static_cast<std::int64_t>(native_->result.rows);
    affected_ = returns_changes_ ? rows_ : -1;
}

// The library frees a result when it reads the next.
void statement::keep_rows() {
    if (row_ == nullptr || !kept_.empty()) return;
    kept_.reserve(static_cast<std::size_t>(rows_));
    for (; row_ != nullptr; row_ = row_->next) {
        char* const copy = kept_memory_.take(row_->length);
        std::memcpy(copy, row_->data, row_->length);
        kept_.push_back(MYSQL_ROWS{nullptr, reinterpret_cast<MYSQL_ROW>(copy), row_->length});
    }
    for (std::size_t i = 1; i < kept_.size(); ++i) kept_[i - 1].next = &kept_[i];
    row_ = kept_.data();
}

void statement::deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got) {
    if (rows_ == 0 || (max_rows == 0 && !late_columns_)) return drop_result();
    memory_.clear();
    for (; got < max_rows && rows_ != 0; ++got, --rows_) {
        if (as_text()) {
            const MYSQL_ROW row = mysql_fetch_row(text_result_.get());
            const unsigned long* const lengths = mysql_fetch_lengths(text_result_.get());
            for (std::size_t i = 0; i < columns_.size(); ++i)
                *cells++ = decode_text(columns_[i], row[i], lengths[i], memory_);
            continue;
        }
        const auto* const data = reinterpret_cast<const unsigned char*>(row_->data);
        if (!decode_row(data, data + row_->length, columns_, cells, memory_)) {
            owner_.exchange_.break_off();
            throw malformed_row();
        }
        cells += columns_.size();
        row_ = row_->next;
    }
}

koine_status statement::fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                              koine_error&) {
    got = 0;
    if (streaming_) return advance_stream(cells, max_rows, got, wait);
    deliver(cells, max_rows, got);
    return KOINE_DONE;
}

koine_status statement::advance_stream(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got,
                                       koine_wait& wait) {
    exchange& line = owner_.exchange_;
    try {
        while (phase_ != phase::concluding) {
            if (phase_ == phase::sent) {
                line.line().fetch_row(native_);
                phase_ = phase::rows;
            }
            if (const auto status = line.line().advance(wait); status != KOINE_DONE) return status;
            phase_ = phase::sent;
            const int answer = line.line().answer();
            if (answer == 0 || answer == truncated) {
                if (max_rows == 0) continue;
                memory_.clear();
                const NET& net = line.handle()->net;
                if (!decode_row(net.read_pos, net.buff_end, columns_, cells, memory_)) {
                    line.break_off();
                    throw malformed_row();
                }
                got = 1;
                return KOINE_DONE;
            }
            phase_ = phase::concluding;
            if (answer == MYSQL_NO_DATA) continue;
            if (answer != 1) {
                line.break_off();
                throw malformed_row();
            }
            line.fail(error_of(native_));
        }
        if (const auto status = line.failed() ? line.conclude(wait) : line.drain(native_, exchange::errors::all, wait);
            status != KOINE_DONE)
            return status;
    } catch (...) {
        owner_.give_up();
        drop_result();
        throw;
    }
    streaming_ = false;
    owner_.leave();
    return KOINE_DONE;
}

koine_status statement::finish(koine_wait& wait, koine_error&) {
    if (owner_.owner_ == this) {
        exchange& line = owner_.exchange_;
        // A write is done to its end, and fails aloud.
        const auto told = facts_.reads_only ? exchange::errors::none : exchange::errors::all;
        try {
            if (line.active()) {
                if (const auto status = line.drain(native_, told, wait); status != KOINE_DONE) {
                    // More is to come than what has come already: there is no use in waiting for
                    // all of it.
                    if (facts_.reads_only && !line.cancels().requested()) owner_.cancel();
                    return status;
                }
            }
        } catch (...) {
            owner_.give_up();
            drop_result();
            throw;
        }
        owner_.leave();
    }
    drop_result();
    return KOINE_DONE;
}

void statement::drop_result() noexcept {
    // While another statement's rows are on the line, the library would read those.
    MYSQL* const handle = owner_.exchange_.handle();
    if (native_ != nullptr && native_->mysql != nullptr && native_->result.data != nullptr && handle != nullptr &&
        handle->status == MYSQL_STATUS_READY && !owner_.exchange_.line().busy())
        mysql_stmt_free_result(native_);
    text_result_.reset();
    row_ = nullptr;
    rows_ = 0;
    kept_.clear();
    kept_memory_.clear();
    streaming_ = false;
}

}  // namespace koine::libmariadb
