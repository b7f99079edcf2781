#include <koine_test/pg_cluster.hpp>

#include "server_process.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>

#include <libpq-fe.h>

#include <sys/wait.h>
#include <unistd.h>

namespace koine_test {

namespace fs = std::filesystem;

namespace {

constexpr server_process postgres{"postgres", "postgres"};

[[noreturn]] void fail(const std::string& what) {
    postgres.fail(what);
}

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

// initdb takes most of the time: done once for each version of the server.
fs::path make_template(const fs::path& base, const fs::path& binaries) {
    const auto made = base / ("template-1-" + binaries.parent_path().filename().string());
    const file_lock lock{postgres, base / "lock"};
    if (fs::exists(made / "ready")) return made;
    fs::remove_all(made);
    postgres.make_directory(made);
    const auto log = made / "log";
    postgres.append(log, "");
    postgres.give_to_server(log);
    postgres.append(made / "password", "secret");
    postgres.give_to_server(made / "password");
    postgres.run({(binaries / "initdb").string(), "-D", (made / "data").string(), "-U", "koine",
                  "--pwfile=" + (made / "password").string(), "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-sync", "-k"},
                 log);
    postgres.make_certificates(made, log);
    postgres.append(made / "ready", "");
    return made;
}

// The process changes with each recovery.
const std::string checkpointer_query = "select pid from pg_stat_activity where backend_type = 'checkpointer'";

struct finish {
    void operator()(PGconn* c) const noexcept { PQfinish(c); }
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};

}  // namespace

bool has_postgres() {
    static const bool found = !find_binaries().empty();
    return found;
}

pg_cluster& pg_cluster::shared() {
    static pg_cluster cluster;
    return cluster;
}

pg_cluster::pg_cluster(std::vector<std::string> settings) {
    static std::atomic<int> number{0};
    const auto base = postgres.base_directory();
    const auto ready = make_template(base, find_binaries());
    directory_ = base / ("run-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    fs::remove_all(directory_);
    postgres.make_directory(directory_);
    postgres.run({"cp", "-a", (ready / "data").string(), (ready / "ca.crt").string(), (ready / "server.crt").string(),
                  (ready / "server.key").string(), directory_.string()},
                 directory_ / "cp.log");
    std::string lines = "listen_addresses='127.0.0.1'\nunix_socket_directories='" + directory_.string() +
                        "'\nfsync=off\nshared_buffers=16MB\nmax_connections=60\nssl=on\nssl_cert_file='" +
                        (directory_ / "server.crt").string() + "'\nssl_key_file='" +
                        (directory_ / "server.key").string() +
                        "'\nmax_wal_senders=0\nwal_level=minimal\nmax_prepared_transactions=4\nautovacuum=off\n";
    for (const std::string& line : settings) lines += line + "\n";
    postgres.append(directory_ / "data" / "postgresql.conf", lines);
    fs::remove(directory_ / "data" / "pg_hba.conf");
    postgres.append(directory_ / "data" / "pg_hba.conf",
                    "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\nhostnossl all all 127.0.0.1/32 "
                    "scram-sha-256\n");
    postgres.give_to_server(directory_ / "data" / "pg_hba.conf");
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
    postmaster_ = postgres.spawn({(find_binaries() / "postgres").string(), "-D", (directory_ / "data").string(), "-p",
                                  std::to_string(port_.number())},
                                 directory_ / "log", "QUIT");
    wait_until_ready();
}

void pg_cluster::wait_until_ready() {
    // A crash is noticed a moment after it: until then the server looks ready.
    while (!crashed_checkpointer_.empty()) {
        try {
            if (const auto now = admin(checkpointer_query); !now.empty() && now != crashed_checkpointer_)
                crashed_checkpointer_.clear();
        } catch (const std::runtime_error&) {
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }
    const std::string port = std::to_string(port_.number());
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
    return "postgresql://koine:secret@localhost:" + std::to_string(port != 0 ? port : port_.number()) + "/" +
           std::string{database} + "?sslmode=verify-full&sslrootcert=" + url_escaped(ca_file());
}

std::string pg_cluster::socket_url(std::string_view database) const {
    return "postgresql://koine@/" + std::string{database} + "?host=" + url_escaped(socket_dir()) +
           "&port=" + std::to_string(port_.number());
}

std::string pg_cluster::create_database() {
    const std::string name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
    admin("create database " + name);
    return name;
}

std::string pg_cluster::admin(const std::string& sql, const std::string& database) {
    const std::string port = std::to_string(port_.number());
    const std::string host = socket_dir();
    const char* const keys[] = {"host", "port", "user", "dbname", nullptr};
    const char* const values[] = {host.c_str(), port.c_str(), "koine", database.c_str(), nullptr};
    const std::unique_ptr<PGconn, finish> connection{PQconnectdbParams(keys, values, 0)};
    if (PQstatus(connection.get()) != CONNECTION_OK) fail(PQerrorMessage(connection.get()));
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    const std::unique_ptr<PGresult, finish> result{PQexec(connection.get(), sql.c_str())};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(PQerrorMessage(connection.get()));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

}  // namespace koine_test
