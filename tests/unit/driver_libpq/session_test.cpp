// Connecting, statements, the queue, streaming, state and reset.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include <koine_test/tcp_gate.hpp>

#include "client.hpp"

namespace koine_test {
namespace {

std::string text(koine_string s) {
    return std::string{s.data, s.size};
}

parameters with(parameters base, const std::string& key, const std::string& value) {
    for (auto& [k, v] : base)
        if (k == key) {
            v = value;
            return base;
        }
    base.emplace_back(key, value);
    return base;
}

class libpq_session : public ::testing::Test {
protected:
    void SetUp() override {
        KOINE_NEEDS_POSTGRES();
        link_ = std::make_unique<client>(over_socket(server()));
        ASSERT_TRUE(link_->connect().ok());
    }
    static pg_cluster& server() { return pg_cluster::shared(); }
    void make_table(const std::string& columns) {
        ASSERT_TRUE(link_->run("drop table if exists t").ok());
        ASSERT_TRUE(link_->run("create table t (" + columns + ")").ok());
    }
    static report connecting(const parameters& how) {
        client other{how};
        return other.connect();
    }

    std::unique_ptr<client> link_;
};

// ---- Connecting

TEST_F(libpq_session, connects_over_tls_with_a_password_and_a_resolved_name) {
    client link{over_tls(server())};
    EXPECT_EQ(link.state(), 0U);
    const auto how = link.connect();
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_GT(how.waits, 1);
    EXPECT_EQ(link.value("select ssl from pg_stat_ssl where pid = pg_backend_pid()").i, 1);
    EXPECT_EQ(text(driver().server_version(link.handle())).substr(0, 3), "15.");
    EXPECT_EQ(link.value("show timezone").text, "UTC");
    EXPECT_EQ(link.value("show client_encoding").text, "UTF8");
    EXPECT_EQ(link.value("show application_name").text, "koine");
    EXPECT_NE(driver().native_handle(link.handle()), nullptr);
}

TEST_F(libpq_session, session_options_of_the_caller_stand_beside_its_own) {
    client link{with(with(over_socket(server()), "options", "-c search_path=pg_catalog -c TimeZone=Asia/Kolkata"),
                     "application_name", "it")};
    ASSERT_TRUE(link.connect().ok());
    EXPECT_EQ(link.value("show search_path").text, "pg_catalog");
    EXPECT_EQ(link.value("show timezone").text, "Asia/Kolkata");
    EXPECT_EQ(link.value("show application_name").text, "it");
}

TEST_F(libpq_session, refuses_keys_and_values_it_does_not_know_before_any_io) {
    EXPECT_EQ(client{with(over_socket(server()), "sslmod", "require")}.created().code, koine::errc::unknown_name);
    EXPECT_EQ(client{with(over_socket(server()), "sslmode", "maybe")}.created().code, koine::errc::invalid_url);
    EXPECT_EQ(client{with(over_socket(server()), "connect_timeout", "soon")}.created().code, koine::errc::invalid_url);
    EXPECT_EQ(client{with(over_socket(server()), "port", "70000")}.created().code, koine::errc::invalid_url);
    EXPECT_EQ((client{{{"host", "a,b,c"}, {"port", "1,2"}}}.created().code), koine::errc::invalid_url);
    EXPECT_EQ(client{with(over_socket(server()), "user", std::string{"a\0b", 3})}.created().code,
              koine::errc::invalid_url);
}

TEST_F(libpq_session, tells_the_reasons_for_a_failed_connection_apart) {
    const auto refused = connecting(with(over_tcp(server()), "port", "1"));
    EXPECT_EQ(refused.code, koine::errc::connection_refused) << refused;
    EXPECT_EQ(connecting(with(over_socket(server()), "host", "/nonexistent")).code, koine::errc::connection_refused);
    const auto unknown = connecting(with(over_tcp(server()), "host", "no-such-host.invalid"));
    EXPECT_EQ(unknown.code, koine::errc::host_not_found) << unknown;
    const auto password = connecting(with(over_tls(server()), "password", "s3cr3t-wrong"));
    EXPECT_EQ(password.code, koine::errc::authentication_failed) << password;
    EXPECT_EQ(password.sqlstate, "28P01");
    EXPECT_EQ(password.message.find("s3cr3t-wrong"), std::string::npos);
    EXPECT_EQ(password.message.find("LOCATION"), std::string::npos) << password;
    EXPECT_EQ(password.message.find("28P01"), std::string::npos) << password;
    auto without = over_tcp(server());
    std::erase_if(without, [](const auto& p) { return p.first == "password"; });
    without.emplace_back("passfile", "/nonexistent");
    EXPECT_EQ(connecting(without).code, koine::errc::authentication_failed) << connecting(without);
    const auto database = connecting(with(over_socket(server()), "database", "nowhere"));
    EXPECT_EQ(database.code, koine::errc::database_not_found) << database;
    EXPECT_EQ(database.sqlstate, "3D000");
    const auto role = connecting(with(over_socket(server()), "user", "nobody"));
    EXPECT_EQ(role.code, koine::errc::authentication_failed) << role;
    for (const auto& how : {refused, unknown, password, database, role}) {
        EXPECT_EQ(how.outcome, koine::outcome::not_sent);
        EXPECT_TRUE(how.poisons_connection);
    }
}

TEST_F(libpq_session, a_database_name_is_never_read_as_a_connection_string) {
    const auto how = connecting(with(over_socket(server()), "database", "host=127.0.0.1 port=1 dbname=postgres"));
    EXPECT_EQ(how.code, koine::errc::database_not_found) << how;
}

TEST_F(libpq_session, tls_that_does_not_prove_the_server_is_refused) {
    auto wrong_name = with(over_tls(server()), "host", "wrong.example");
    wrong_name.emplace_back("hostaddr", "127.0.0.1");
    const auto name = connecting(wrong_name);
    EXPECT_EQ(name.code, koine::errc::tls_failed) << name;
    const auto authority = connecting(with(over_tls(server()), "sslrootcert", "/etc/hostname"));
    EXPECT_EQ(authority.code, koine::errc::tls_failed) << authority;
    const auto missing = connecting(with(over_tls(server()), "sslrootcert", "/nonexistent"));
    EXPECT_EQ(missing.code, koine::errc::tls_failed) << missing;
    pg_cluster plain{{"ssl=off"}};
    const auto none = connecting(with(over_tcp(plain), "sslmode", "require"));
    EXPECT_EQ(none.code, koine::errc::tls_failed) << none;
}

TEST_F(libpq_session, channel_binding_can_be_required) {
    EXPECT_TRUE(connecting(with(over_tls(server()), "channel_binding", "require")).ok());
    const auto without_tls = connecting(with(over_tcp(server()), "channel_binding", "require"));
    EXPECT_EQ(without_tls.code, koine::errc::authentication_failed) << without_tls;
}

TEST_F(libpq_session, too_many_connections_and_a_starting_server_are_told) {
    pg_cluster small{{"max_connections=5", "superuser_reserved_connections=0"}};
    std::vector<std::unique_ptr<client>> links;
    report last;
    for (int i = 0; i < 8 && last.status == KOINE_DONE; ++i) {
        links.push_back(std::make_unique<client>(over_socket(small)));
        last = links.back()->connect();
    }
    EXPECT_EQ(last.code, koine::errc::too_many_connections) << last;
    EXPECT_EQ(last.sqlstate, "53300");
}

TEST_F(libpq_session, the_next_server_of_a_list_is_tried) {
    const std::string port = std::to_string(server().port());
    auto how = over_tcp(server());
    std::erase_if(how, [](const auto& p) { return p.first == "host" || p.first == "port"; });
    auto comma = how;
    comma.insert(comma.begin(), {{"host", "127.0.0.1,localhost"}, {"port", "1," + port}});
    EXPECT_TRUE(connecting(comma).ok()) << connecting(comma);
    auto repeated = how;
    repeated.insert(repeated.begin(), {{"host", "no-such-host.invalid:5432"}, {"host", "127.0.0.1:" + port}});
    EXPECT_TRUE(connecting(repeated).ok()) << connecting(repeated);
    auto standby = with(comma, "target_session_attrs", "standby");
    EXPECT_EQ(connecting(standby).code, koine::errc::connect_failed) << connecting(standby);
}

TEST_F(libpq_session, a_silent_server_of_a_list_is_left_after_its_time) {
    tcp_gate silent{server().port()};
    silent.swallow(tcp_gate::to_server);
    auto how = over_tcp(server());
    std::erase_if(how, [](const auto& p) { return p.first == "host" || p.first == "port"; });
    how.insert(how.begin(), {{"host", "127.0.0.1,127.0.0.1"},
                             {"port", std::to_string(silent.port()) + "," + std::to_string(server().port())},
                             {"connect_timeout", "1"}});
    EXPECT_TRUE(connecting(how).ok());
    auto alone = with(over_tcp(server(), silent.port()), "connect_timeout", "1");
    EXPECT_EQ(connecting(alone).code, koine::errc::timeout);
}

TEST_F(libpq_session, a_silent_server_never_blocks_the_caller) {
    tcp_gate silent{server().port()};
    silent.swallow(tcp_gate::to_client);
    client link{over_tcp(server(), silent.port())};
    link.patience = 200;
    EXPECT_TRUE(link.connect().timed_out);
    EXPECT_EQ(link.state(), std::uint32_t{KOINE_STATE_BUSY});
}

TEST_F(libpq_session, calls_before_connecting_are_usage_errors) {
    client link{over_socket(server())};
    koine_statement* none = nullptr;
    EXPECT_EQ(link.try_prepare("select 1", none).code, koine::errc::closed);
    EXPECT_EQ(link.ping().code, koine::errc::closed);
    EXPECT_EQ(link.reset().code, koine::errc::closed);
    EXPECT_TRUE(link.cancel().ok());
    EXPECT_EQ(text(driver().server_version(link.handle())), "");
}

// ---- Statements

TEST_F(libpq_session, a_statement_is_executed_again_and_again) {
    auto* const statement = link_->prepare("select $1::int4 + 1 as next");
    EXPECT_EQ(driver().parameter_count(statement), 1U);
    EXPECT_EQ(driver().column_count(statement), 1U);
    EXPECT_EQ(driver().statement_flags(statement),
              std::uint32_t{KOINE_STATEMENT_READ_ONLY | KOINE_STATEMENT_RETURNS_ROWS});
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(link_->execute(statement, {integer(i)}).ok());
        EXPECT_EQ(link_->rows().at(0).i, i + 1);
    }
}

TEST_F(libpq_session, rows_come_in_blocks_and_the_driver_knows_how_many_are_left) {
    auto* const statement = link_->prepare("select i, 'row ' || i from generate_series(1, 100) i");
    std::vector<koine_value> cells(2 * 64);
    std::uint32_t got = 0;
    auto how = link_->drive([&](koine_wait* w, koine_error* e) {
        return driver().execute(statement, nullptr, 0, cells.data(), 64, &got, w, e);
    });
    ASSERT_TRUE(how.ok());
    EXPECT_EQ(got, 64U);
    EXPECT_EQ(driver().rows_remaining(statement), 36);
    EXPECT_EQ(link_->state(), 0U) << "a buffered result leaves the connection free";
    EXPECT_EQ(link_->value("select 7").i, 7);
    how = link_->drive(
        [&](koine_wait* w, koine_error* e) { return driver().fetch(statement, cells.data(), 64, &got, w, e); });
    EXPECT_EQ(got, 36U);
    EXPECT_EQ(kept{cells[71]}.text, "row 100");
    how = link_->drive(
        [&](koine_wait* w, koine_error* e) { return driver().fetch(statement, cells.data(), 64, &got, w, e); });
    EXPECT_EQ(got, 0U);
    EXPECT_EQ(driver().rows_remaining(statement), 0);
}

TEST_F(libpq_session, commands_tell_how_many_rows_they_changed) {
    make_table("id int primary key");
    ASSERT_TRUE(link_->run("insert into t select generate_series(1, 5)").ok());
    EXPECT_EQ(link_->affected(), 5);
    ASSERT_TRUE(link_->run("update t set id = -id where id > $1 returning id", {integer(3)}).ok());
    EXPECT_EQ(link_->affected(), 2);
    EXPECT_EQ(link_->rows().size(), 2U);
    ASSERT_TRUE(link_->run("select * from t").ok());
    EXPECT_EQ(link_->affected(), -1);
}

TEST_F(libpq_session, exactly_one_statement_a_text) {
    const auto how = link_->run("select 1; drop table x");
    EXPECT_EQ(how.code, koine::errc::syntax_error) << how;
    EXPECT_EQ(link_->run(" -- nothing").code, koine::errc::syntax_error);
    EXPECT_EQ(link_->run("copy pg_class to stdout").code, koine::errc::not_supported);
    EXPECT_NE(link_->state() & KOINE_STATE_BROKEN, 0U);
}

TEST_F(libpq_session, an_error_carries_what_the_server_told) {
    make_table("id int constraint positive check (id > 0), name text not null");
    auto how = link_->run("insert into t values (-1, 'x')");
    EXPECT_EQ(how.code, koine::errc::check_violation);
    EXPECT_EQ(how.constraint, "positive");
    EXPECT_EQ(how.table, "t");
    EXPECT_EQ(how.sqlstate, "23514");
    EXPECT_EQ(how.outcome, koine::outcome::rejected);
    EXPECT_FALSE(how.poisons_transaction);
    EXPECT_FALSE(how.poisons_connection);
    how = link_->run("insert into t values (1, null)");
    EXPECT_EQ(how.code, koine::errc::not_null_violation);
    EXPECT_EQ(how.column, "name");
    how = link_->run("select * from nowhere");
    EXPECT_EQ(how.code, koine::errc::undefined_table);
    EXPECT_EQ(how.position, 15U);
}

TEST_F(libpq_session, an_error_inside_a_transaction_poisons_it_until_reset) {
    ASSERT_TRUE(link_->run("begin").ok());
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION});
    EXPECT_TRUE(link_->run("select 1/0").poisons_transaction);
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION | KOINE_STATE_FAILED_TRANSACTION});
    EXPECT_EQ(link_->run("select 1").code, koine::errc::transaction_failed);
    const auto how = link_->reset();
    EXPECT_TRUE(how.ok());
    EXPECT_EQ(how.waits, 1);
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->reset().waits, 0) << "nothing to do is no round trip";
}

