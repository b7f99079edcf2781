// The servers that tests do harm to, behind one face: the same faults happen to each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/rows.hpp>

#include "support.hpp"

namespace fault {

// What the tests say to a server in its own words.
struct server_words {
    std::string sleep{};           // a query that takes ten minutes
    std::string sleeping_write{};  // puts 1 into marks after ten minutes
    std::string million{};         // a million rows: number, text of 400 characters
    std::string ten_thousand{};    // rows of one number
    // makes the server end the session when it is idle for a moment outside of a
    std::string ends_when_idle{};
    std::string ends_when_idle_in_transaction{};  // transaction, or in one
    // makes the server stop statements after a moment,
    std::string statement_limit{};
    std::string no_statement_limit{};  // and no more
    std::string lock_limit{};          // makes it stop waiting for a lock
    std::string bytes_type{};
    std::vector<std::string> few_connections{};  // settings of a server with room for few,
    std::vector<std::string> without_tls{};      // and of one without TLS
};

// COMMIT takes ten minutes for as long as this lives.
class slow_commit {
public:
    virtual ~slow_commit() = default;
    virtual bool commits(std::int64_t session) = 0;  // whether it is in the middle of one
};

// Sessions are known by the server's own numbers. Functions throw std::runtime_error.
class real_server {
public:
    virtual ~real_server() = default;

    virtual int port() const = 0;
    // Its first process, the parent of its others.
    virtual pid_t process() const = 0;
    // Over TCP with TLS (through `port` of a proxy if given), and over its socket.
    virtual std::string url(int port = 0) const = 0;
    virtual std::string socket_url() const = 0;
    // Over a socket that is not there, below this directory; and over TCP to a server that is not
    // who it should be.
    virtual std::string missing_socket_url(const std::string& directory) const = 0;
    virtual std::string impostor_url() const = 0;
    // Runs SQL as the administrator; the first column of the first row, or empty.
    virtual std::string admin(const std::string& sql) = 0;
    virtual const server_words& words() const = 0;

    virtual std::int64_t session_of(connection& on) = 0;
    // Ends one session.
    virtual void end(std::int64_t session) = 0;
    // The process behind the session dies without a word; the server starts again.
    virtual void crash(std::int64_t session) = 0;
    virtual bool has(std::int64_t session) = 0;
    // Whether it is in the middle of `sleep`, or waits for the lock of a row.
    virtual bool sleeps(std::int64_t session) = 0;
    virtual bool waits_for_row(std::int64_t session) = 0;
    // Of work that put something into marks.
    virtual std::unique_ptr<slow_commit> slow_commits(const engine& on) = 0;
    virtual void restart() = 0;
    virtual void wait_until_ready() = 0;
};

// Whether tests have such a server: "libpq", "libmariadb".
bool has_server(std::string_view name);
std::unique_ptr<real_server> start_server(std::string_view name, std::vector<std::string> settings = {});
// The one that the tests of a suite share, started when it is first asked for; and the end of all
// of them.
real_server& shared_server(std::string_view name);
void end_servers();
// Fails or skips the test for the lack of a server.
void need_server(std::string_view name);
// The drivers whose servers this build can test.
std::vector<const char*> server_names();

// Tests over each kind of server. A suite shares its servers, which are started when they are first
// asked for.
class with_each_server : public ::testing::TestWithParam<const char*> {
protected:
    static void TearDownTestSuite() { end_servers(); }
    void SetUp() override { need_server(GetParam()); }

    static real_server& server() { return shared_server(GetParam()); }
    static const server_words& words() { return server().words(); }
    static engine over_socket(engine_options options = patient()) {
        return koine::create_engine(server().socket_url(), std::move(options));
    }
    static engine over_tcp(engine_options options = patient(), int port = 0) {
        return koine::create_engine(server().url(port), std::move(options));
    }
    // A result of which one row is read and much is still to come.
    static koine::rows stream(connection& from) {
        koine::rows rows = from.execute(sql(unsafe_sql(words().ten_thousand)), {.stream = true});
        EXPECT_TRUE(rows.next());
        return rows;
    }
    static std::int64_t session_of(connection& on) { return server().session_of(on); }
    // What a server has to say at the end of a session is said, or its line closed, before it
    // strikes the session off its list.
    static void wait_until_gone(std::int64_t session) {
        wait_until([&] {
            try {
                return !server().has(session);
            } catch (const std::runtime_error&) {
                return false;
            }
        });
    }
};

// SQLite, which has no server, and the others.
inline std::vector<const char*> with_sqlite() {
    auto all = server_names();
    all.insert(all.begin(), "sqlite3");
    return all;
}

inline std::string name_of(const ::testing::TestParamInfo<const char*>& instance) {
    return instance.param;
}

}  // namespace fault
