#include <koine_test/pg_cluster.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include <libpq-fe.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace koine_test {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error{"pg_cluster: " + what}; }

// The newest server of the system's packages.
fs::path find_binaries() {
    fs::path best;
    int newest = 0;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", none}) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version <= newest || !fs::exists(entry.path() / "bin" / "initdb")) continue;
        newest = version;
        best = entry.path() / "bin";
    }
    return best;
}

// The server refuses to run as root.
const passwd* server_user() { return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr; }

std::vector<std::string> as_server_user(std::vector<std::string> command, bool ends_with_us) {
    std::vector<std::string> out;
    if (server_user() != nullptr) out = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
    if (ends_with_us) {
        if (out.empty()) out = {"setpriv"};
        out.insert(out.end(), {"--pdeathsig", "QUIT"});
    }
    out.insert(out.end(), command.begin(), command.end());
    return out;
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& log) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    // Ctrl-C of the terminal is for the tests.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) fail("cannot start " + command[0]);
    return pid;
}

void run(const std::vector<std::string>& command, const fs::path& log) {
    const pid_t pid = spawn(command, log);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) fail(command[0] + " failed, see " + log.string());
}

void give_to_server(const fs::path& path) {
    if (const auto* user = server_user(); user != nullptr && ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
        fail("chown of " + path.string());
}

void write_file(const fs::path& path, std::string_view text) {
    std::ofstream out{path, std::ios::app};
    out << text;
    if (!out.flush()) fail("cannot write " + path.string());
}

// Where servers live; one folder for each user.
fs::path base_directory() {
    auto base = fs::temp_directory_path() / ("koine-postgres-" + std::to_string(::geteuid()));
    if (fs::create_directory(base)) give_to_server(base);
    return base;
}

// A lock between processes.
class file_lock {
public:
    explicit file_lock(const fs::path& path) : fd_{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)} {
        if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) fail("cannot lock " + path.string());
    }
    ~file_lock() { ::close(fd_); }
    file_lock(const file_lock&) = delete;
    file_lock& operator=(const file_lock&) = delete;

private:
    int fd_;
};

constexpr std::string_view certificate_script = R"(set -e
cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $key -days 3650 -subj "/CN=koine test CA" -keyout ca.key -out ca.crt
openssl req $key -subj /CN=localhost -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > san
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile san -out server.crt
chmod 600 server.key
)";

// initdb takes most of the time: done once for each version of the server.
fs::path make_template(const fs::path& base, const fs::path& binaries) {
    const auto made = base / ("template-1-" + binaries.parent_path().filename().string());
    const file_lock lock{base / "lock"};
    if (fs::exists(made / "ready")) return made;
    fs::remove_all(made);
    fs::create_directory(made);
    give_to_server(made);
    const auto log = made / "log";
    write_file(log, "");
    give_to_server(log);
    write_file(made / "password", "secret");
    give_to_server(made / "password");
    run(as_server_user({(binaries / "initdb").string(), "-D", (made / "data").string(), "-U", "koine",
                        "--pwfile=" + (made / "password").string(), "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
                        "--no-sync", "-k"},
                       false),
        log);
    run(as_server_user({"sh", "-c", std::string{certificate_script}, "sh", made.string()}, false), log);
    write_file(made / "ready", "");
    return made;
}

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool good = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (fd >= 0) ::close(fd);
    if (!good) fail("no free port");
    return ntohs(address.sin_port);
}

// The process changes with each recovery.
const std::string checkpointer_query = "select pid from pg_stat_activity where backend_type = 'checkpointer'";