TEST_F(libpq_session, commit_of_a_failed_transaction_is_an_error) {
    for (const bool queued : {false, true}) {
        ASSERT_TRUE(link_->run("begin").ok());
        EXPECT_FALSE(link_->run("select 1/0").ok());
        report how;
        if (queued) {
            ASSERT_TRUE(link_->enqueue("COMMIT").ok());
            how = link_->flush();
            EXPECT_EQ(how.queued_index, 1U);
        } else {
            // Cannot be prepared in a failed transaction with parameters, but COMMIT can.
            how = link_->run("commit", {}, KOINE_PREPARE_ONCE);
        }
        EXPECT_EQ(how.code, koine::errc::transaction_failed) << how;
        EXPECT_EQ(how.sqlstate, "25P02");
        EXPECT_EQ(how.outcome, koine::outcome::rejected);
        EXPECT_EQ(link_->state(), 0U);
    }
}

TEST_F(libpq_session, a_constraint_that_fails_at_commit_is_the_commits_error) {
    make_table("id int unique deferrable initially deferred");
    ASSERT_TRUE(link_->enqueue("begin").ok());
    ASSERT_TRUE(link_->enqueue("insert into t values (1), (1)").ok());
    ASSERT_TRUE(link_->enqueue("commit").ok());
    const auto how = link_->flush();
    EXPECT_EQ(how.code, koine::errc::unique_violation) << how;
    EXPECT_EQ(how.queued_index, 3U);
    EXPECT_FALSE(how.poisons_connection);
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->value("select count(*) from t").i, 0);
}

