// A driver that talks over sockets, and two servers for it: one that runs freely and one that the
// test stops.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <koine/driver_abi.h>

namespace koine_test {

struct socket_server {
    std::vector<std::pair<std::string, std::string>> parameters{};  // of the driver's create()
    pid_t process = -1;
    std::function<int()> running_slowly{};  // how many sessions are running `slow`
};

struct socket_backend {
    koine_driver driver{};
    socket_server free{};
    socket_server stopped{};
    // a query with a parameter, of one row and column: the parameter and one
    std::string add_one{};
    std::string stream{};  // a query of `stream_rows` rows of a number and a text of 1000 bytes
    std::string slow{};    // runs for minutes
};

inline constexpr std::uint64_t stream_rows = 20'000;

// The backends of this tree. Throw std::runtime_error when a server does not start.
socket_backend libpq_backend(bool tls);
socket_backend libmariadb_backend(bool tls);

}  // namespace koine_test
