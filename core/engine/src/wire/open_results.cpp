#include <koine/wire/open_results.hpp>

#include <utility>

namespace koine {
inline namespace v1 {
namespace detail {

void open_results::unlink(open_result& one) noexcept {
    *one.previous = one.next;
    if (one.next != nullptr) one.next->previous = one.previous;
    one.next = nullptr;
    one.previous = nullptr;
    count_.fetch_sub(1, std::memory_order_relaxed);
}

void open_results::add(open_result& one) {
    const std::lock_guard lock{mutex_};
    one.next = first_;
    one.previous = &first_;
    if (first_ != nullptr) first_->previous = &one.next;
    first_ = &one;
    count_.fetch_add(1, std::memory_order_relaxed);
}

void open_results::remove(open_result& one) noexcept {
    const std::lock_guard lock{mutex_};
    if (one.previous != nullptr) unlink(one);
}

void open_results::move(open_result& from, open_result& to) noexcept {
    const std::lock_guard lock{mutex_};
    to.statement = std::exchange(from.statement, nullptr);
    to.where.store(from.where.load(std::memory_order_relaxed), std::memory_order_relaxed);
    if (from.previous == nullptr) return;
    to.next = from.next;
    to.previous = from.previous;
    *to.previous = &to;
    if (to.next != nullptr) to.next->previous = &to.next;
    from.next = nullptr;
    from.previous = nullptr;
}

open_result* open_results::take() noexcept {
    const std::lock_guard lock{mutex_};
    open_result* const one = first_;
    if (one != nullptr) unlink(*one);
    return one;
}

void open_results::mark(open_result::condition condition) noexcept {
    const std::lock_guard lock{mutex_};
    for (open_result* one = first_; one != nullptr; one = one->next) {
        auto open = open_result::condition::open;
        one->where.compare_exchange_strong(open, condition, std::memory_order_relaxed);
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
