// Brings a connection up: names, servers in turn, login.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include <koine/driver_abi.h>

#include "options.hpp"
#include "resolver.hpp"

namespace koine::libpq {

struct finish_connection {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using connection_ptr = std::unique_ptr<PGconn, finish_connection>;

// One connection attempt over all servers. Throws spi::failure; what fails leaves nothing behind.
class connector {
public:
    explicit connector(std::shared_ptr<const connect_settings> settings) : settings_{std::move(settings)} {}

    // KOINE_DONE with the connection logged in, or KOINE_WAIT. `receiver` and `self` get the
    // session's notices.
    koine_status run(connection_ptr& out, PQnoticeReceiver receiver, void* self, koine_wait& wait);

private:
    void start();
    koine_status begun(PQnoticeReceiver receiver, void* self, koine_wait& wait);
    koine_status waiting(std::uint32_t events, koine_wait& wait);
    bool next_target() noexcept;
    void verify() const;

    std::shared_ptr<const connect_settings> settings_;
    resolver resolver_{};
    std::vector<target> targets_{};
    std::size_t first_ = 0;  // the first target of the attempt under way
    connection_ptr connection_{};
    ConnStatusType phase_ = CONNECTION_NEEDED;
    std::int64_t attempt_ends_ns_ = KOINE_NO_DEADLINE;
    koine_wait wait_{-1, 0, KOINE_NO_DEADLINE};  // what was last answered
    std::string current_{};                      // the address being tried
};

}  // namespace koine::libpq
