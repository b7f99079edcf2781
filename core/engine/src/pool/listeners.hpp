// The listeners behind a pool_events handle.
#pragma once

#include <memory>
#include <utility>

#include <koine/pool_events.hpp>

#include "subscribers.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

class listeners final : public subscribers<pool_listener> {
public:
    explicit listeners(std::shared_ptr<hook_caller> caller) : caller_{std::move(caller)} {}
    // Who calls hooks with a connection; may be null.
    hook_caller* caller() const noexcept { return caller_.get(); }

private:
    const std::shared_ptr<hook_caller> caller_;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
