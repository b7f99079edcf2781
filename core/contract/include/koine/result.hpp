// result<T>: a value or the reason why there is none. The form in which errors travel inside Koine
// and out of `try_` calls.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include <koine/api.hpp>
#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

template <class T>
class result;

// The error half of a result: an owned error_info. Move-only; one pointer wide.
class KOINE_API failure {
public:
    explicit failure(error_info info);
    failure(errc code, std::string message);
    failure(failure&& other) noexcept : info_{std::exchange(other.info_, nullptr)} {}
    failure& operator=(failure&& other) noexcept {
        std::swap(info_, other.info_);
        return *this;
    }
    ~failure() {
        if (info_ != nullptr) [[unlikely]]
            discard();
    }

    error_info& info() noexcept { return *info_; }
    const error_info& info() const noexcept { return *info_; }
    // Throws the exception that fits.
    [[noreturn]] void raise() &&;

private:
    friend class result<void>;
    failure() noexcept = default;  // none
    void discard() noexcept;

    error_info* info_ = nullptr;  // owned
};

// A value or a failure. Not thread-safe.
template <class T>
class [[nodiscard]] result {
public:
    result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    result(failure error) : state_{std::in_place_index<1>, std::move(error)} {}

    explicit operator bool() const noexcept { return state_.index() == 0; }
    bool has_value() const noexcept { return state_.index() == 0; }
    // Precondition of operator* and ->: there is a value.
    T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    T* operator->() noexcept { return std::get_if<0>(&state_); }
    const T* operator->() const noexcept { return std::get_if<0>(&state_); }
    // The value, or throws the error.
    T value() && {
        if (!has_value()) std::move(error()).raise();
        return std::move(*std::get_if<0>(&state_));
    }
    // Precondition: there is no value.
    failure& error() & noexcept { return *std::get_if<1>(&state_); }
    const failure& error() const& noexcept { return *std::get_if<1>(&state_); }
    failure&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

private:
    std::variant<T, failure> state_;
};

template <>
class [[nodiscard]] result<void> {
public:
    result() noexcept = default;
    result(failure error) : error_{std::move(error)} {}

    explicit operator bool() const noexcept { return has_value(); }
    bool has_value() const noexcept { return error_.info_ == nullptr; }
    void value() && {
        if (!has_value()) std::move(error_).raise();
    }
    failure& error() & noexcept { return error_; }
    const failure& error() const& noexcept { return error_; }
    failure&& error() && noexcept { return std::move(error_); }

private:
    failure error_{};
};

}  // namespace v1
}  // namespace koine
