#include "event_loop.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <poll.h>

namespace koine_test {

namespace {

constexpr std::int64_t patience_ns = 60'000'000'000;
constexpr std::int64_t asking_ns = 10'000'000;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

pollfd to_poll(const koine_wait& wait) {
    int events = 0;
    if ((wait.events & KOINE_WAIT_READ) != 0) events |= POLLIN;
    if ((wait.events & KOINE_WAIT_WRITE) != 0) events |= POLLOUT;
    return pollfd{wait.fd, static_cast<short>(events), 0};
}

}  // namespace

void event_loop::start(std::size_t connection, call what) {
    task& one = tasks_.at(connection);
    if (one.waiting) throw std::logic_error{"a call is under way on the connection"};
    one.what = std::move(what);
    step(one);
}

void event_loop::step(task& one) {
    one.wait = koine_wait{-1, 0, KOINE_NO_DEADLINE};
    koine_error error{};
    ++calls_;
    const koine_status status = one.what(&one.wait, &error);
    one.waiting = status == KOINE_WAIT;
    if (one.waiting) return;
    one.end = ending{};
    one.end.done = status == KOINE_DONE;
    if (status != KOINE_ERROR) return;
    one.end.code = static_cast<koine::errc>(error.code);
    one.end.message.assign(error.message.data, error.message.size);
    if (error.release != nullptr) error.release(&error);
}

void event_loop::run_until(const std::function<bool()>& enough) {
    std::int64_t give_up = now_ns() + patience_ns;
    while (!enough()) {
        std::vector<pollfd> polled;
        std::vector<task*> owners;
        std::int64_t wake = now_ns() + asking_ns;
        for (task& one : tasks_) {
            if (!one.waiting) continue;
            polled.push_back(to_poll(one.wait));
            owners.push_back(&one);
            wake = std::min(wake, one.wait.deadline_ns);
        }
        if (owners.empty()) throw std::runtime_error{"nothing is under way, and not all is done"};
        const auto left_ms = std::max<std::int64_t>(0, (wake - now_ns() + 999'999) / 1'000'000);
        const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(left_ms));
        const std::int64_t now = now_ns();
        if (ready > 0) give_up = now + patience_ns;
        if (now >= give_up) throw std::runtime_error{"nothing happened for a minute"};
        for (std::size_t i = 0; i < owners.size(); ++i)
            if (polled[i].revents != 0 || owners[i]->wait.deadline_ns <= now) step(*owners[i]);
    }
}

}  // namespace koine_test
