// A small client of the driver's table of functions, with its own poll loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/errc.hpp>

#include <koine_test/pg_cluster.hpp>

namespace koine_test {

// How a call ended.
struct report {
    koine_status status = KOINE_DONE;
    bool timed_out = false;  // the test's own deadline passed while the driver waited
    int waits = 0;           // times that the call answered KOINE_WAIT
    koine::errc code{};
    koine::outcome outcome{};
    bool poisons_transaction = false;
    bool poisons_connection = false;
    std::uint32_t position = 0;
    std::uint32_t queued_index = 0;
    std::string sqlstate{};
    std::string message{};
    std::string detail{};
    std::string constraint{};
    std::string table{};
    std::string column{};

    bool ok() const noexcept { return status == KOINE_DONE && !timed_out; }
};

std::ostream& operator<<(std::ostream& out, const report& what);

using parameters = std::vector<std::pair<std::string, std::string>>;

// Values to bind; texts are borrowed.
koine_value null();
koine_value integer(std::int64_t value, std::uint8_t tag = KOINE_INT64);
koine_value real(double value);
koine_value bytes(std::string_view value, std::uint8_t tag = KOINE_TEXT);

// A value that a test keeps: texts copied.
struct kept {
    int tag = KOINE_NULL;
    std::int64_t i = 0;
    double f = 0;
    std::string text{};

    explicit kept(const koine_value& value);
    friend bool operator==(const kept& a, const kept& b);
};
std::ostream& operator<<(std::ostream& out, const kept& value);

const koine_driver& driver();

// One connection through the table. Calls run to their end, or until the deadline of the test has
// passed.
class client {
public:
    explicit client(const parameters& with);
    ~client();
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    koine_connection* handle() const noexcept { return handle_; }
    report created() const { return created_; }
    report connect();
    report reset();
    report ping();
    std::uint32_t state() const { return driver().state(handle_); }
    void close();

    koine_statement* prepare(std::string_view sql, std::uint32_t flags = 0);
    report try_prepare(std::string_view sql, koine_statement*& out, std::uint32_t flags = 0);
    // All rows of the result, flattened row-major into rows().
    report execute(koine_statement* statement, std::vector<koine_value> binds = {}, std::uint32_t block = 64);
    // Prepares, executes and finalizes.
    report run(std::string_view sql, std::vector<koine_value> binds = {}, std::uint32_t flags = 0);
    // The first value of the result of a query that must work.
    kept value(std::string_view sql, std::vector<koine_value> binds = {}, std::uint32_t flags = 0);
    std::int64_t number(std::string_view sql) { return value(sql).i; }
    report enqueue(koine_statement* statement, std::vector<koine_value> binds = {});
    report enqueue(std::string_view sql);
    report flush(std::span<std::int64_t> affected = {});
    report cancel();
    int backend() { return static_cast<int>(number("select pg_backend_pid()")); }

    const std::vector<kept>& rows() const noexcept { return rows_; }
    std::int64_t affected() const noexcept { return affected_; }

    // Runs a resumable call to its end; gives up `patience` milliseconds after its start.
    report drive(const std::function<koine_status(koine_wait*, koine_error*)>& call);
    int patience = 20'000;
    // Called before each wait.
    std::function<void()> before_wait{};

private:
    koine_connection* handle_ = nullptr;
    report created_{};
    std::vector<kept> rows_{};
    std::int64_t affected_ = -1;
};

// Parameters of the shared server: over TLS with a password, over plain TCP through `port`, over
// the socket.
parameters over_tls(const pg_cluster& server, int port = 0);
parameters over_tcp(const pg_cluster& server, int port = 0);
parameters over_socket(const pg_cluster& server);

}  // namespace koine_test