TEST_F(libpq_session, finalized_statements_leave_the_server_with_a_later_round_trip) {
    auto* const kept_one = link_->prepare("select 1");
    for (int i = 0; i < 5; ++i) driver().finalize(link_->prepare("select " + std::to_string(i)));
    EXPECT_EQ(link_->value("select count(*) from pg_prepared_statements").i, 2);
    // In a transaction they wait, so that a name that is gone cannot fail it.
    auto* const victim = link_->prepare("select 2");
    ASSERT_TRUE(link_->run("deallocate all", {}, KOINE_PREPARE_ONCE).ok());
    ASSERT_TRUE(link_->run("begin", {}, KOINE_PREPARE_ONCE).ok());
    driver().finalize(victim);
    EXPECT_TRUE(link_->run("select 1", {}, KOINE_PREPARE_ONCE).ok());
    ASSERT_TRUE(link_->run("commit", {}, KOINE_PREPARE_ONCE).ok());
    EXPECT_TRUE(link_->run("select 1", {}, KOINE_PREPARE_ONCE).ok());
    EXPECT_EQ(link_->execute(kept_one).code, koine::errc::statement_outdated);
}

TEST_F(libpq_session, a_statement_that_no_longer_fits_is_outdated) {
    make_table("id int");
    auto* const all = link_->prepare("select * from t");
    ASSERT_TRUE(link_->execute(all).ok());
    ASSERT_TRUE(link_->run("alter table t add column name text").ok());
    auto how = link_->execute(all);
    EXPECT_EQ(how.code, koine::errc::statement_outdated) << how;
    EXPECT_FALSE(how.poisons_transaction);
    auto* const again = link_->prepare("select * from t");
    EXPECT_TRUE(link_->execute(again).ok());
    EXPECT_EQ(driver().column_count(again), 2U);
    ASSERT_TRUE(link_->run("begin").ok());
    how = link_->execute(all);
    EXPECT_EQ(how.code, koine::errc::statement_outdated);
    EXPECT_TRUE(how.poisons_transaction);
    ASSERT_TRUE(link_->reset().ok());
    ASSERT_TRUE(link_->run("discard all", {}, KOINE_PREPARE_ONCE).ok());
    EXPECT_EQ(link_->execute(again).sqlstate, "26000");
    // "Not supported" has the same SQLSTATE as an outdated plan, and is something else.
    how = link_->run("create temp table u (i int) with (oids)");
    EXPECT_NE(how.code, koine::errc::statement_outdated) << how;
}

