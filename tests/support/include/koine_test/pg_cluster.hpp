// A throwaway PostgreSQL server for tests: TLS, SCRAM over TCP, trust over its own Unix socket.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <sys/types.h>

#include <koine_test/held_port.hpp>
#include <koine_test/servers.hpp>

namespace koine_test {

// Whether a server is installed.
bool has_postgres();

// Leaves the test if there is no PostgreSQL server: as failed where servers are required, else as
// skipped.
#define KOINE_NEEDS_POSTGRES()                                                                             \
    do {                                                                                                   \
        if (!::koine_test::has_postgres()) {                                                               \
            if (::koine_test::servers_required()) FAIL() << "PostgreSQL is not installed (postgresql-15)"; \
            GTEST_SKIP() << "PostgreSQL is not installed (postgresql-15)";                                 \
        }                                                                                                  \
    } while (false)

// One server with an own data directory, port and socket. Made in about 0.3 s from a template that
// the first one makes; ends with the object, and with the process. The user is "koine", the
// password "secret". Functions throw std::runtime_error.
class pg_cluster {
public:
    enum class shutdown { fast, immediate };

    // Starts a server; `settings` are lines of postgresql.conf.
    explicit pg_cluster(std::vector<std::string> settings = {});
    ~pg_cluster();
    pg_cluster(const pg_cluster&) = delete;
    pg_cluster& operator=(const pg_cluster&) = delete;

    // The server that tests of this process share; started at the first call, ended with the
    // process.
    static pg_cluster& shared();

    int port() const noexcept { return port_.number(); }
    // The server's first process, the parent of its others.
    pid_t process() const noexcept { return postmaster_; }
    std::string user() const { return "koine"; }
    std::string password() const { return "secret"; }
    // The directory of the socket, where no password is asked for.
    std::string socket_dir() const { return directory_.string(); }
    // The certificate that signed the server's; the server's is for localhost and 127.0.0.1.
    std::string ca_file() const { return (directory_ / "ca.crt").string(); }
    // URLs: over TCP with sslmode=verify-full (through `port` of a proxy if given), and over the
    // socket.
    std::string url(std::string_view database = "postgres", int port = 0) const;
    std::string socket_url(std::string_view database = "postgres") const;

    // Makes an empty database with a name of its own.
    std::string create_database();
    // Runs SQL as superuser over the socket; the first column of the first row, or empty.
    std::string admin(const std::string& sql, const std::string& database = "postgres");

    void stop(shutdown how = shutdown::immediate);
    void start();
    void restart(shutdown how = shutdown::immediate);
    // Sends a signal to one server process. SIGKILL of one makes the server end all sessions and
    // recover.
    void kill_backend(pid_t pid, int signal);
    // Waits until the server accepts connections; after a crash, until it has recovered.
    void wait_until_ready();

private:
    std::filesystem::path directory_{};
    held_port port_{};
    pid_t postmaster_ = -1;
    int databases_ = 0;
    std::string crashed_checkpointer_{};  // of the server that a SIGKILL ended
};

}  // namespace koine_test
