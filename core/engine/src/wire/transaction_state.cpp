#include <koine/wire/transaction_state.hpp>

#include <algorithm>

namespace koine {
inline namespace v1 {
namespace detail {

using verdict = transaction_state::verdict;

std::uint32_t transaction_state::depth_of(savepoint_id which) const noexcept {
    const auto found = std::find(savepoints_.begin(), savepoints_.end(), which);
    return found == savepoints_.end() ? 0 : static_cast<std::uint32_t>(found - savepoints_.begin()) + 1;
}

// ---- The transaction ----

verdict transaction_state::before_begin() const noexcept {
    if (phase_ == phase::pending || phase_ == phase::begun) return verdict::already_open;
    return refusal();
}

verdict transaction_state::before_rollback() const noexcept {
    switch (phase_) {
        case phase::none:
        case phase::pending:
            return verdict::nothing;
        case phase::in_doubt:
            return verdict::in_doubt;
        default:
            return verdict::go;
    }
}

void transaction_state::lost_commit() noexcept {
    savepoints_.clear();
    phase_ = phase::in_doubt;
}

// ---- Statements ----

void transaction_state::ended_by_statement() noexcept {
    ended_by_statement_ = true;
    savepoints_.clear();
    // After a failure the program still has to hear of it, and to roll back.
    if (phase_ == phase::failed || phase_ == phase::none) return;
    if (explicitly_)
        phase_ = phase::pending;
    else
        ended();
}

// ---- Savepoints ----

verdict transaction_state::before_savepoint() const noexcept {
    if (phase_ == phase::begun) return verdict::go;
    if (phase_ == phase::none) return verdict::not_in_transaction;
    if (phase_ != phase::pending) return refusal();
    return autocommits() ? verdict::not_in_transaction : verdict::begin_first;
}

transaction_state::savepoint_id transaction_state::opened_savepoint() {
    savepoints_.push_back(last_savepoint_ + 1);
    return ++last_savepoint_;
}

verdict transaction_state::before_release(savepoint_id which) const noexcept {
    if (const verdict refused = refusal(); refused != verdict::go) return refused;
    const std::uint32_t at = depth_of(which);
    if (at == 0) return verdict::savepoint_over;
    return at == depth() ? verdict::go : verdict::savepoint_inside;
}

void transaction_state::released(savepoint_id which) noexcept {
    savepoints_.resize(depth_of(which) - 1);
}

verdict transaction_state::before_rollback_to(savepoint_id which) const noexcept {
    if (phase_ == phase::in_doubt) return verdict::in_doubt;
    return depth_of(which) == 0 ? verdict::savepoint_over : verdict::go;
}

void transaction_state::rolled_back_to(savepoint_id which) noexcept {
    savepoints_.resize(depth_of(which) - 1);
    phase_ = phase::begun;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