TEST_F(libpq_session, names_of_statements_differ_between_connections) {
    client other{over_socket(server())};
    ASSERT_TRUE(other.connect().ok());
    link_->prepare("select 1");
    other.prepare("select 1");
    const auto a = link_->value("select name from pg_prepared_statements limit 1").text;
    const auto b = other.value("select name from pg_prepared_statements limit 1").text;
    EXPECT_EQ(a.substr(0, 6), "koine_");
    EXPECT_NE(a, b);
}

TEST_F(libpq_session, behind_a_transaction_pooler_no_name_reaches_the_server) {
    client link{with(over_socket(server()), "pooler", "transaction")};
    ASSERT_TRUE(link.connect().ok());
    auto* const statement =
        link.prepare("select $1::int8, (select count(*) from pg_prepared_statements where name <> '')");
    EXPECT_EQ(driver().column_count(statement), 2U);
    for (int i = 0; i < 3; ++i) {
        link.run("select 'another unnamed one'");
        const auto how = link.execute(statement, {integer(i)});
        ASSERT_TRUE(how.ok()) << how;
        EXPECT_EQ(how.waits, 1);
        EXPECT_EQ(link.rows().at(0).i, i);
        EXPECT_EQ(link.rows().at(1).i, 0);
    }
}

// ---- The queue

