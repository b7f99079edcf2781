#include <koine/pool_events.hpp>

#include <utility>

#include <koine/pool_backend.hpp>

#include "pool/listeners.hpp"

namespace koine {
inline namespace v1 {

namespace detail {

pooled::~pooled() = default;
pool_backend::~pool_backend() = default;
hook_caller::~hook_caller() = default;

}  // namespace detail

pool_listener::~pool_listener() = default;
void pool_listener::on_connect(connection&) {}
void pool_listener::on_first_connect(connection&) {}
void pool_listener::on_checkout(connection&) {}
void pool_listener::on_checkin(connection&) {}
void pool_listener::on_reset(connection&) {}
void pool_listener::on_close(connection&) {}
void pool_listener::on_invalidate(connection&, bool) {}
void pool_listener::on_detach(connection&) {}
void pool_listener::on_leak(here, std::chrono::nanoseconds) {}

pool_subscription::pool_subscription(std::shared_ptr<detail::listeners> home, const pool_listener* listener) noexcept
    : home_{std::move(home)}, listener_{listener} {}

pool_subscription::pool_subscription(pool_subscription&& other) noexcept = default;

pool_subscription& pool_subscription::operator=(pool_subscription&& other) noexcept {
    if (this != &other) {
        const pool_subscription ended{std::move(*this)};
        home_ = std::move(other.home_);
        listener_ = other.listener_;
    }
    return *this;
}

pool_subscription::~pool_subscription() {
    if (home_) home_->remove(listener_);
}

pool_events::pool_events() : pool_events{nullptr} {}

pool_events::pool_events(std::shared_ptr<detail::hook_caller> caller)
    : list_{std::make_shared<detail::listeners>(std::move(caller))} {}

pool_subscription pool_events::subscribe(std::shared_ptr<pool_listener> listener) {
    const pool_listener* address = listener.get();
    list_->add(std::move(listener));
    return pool_subscription{list_, address};
}

}  // namespace v1
}  // namespace koine
