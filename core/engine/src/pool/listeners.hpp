// The listeners behind a pool_events handle.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <koine/pool_events.hpp>

#include "platform/fork.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

class listeners final : private platform::fork_watcher {
public:
    using list = std::vector<std::shared_ptr<pool_listener>>;

    explicit listeners(std::shared_ptr<hook_caller> caller) : caller_{std::move(caller)} { enlist(); }
    ~listeners() { delist(); }

    void add(std::shared_ptr<pool_listener> listener);
    void remove(const pool_listener* listener) noexcept;
    // How many there are; read by every checkout and return.
    std::uint32_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
    // The list at this moment; may be null. Each listener in it lives as long as the list.
    std::shared_ptr<const list> current() const noexcept;

    // Who calls hooks with a connection; may be null.
    hook_caller* caller() const noexcept { return caller_.get(); }

    // Calls `body(listener)` for each. Exceptions pass, after the rest were called no more.
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
    void before() noexcept override { lock_.lock(); }
    void after_in_parent() noexcept override { lock_.unlock(); }
    void after_in_child() noexcept override { lock_.unlock(); }

    const std::shared_ptr<hook_caller> caller_;
    mutable std::mutex lock_;
    std::shared_ptr<const list> list_{};  // replaced, never changed
    std::atomic<std::uint32_t> count_{0};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