TEST_F(libpq_session, a_unit_of_work_takes_one_round_trip) {
    make_table("id int primary key, name text");
    auto* const insert = link_->prepare("insert into t values ($1, $2)");
    std::string name = "a name that is copied";
    ASSERT_TRUE(link_->enqueue("BEGIN").ok());
    ASSERT_TRUE(link_->enqueue(insert, {integer(1), bytes(name)}).ok());
    name.assign(name.size(), '#');
    ASSERT_TRUE(link_->enqueue(insert, {integer(2), null()}).ok());
    ASSERT_TRUE(link_->enqueue("update t set name = 'x' where id = 2").ok());
    ASSERT_TRUE(link_->enqueue("COMMIT").ok());
    EXPECT_NE(link_->state(), 0U);
    std::vector<std::int64_t> affected(4, 77);
    const auto how = link_->flush(affected);
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(how.waits, 1);
    EXPECT_EQ(affected, (std::vector<std::int64_t>{-1, 1, 1, 1}));
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->value("select name from t where id = 1").text, "a name that is copied");
    EXPECT_EQ(link_->flush().waits, 0);
}

TEST_F(libpq_session, what_a_queued_text_does_is_known_each_time_it_comes) {
    for (const char* const sql :
         {"set search_path = pg_catalog", "set search_path = pg_catalog", "select 1", "set search_path = public"}) {
        ASSERT_TRUE(link_->enqueue(sql).ok());
        ASSERT_TRUE(link_->flush().ok());
        EXPECT_EQ(link_->state(), sql == std::string_view{"select 1"} ? 0U : std::uint32_t{KOINE_STATE_DIRTY}) << sql;
        ASSERT_TRUE(link_->reset().ok());
    }
}

TEST_F(libpq_session, what_is_queued_rides_with_the_next_execution) {
    auto* const statement = link_->prepare("select 1");
    ASSERT_TRUE(link_->enqueue("BEGIN").ok());
    const auto how = link_->execute(statement);
    EXPECT_TRUE(how.ok()) << how;
    EXPECT_EQ(how.waits, 1);
    EXPECT_EQ(link_->rows().at(0).i, 1);
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION});
}

TEST_F(libpq_session, the_first_queued_statement_that_fails_is_named_and_the_rest_does_not_run) {
    make_table("id int primary key");
    auto* const insert = link_->prepare("insert into t values ($1)");
    for (const int id : {1, 2, 1, 3}) ASSERT_TRUE(link_->enqueue(insert, {integer(id)}).ok());
    std::vector<std::int64_t> affected(4);
    auto how = link_->flush(affected);
    EXPECT_EQ(how.code, koine::errc::unique_violation) << how;
    EXPECT_EQ(how.queued_index, 3U);
    EXPECT_FALSE(how.poisons_connection);
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->value("select count(*) from t").i, 0) << "without BEGIN a queue is one transaction";

    auto* const select = link_->prepare("select 1");
    ASSERT_TRUE(link_->enqueue("BEGIN").ok());
    ASSERT_TRUE(link_->enqueue("select 1/0").ok());
    how = link_->execute(select);
    EXPECT_EQ(how.sqlstate, "22012");
    EXPECT_EQ(how.queued_index, 2U);
    EXPECT_TRUE(how.poisons_transaction);
    EXPECT_TRUE(link_->rows().empty());
    ASSERT_TRUE(link_->reset().ok());

    ASSERT_TRUE(link_->enqueue("BEGIN").ok());
    auto* const fails = link_->prepare("select 1/$1::int");
    how = link_->execute(fails, {integer(0)});
    EXPECT_EQ(how.queued_index, 0U) << "the statement itself";
    EXPECT_TRUE(how.poisons_transaction);
}

