#include "statement.hpp"

#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "oids.hpp"

namespace koine::libpq {

statement::statement(connection& owner, std::string_view sql, std::string name, bool stream)
    : owner_{owner}, plan_{std::make_shared<prepared>()}, wants_stream_{stream} {
    plan_->facts = inspect(sql);
    if (name.empty()) plan_->sql = sql;
    plan_->name = std::move(name);
    owner_.link(*this);
}

statement::~statement() {
    owner_.forget(*this);
}

std::uint32_t statement::flags() const noexcept {
    std::uint32_t bits = 0;
    if (plan_->facts.effect.reads_only) bits |= KOINE_STATEMENT_READ_ONLY;
    if (!columns_.empty()) bits |= KOINE_STATEMENT_RETURNS_ROWS;
    return bits;
}

std::uint32_t statement::parameter_count() const noexcept {
    return static_cast<std::uint32_t>(plan_->parameter_types.size());
}

void statement::column(std::uint32_t index, koine_column& out) const noexcept {
    out = koine_column{};
    if (index >= columns_.size()) return;
    const auto& one = columns_[index];
    const char* const name = PQfname(description_.get(), static_cast<int>(index));
    out.name = spi::to_c(name != nullptr ? name : "");
    out.type_name = spi::to_c(oid::type_name(one.type));
    out.tag = tag_of(one.how);
    out.native_type = one.type;
}

void statement::take_description(result_ptr description) {
    plan_->on_server = plan_->named();
    const int count = PQnparams(description.get());
    plan_->parameter_types.clear();
    for (int i = 0; i < count; ++i) plan_->parameter_types.push_back(PQparamtype(description.get(), i));
    // The format is one for all columns of a result.
    plan_->binary = true;
    for (int i = 0; i < PQnfields(description.get()); ++i)
        plan_->binary = plan_->binary && has_binary_decoder(PQftype(description.get(), i));
    columns_.clear();
    for (int i = 0; i < PQnfields(description.get()); ++i) {
        const auto type = PQftype(description.get(), i);
        columns_.push_back(column_format{type, decoder_for(type, plan_->binary)});
    }
    description_ = std::move(description);
}

// The server refuses to run a kept plan whose result has changed; a text that is parsed anew may
// have other columns.
inline void statement::check_columns(const PGresult* result) const {
    const int count = PQnfields(result);
    bool same = count == static_cast<int>(columns_.size());
    for (int i = 0; same && !plan_->named() && i < count; ++i)
        same = PQftype(result, i) == columns_[static_cast<std::size_t>(i)].type;
    if (!same) refuse_columns();
}

void statement::refuse_columns() {
    auto why = local_failure(errc::statement_outdated, "the result has other columns than the prepared statement");
    why.outcome = outcome::unknown;
    why.poisons_transaction = true;
    throw why;
}

inline void statement::take_result() {
    if (!plan_->facts.effect.reads_only) affected_ = affected_rows(result_.get());
    if (columns_.empty() && PQresultStatus(result_.get()) != PGRES_TUPLES_OK) return result_.reset();
    check_columns(result_.get());
    rows_ = PQntuples(result_.get());
}

inline koine_status statement::collect(koine_wait& wait) {
    exchange& line = owner_.exchange_;
    const auto status = line.pipelined() ? collect_behind_others(wait) : line.finish_one(result_, wait);
    if (status == KOINE_DONE && result_ != nullptr) take_result();
    return status;
}

koine_status statement::collect_behind_others(koine_wait& wait) {
    answer got;
    for (;;) {
        if (const auto status = owner_.exchange_.next(got, wait); status != KOINE_DONE) return status;
        if (got.of == part::over) return KOINE_DONE;
        if (got.of == part::statement) result_ = std::move(got.result);
    }
}

void statement::refuse_count(std::size_t given) const {
    throw local_failure(errc::usage, "the statement takes " + std::to_string(parameter_count()) + " parameters, got " +
                                         std::to_string(given));
}

inline void statement::deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got) {
    if (rows_ - next_row_ != 1 || max_rows == 0) return deliver_block(cells, max_rows, got);
    memory_.clear();
    decode_row(columns_, result_.get(), next_row_++, cells, memory_);
    got = 1;
}

