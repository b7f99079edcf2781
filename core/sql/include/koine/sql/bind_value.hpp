// A value on its way into a statement, whatever C++ type it came from.
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/bind_context.hpp>
#include <koine/types/type_traits.hpp>

namespace koine {
inline namespace v1 {

// Owns what it holds. A value type; not thread-safe.
class KOINE_API bind_value {
public:
    // NULL.
    bind_value(std::nullopt_t) noexcept {}
    // Any T that type_traits knows, optional ones and string literals included. Throws usage_error
    // for a value that cannot be stored: text with NUL or invalid UTF-8, an enumeration's value
    // without a name.
    template <class T>
    requires(!std::is_same_v<T, bind_value>) bind_value(const T& value) {
        bind_context context;
        const koine_value bound = type_traits<T>::bind(value, context);
        take(bound, context);
    }

    // The value as it was given; its content points into this object.
    koine_value view() const noexcept;

private:
    void take(const koine_value& value, const bind_context& context);

    koine_value value_{};  // of a text or blob: without its pointer
    std::string content_{};
};

}  // namespace v1
}  // namespace koine
