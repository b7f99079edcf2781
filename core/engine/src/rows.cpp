#include <koine/rows.hpp>

#include <algorithm>
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

std::size_t row::size() const noexcept {
    return rows_->column_count();
}

cell row::operator[](std::size_t index) const {
    if (index >= size())
        throw_usage("column " + std::to_string(index) + " of a row of " + std::to_string(size()) +
                    " columns (counted from 0)");
    return cell{rows_->cells()[index], rows_->names_[index], index};
}

namespace {

[[noreturn]] KOINE_COLD void raise_ambiguous(std::string_view name) {
    error_info info;
    info.code = errc::undefined_column;
    info.column = name;
    info.message =
        "the row has more than one column " + std::string{name} + "; give one another name, or take it by position";
    throw_error(std::move(info));
}

}  // namespace

cell row::operator[](std::string_view name) const {
    const std::vector<std::string>& names = rows_->names_;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end() && std::find(found + 1, names.end(), name) == names.end()) {
        const auto index = static_cast<std::size_t>(found - names.begin());
        return cell{rows_->cells()[index], *found, index};
    }
    if (found != names.end()) raise_ambiguous(name);
    std::string known;
    for (const auto& n : names) known += (known.empty() ? "" : ", ") + n;
    throw_usage("the row has no column " + std::string{name} + "; it has: " + known);
}

rows::rows(std::shared_ptr<detail::connection_state> state, detail::prepared& statement, std::uint32_t got,
           deadline limit)
    : state_{std::move(state)}, block_{got}, limit_{limit} {
    detail::driver_connection& on = *state_->lease;
    affected_ = statement.read_only ? 0 : on.rows_affected(statement);
    names_.reserve(statement.columns);
    for (std::uint32_t i = 0; i < statement.columns; ++i) {
        const koine_string name = on.column(statement, i).name;
        names_.emplace_back(name.size != 0 ? std::string{name.data, name.size} : std::string{});
    }
    open_.statement = &statement;
    if (got == 0)
        finish();
    else
        on.results().add(open_);
}

rows::rows(rows&& other) noexcept
    : state_{std::move(other.state_)},
      names_{std::move(other.names_)},
      cells_{other.cells_},
      block_{other.block_},
      position_{other.position_},
      seen_{other.seen_},
      started_{other.started_},
      affected_{other.affected_},
      limit_{other.limit_} {
    take_over(other);
}

rows& rows::operator=(rows&& other) noexcept {
    if (this != &other) {
        finish();
        state_ = std::move(other.state_);
        names_ = std::move(other.names_);
        cells_ = other.cells_;
        block_ = other.block_;
        position_ = other.position_;
        seen_ = other.seen_;
        started_ = other.started_;
        affected_ = other.affected_;
        limit_ = other.limit_;
        take_over(other);
    }
    return *this;
}

// Once the lease is given back, the connection of the driver belongs to somebody else.
void rows::take_over(rows& other) noexcept {
    open_.where = other.open_.where.load();
    if (state_ && state_->lease.usable())
        state_->lease->results().move(other.open_, open_);
    else
        other.open_.statement = nullptr;
    other.open_.where = detail::open_result::condition::open;
}

rows::~rows() {
    finish();
}

std::uint32_t rows::column_count() const noexcept {
    return static_cast<std::uint32_t>(names_.size());
}

std::string_view rows::column_name(std::uint32_t index) const {
    if (index >= names_.size())
        throw_usage("column " + std::to_string(index) + " of a result of " + std::to_string(names_.size()));
    return names_[index];
}

std::int64_t rows::last_insert_id() const {
    return state_->use().last_insert_id();
}

std::vector<std::string_view> rows::names() const {
    return {names_.begin(), names_.end()};
}

std::size_t rows::expected() const noexcept {
    return open_.statement == nullptr ? 0 : open_.statement->expected_rows;
}

namespace {

[[noreturn]] KOINE_COLD void raise_over() {
    throw_usage("the rows are over: their transaction was rolled back, or a failure on their connection ended them");
}

}  // namespace

const koine_value* rows::cells() const {
    state_->use();
    if (open_.where.load(std::memory_order_relaxed) != detail::open_result::condition::open) raise_over();
    return cells_;
}

bool rows::next() {
    using condition = detail::open_result::condition;
    const condition where = open_.where.load(std::memory_order_relaxed);
    if (open_.statement == nullptr && where == condition::open) return false;
    detail::driver_connection& on = state_->use();
    if (open_.statement == nullptr || where == condition::over) raise_over();
    if (!started_)
        started_ = true;
    else
        ++position_;
    if (position_ >= block_ || where == condition::lost) {
        const detail::driver_connection::busy_guard guard{on};
        if (!next_block()) {
            // A driver that has nothing to say of a result that it ended must not make it look
            // complete.
            if (where == condition::lost) raise_over();
            return false;
        }
    }
    cells_ = open_.statement->cells.get() + std::size_t{position_} * open_.statement->columns;
    ++seen_;
    return true;
}

bool rows::next_block() {
    detail::driver_connection& on = *state_->lease;
    detail::prepared& statement = *open_.statement;
    try {
        block_ = limit_.is_never() ? on.fetch(statement) : on.fetch(statement, limit_);
    } catch (...) {
        statement.running = false;
        open_.where = detail::open_result::condition::lost;
        finish();
        throw;
    }
    position_ = 0;
    if (block_ != 0) return true;
    statement.expected_rows = seen_;
    finish();
    return false;
}

// The end of the rows, reached or not. What cannot be ended at once the connection ends later;
// nobody waits for it here.
void rows::finish() noexcept {
    detail::prepared* const statement = std::exchange(open_.statement, nullptr);
    if (statement == nullptr || !state_->lease.usable()) return;
    state_->lease->results().remove(open_);
    state_->lease->finish_later(*statement);
}

rows::reading::reading(rows& owner) : taken_{nullptr} {
    if (owner.open_.statement == nullptr) return;
    detail::driver_connection& on = owner.state_->use();
    if (on.enter()) taken_ = &on;
}

rows::reading::~reading() {
    if (taken_ != nullptr) taken_->leave();
}

}  // namespace v1
}  // namespace koine
