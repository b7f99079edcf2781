#include "servers.hpp"

#include <csignal>

#include <koine_test/pg_cluster.hpp>
#if defined(KOINE_TEST_MARIADB)
#include <koine_test/mariadb_server.hpp>
#endif

namespace fault {

namespace {

std::string escaped(const std::string& path) {
    std::string out;
    for (const char one : path) out += one == '/' ? std::string{"%2F"} : std::string{one};
    return out;
}

class postgresql final : public real_server {
public:
    explicit postgresql(std::vector<std::string> settings) : cluster_{std::move(settings)} {}

    int port() const override { return cluster_.port(); }
    pid_t process() const override { return cluster_.process(); }
    std::string url(int port) const override { return cluster_.url("postgres", port); }
    std::string socket_url() const override { return cluster_.socket_url(); }
    std::string missing_socket_url(const std::string& directory) const override {
        return "postgresql://koine@/postgres?host=" + escaped(directory);
    }
    std::string impostor_url() const override {
        return "postgresql://koine:secret@another.host:" + std::to_string(port()) +
               "/postgres?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=" + escaped(cluster_.ca_file());
    }
    std::string admin(const std::string& sql) override { return cluster_.admin(sql); }
    const server_words& words() const override {
        static const server_words all{
            .sleep = "select pg_sleep(600)",
            .sleeping_write = "insert into marks select 1 from (select pg_sleep(600)) as slow",
            .million = "select n::bigint, repeat('x', 400) from generate_series(1, 1000000) as n",
            .ten_thousand = "select n::bigint from generate_series(1, 10000) as n",
            .ends_when_idle = "set idle_session_timeout = '20ms'",
            .ends_when_idle_in_transaction = "set idle_in_transaction_session_timeout = '20ms'",
            .statement_limit = "set local statement_timeout = '50ms'",
            .no_statement_limit = "set local statement_timeout = 0",
            .lock_limit = "set local lock_timeout = '50ms'",
            .bytes_type = "bytea",
            .few_connections = {"max_connections=4", "superuser_reserved_connections=0"},
            .without_tls = {"ssl=off"},
        };
        return all;
    }
    std::int64_t session_of(connection& on) override { return backend_of(on); }
    void end(std::int64_t session) override {
        cluster_.admin("select pg_terminate_backend(" + std::to_string(session) + ")");
    }
    void crash(std::int64_t session) override { cluster_.kill_backend(static_cast<pid_t>(session), SIGKILL); }
    bool has(std::int64_t session) override { return looks(session, "true"); }
    bool sleeps(std::int64_t session) override { return looks(session, "state = 'active' and wait_event = 'PgSleep'"); }
    bool waits_for_row(std::int64_t session) override {
        return looks(session, "state = 'active' and wait_event = 'transactionid'");
    }
    std::unique_ptr<slow_commit> slow_commits(const engine& on) override {
        on.begin([](connection& c) {
            c.execute(
                sql("create or replace function dawdle() returns trigger language plpgsql as "
                    "$$ begin perform pg_sleep(600); return null; end $$"));
            c.execute(
                sql("create constraint trigger slow after insert on marks deferrable initially deferred "
                    "for each row execute function dawdle()"));
        });
        struct by_trigger final : slow_commit {
            explicit by_trigger(postgresql& of) : server{of} {}
            bool commits(std::int64_t session) override { return server.sleeps(session); }
            postgresql& server;
        };
        return std::make_unique<by_trigger>(*this);
    }
    void restart() override { cluster_.restart(pg_cluster::shutdown::fast); }
    void wait_until_ready() override { cluster_.wait_until_ready(); }

private:
    bool looks(std::int64_t session, const std::string& like) {
        return cluster_.admin("select count(*) from pg_stat_activity where pid = " + std::to_string(session) + " and " +
                              like) == "1";
    }

    pg_cluster cluster_;
};

#if defined(KOINE_TEST_MARIADB)

class mariadb final : public real_server {
public:
    explicit mariadb(std::vector<std::string> settings) : server_{std::move(settings)} {}

