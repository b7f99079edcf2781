#include <koine/scope_registry.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

namespace {

// Numbers of registries are never used again, so that a thread cannot take the object of a dead
// registry for that of a new one at the same address.
std::atomic<std::uint64_t> last_id{0};

struct thread_object {
    std::uint64_t id;
    void* object;
    scope_registry::end_function end;
};

// The last object found, and whether the thread still has its list: plain data, which outlives
// everything else of a thread.
struct thread_shortcut {
    std::uint64_t id;
    void* object;
    bool over;
};
constinit thread_local thread_shortcut shortcut{0, nullptr, false};

struct thread_objects {
    std::vector<thread_object> all{};

    ~thread_objects() {
        shortcut = {0, nullptr, true};
        // The latest first, each taken off the list before it ends.
        while (!all.empty()) {
            const thread_object last = all.back();
            all.pop_back();
            last.end(last.object);
        }
    }
    auto position(std::uint64_t id) {
        return std::find_if(all.begin(), all.end(), [id](const thread_object& o) { return o.id == id; });
    }
};
thread_local thread_objects objects;

}  // namespace

struct scope_registry::keyed {
    scope_function scope;
    std::mutex mutex{};
    std::unordered_map<std::uintptr_t, void*> objects{};
};

scope_registry::scope_registry(end_function end, scope_function scope)
    : id_{last_id.fetch_add(1, std::memory_order_relaxed) + 1}, end_{end} {
    if (scope) {
        keyed_ = std::make_unique<keyed>();
        keyed_->scope = std::move(scope);
    }
}

scope_registry::~scope_registry() {
    if (keyed_) {
        for (const auto& [key, object] : keyed_->objects) end_(object);
    } else if (void* const object = take()) {
        end_(object);
    }
}

void* scope_registry::find() const {
    if (shortcut.id == id_) return shortcut.object;
    if (keyed_) {
        const std::uintptr_t key = keyed_->scope();
        const std::lock_guard lock{keyed_->mutex};
        const auto found = keyed_->objects.find(key);
        return found == keyed_->objects.end() ? nullptr : found->second;
    }
    if (shortcut.over) return nullptr;
    const auto found = objects.position(id_);
    if (found == objects.all.end()) return nullptr;
    shortcut.id = id_;
    shortcut.object = found->object;
    return found->object;
}

void* scope_registry::put(void* object) {
    if (keyed_) {
        const std::uintptr_t key = keyed_->scope();
        const std::lock_guard lock{keyed_->mutex};
        return keyed_->objects.emplace(key, object).first->second;
    }
    if (shortcut.over) throw_usage("a thread that is ending cannot begin a scope");
    // The making of the object may have begun the scope itself.
    if (const auto found = objects.position(id_); found != objects.all.end()) return found->object;
    objects.all.push_back({id_, object, end_});
    return object;
}

void* scope_registry::take() {
    if (keyed_) {
        const std::uintptr_t key = keyed_->scope();
        const std::lock_guard lock{keyed_->mutex};
        const auto found = keyed_->objects.find(key);
        if (found == keyed_->objects.end()) return nullptr;
        void* const object = found->second;
        keyed_->objects.erase(found);
        return object;
    }
    if (shortcut.over) return nullptr;
    const auto found = objects.position(id_);
    if (found == objects.all.end()) return nullptr;
    void* const object = found->object;
    objects.all.erase(found);
    if (shortcut.id == id_) shortcut = {0, nullptr, false};
    return object;
}

}  // namespace v1
}  // namespace koine