TEST_F(libpq_session, a_queue_larger_than_every_buffer_does_not_hang) {
    make_table("id int, filler text");
    auto* const insert = link_->prepare("insert into t values ($1, $2) returning filler");
    const std::string filler(10'000, 'f');
    for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(link_->enqueue(insert, {integer(i), bytes(filler)}).ok());
    std::vector<std::int64_t> affected(2'000);
    const auto how = link_->flush(affected);
    ASSERT_TRUE(how.ok()) << how;
    EXPECT_EQ(affected.back(), 1);
    EXPECT_EQ(link_->value("select count(*) from t").i, 2'000);
}

TEST_F(libpq_session, a_queue_that_is_reset_is_never_sent) {
    make_table("id int");
    ASSERT_TRUE(link_->enqueue("insert into t values (1)").ok());
    EXPECT_EQ(link_->reset().waits, 0);
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->value("select count(*) from t").i, 0);
}

TEST_F(libpq_session, a_queued_statement_may_be_finalized_before_it_is_sent) {
    make_table("id int");
    auto* const insert = link_->prepare("insert into t values ($1)");
    ASSERT_TRUE(link_->enqueue("begin").ok());
    ASSERT_TRUE(link_->enqueue(insert, {integer(4)}).ok());
    ASSERT_TRUE(link_->enqueue("commit").ok());
    driver().finalize(insert);
    const auto how = link_->flush();
    EXPECT_TRUE(how.ok()) << how;
    EXPECT_EQ(link_->value("select id from t").i, 4);
}

// ---- Streaming

TEST_F(libpq_session, a_stream_delivers_every_row_and_blocks_other_statements_meanwhile) {
    for (const bool queued : {false, true}) {
        if (queued) {
            ASSERT_TRUE(link_->enqueue("begin").ok());
        }
        auto* const stream =
            link_->prepare("select i, 'row ' || i from generate_series(1, 5000) i", KOINE_PREPARE_STREAM);
        auto* const other = link_->prepare("select 1");
        std::vector<koine_value> cells(2 * 10);
        std::uint32_t got = 0;
        auto how = link_->drive([&](koine_wait* w, koine_error* e) {
            return driver().execute(stream, nullptr, 0, cells.data(), 10, &got, w, e);
        });
        ASSERT_TRUE(how.ok()) << how;
        ASSERT_GE(got, 1U);
        EXPECT_EQ(driver().rows_remaining(stream), -1);
        EXPECT_NE(link_->state() & KOINE_STATE_BUSY, 0U);
        EXPECT_EQ(link_->execute(other).code, koine::errc::operation_in_progress);
        std::int64_t next = 0;
        while (got != 0) {
            for (std::uint32_t r = 0; r < got; ++r) {
                ASSERT_EQ(cells[2 * r].u.i, ++next);
                ASSERT_EQ(kept{cells[2 * r + 1]}.text, "row " + std::to_string(next));
            }
            how = link_->drive(
                [&](koine_wait* w, koine_error* e) { return driver().fetch(stream, cells.data(), 10, &got, w, e); });
            ASSERT_TRUE(how.ok()) << how;
        }
        EXPECT_EQ(next, 5000);
        EXPECT_TRUE(link_->execute(other).ok());
        EXPECT_EQ(link_->state(), queued ? std::uint32_t{KOINE_STATE_IN_TRANSACTION} : 0U);
    }
}

TEST_F(libpq_session, a_stream_without_rows_and_one_without_columns_end_at_once) {
    EXPECT_TRUE(link_->run("select 1 where false", {}, KOINE_PREPARE_STREAM).ok());
    EXPECT_TRUE(link_->rows().empty());
    ASSERT_TRUE(link_->run("drop table if exists t", {}, KOINE_PREPARE_STREAM).ok());
    EXPECT_TRUE(link_->run("create table t (i int)", {}, KOINE_PREPARE_STREAM).ok());
    EXPECT_TRUE(link_->run("insert into t select generate_series(1, 300) returning i", {}, KOINE_PREPARE_STREAM).ok());
    EXPECT_EQ(link_->rows().size(), 300U);
    EXPECT_EQ(link_->state(), 0U);
}

TEST_F(libpq_session, a_stream_can_be_left_by_finish_reset_finalize_or_a_new_execution) {
    const char* const sql = "select i, repeat('x', 100) from generate_series(1, 20000) i";
    std::vector<koine_value> cells(2 * 4);
    std::uint32_t got = 0;
    const auto begin = [&](koine_statement* s) {
        return link_->drive([&](koine_wait* w, koine_error* e) {
            return driver().execute(s, nullptr, 0, cells.data(), 4, &got, w, e);
        });
    };
    auto* const stream = link_->prepare(sql, KOINE_PREPARE_STREAM);
    ASSERT_TRUE(begin(stream).ok());
    ASSERT_TRUE(link_->drive([&](koine_wait* w, koine_error* e) { return driver().finish(stream, w, e); }).ok());
    EXPECT_EQ(link_->state(), 0U);
    EXPECT_EQ(link_->value("select 5").i, 5);
    ASSERT_TRUE(begin(stream).ok());
    ASSERT_TRUE(begin(stream).ok());
    EXPECT_EQ(cells[0].u.i, 1) << "a new execution starts anew";
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->state(), 0U);
    ASSERT_TRUE(begin(stream).ok());
    driver().finalize(stream);
    EXPECT_NE(link_->state() & KOINE_STATE_BUSY, 0U);
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(link_->value("select 6").i, 6);
    EXPECT_EQ(link_->run(sql, {}, KOINE_PREPARE_STREAM).status, KOINE_DONE);
    EXPECT_EQ(link_->rows().size(), 40'000U);
}

TEST_F(libpq_session, an_error_in_the_middle_of_a_stream_comes_after_the_rows_before_it) {
    const auto how = link_->run("select 1000 / (1000 - i) from generate_series(1, 2000) i", {}, KOINE_PREPARE_STREAM);
    EXPECT_EQ(how.sqlstate, "22012") << how;
    EXPECT_EQ(link_->rows().size(), 999U);
    EXPECT_EQ(link_->state(), 0U);
}

// ---- State and reset

TEST_F(libpq_session, settings_changed_by_statements_are_undone_by_reset) {
    for (const char* sql :
         {"set client_encoding = 'LATIN1'", "set standard_conforming_strings = off", "set search_path = pg_catalog",
          "set role pg_monitor", "select set_config('datestyle', 'SQL', false)", "discard all"}) {
        ASSERT_TRUE(link_->run(sql, {}, KOINE_PREPARE_ONCE).ok()) << sql;
        EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U) << sql;
        ASSERT_TRUE(link_->reset().ok()) << sql;
        EXPECT_EQ(link_->state(), 0U) << sql;
    }
    EXPECT_EQ(link_->value("show client_encoding").text, "UTF8");
    EXPECT_EQ(link_->value("show standard_conforming_strings").text, "on");
    EXPECT_NE(link_->value("show search_path").text, "pg_catalog");
    EXPECT_EQ(link_->value("select current_user").text, "koine");
    EXPECT_EQ(link_->value("show timezone").text, "UTC");
    // The role that the connection begins with is none of its user's.
    ASSERT_TRUE(link_->run("drop role if exists other_role").ok());
    ASSERT_TRUE(link_->run("create role other_role").ok());
    auto with_role = over_socket(server());
    with_role.emplace_back("options", "-c role=other_role");
    client other{with_role};
    ASSERT_TRUE(other.connect().ok());
    EXPECT_EQ(other.value("select current_user").text, "other_role");
    ASSERT_TRUE(other.run("set role none").ok());
    EXPECT_EQ(other.value("select current_user").text, "koine");
    ASSERT_TRUE(other.reset().ok());
    EXPECT_EQ(other.value("select current_user").text, "other_role");
    ASSERT_TRUE(link_
                    ->run("create or replace function to_latin() returns void language plpgsql as $$ begin set "
                          "client_encoding = 'LATIN1'; end $$")
                    .ok());
    EXPECT_EQ(link_->state(), 0U);
    ASSERT_TRUE(link_->run("select to_latin()").ok());
    EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U) << "the encoding is watched whoever changes it";
    ASSERT_TRUE(link_->reset().ok());
    ASSERT_TRUE(link_->run("begin").ok());
    ASSERT_TRUE(link_->run("set local search_path = pg_catalog").ok());
    EXPECT_EQ(link_->state(), std::uint32_t{KOINE_STATE_IN_TRANSACTION});
}

