// A throwaway MariaDB server for tests: TLS, passwords over TCP, and its own Unix socket.
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
bool has_mariadb();

// Leaves the test if there is no MariaDB server: as failed where servers are required, else as
// skipped.
#define KOINE_NEEDS_MARIADB()                                                                            \
    do {                                                                                                 \
        if (!::koine_test::has_mariadb()) {                                                              \
            if (::koine_test::servers_required()) FAIL() << "MariaDB is not installed (mariadb-server)"; \
            GTEST_SKIP() << "MariaDB is not installed (mariadb-server)";                                 \
        }                                                                                                \
    } while (false)

// One server with an own data directory, port and socket. Made in about 0.4 s from a template that
// the first one makes; ends with the object, and with the thread that made it. There is a database
// "test". Committed work survives a SIGKILL of the server. The users, all with the password
// "secret" and all rights: "koine"; "koine_ed25519", which the plugin ed25519 authenticates;
// "koine_tls", who must use TLS. Functions throw std::runtime_error.
class mariadb_server {
public:
    enum class shutdown { fast, kill };

    // Starts a server; `settings` are lines for the [mariadbd] part of my.cnf, such as
    // "max_connections=5" or "skip-ssl".
    explicit mariadb_server(std::vector<std::string> settings = {});
    ~mariadb_server();
    mariadb_server(const mariadb_server&) = delete;
    mariadb_server& operator=(const mariadb_server&) = delete;

    // The server that tests of this process share; started at the first call, ended with the
    // process.
    static mariadb_server& shared();

    int port() const noexcept { return port_.number(); }
    pid_t process() const noexcept { return process_; }
    std::string user() const { return "koine"; }
    std::string password() const { return "secret"; }
    std::string socket() const { return (directory_ / "socket").string(); }
    // The certificate that signed the server's; the server's is for localhost and 127.0.0.1.
    std::string ca_file() const { return (directory_ / "ca.crt").string(); }
    // A certificate that signed nothing of this server.
    std::string other_ca_file() const { return (directory_ / "other_ca.crt").string(); }
    // URLs for the user "koine": over TCP with a verified certificate (through `port` of a proxy if
    // given), over TCP without TLS, and over the socket.
    std::string url(std::string_view database = "test", int port = 0) const;
    std::string tcp_url(std::string_view database = "test", int port = 0) const;
    std::string socket_url(std::string_view database = "test") const;

    // Makes an empty database with a name of its own.
    std::string create_database();
    // Runs one statement as root over the socket; the first column of the first row, or empty.
    std::string admin(const std::string& sql, const std::string& database = "test") const;

    void stop(shutdown how = shutdown::kill);
    void start();
    void restart(shutdown how = shutdown::kill);
    // Stops the process where it stands, with its connections open; resume() lets it run on.
    void pause();
    void resume();
    // Waits until the server accepts connections.
    void wait_until_ready();

private:
    std::filesystem::path directory_{};
    held_port port_{};
    pid_t process_ = -1;
    int databases_ = 0;
};

}  // namespace koine_test
