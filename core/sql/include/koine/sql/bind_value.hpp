// A value on its way into a statement, whatever C++ type it came from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
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

    // The same for a value that is called `name`; usage_error says so.
    template <class T>
    static bind_value called(std::string_view name, const T& value) {
        if constexpr (std::is_same_v<T, bind_value> || std::is_same_v<T, std::nullopt_t>) {
            return value;
        } else {
            bind_value made{std::nullopt};
            bind_context context;
            const koine_value bound = type_traits<T>::bind(value, context);
            made.take(bound, context, name);
            return made;
        }
    }

    // The value as it was given; its content points into this object.
    koine_value view() const noexcept;

private:
    void take(const koine_value& value, const bind_context& context, std::string_view name = {});

    koine_value value_{};  // of a text or blob: without its pointer
    std::string content_{};
};

}  // namespace v1
}  // namespace koine
