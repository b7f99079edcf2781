// Brings a connection up: servers in turn, name resolution, TLS, login and session. The library can
// only do these with blocking calls over TLS, so a helper thread does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <koine/driver_abi.h>
#include <koine/spi/blocking_work.hpp>

#include "errors.hpp"
#include "handle.hpp"
#include "options.hpp"

namespace koine::libmariadb {

// A connection that is logged in, its session set up, its socket non-blocking.
struct connected_session {
    connection_ptr handle{};
    // those that it was made with, of the one server that was reached
    std::shared_ptr<const connect_settings> settings{};
    bool mariadb = false;
    bool tls = false;
    std::uint64_t max_packet = 0;
    std::optional<std::string> role{};
};

// Logs in within the time, with blocking calls; for helper threads. The session is as the server
// makes it; an empty `database` is none. Throws spi::failure.
connection_ptr log_in(const connect_settings& settings, const std::string& database, std::int64_t deadline_ns);

// Frees what the TLS library keeps of this thread: the last thing that a helper thread does before
// others may take it to have ended.
void forget_thread() noexcept;

// One attempt. Destroying it early leaves the thread to itself, which then closes what it made.
class connector {
public:
    connector(std::shared_ptr<const connect_settings> settings, std::int64_t deadline_ns);

    // KOINE_DONE with `out`, or KOINE_WAIT. Throws spi::failure.
    koine_status finish(connected_session& out, koine_wait& wait);

private:
    struct logging_in {
        void run() noexcept;
        connected_session log_in_somewhere() const;
        void keep(const spi::failure& why) noexcept;

        std::shared_ptr<const connect_settings> settings;
        std::int64_t deadline_ns;
        connected_session result{};
        std::optional<kept_failure> problem{};
    };
    spi::blocking_work<logging_in> work_{};
    std::int64_t ends_ns_ = KOINE_NO_DEADLINE;  // the URL's own limit
};

}  // namespace koine::libmariadb
