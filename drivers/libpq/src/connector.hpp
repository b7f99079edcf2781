// Brings a connection up: names, servers in turn, login.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <libpq-fe.h>

#include <koine/driver_abi.h>
#include <koine/spi/blocking_work.hpp>

#include "options.hpp"
#include "resolver.hpp"

namespace koine::libpq {

struct finish_connection {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using connection_ptr = std::unique_ptr<PGconn, finish_connection>;

// A step of libpq's that may last as long as the server wishes: the proof of a password is computed
// with as many rounds as the server says, and Kerberos asks servers of its own. It is run in a
// thread, and the connection attempt can leave it to itself.
//
// A thread that was left behind cannot be stopped, so there is a limit for each server: too many of
// them, and no more connections to it are tried until some have ended. One thread runs and one
// starts, asks and leaves a step.
class lengthy_step {
public:
    lengthy_step() = default;
    ~lengthy_step() { leave(); }
    lengthy_step(const lengthy_step&) = delete;
    lengthy_step& operator=(const lengthy_step&) = delete;

    // Takes the connection, which nobody else may use until it is taken back. Throws spi::failure
    // when too many steps of the same `server` were left to themselves.
    void start(connection_ptr connection, const std::string& server);
    bool started() const noexcept { return work_.started(); }
    bool done() const noexcept { return work_.done(); }
    koine_wait wait(std::int64_t limit_ns) const noexcept { return work_.wait(limit_ns); }
    // The connection after the step. Precondition: done().
    connection_ptr take(PostgresPollingStatusType& answer) noexcept;
    // Leaves a step that runs to itself.
    void leave() noexcept;

private:
    // Who comes second, the end of the step or the one who leaves it, knows of the first.
    struct fate {
        std::string server{};
        std::atomic<bool> decided{false};
    };
    struct poll {
        poll(connection_ptr with, std::shared_ptr<fate> whose) noexcept
            : connection{std::move(with)}, of{std::move(whose)} {}
        void run() noexcept;

        connection_ptr connection;
        std::shared_ptr<fate> of;
        PostgresPollingStatusType answer = PGRES_POLLING_FAILED;
    };
    spi::blocking_work<poll> work_{};
    std::shared_ptr<fate> fate_{};
};

// One connection attempt over all servers. Throws spi::failure; what fails leaves nothing behind.
class connector {
public:
    explicit connector(std::shared_ptr<const connect_settings> settings) : settings_{std::move(settings)} {}

    // KOINE_DONE with the connection logged in, or KOINE_WAIT. `receiver` and `self` get the
    // session's notices from then on.
    koine_status run(connection_ptr& out, PQnoticeReceiver receiver, void* self, koine_wait& wait);

private:
    koine_status resolve(koine_wait& wait);
    koine_status start(koine_wait& wait);
    koine_status go_on(koine_wait& wait, bool& connected);
    koine_status waiting(std::uint32_t events, koine_wait& wait);
    bool past_attempt() const noexcept;
    bool next_target() noexcept;
    void verify() const;

    std::shared_ptr<const connect_settings> settings_;
    bool complete_ = false;  // settings_ are more than those of the URL
    resolver resolver_{};
    std::vector<target> targets_{};
    std::size_t first_ = 0;  // the first target of the attempt under way
    connection_ptr connection_{};
    lengthy_step step_{};  // has the connection meanwhile
    ConnStatusType phase_ = CONNECTION_NEEDED;
    std::int64_t attempt_ends_ns_ = KOINE_NO_DEADLINE;
    koine_wait wait_{-1, 0, KOINE_NO_DEADLINE};  // what was last answered
    target current_{};                           // the one being tried
};

}  // namespace koine::libpq
