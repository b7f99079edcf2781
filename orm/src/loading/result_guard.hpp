// Ends a result when loading its rows fails.
#pragma once

#include <koine/wire/driver_connection.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Both live longer.
class result_guard {
public:
    result_guard(driver_connection& link, prepared& statement) noexcept : link_{link}, statement_{statement} {}
    result_guard(const result_guard&) = delete;
    result_guard& operator=(const result_guard&) = delete;
    ~result_guard() {
        if (!statement_.running) return;
        try {
            link_.finish(statement_);
        } catch (...) {
            // The error that is on its way says more.
        }
    }

private:
    driver_connection& link_;
    prepared& statement_;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
