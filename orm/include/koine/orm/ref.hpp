// ref<T> and cref<T>: references to the objects of a session.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <utility>

#include <koine/mapping/entity.hpp>
#include <koine/mapping/repr.hpp>
#include <koine/orm/detail/object.hpp>

namespace koine {
inline namespace v1 {

template <class T>
class cref;

// A reference to an object of a session; may be empty. Deep-const: a `const ref<T>` gives `const
// T&` and costs nothing, another one gives `T&`, which makes the session remember the object's
// columns and compare them at each flush from then on.
//
// A reference keeps the object readable for as long as it lives, also when the session is gone (the
// object is detached then); it keeps the memory of all objects loaded by that session. To keep just
// one object, copy it: `User kept = *ref`.
//
// One pointer in size. The object belongs to its session's thread; references to it may be copied
// and dropped on any thread.
template <class T>
class ref {
public:
    using element_type = T;

    constexpr ref() noexcept = default;
    constexpr ref(std::nullptr_t) noexcept {}
    ref(const ref& other) noexcept : object_{other.object_} {
        if (object_ != nullptr) detail::retain(object_);
    }
    ref(ref&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
    ref& operator=(ref other) noexcept {
        other.object_ = std::exchange(object_, other.object_);
        return *this;
    }
    ~ref() {
        if (object_ != nullptr) detail::release(object_);
    }

    explicit operator bool() const noexcept { return object_ != nullptr; }
    // Reading. Throws usage_error if empty.
    const T& operator*() const { return *checked(); }
    const T* operator->() const { return checked(); }
    operator const T&() const { return *checked(); }  // NOLINT(google-explicit-constructor)
    // Writing. Throws usage_error if empty, std::bad_alloc.
    T& operator*() { return *writable(); }
    T* operator->() { return writable(); }
    // The object for reading, or null if empty.
    const T* get() const noexcept { return object_; }

    // Whether both refer to the same object.
    friend bool operator==(const ref& a, const ref& b) noexcept { return a.object_ == b.object_; }
    friend bool operator==(const ref& a, std::nullptr_t) noexcept { return a.object_ == nullptr; }

    // For sessions: takes over a reference that was counted already.
    static ref adopt(void* object) noexcept {
        ref out;
        out.object_ = static_cast<T*>(object);
        return out;
    }

private:
    friend class cref<T>;
    T* checked() const {
        if (object_ == nullptr) [[unlikely]]
            detail::throw_empty_ref(detail::entity_of<T>().class_name);
        return object_;
    }
    T* writable() {
        T* const object = checked();
        detail::touch(object);
        return object;
    }

    T* object_ = nullptr;
};

// A reference for reading only; otherwise as ref.
template <class T>
class cref {
public:
    using element_type = const T;

    constexpr cref() noexcept = default;
    constexpr cref(std::nullptr_t) noexcept {}
    cref(const ref<T>& other) noexcept : to_{other} {}
    cref(ref<T>&& other) noexcept : to_{std::move(other)} {}

    explicit operator bool() const noexcept { return static_cast<bool>(to_); }
    // Throw usage_error if empty.
    const T& operator*() const { return *to_; }
    const T* operator->() const { return to_.operator->(); }
    operator const T&() const { return *to_; }  // NOLINT(google-explicit-constructor)
    const T* get() const noexcept { return to_.get(); }

    friend bool operator==(const cref& a, const cref& b) noexcept { return a.to_ == b.to_; }
    friend bool operator==(const cref& a, std::nullptr_t) noexcept { return a.to_ == nullptr; }

private:
    ref<T> to_;
};

// Prints the object as koine::repr() writes it; an empty reference as "none".
template <class Char, class Traits, class T>
std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out, const ref<T>& object) {
    return object ? out << repr(static_cast<const T&>(object)) : out << "none";
}
template <class Char, class Traits, class T>
std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out, const cref<T>& object) {
    return object ? out << repr(static_cast<const T&>(object)) : out << "none";
}

}  // namespace v1
}  // namespace koine
