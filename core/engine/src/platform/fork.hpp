// The one place that knows about fork(): it counts them (koine/detail/forks.hpp), and tells objects
// of each.
#pragma once

namespace koine::platform {

// An object that must be consistent when the process forks. Derived classes enlist when they are
// complete and delist before they are destroyed. Members are called on the forking thread: before()
// in the parent in front of the fork, then one of the after_*() on each side. The registry's lock
// is held from before() to after_*(): a lock that before() takes must never be held by somebody who
// enlists or delists.
class fork_watcher {
public:
    fork_watcher(const fork_watcher&) = delete;
    fork_watcher& operator=(const fork_watcher&) = delete;
    virtual void before() noexcept = 0;
    virtual void after_in_parent() noexcept = 0;
    virtual void after_in_child() noexcept = 0;

protected:
    fork_watcher() noexcept = default;
    ~fork_watcher() = default;
    void enlist();
    void delist() noexcept;

private:
    friend struct fork_registry;
    fork_watcher* next_ = nullptr;
    fork_watcher* previous_ = nullptr;
};

}  // namespace koine::platform