TEST_F(libpq_session, locks_tables_cursors_and_channels_of_the_session_are_undone_by_reset) {
    const auto traces = [&] {
        return link_->number(
            "select (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) + "
            "(select count(*) from pg_class where relnamespace = pg_my_temp_schema()) + "
            "(select count(*) from pg_cursors where name <> '') + (select count(*) from pg_listening_channels()) + "
            "(select count(*) from pg_prepared_statements where from_sql)");
    };
    ASSERT_EQ(traces(), 0);
    for (const char* sql :
         {"select pg_advisory_lock(7)", "select pg_try_advisory_lock_shared(7)", "create temp table mine (id int)",
          "create local temporary table mine (id int)", "create or replace temp view mine as select 1",
          "select 1 as x into temp mine", "declare mine cursor with hold for select 1", "listen mine",
          "do $$ begin perform pg_advisory_lock(7); end $$", "create table pg_temp.mine (id int)",
          "create table \"pg_temp\".mine (id int)", "select 1 as x into pg_temp.mine",
          "create view pg_temp.mine as select 1", "create sequence pg_temp.mine",
          "create type pg_temp.mine as (id int)", "select \"pg_advisory_lock\"(7)", "prepare mine as select 1",
          "do $$ begin execute 'prepare mine as select 1'; end $$", "prepare \"Mi\"\"ne\" as select 1"}) {
        ASSERT_TRUE(link_->run(sql).ok()) << sql;
        EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U) << sql;
        EXPECT_GT(traces(), 0) << sql;
        ASSERT_TRUE(link_->reset().ok()) << sql;
        EXPECT_EQ(traces(), 0) << sql;
        EXPECT_EQ(link_->state(), 0U) << sql;
    }
    // A function, and what it is called by.
    ASSERT_TRUE(link_->run("create function pg_temp.mine() returns int language sql as 'select 1'").ok());
    ASSERT_TRUE(link_->run("select pg_temp.mine()").ok());
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_FALSE(link_->run("select pg_temp.mine()").ok());
    ASSERT_TRUE(link_->reset().ok());
    ASSERT_TRUE(link_->run("create sequence if not exists numbers").ok());
    ASSERT_TRUE(link_->run("select nextval('numbers')").ok());
    ASSERT_TRUE(link_->run("set search_path = public").ok());
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_FALSE(link_->run("select lastval()").ok());
    // What a failed statement has left is undone as well, and what ends with the transaction needs
    // no more than that.
    EXPECT_FALSE(link_->run("select pg_advisory_lock(7), 1 / 0").ok());
    EXPECT_NE(link_->state() & KOINE_STATE_DIRTY, 0U);
    ASSERT_TRUE(link_->reset().ok());
    EXPECT_EQ(traces(), 0);
    for (const char* sql :
         {"select pg_advisory_xact_lock(7)", "select 1 as temp", "select 1 as temporary from (select 2 as hold) x"}) {
        ASSERT_TRUE(link_->run(sql).ok()) << sql;
        EXPECT_EQ(link_->state(), 0U) << sql;
    }
}

