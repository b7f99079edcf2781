// Who wants to be called: a list that is read often, from any thread, and seldom changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "platform/fork.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

template <class Subscriber>
class subscribers : private platform::fork_watcher {
public:
    using list = std::vector<std::shared_ptr<Subscriber>>;

    subscribers() { enlist(); }
    ~subscribers() { delist(); }

    void add(std::shared_ptr<Subscriber> one) {
        const std::lock_guard hold{lock_};
        auto longer = list_ ? std::make_shared<list>(*list_) : std::make_shared<list>();
        longer->push_back(std::move(one));
        replace(std::move(longer));
    }
    void remove(const Subscriber* gone) noexcept {
        // destroyed outside the lock: a destructor may do anything
        std::shared_ptr<const list> old;
        const std::lock_guard hold{lock_};
        if (!list_) return;
        auto shorter = std::make_shared<list>();
        bool found = false;
        for (const auto& one : *list_) {
            if (!found && one.get() == gone)
                found = true;
            else
                shorter->push_back(one);
        }
        old = replace(std::move(shorter));
    }
    // How many there are.
    std::uint32_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
    const std::atomic<std::uint32_t>& counter() const noexcept { return count_; }
    // The list at this moment; may be null. Each in it lives as long as the list.
    std::shared_ptr<const list> current() const noexcept {
        const std::lock_guard hold{lock_};
        return list_;
    }

    // Calls `body(subscriber)` for each. Exceptions pass, after the rest were called no more.
    template <class Body>
    void tell(Body body) const {
        if (count() == 0) return;
        if (const auto all = current())
            for (const auto& one : *all) body(*one);
    }
    // The same where nobody can take an exception.
    template <class Body>
    void tell_quietly(Body body) const noexcept {
        if (count() == 0) return;
        if (const auto all = current())
            for (const auto& one : *all) {
                try {
                    body(*one);
                } catch (...) {
                }
            }
    }

private:
    std::shared_ptr<const list> replace(std::shared_ptr<const list> other) noexcept {
        auto old = std::exchange(list_, std::move(other));
        count_.store(static_cast<std::uint32_t>(list_->size()), std::memory_order_relaxed);
        return old;
    }
    void before() noexcept override { lock_.lock(); }
    void after_in_parent() noexcept override { lock_.unlock(); }
    void after_in_child() noexcept override { lock_.unlock(); }

    mutable std::mutex lock_;
    std::shared_ptr<const list> list_{};  // replaced, never changed
    std::atomic<std::uint32_t> count_{0};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
