#include <koine/rows.hpp>

#include <utility>

#include "connection_state.hpp"

namespace koine {
inline namespace v1 {

namespace detail {

void throw_row_count(errc code) {
    error_info info;
    info.code = code;
    info.message = code == errc::no_row ? "the statement answered no row where exactly one is wanted"
                                        : "the statement answered several rows where at most one is wanted";
    throw_error(std::move(info));
}

}  // namespace detail

std::size_t row::size() const noexcept { return rows_->column_count(); }

cell row::operator[](std::size_t index) const {
    if (index >= size())
        throw_usage("column " + std::to_string(index) + " of a row of " + std::to_string(size()) + " columns (counted from 0)");
    return cell{rows_->cells()[index], rows_->names_[index], index};
}

cell row::operator[](std::string_view name) const {
    for (std::size_t i = 0; i < rows_->names_.size(); ++i)
        if (rows_->names_[i] == name) return cell{rows_->cells()[i], rows_->names_[i], i};
    std::string known;
    for (const auto& n : rows_->names_) known += (known.empty() ? "" : ", ") + n;
    throw_usage("the row has no column " + std::string{name} + "; it has: " + known);
}

rows::rows(std::shared_ptr<detail::connection_state> state, detail::prepared& statement, std::uint32_t got, deadline limit)
    : state_{std::move(state)}, statement_{&statement}, block_{got}, limit_{limit} {
    detail::link& on = *state_->lease;
    affected_ = on.rows_affected(statement);
    names_.reserve(statement.columns);
    for (std::uint32_t i = 0; i < statement.columns; ++i) {
        const koine_string name = on.column(statement, i).name;
        names_.emplace_back(name.size != 0 ? std::string{name.data, name.size} : std::string{});
    }
    if (got == 0) finish();
}

rows::rows(rows&& other) noexcept
    : state_{std::move(other.state_)},
      statement_{std::exchange(other.statement_, nullptr)},
      names_{std::move(other.names_)},
      cells_{other.cells_},
      block_{other.block_},
      position_{other.position_},
      seen_{other.seen_},
      started_{other.started_},
      affected_{other.affected_},
      limit_{other.limit_} {}

rows& rows::operator=(rows&& other) noexcept {
    if (this != &other) {
        finish();
        state_ = std::move(other.state_);
        statement_ = std::exchange(other.statement_, nullptr);
        names_ = std::move(other.names_);
        cells_ = other.cells_;
        block_ = other.block_;
        position_ = other.position_;
        seen_ = other.seen_;
        started_ = other.started_;
        affected_ = other.affected_;
        limit_ = other.limit_;
    }
    return *this;
}

rows::~rows() { finish(); }

std::uint32_t rows::column_count() const noexcept { return static_cast<std::uint32_t>(names_.size()); }

std::string_view rows::column_name(std::uint32_t index) const {
    if (index >= names_.size()) throw_usage("column " + std::to_string(index) + " of a result of " + std::to_string(names_.size()));
    return names_[index];
}

std::int64_t rows::last_insert_id() const { return state_->use().last_insert_id(); }

std::vector<std::string_view> rows::names() const { return {names_.begin(), names_.end()}; }

std::size_t rows::expected() const noexcept { return statement_ == nullptr ? 0 : statement_->expected_rows; }

bool rows::next() {
    if (statement_ == nullptr) return false;
    if (!started_)
        started_ = true;
    else
        ++position_;
    if (position_ >= block_) {
        detail::link& on = state_->use();
        try {
            block_ = limit_.is_never() ? on.fetch(*statement_) : on.fetch(*statement_, limit_);
        } catch (...) {
            statement_->running = false;
            finish();
            throw;
        }
        position_ = 0;
        if (block_ == 0) {
            statement_->expected_rows = seen_;
            finish();
            return false;
        }
    }
    cells_ = statement_->cells.get() + std::size_t{position_} * statement_->columns;
    ++seen_;
    return true;
}

// The end of the rows, reached or not. What cannot be ended at once the link ends later; nobody waits for it here.
void rows::finish() noexcept {
    detail::prepared* const statement = std::exchange(statement_, nullptr);
    if (statement == nullptr || !state_->lease.usable()) return;
    state_->lease->finish_later(*statement);
}

}  // namespace v1
}  // namespace koine