// A server answers each Sync in a packet of its own, so the number of waits says nothing: what
// counts is that nothing is sent after the first call.
TEST_F(libpq_session, reset_in_a_dirty_transaction_is_one_round_trip_and_keeps_prepared_statements) {
    tcp_gate gate{server().port()};
    const auto dirty = [&](client& link) {
        ASSERT_TRUE(link.connect().ok());
        ASSERT_TRUE(link.run("begin").ok());
        ASSERT_TRUE(link.run("set search_path = pg_catalog").ok());
    };
    client first{over_tcp(server(), gate.port())};
    dirty(first);
    auto* const statement = first.prepare("select 1");
    auto before = gate.bytes(tcp_gate::to_server);
    ASSERT_TRUE(first.reset().ok());
    const auto all = gate.bytes(tcp_gate::to_server) - before;
    EXPECT_EQ(first.state(), 0U);
    EXPECT_TRUE(first.execute(statement).ok());
    EXPECT_NE(first.value("show search_path").text, "pg_catalog");

    client second{over_tcp(server(), gate.port())};
    dirty(second);
    before = gate.bytes(tcp_gate::to_server);
    koine_wait wait{};
    koine_error error{};
    ASSERT_EQ(driver().reset(second.handle(), &wait, &error), KOINE_WAIT);
    EXPECT_TRUE(gate.wait_for_bytes(tcp_gate::to_server, before + all))
        << "something is kept back until an answer comes";
}

TEST_F(libpq_session, ping_answers_in_every_transaction_state) {
    EXPECT_TRUE(link_->ping().ok());
    ASSERT_TRUE(link_->run("begin").ok());
    EXPECT_TRUE(link_->ping().ok());
    EXPECT_FALSE(link_->run("select 1/0").ok());
    EXPECT_TRUE(link_->ping().ok());
}

TEST_F(libpq_session, a_call_while_another_is_under_way_is_refused) {
    koine_statement* slow = link_->prepare("select pg_sleep(0.2)::text");
    koine_wait wait{};
    koine_error error{};
    std::uint32_t got = 0;
    koine_value cell{};
    ASSERT_EQ(driver().execute(slow, nullptr, 0, &cell, 1, &got, &wait, &error), KOINE_WAIT);
    EXPECT_NE(link_->state() & KOINE_STATE_BUSY, 0U);
    EXPECT_EQ(link_->ping().code, koine::errc::operation_in_progress);
    EXPECT_EQ(link_->enqueue("begin").code, koine::errc::operation_in_progress);
    EXPECT_TRUE(link_
                    ->drive([&](koine_wait* w, koine_error* e) {
                        return driver().execute(slow, nullptr, 0, &cell, 1, &got, w, e);
                    })
                    .ok());
    EXPECT_EQ(got, 1U);
}

TEST_F(libpq_session, one_thread_drives_eight_connections_at_once) {
    struct running {
        std::unique_ptr<client> link;
        koine_statement* statement = nullptr;
        koine_wait wait{};
        koine_value cell{};
        std::uint32_t got = 0;
        bool done = false;
    };
    std::vector<running> all(8);
    for (auto& one : all) {
        one.link = std::make_unique<client>(over_tcp(server()));
        ASSERT_TRUE(one.link->connect().ok());
        one.statement = one.link->prepare("select pg_advisory_lock_shared($1)::text");
    }
    ASSERT_TRUE(link_->run("select pg_advisory_lock(4711)").ok());
    std::set<int> descriptors;
    for (auto& one : all) {
        const auto binds = integer(4711);
        koine_error error{};
        ASSERT_EQ(driver().execute(one.statement, &binds, 1, &one.cell, 1, &one.got, &one.wait, &error), KOINE_WAIT);
        descriptors.insert(one.wait.fd);
    }
    EXPECT_EQ(descriptors.size(), 8U);
    while (link_->number("select count(*) from pg_locks where locktype = 'advisory' and not granted") != 8) {
    }
    ASSERT_TRUE(link_->run("select pg_advisory_unlock(4711)").ok());
    for (std::size_t left = all.size(); left != 0;) {
        std::vector<pollfd> polled;
        std::vector<running*> order;
        for (auto& one : all) {
            if (one.done) continue;
            polled.push_back(pollfd{one.wait.fd, POLLIN, 0});
            order.push_back(&one);
        }
        ASSERT_GT(::poll(polled.data(), polled.size(), 10'000), 0);
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (polled[i].revents == 0) continue;
            const auto binds = integer(4711);
            koine_error error{};
            auto& one = *order[i];
            const auto status = driver().execute(one.statement, &binds, 1, &one.cell, 1, &one.got, &one.wait, &error);
            ASSERT_NE(status, KOINE_ERROR);
            if (status == KOINE_WAIT) continue;
            one.done = true;
            --left;
            EXPECT_EQ(one.got, 1U);
        }
    }
}

}  // namespace
}  // namespace koine_test
