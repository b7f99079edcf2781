// Connections for pool tests: they count themselves, fail on demand and can be held at a gate.
#pragma once

#include <koine/platform/waiter.hpp>
#include <koine/pool_backend.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace pool_tests {

using koine::deadline;
using koine::errc;
using koine::failure;
using koine::result;

// A door that operations wait at while it is shut.
class gate {
public:
    void shut() {
        const std::lock_guard hold{lock_};
        open_ = false;
    }
    void open() {
        const std::lock_guard hold{lock_};
        open_ = true;
        changed_.notify_all();
    }
    // False: the deadline passed first. Takes no lock while the door is open: a fork would leave it
    // locked to its child for ever.
    bool pass(deadline until) {
        ++arrived_;
        if (open_) return true;
        std::unique_lock hold{lock_};
        if (until.is_never()) {
            changed_.wait(hold, [&] { return open_.load(); });
            return true;
        }
        return changed_.wait_until(hold, until.at(), [&] { return open_.load(); });
    }
    // Waits until so many have come to the door, ever.
    void wait_for_arrivals(int n) const {
        while (arrived_ < n) std::this_thread::yield();
    }

private:
    std::mutex lock_;
    std::condition_variable changed_;
    std::atomic<bool> open_{true};
    std::atomic<int> arrived_{0};
};

// Waits as a link does for a server that does not answer. Returns the failure.
inline result<void> wait_for_server(deadline until) {
    koine::detail::waiter* const flow = koine::detail::waiter::current();
    if (flow == nullptr) std::this_thread::sleep_until(until.at());
    while (!until.passed()) {
        const auto why = flow->wait(-1, 0, until.ns());
        if (why == koine::detail::woken::interrupted || why == koine::detail::woken::abandoned)
            return failure{errc::cancelled, "told to stop"};
    }
    return failure{errc::timeout, "the server did not answer"};
}

// What all connections of a test share; outlives the pool.
struct world {
    std::atomic<int> live{0}, most_live{0}, opened{0}, closed{0}, resets{0}, pings{0}, abandoned{0},
        talked_after_abandon{0};
    std::atomic<int> failing_opens{0};  // so many attempts to come fail
    std::atomic<errc> open_error{errc::connection_refused};
    std::atomic<bool> reset_fails{false}, ping_fails{false};
    // whoever talks to the server waits through the current waiter; a ping leaves dirt behind
    std::atomic<bool> server_stopped{false}, ping_leaves_dirt{false};
    gate open_gate, close_gate, reset_gate;
};

struct connection final : koine::detail::pooled {
    explicit connection(world& w) : shared{w}, id{++w.opened} {
        const int now = ++shared.live;
        int most = shared.most_live;
        while (now > most && !shared.most_live.compare_exchange_weak(most, now)) {
        }
    }
    ~connection() override {
        if (!gone) {
            shared.close_gate.pass(deadline::never());
            ++shared.closed;
            --shared.live;
        }
    }
    result<void> reset(deadline until) override {
        ++shared.resets;
        if (!shared.reset_gate.pass(until)) return failure{errc::timeout, "reset timed out"};
        if (shared.server_stopped) return wait_for_server(until);
        if (shared.reset_fails) return failure{errc::disconnected, "reset failed"};
        dirty = false;
        return {};
    }
    bool reusable() const noexcept override {
        if (at_reusable != nullptr) at_reusable->pass(deadline::never());
        return !dirty;
    }
    result<void> ping(deadline until) override {
        ++shared.pings;
        if (shared.server_stopped) {
            dirty = shared.ping_leaves_dirt;
            return wait_for_server(until);
        }
        if (!shared.ping_fails) return {};
        failure lost{errc::disconnected, "server closed the connection"};
        lost.info().poisons_connection = true;
        return lost;
    }
    void abandon() noexcept override {
        gone = true;
        ++shared.abandoned;
    }

    world& shared;
    int id;
    bool dirty = false;
    bool gone = false;
    // where a return is held up, after it has looked at the pool and before it puts the connection
    // back
    gate* at_reusable = nullptr;
    std::atomic<int> users{0};  // threads inside, for tests of exclusiveness
};

struct backend final : koine::detail::pool_backend {
    explicit backend(world& w) : shared{w} {}
    result<std::unique_ptr<koine::detail::pooled>> open(deadline until) override {
        if (!shared.open_gate.pass(until)) return failure{errc::timeout, "connect timed out"};
        if (shared.server_stopped) {
            auto answer = wait_for_server(until);
            return std::move(answer).error();
        }
        int left = shared.failing_opens;
        while (left > 0)
            if (shared.failing_opens.compare_exchange_weak(left, left - 1))
                return failure{shared.open_error, "connection refused by 127.0.0.1:1"};
        return std::unique_ptr<koine::detail::pooled>{std::make_unique<connection>(shared)};
    }
    world& shared;
};

inline connection& of(koine::detail::pooled& item) {
    return static_cast<connection&>(item);
}

}  // namespace pool_tests
