// One object a scope: the thread, or whatever a function says is the scope of the caller (request,
// strand, coroutine).
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

// Answers the key of the caller's scope: callers with the same key share an object. Copyable;
// called from several threads at once.
class scope_function {
public:
    scope_function() noexcept = default;
    // From anything that can be called without arguments and answers an integer or a pointer.
    template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, scope_function> && std::is_invocable_v<Function&>)
        scope_function(Function function)  // NOLINT(google-explicit-constructor)
        : function_{std::make_shared<Function>(std::move(function))}, call_{[](void* state) {
              const auto key = (*static_cast<Function*>(state))();
              if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(key)>>) {
                  return reinterpret_cast<std::uintptr_t>(key);
              } else {
                  return static_cast<std::uintptr_t>(key);
              }
          }} {}

    explicit operator bool() const noexcept { return call_ != nullptr; }
    // Precondition: not empty.
    std::uintptr_t operator()() const { return call_(function_.get()); }

private:
    std::shared_ptr<void> function_{};
    std::uintptr_t (*call_)(void* state) = nullptr;
};

// Objects by scope, without their type. Thread-safe, except for construction and destruction; an
// object is used by its scope alone.
//
// With the thread as scope, objects live in the thread and finding one takes no lock. An object
// whose thread ends is ended there, also when the registry is gone by then; one of the thread that
// destroys the registry is ended by the registry. With a scope function the registry owns all
// objects.
class KOINE_API scope_registry {
public:
    // Ends an object of a scope that did not take it out itself. Must not wait for anybody.
    using end_function = void (*)(void* object) noexcept;

    explicit scope_registry(end_function end, scope_function scope = {});
    scope_registry(const scope_registry&) = delete;
    scope_registry& operator=(const scope_registry&) = delete;
    ~scope_registry();

    // The object of the caller's scope, or null.
    void* find() const;
    // Gives the caller's scope its object and returns it. Where another thread of the scope has
    // been faster, returns that one's, and the object stays the caller's. Throws usage_error in a
    // thread that has ended its thread_local objects already, std::bad_alloc; the object is the
    // caller's then.
    void* put(void* object);
    // Takes the object out of the caller's scope and answers it, to be ended by the caller; null if
    // there is none.
    void* take();

private:
    struct keyed;

    std::uint64_t id_;
    end_function end_;
    std::unique_ptr<keyed> keyed_;  // null: the scope is the thread
};

}  // namespace v1
}  // namespace koine
