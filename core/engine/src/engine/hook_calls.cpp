#include "engine/hook_calls.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include <koine/connection.hpp>
#include <koine/lease/connection_access.hpp>

#include "connection_state.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

void call_hook(pool_moment due, connection& on, pool_listener& listener) {
    switch (due) {
        case pool_moment::connect:
            return listener.on_connect(on);
        case pool_moment::first_connect:
            return listener.on_first_connect(on);
        case pool_moment::checkout:
            return listener.on_checkout(on);
        case pool_moment::checkin:
            return listener.on_checkin(on);
        case pool_moment::reset:
            return listener.on_reset(on);
        case pool_moment::close:
            return listener.on_close(on);
        case pool_moment::invalidate:
            return listener.on_invalidate(on, false);
        case pool_moment::soft_invalidate:
            return listener.on_invalidate(on, true);
        case pool_moment::detach:
            return listener.on_detach(on);
    }
}

// Whether the settings that the hook makes are the connection's from then on.
bool settles(pool_moment due) noexcept {
    return due == pool_moment::connect || due == pool_moment::first_connect || due == pool_moment::checkin ||
           due == pool_moment::reset;
}

// The connection as a hook has it, for as long as the hook runs.
class lent_connection {
public:
    explicit lent_connection(pool_lease lent, std::chrono::milliseconds timeout)
        : connection_{static_cast<driver_connection&>(*lent)},
          timeout_{timeout},
          state_{std::make_shared<connection_state>()} {
        state_->statement_timeout = timeout;
        if (!connection_.at_rest()) return;
        connection_.start_lease();
        state_->lease = connection_lease{std::move(lent)};
        open_ = true;
    }
    // Whatever still refers to the state finds a connection that is closed.
    ~lent_connection() {
        take_back();
        if (!open_) return;
        if (connection_.in_transaction()) roll_back();
        connection_.set_deadline(deadline::never());
    }
    lent_connection(const lent_connection&) = delete;
    lent_connection& operator=(const lent_connection&) = delete;

    driver_connection& on() const noexcept { return connection_; }
    bool open() const noexcept { return open_; }
    connection shown() const { return connection_access::over(state_); }

    // What the hook has run takes effect, unless the hook has closed its connection itself.
    void commit() {
        if (!take_back()) return;
        connection_.set_deadline(limit());
        connection_.commit();
    }

private:
    deadline limit() const noexcept { return timeout_.count() == 0 ? deadline::never() : deadline::in(timeout_); }
    bool take_back() noexcept {
        const std::lock_guard lock{state_->closing};
        if (!state_->lease) return false;
        state_->lease = connection_lease{};
        return true;
    }
    void roll_back() noexcept {
        try {
            connection_.set_deadline(limit());
            connection_.rollback();
        } catch (...) {
            // the connection is poisoned, and the pool closes it
        }
    }

    driver_connection& connection_;
    std::chrono::milliseconds timeout_;
    std::shared_ptr<connection_state> state_;
    bool open_ = false;
};

}  // namespace

hook_calls::hook_calls(const engine_options& options) noexcept
    : statement_timeout_{options.statement_timeout},
      connect_timeout_{options.connect_timeout},
      reset_timeout_{std::chrono::duration_cast<std::chrono::milliseconds>(options.pool.reset_timeout)} {}

std::chrono::milliseconds hook_calls::time_for(pool_moment due) const noexcept {
    if (statement_timeout_.count() != 0) return statement_timeout_;
    const bool opens = due == pool_moment::connect || due == pool_moment::first_connect || due == pool_moment::checkout;
    return opens ? connect_timeout_ : reset_timeout_;
}

void hook_calls::call(pool_moment due, pool_lease lent, pool_listener& listener) {
    lent_connection mine{std::move(lent), time_for(due)};
    connection on = mine.shown();
    call_hook(due, on, listener);
    mine.commit();
    if (mine.open() && settles(due)) mine.on().keep_settings();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
