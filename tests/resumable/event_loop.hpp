// What a program with an event loop of its own is to Koine's drivers: many connections, one thread,
// poll, and the driver contract.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/errc.hpp>

namespace koine_test {

// How a call ended.
struct ending {
    bool done = false;
    koine::errc code{};
    std::string message{};
};

// Runs one resumable call at a time for each of its connections, and never waits but in poll.
class event_loop {
public:
    // A function of the driver contract with its arguments; it is called again as the contract
    // says.
    using call = std::function<koine_status(koine_wait*, koine_error*)>;

    explicit event_loop(std::size_t connections) : tasks_(connections) {}

    // Makes the first call for a connection that has none under way.
    void start(std::size_t connection, call what);
    // Whether the connection's call is still waiting.
    bool waits(std::size_t connection) const { return tasks_[connection].waiting; }
    // Polls and goes on until `enough` says so, which is asked when something happened and every
    // hundredth of a second. Throws std::runtime_error when nothing is under way any more, or
    // nothing happens for a minute.
    void run_until(const std::function<bool()>& enough);
    // How the last call of the connection ended.
    const ending& ended(std::size_t connection) const { return tasks_[connection].end; }
    // How often functions of the driver were called since the loop was made.
    std::size_t calls() const noexcept { return calls_; }

private:
    struct task {
        call what{};
        bool waiting = false;
        koine_wait wait{};
        ending end{};
    };

    void step(task& one);

    std::vector<task> tasks_;
    std::size_t calls_ = 0;
};

}  // namespace koine_test
