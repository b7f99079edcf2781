#include "platform/fork.hpp"

#include <pthread.h>

#include <mutex>
#include <system_error>

#include <koine/platform/forks.hpp>

namespace koine {
inline namespace v1 {
namespace detail {
constinit std::atomic<std::uint64_t> forks{0};
}
}  // namespace v1
}  // namespace koine

namespace koine::platform {

struct fork_registry {
    std::mutex lock;
    fork_watcher* first = nullptr;

    // Never destroyed: pools with static storage delist themselves at any time of the exit.
    static fork_registry& instance() {
        static fork_registry& only = *[] {
            auto* made = new fork_registry;
            if (const int code = pthread_atfork(&before, &after_in_parent, &after_in_child); code != 0) {
                delete made;
                throw std::system_error{code, std::generic_category(), "pthread_atfork"};
            }
            return made;
        }();
        return only;
    }

    static void before() noexcept {
        fork_registry& registry = instance();
        registry.lock.lock();
        for (auto* w = registry.first; w != nullptr; w = w->next_) w->before();
    }
    static void after_in_parent() noexcept {
        fork_registry& registry = instance();
        for (auto* w = registry.first; w != nullptr; w = w->next_) w->after_in_parent();
        registry.lock.unlock();
    }
    static void after_in_child() noexcept {
        fork_registry& registry = instance();
        detail::forks.fetch_add(1, std::memory_order_relaxed);
        for (auto* w = registry.first; w != nullptr; w = w->next_) w->after_in_child();
        registry.lock.unlock();
    }

    void add(fork_watcher& w) {
        const std::lock_guard hold{lock};
        w.next_ = first;
        if (first != nullptr) first->previous_ = &w;
        first = &w;
    }
    void remove(fork_watcher& w) {
        const std::lock_guard hold{lock};
        (w.previous_ != nullptr ? w.previous_->next_ : first) = w.next_;
        if (w.next_ != nullptr) w.next_->previous_ = w.previous_;
    }
};

void fork_watcher::enlist() {
    fork_registry::instance().add(*this);
}
void fork_watcher::delist() noexcept {
    fork_registry::instance().remove(*this);
}

}  // namespace koine::platform
