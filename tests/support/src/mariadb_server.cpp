#include <koine_test/mariadb_server.hpp>

#include "server_process.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <thread>

#include <mysql.h>

#include <sys/wait.h>
#include <unistd.h>

namespace koine_test {

namespace fs = std::filesystem;

namespace {

constexpr server_process mariadb{"mariadb", "mysql"};

fs::path find_program(const char* name) {
    for (const char* folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"})
        if (fs::exists(fs::path{folder} / name)) return fs::path{folder} / name;
    return {};
}

// The anonymous users would win over the named ones on the socket, since they name a host.
constexpr std::string_view users = R"(delete from mysql.global_priv where user = '';
flush privileges;
create database test;
create user koine@'%' identified by 'secret';
create user koine_ed25519@'%' identified via ed25519 using password('secret');
create user koine_tls@'%' identified by 'secret' require ssl;
grant all on *.* to koine@'%' with grant option;
grant all on *.* to koine_ed25519@'%';
grant all on *.* to koine_tls@'%';
)";

// A directory of its own for temporary tables: a server that starts deletes those that it finds,
// whoever is using them.
std::string configuration(const fs::path& directory) {
    const std::string in = directory.string() + "/";
    return "[mariadbd]\ndatadir=" + in + "data\ntmpdir=" + in + "\nsocket=" + in + "socket\npid-file=" + in +
           "pid\nlog-error=" + in +
           "log.err\nbind-address=127.0.0.1\nskip-name-resolve\nskip-log-bin\ninnodb_flush_log_at_trx_commit=2\n"
           "innodb_flush_method=nosync\ninnodb_use_native_aio=0\ninnodb_buffer_pool_size=32M\ninnodb_log_file_size=8M\n"
           "performance_schema=off\ncharacter-set-server=utf8mb4\nmax_connections=60\nplugin_load_add=auth_"
           "ed25519\nssl_ca=" +
           in + "ca.crt\nssl_cert=" + in + "server.crt\nssl_key=" + in + "server.key\n";
}

// The system tables and the certificates take most of the time: made once.
fs::path make_template(const fs::path& base) {
    const auto made = base / "template-1";
    const file_lock lock{mariadb, base / "lock"};
    if (fs::exists(made / "ready")) return made;
    fs::remove_all(made);
    mariadb.make_directory(made);
    const auto log = made / "log";
    mariadb.append(log, "");
    mariadb.give_to_server(log);
    mariadb.make_certificates(made, log);
    mariadb.make_directory(made / "other");
    mariadb.make_certificates(made / "other", log);
    mariadb.append(made / "my.cnf", configuration(made));
    mariadb.append(made / "users.sql", users);
    mariadb.run(
        {find_program("mariadb-install-db").string(), "--defaults-file=" + (made / "my.cnf").string(),
         "--auth-root-authentication-method=normal", "--skip-test-db", "--extra-file=" + (made / "users.sql").string()},
        log);
    mariadb.append(made / "ready", "");
    return made;
}

struct finish {
    void operator()(MYSQL* c) const noexcept { mysql_close(c); }
    void operator()(MYSQL_RES* r) const noexcept { mysql_free_result(r); }
};

std::unique_ptr<MYSQL, finish> connect_as_root(const std::string& socket, const char* database) {
    std::unique_ptr<MYSQL, finish> made{mysql_init(nullptr)};
    if (!made) mariadb.fail("no memory");
    if (mysql_real_connect(made.get(), nullptr, "root", "", database, 0, socket.c_str(), 0) == nullptr)
        mariadb.fail(mysql_error(made.get()));
    return made;
}

}  // namespace

bool has_mariadb() {
    static const bool found = !find_program("mariadbd").empty() && !find_program("mariadb-install-db").empty();
    return found;
}

mariadb_server& mariadb_server::shared() {
    static mariadb_server server;
    return server;
}

mariadb_server::mariadb_server(std::vector<std::string> settings) {
    static std::atomic<int> number{0};
    const auto base = mariadb.base_directory();
    const auto ready = make_template(base);
    directory_ = base / ("run-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    fs::remove_all(directory_);
    mariadb.make_directory(directory_);
    mariadb.run({"cp", "-a", (ready / "data").string(), (ready / "ca.crt").string(), (ready / "server.crt").string(),
                 (ready / "server.key").string(), directory_.string()},
                directory_ / "cp.log");
    fs::copy_file(ready / "other" / "ca.crt", directory_ / "other_ca.crt");
    std::string lines = configuration(directory_);
    for (const std::string& line : settings) lines += line + "\n";
    mariadb.append(directory_ / "my.cnf", lines);
    start();
}

mariadb_server::~mariadb_server() {
    try {
        stop();
    } catch (const std::exception&) {
        // The directory goes all the same.
    }
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

void mariadb_server::start() {
    process_ = mariadb.spawn({find_program("mariadbd").string(), "--defaults-file=" + (directory_ / "my.cnf").string(),
                              "--port=" + std::to_string(port_.number())},
                             directory_ / "log", "KILL");
    wait_until_ready();
}

void mariadb_server::wait_until_ready() {
    for (int i = 0; i < 3000; ++i) {
        try {
            connect_as_root(socket(), nullptr);
            return;
        } catch (const std::runtime_error&) {
            // Not yet.
        }
        int status = 0;
        if (::waitpid(process_, &status, WNOHANG) == process_) {
            process_ = -1;
            mariadb.fail("the server ended, see " + (directory_ / "log.err").string());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    mariadb.fail("the server does not answer");
}

void mariadb_server::stop(shutdown how) {
    if (process_ < 0) return;
    ::kill(process_, how == shutdown::fast ? SIGTERM : SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
}

void mariadb_server::restart(shutdown how) {
    stop(how);
    start();
}

void mariadb_server::pause() {
    if (process_ < 0 || ::kill(process_, SIGSTOP) != 0) mariadb.fail("cannot stop the process");
    siginfo_t how{};
    // The signal is asynchronous.
    if (::waitid(P_PID, static_cast<id_t>(process_), &how, WSTOPPED) != 0) mariadb.fail("the process does not stop");
}

void mariadb_server::resume() {
    if (process_ < 0 || ::kill(process_, SIGCONT) != 0) mariadb.fail("cannot resume the process");
}

std::string mariadb_server::url(std::string_view database, int port) const {
    return "mariadb://koine:secret@localhost:" + std::to_string(port != 0 ? port : port_.number()) + "/" +
           std::string{database} + "?ssl_mode=verify-full&ssl_ca=" + url_escaped(ca_file());
}

std::string mariadb_server::tcp_url(std::string_view database, int port) const {
    return "mariadb://koine:secret@127.0.0.1:" + std::to_string(port != 0 ? port : port_.number()) + "/" +
           std::string{database} + "?ssl_mode=disable";
}

std::string mariadb_server::socket_url(std::string_view database) const {
    return "mariadb://koine:secret@localhost/" + std::string{database} + "?unix_socket=" + url_escaped(socket());
}

std::string mariadb_server::create_database() {
    const std::string name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
    admin("create database " + name);
    return name;
}

std::string mariadb_server::admin(const std::string& sql, const std::string& database) const {
    const auto connection = connect_as_root(socket(), database.c_str());
    if (mysql_real_query(connection.get(), sql.data(), sql.size()) != 0) mariadb.fail(mysql_error(connection.get()));
    const std::unique_ptr<MYSQL_RES, finish> result{mysql_store_result(connection.get())};
    if (mysql_errno(connection.get()) != 0) mariadb.fail(mysql_error(connection.get()));
    if (!result) return {};
    const MYSQL_ROW row = mysql_fetch_row(result.get());
    return row != nullptr && row[0] != nullptr ? row[0] : "";
}

}  // namespace koine_test