    int port() const override { return server_.port(); }
    pid_t process() const override { return server_.process(); }
    std::string url(int port) const override { return server_.url("test", port); }
    std::string socket_url() const override { return server_.socket_url(); }
    std::string missing_socket_url(const std::string& directory) const override {
        return "mariadb://koine@localhost/test?unix_socket=" + escaped(directory + "/socket");
    }
    std::string impostor_url() const override {
        return koine::url{server_.url()}
            .with_query_value("ssl_ca", server_.other_ca_file())
            .to_string(koine::url::show_password);
    }
    std::string admin(const std::string& sql) override { return server_.admin(sql); }
    const server_words& words() const override {
        static const server_words all{
            .sleep = "select sleep(600)",
            .sleeping_write = "insert into marks select 1 + sleep(600)",
            .million = "select seq, repeat('x', 400) from seq_1_to_1000000",
            .ten_thousand = "select seq from seq_1_to_10000",
            // Which holds in a transaction too where that has no time of its own.
            .ends_when_idle = "set session wait_timeout = 1, idle_transaction_timeout = 600",
            .ends_when_idle_in_transaction = "set session idle_transaction_timeout = 1",
            .statement_limit = "set session max_statement_time = 0.05",
            .no_statement_limit = "set session max_statement_time = 0",
            .lock_limit = "set session innodb_lock_wait_timeout = 1",
            .bytes_type = "longblob",
            .few_connections = {"max_connections=10"},
            .without_tls = {"skip-ssl"},
        };
        return all;
    }
    std::int64_t session_of(connection& on) override { return number(on, "select connection_id()"); }
    void end(std::int64_t session) override { server_.admin("kill " + std::to_string(session)); }
    void crash(std::int64_t) override { server_.restart(koine_test::mariadb_server::shutdown::kill); }
    bool has(std::int64_t session) override { return looks("information_schema.processlist where id = ", session); }
    bool sleeps(std::int64_t session) override {
        return looks("information_schema.processlist where state = 'User sleep' and id = ", session);
    }
    bool waits_for_row(std::int64_t session) override {
        // Not innodb_trx: the server renews that table only when nobody has looked for a tenth of a
        // second.
        return looks(
            "information_schema.global_status, information_schema.processlist where variable_name = "
            "'INNODB_ROW_LOCK_CURRENT_WAITS' "
            "and variable_value > 0 and command <> 'Sleep' and id = ",
            session);
    }
    // A backup that has begun lets nobody commit.
    std::unique_ptr<slow_commit> slow_commits(const engine& on) override {
        struct by_backup final : slow_commit {
            by_backup(mariadb& of, const engine& on) : server{of}, blocker{on.connect()} {
                for (const char* const stage : {"start", "flush", "block_ddl", "block_commit"})
                    blocker.execute(sql(unsafe_sql("backup stage " + std::string{stage})));
            }
            bool commits(std::int64_t session) override {
                return server.looks("information_schema.processlist where state = 'Waiting for backup lock' and id = ",
                                    session);
            }
            mariadb& server;
            connection blocker;
        };
        return std::make_unique<by_backup>(*this, on);
    }
    void restart() override { server_.restart(koine_test::mariadb_server::shutdown::fast); }
    void wait_until_ready() override { server_.wait_until_ready(); }

private:
    bool looks(const std::string& where, std::int64_t session) {
        return server_.admin("select count(*) from " + where + std::to_string(session)) == "1";
    }

    koine_test::mariadb_server server_;
};

#endif

}  // namespace

bool has_server(std::string_view name) {
#if defined(KOINE_TEST_MARIADB)
    if (name == "libmariadb") return koine_test::has_mariadb();
#endif
    return name == "libpq" && koine_test::has_postgres();
}

std::unique_ptr<real_server> start_server(std::string_view name, std::vector<std::string> settings) {
#if defined(KOINE_TEST_MARIADB)
    if (name == "libmariadb") return std::make_unique<mariadb>(std::move(settings));
#endif
    if (name != "libpq") throw std::runtime_error{"there is no server for " + std::string{name}};
    settings.emplace_back("synchronous_commit=on");
    return std::make_unique<postgresql>(std::move(settings));
}

namespace {
std::vector<std::pair<std::string, std::unique_ptr<real_server>>> started;
}  // namespace

real_server& shared_server(std::string_view name) {
    for (auto& [known, one] : started)
        if (known == name) return *one;
    return *started.emplace_back(name, start_server(name)).second;
}

void end_servers() {
    started.clear();
}

void need_server(std::string_view name) {
    if (has_server(name)) return;
    if (koine_test::servers_required()) FAIL() << "there is no server for " << name;
    GTEST_SKIP() << "there is no server for " << name;
}

std::vector<const char*> server_names() {
#if defined(KOINE_TEST_MARIADB)
    return {"libpq", "libmariadb"};
#else
    return {"libpq"};
#endif
}

}  // namespace fault