void statement::deliver_block(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got) {
    const auto left = static_cast<std::uint32_t>(rows_ - next_row_);
    if (left == 0 || max_rows == 0) return drop_result();
    memory_.clear();
    const std::uint32_t rows = std::min(left, max_rows);
    const auto stride = static_cast<std::uint32_t>(columns_.size());
    for (std::uint32_t c = 0; c < stride; ++c)
        decode(columns_[c].how, column_block{result_.get(), static_cast<int>(c), next_row_, rows, cells + c, stride},
               memory_);
    next_row_ += static_cast<int>(rows);
    got = rows;
}

inline void statement::begin(std::span<const koine_value> binds) {
    drop_result();
    affected_ = -1;
    encode(binds, binds_, false);
    owner_.send_execution(*plan_, binds_, wants_stream_);
    streaming_ = wants_stream_;
    owner_.enter(connection::task::execute, this);
}

koine_status statement::execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                                std::uint32_t& got, koine_wait& wait, koine_error& error) {
    got = 0;
    if (streaming_ && owner_.task_ == connection::task::stream) {
        if (const auto status = finish(wait, error); status != KOINE_DONE) return status;
    }
    if (!owner_.resumes(connection::task::execute, this)) {
        begin(binds);
        return owner_.step([&] { return owner_.exchange_.push(wait); });
    }
    if (streaming_) return execute_stream(cells, max_rows, got, wait);
    return owner_.step([&] {
        const auto status = collect(wait);
        if (status == KOINE_DONE) deliver(cells, max_rows, got);
        return status;
    });
}

koine_status statement::execute_stream(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got,
                                       koine_wait& wait) {
    const auto status = advance_stream(cells, max_rows, got, wait);
    if (status == KOINE_DONE && owner_.owner_ == this) owner_.enter(connection::task::stream, this);
    return status;
}

koine_status statement::fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                              koine_error&) {
    got = 0;
    if (streaming_) return advance_stream(cells, max_rows, got, wait);
    deliver_block(cells, max_rows, got);
    return KOINE_DONE;
}

koine_status statement::finish(koine_wait& wait, koine_error&) {
    if (owner_.owner_ == this) {
        if (const auto status = end_early(wait); status != KOINE_DONE) return status;
    }
    drop_result();
    return KOINE_DONE;
}

koine_status statement::end_early(koine_wait& wait) {
    try {
        // A query that fails behind the rows that were wanted is nobody's loss. A write is.
        if (const auto status = owner_.drained(wait, exchange::errors::of_writes); status != KOINE_DONE) return status;
    } catch (...) {
        owner_.leave();
        drop_result();
        throw;
    }
    owner_.leave();
    return KOINE_DONE;
}

koine_status statement::advance_stream(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got,
                                       koine_wait& wait) {
    try {
        if (const auto status = collect_stream(max_rows, wait); status != KOINE_DONE) return status;
    } catch (...) {
        owner_.leave();
        drop_result();
        throw;
    }
    if (streamed_.empty()) {
        deliver_block(cells, max_rows, got);
        return KOINE_DONE;
    }
    memory_.clear();
    for (const result_ptr& row : streamed_) {
        decode_row(columns_, row.get(), 0, cells, memory_);
        cells += columns_.size();
        ++got;
    }
    return KOINE_DONE;
}

// Gathers rows that have come already, waits for the first only.
koine_status statement::collect_stream(std::uint32_t max_rows, koine_wait& wait) {
    exchange& line = owner_.exchange_;
    streamed_.clear();
    answer got;
    while (streamed_.empty() || (streamed_.size() < max_rows && line.ready())) {
        if (line.next(got, wait) != KOINE_DONE) {
            if (!streamed_.empty()) break;
            return KOINE_WAIT;
        }
        // Rows that were read before the error are given out before it.
        if (got.of == part::failed && !streamed_.empty()) break;
        if (got.of == part::over) {
            streaming_ = false;
            owner_.leave();
            break;
        }
        if (got.of != part::statement) continue;
        if (PQresultStatus(got.result.get()) == PGRES_SINGLE_TUPLE) {
            if (!met_columns_) check_columns(got.result.get());
            met_columns_ = true;
            if (max_rows != 0) streamed_.push_back(std::move(got.result));
        } else if (met_columns_) {
            affected_ = affected_rows(got.result.get());
        } else {
            // No row, or a library that did not switch to single rows.
            result_ = std::move(got.result);
            take_result();
        }
    }
    return KOINE_DONE;
}

void statement::drop_stream() noexcept {
    streamed_.clear();
    streaming_ = met_columns_ = false;
}

}  // namespace koine::libpq