struct finish {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '/') {
            out += "%2F";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

bool has_postgres() {
    static const bool found = !find_binaries().empty();
    return found;
}

bool servers_required() {
    const char* const value = std::getenv("KOINE_REQUIRE_SERVERS");
    return value != nullptr && std::string_view{value} == "1";
}

pg_cluster& pg_cluster::shared() {
    static pg_cluster cluster;
    return cluster;
}

pg_cluster::pg_cluster(std::vector<std::string> settings) {
    static std::atomic<int> number{0};
    const auto base = base_directory();
    const auto ready = make_template(base, find_binaries());
    directory_ = base / ("run-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    fs::remove_all(directory_);
    fs::create_directory(directory_);
    give_to_server(directory_);
    run(as_server_user({"cp", "-a", (ready / "data").string(), (ready / "ca.crt").string(), (ready / "server.crt").string(),
                        (ready / "server.key").string(), directory_.string()},
                       false),
        directory_ / "cp.log");
    std::string lines = "listen_addresses='127.0.0.1'\nunix_socket_directories='" + directory_.string() +
                        "'\nfsync=off\nshared_buffers=16MB\nmax_connections=60\nssl=on\nssl_cert_file='" +
                        (directory_ / "server.crt").string() + "'\nssl_key_file='" + (directory_ / "server.key").string() +
                        "'\nmax_wal_senders=0\nwal_level=minimal\nmax_prepared_transactions=4\nautovacuum=off\n";
    for (const std::string& line : settings) lines += line + "\n";
    write_file(directory_ / "data" / "postgresql.conf", lines);
    fs::remove(directory_ / "data" / "pg_hba.conf");
    write_file(directory_ / "data" / "pg_hba.conf",
               "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\nhostnossl all all 127.0.0.1/32 scram-sha-256\n");
    give_to_server(directory_ / "data" / "pg_hba.conf");
    start();
}

pg_cluster::~pg_cluster() {
    try {
        stop();
    } catch (const std::exception&) {
        // The directory goes all the same.
    }
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

void pg_cluster::start() {
    // Another process may take the port between the look and the start.
    for (int attempt = 0; attempt < 5; ++attempt) {
        const bool first = port_ == 0;
        const int port = first ? free_port() : port_;
        postmaster_ = spawn(as_server_user({(find_binaries() / "postgres").string(), "-D", (directory_ / "data").string(), "-p",
                                            std::to_string(port)},
                                           true),
                            directory_ / "log");
        port_ = port;
        try {
            wait_until_ready();
            return;
        } catch (const std::runtime_error&) {
            stop();
            if (!first) throw;
            port_ = 0;
        }
    }
    fail("the server does not start, see " + (directory_ / "log").string());
}

void pg_cluster::wait_until_ready() {
    // A crash is noticed a moment after it: until then the server looks ready.
    while (!crashed_checkpointer_.empty()) {
        try {
            if (const auto now = admin(checkpointer_query); !now.empty() && now != crashed_checkpointer_) crashed_checkpointer_.clear();
        } catch (const std::runtime_error&) {
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }
    const std::string port = std::to_string(port_);
    const std::string host = socket_dir();
    const char* const keys[] = {"host", "port", "user", "dbname", nullptr};
    const char* const values[] = {host.c_str(), port.c_str(), "koine", "postgres", nullptr};
    for (int i = 0; i < 3000; ++i) {
        if (PQpingParams(keys, values, 0) == PQPING_OK) return;
        int status = 0;
        if (::waitpid(postmaster_, &status, WNOHANG) == postmaster_) {
            postmaster_ = -1;
            fail("the server ended, see " + (directory_ / "log").string());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    fail("the server does not answer");
}

void pg_cluster::stop(shutdown how) {
    if (postmaster_ < 0) return;
    crashed_checkpointer_.clear();
    ::kill(postmaster_, how == shutdown::fast ? SIGINT : SIGQUIT);
    while (::waitpid(postmaster_, nullptr, 0) < 0 && errno == EINTR) {
    }
    postmaster_ = -1;
}

void pg_cluster::restart(shutdown how) {
    stop(how);
    start();
}

void pg_cluster::kill_backend(pid_t pid, int signal) {
    if (signal == SIGKILL) crashed_checkpointer_ = admin(checkpointer_query);
    if (::kill(pid, signal) != 0) fail("cannot signal a server process");
}

std::string pg_cluster::url(std::string_view database, int port) const {
    return "postgresql://koine:secret@localhost:" + std::to_string(port != 0 ? port : port_) + "/" + std::string{database} +
           "?sslmode=verify-full&sslrootcert=" + escaped(ca_file());
}

std::string pg_cluster::socket_url(std::string_view database) const {
    return "postgresql://koine@/" + std::string{database} + "?host=" + escaped(socket_dir()) + "&port=" + std::to_string(port_);
}

std::string pg_cluster::create_database() {
    const std::string name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
    admin("create database " + name);
    return name;
}

std::string pg_cluster::admin(const std::string& sql, const std::string& database) {
    const std::string port = std::to_string(port_);
    const std::string host = socket_dir();
    const char* const keys[] = {"host", "port", "user", "dbname", nullptr};
    const char* const values[] = {host.c_str(), port.c_str(), "koine", database.c_str(), nullptr};
    const std::unique_ptr<PGconn, finish> connection{PQconnectdbParams(keys, values, 0)};
    if (PQstatus(connection.get()) != CONNECTION_OK) fail(PQerrorMessage(connection.get()));
    PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
    const std::unique_ptr<PGresult, finish> result{PQexec(connection.get(), sql.c_str())};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(PQerrorMessage(connection.get()));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

}  // namespace koine_test
