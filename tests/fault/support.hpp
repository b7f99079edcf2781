// What the fault tests share.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <koine/connection.hpp>
#include <koine/create_engine.hpp>
#include <koine/engine.hpp>
#include <koine/error.hpp>

#include <koine_test/pg_cluster.hpp>
#include <koine_test/tcp_gate.hpp>
#include <koine_test/temp_dir.hpp>

namespace fault {

using namespace std::chrono_literals;
using koine::advice;
using koine::connection;
using koine::deadline;
using koine::engine;
using koine::engine_options;
using koine::errc;
using koine::outcome;
using koine::sql;
using koine::unsafe_sql;
using koine_test::pg_cluster;
using koine_test::tcp_gate;
using koine_test::temp_dir;

// How late an error may come on a machine that is busy with other things.
inline constexpr auto slack = 5s;

// What the body throws, if it is an E.
template <class E = koine::error, class Body>
std::optional<E> caught(Body&& body) {
    try {
        body();
    } catch (const E& why) {
        return why;
    }
    return std::nullopt;
}

// The code of the error that the body throws; errc{} if it throws none.
template <class Body>
errc code_of(Body&& body) {
    const auto why = caught(std::forward<Body>(body));
    return why ? why->code() : errc{};
}

// Looks until the condition holds; a minute without it is a failure of the test.
template <class Condition>
void wait_until(Condition&& condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error{"what the test waits for does not happen"};
        std::this_thread::sleep_for(2ms);
    }
}

// A stopped statement has all the time it wants to end: a busy machine is not a dead server.
inline engine_options patient() {
    engine_options options;
    options.cancel_grace = 60s;
    return options;
}

inline engine_options pool_of(std::uint32_t size, std::uint32_t overflow = 0) {
    engine_options options = patient();
    options.pool.size = size;
    options.pool.max_overflow = overflow;
    return options;
}

inline std::int64_t number(connection& on, const std::string& query) {
    return on.execute(sql(unsafe_sql(query))).one<std::int64_t>();
}

// The server process behind a connection.
inline pid_t backend_of(connection& on) {
    return static_cast<pid_t>(number(on, "select pg_backend_pid()::bigint"));
}

// A new table `marks (id)`.
inline void make_marks(const engine& on) {
    on.begin([](connection& c) {
        c.execute(sql("drop table if exists marks"));
        c.execute(sql("create table marks (id bigint primary key)"));
    });
}
inline void mark(connection& on, std::int64_t id) {
    on.execute(sql("insert into marks (id) values (:id)", {{"id", id}}));
}
inline std::int64_t marks(connection& on) {
    return number(on, "select count(*) from marks");
}

// Leases as soon as the server is there again.
inline connection connect_when_ready(const engine& from) {
    std::optional<connection> made;
    wait_until([&] {
        try {
            made.emplace(from.connect());
            made->ping();
            return true;
        } catch (const koine::error&) {
            made.reset();
            return false;
        }
    });
    return std::move(*made);
}

// Whether the server process is gone.
inline void wait_until_gone(pg_cluster& server, pid_t backend) {
    wait_until([&] {
        try {
            return server.admin("select count(*) from pg_stat_activity where pid = " + std::to_string(backend)) == "0";
        } catch (const std::runtime_error&) {
            return false;
        }
    });
}

// Whether the server process waits for `event`: PgSleep for a statement that sleeps.
inline void wait_until_waiting(pg_cluster& server, pid_t backend, const std::string& event) {
    wait_until([&] {
        return server.admin("select count(*) from pg_stat_activity where state = 'active' and wait_event = '" + event +
                            "' and pid = " + std::to_string(backend)) == "1";
    });
}

// Whether the server process is through with its last answer and listens again. Told to quit while
// it is still in the call that sent the answer, it ends without a word, although the client has the
// answer already.
inline void wait_until_listening(pg_cluster& server, pid_t backend) {
    wait_until([&] {
        return server.admin("select count(*) from pg_stat_activity where wait_event = 'ClientRead' and pid = " +
                            std::to_string(backend)) == "1";
    });
}

// Tests that do harm to their server have one of their own, shared by the tests of a suite.
class with_server : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        if (koine_test::has_postgres())
            server_ = std::make_unique<pg_cluster>(std::vector<std::string>{"synchronous_commit=on"});
    }
    static void TearDownTestSuite() { server_.reset(); }
    static pg_cluster& server() { return *server_; }
    static engine over_socket(engine_options options = patient()) {
        return koine::create_engine(server().socket_url(), std::move(options));
    }
    static engine over_tcp(engine_options options = patient(), int port = 0) {
        return koine::create_engine(server().url("postgres", port), std::move(options));
    }
    void SetUp() override { KOINE_NEEDS_POSTGRES(); }

private:
    static inline std::unique_ptr<pg_cluster> server_{};
};

}  // namespace fault
