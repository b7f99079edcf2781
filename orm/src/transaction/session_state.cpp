#include "transaction/session_state.hpp"

#include <algorithm>

namespace koine {
inline namespace v1 {
namespace detail {

session_state::decision session_state::may(operation what, std::uint64_t id) const noexcept {
    const bool in_doubt = condition_ == condition::in_doubt;
    const bool over = condition_ == condition::over;
    switch (what) {
        case operation::work:
            break;
        case operation::rollback:
            return over ? decision::refused_over : in_doubt ? decision::refused_in_doubt : decision::go;
        case operation::release_savepoint:
            // What is wrong with the savepoint itself is said first: no rollback makes it right.
            if (!has(id)) return decision::refused_ended;
            if (innermost().id != id) return decision::refused_inner;
            break;
        case operation::undo_savepoint:
            if (in_doubt) return decision::refused_in_doubt;
            return has(id) ? decision::go : decision::refused_ended;
        case operation::leave_savepoint:
            return in_doubt || !has(id) ? decision::nothing_to_do : decision::go;
        case operation::take_back:
            // What may have been committed stays with the objects.
            return in_doubt || over ? decision::nothing_to_do : decision::go;
    }
    if (over) return decision::refused_over;
    if (in_doubt) return decision::refused_in_doubt;
    return condition_ == condition::failed ? decision::refused_failed : decision::go;
}

void session_state::failed() noexcept {
    if (condition_ == condition::open) condition_ = condition::failed;
}

bool session_state::has(std::uint64_t id) const noexcept {
    return std::any_of(savepoints_.begin(), savepoints_.end(), [id](const savepoint& one) { return one.id == id; });
}

std::uint64_t session_state::opened(std::size_t undo, std::uint64_t on_connection) noexcept {
    savepoints_.push_back({next_id_, undo, on_connection});
    return next_id_++;
}

const session_state::savepoint& session_state::of(std::uint64_t id) const noexcept {
    return *std::find_if(savepoints_.begin(), savepoints_.end(), [id](const savepoint& one) { return one.id == id; });
}

session_state::savepoint session_state::left(std::uint64_t id) noexcept {
    const savepoint here = of(id);
    while (savepoints_.back().id != id) savepoints_.pop_back();
    savepoints_.pop_back();
    return here;
}

void session_state::taken_back_to_savepoint() noexcept {
    if (condition_ == condition::failed) condition_ = condition::open;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
