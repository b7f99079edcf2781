// Hooks of the pool's listeners, called with a connection.
#pragma once

#include <chrono>

#include <koine/engine.hpp>
#include <koine/pool_events.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Immutable.
class hook_calls final : public hook_caller {
public:
    explicit hook_calls(const engine_options& options) noexcept;
    void call(pool_moment due, pool_lease lent, pool_listener& listener) override;

private:
    std::chrono::milliseconds time_for(pool_moment due) const noexcept;

    std::chrono::milliseconds statement_timeout_;
    std::chrono::milliseconds connect_timeout_;
    std::chrono::milliseconds reset_timeout_;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
