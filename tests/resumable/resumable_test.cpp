// The resumable half of the driver contract: eight connections driven by one thread, four of them
// to a server that is stopped while work for it is under way. A call that waited for the stopped
// server by itself would stop the thread, and with it the other four connections: the test would
// not end.
#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <koine_test/frozen.hpp>
#include <koine_test/mariadb_server.hpp>
#include <koine_test/pg_cluster.hpp>

#include "event_loop.hpp"
#include "socket_backend.hpp"

namespace koine_test {

namespace {

constexpr std::size_t connections = 8;
constexpr std::uint32_t block = 64;

struct transport {
    std::string name;
    bool tls;
    socket_backend (*backend)(bool tls);
    bool (*installed)();
};

void PrintTo(const transport& which, std::ostream* out) {
    *out << which.name;
}

class resumable : public ::testing::TestWithParam<transport> {
protected:
    struct session {
        koine_connection* handle = nullptr;
        koine_statement* statement = nullptr;
        koine_value bind{};
        std::array<koine_value, std::size_t{block} * 2> cells{};
        std::uint32_t got = 0;
        std::uint64_t rows = 0;
        std::uint64_t sum = 0;
        std::uint64_t bytes = 0;
    };

    void SetUp() override {
        if (!GetParam().installed()) {
            if (servers_required()) FAIL() << "the server is not installed";
            GTEST_SKIP() << "the server is not installed";
        }
        backend_ = GetParam().backend(GetParam().tls);
        for (std::size_t i = 0; i < connections; ++i) {
            std::vector<koine_parameter> given;
            for (const auto& [key, value] : (is_stopped(i) ? backend_.stopped : backend_.free).parameters)
                given.push_back({{key.data(), key.size()}, {value.data(), value.size()}});
            koine_error error{};
            ASSERT_EQ(driver().create(given.data(), given.size(), &sessions_[i].handle, &error), KOINE_DONE)
                << std::string(error.message.data, error.message.size);
        }
    }
    void TearDown() override { close(); }

    const koine_driver& driver() const { return backend_.driver; }
    // The first half of the connections is to the server that is stopped.
    static bool is_stopped(std::size_t i) { return i < connections / 2; }

    // Makes a call on every connection while one server is stopped; ends it there after the others
    // are through.
    template <class MakeCall>
    void run_while_stopped(MakeCall make_call) {
        const std::size_t calls_before = loop_.calls();
        {
            const frozen server{backend_.stopped.process};
            start(make_call);
            finish_free_ones();
        }
        finish_all();
        // Waiting is done in poll, not by asking again and again.
        EXPECT_LT(loop_.calls() - calls_before, connections * 50);
    }
    template <class MakeCall>
    void run(MakeCall make_call) {
        start(make_call);
        finish_all();
    }
    template <class MakeCall>
    void start(MakeCall make_call) {
        for (std::size_t i = 0; i < connections; ++i) loop_.start(i, make_call(i));
    }
    void finish_free_ones() {
        loop_.run_until([&] {
            for (std::size_t i = 0; i < connections; ++i)
                if (!is_stopped(i) && loop_.waits(i)) return false;
            return true;
        });
        for (std::size_t i = 0; i < connections; ++i)
            EXPECT_EQ(loop_.waits(i), is_stopped(i)) << i << ": " << loop_.ended(i).message;
    }
    void finish_all() {
        loop_.run_until([&] {
            for (std::size_t i = 0; i < connections; ++i)
                if (loop_.waits(i)) return false;
            return true;
        });
    }
    void expect_all_done(const char* what) {
        for (std::size_t i = 0; i < connections; ++i)
            ASSERT_TRUE(loop_.ended(i).done) << what << ' ' << i << ": " << loop_.ended(i).message;
    }

    auto connecting() {
        return [this](std::size_t i) {
            return [this, i](koine_wait* wait, koine_error* error) {
                return driver().connect(sessions_[i].handle, wait, error);
            };
        };
    }
    auto preparing(const std::string& sql, std::uint32_t flags = 0) {
        return [this, &sql, flags](std::size_t i) {
            return [this, &sql, flags, i](koine_wait* wait, koine_error* error) {
                return driver().prepare(sessions_[i].handle, {sql.data(), sql.size()}, flags, &sessions_[i].statement,
                                        wait, error);
            };
        };
    }
    // Each connection binds its own number, if anything.
    auto executing(std::uint32_t binds) {
        return [this, binds](std::size_t i) {
            session& one = sessions_[i];
            one.bind = koine_value{0, KOINE_INT64, 0, 0, {static_cast<std::int64_t>(i)}};
            return [this, &one, binds](koine_wait* wait, koine_error* error) {
                const koine_status status =
                    driver().execute(one.statement, &one.bind, binds, one.cells.data(), block, &one.got, wait, error);
                if (status == KOINE_DONE) count_rows(one);
                return status;
            };
        };
    }
    // Reads the result to its end.
    auto fetching() {
        return [this](std::size_t i) {
            session& one = sessions_[i];
            return [this, &one](koine_wait* wait, koine_error* error) {
                for (;;) {
                    const koine_status status =
                        driver().fetch(one.statement, one.cells.data(), block, &one.got, wait, error);
                    if (status != KOINE_DONE || one.got == 0) return status;
                    count_rows(one);
                }
            };
        };
    }
    auto pinging() {
        return [this](std::size_t i) {
            return [this, i](koine_wait* wait, koine_error* error) {
                return driver().ping(sessions_[i].handle, wait, error);
            };
        };
    }
    auto resetting() {
        return [this](std::size_t i) {
            return [this, i](koine_wait* wait, koine_error* error) {
                return driver().reset(sessions_[i].handle, wait, error);
            };
        };
    }
    auto finishing() {
        return [this](std::size_t i) {
            return [this, i](koine_wait* wait, koine_error* error) {
                return driver().finish(sessions_[i].statement, wait, error);
            };
        };
    }
    void count_rows(session& one) const {
        const std::uint32_t columns = driver().column_count(one.statement);
        for (std::uint32_t row = 0; row < one.got; ++row) {
            one.sum += static_cast<std::uint64_t>(one.cells[std::size_t{row} * columns].u.i);
            if (columns > 1) one.bytes += one.cells[std::size_t{row} * columns + 1].len;
        }
        one.rows += one.got;
    }
    // Answers how many calls are still under way.
    int cancel_waiting() {
        int asked = 0;
        for (std::size_t i = 0; i < connections; ++i) {
            if (!loop_.waits(i)) continue;
            ++asked;
            koine_error error{};
            EXPECT_EQ(driver().cancel(sessions_[i].handle, &error), KOINE_DONE)
                << std::string(error.message.data, error.message.size);
            if (error.release != nullptr) error.release(&error);
        }
        return asked;
    }
    void connect() {
        run(connecting());
        expect_all_done("connect");
    }
    void finalize() {
        for (session& one : sessions_) {
            if (one.statement != nullptr) driver().finalize(one.statement);
            one.statement = nullptr;
        }
    }
    void close() {
        for (session& one : sessions_) {
            if (one.handle != nullptr) driver().close(one.handle);
            one.handle = nullptr;
            one.statement = nullptr;
        }
    }

    socket_backend backend_{};
    std::array<session, connections> sessions_{};
    event_loop loop_{connections};
};

TEST_P(resumable, connects_while_a_server_does_not_answer) {
    run_while_stopped(connecting());
    expect_all_done("connect");
}

TEST_P(resumable, prepares_and_executes_while_a_server_does_not_answer) {
    connect();
    run_while_stopped(preparing(backend_.add_one));
    expect_all_done("prepare");
    run_while_stopped(executing(1));
    expect_all_done("execute");
    for (std::size_t i = 0; i < connections; ++i) {
        EXPECT_EQ(sessions_[i].rows, 1U) << i;
        EXPECT_EQ(sessions_[i].sum, i + 1) << i;
    }
    run_while_stopped(executing(1));
    expect_all_done("execute again");
    finalize();
    run_while_stopped(pinging());
    expect_all_done("ping");
}

TEST_P(resumable, streams_while_a_server_does_not_answer) {
    connect();
    run(preparing(backend_.stream, KOINE_PREPARE_STREAM));
    expect_all_done("prepare");
    run(executing(0));
    expect_all_done("execute");
    {
        const frozen server{backend_.stopped.process};
        start(fetching());
        finish_free_ones();
    }
    finish_all();
    expect_all_done("fetch");
    for (std::size_t i = 0; i < connections; ++i) {
        EXPECT_EQ(sessions_[i].rows, stream_rows) << i;
        EXPECT_EQ(sessions_[i].sum, stream_rows * (stream_rows + 1) / 2) << i;
        EXPECT_EQ(sessions_[i].bytes, stream_rows * 1000) << i;
    }
}

TEST_P(resumable, ends_a_stream_early_while_a_server_does_not_answer) {
    connect();
    run(preparing(backend_.stream, KOINE_PREPARE_STREAM));
    run(executing(0));
    expect_all_done("execute");
    {
        const frozen server{backend_.stopped.process};
        start(finishing());
        finish_free_ones();
    }
    finish_all();
    expect_all_done("finish");
    finalize();
    run(preparing(backend_.add_one));
    run(executing(1));
    expect_all_done("the statement after it");
}

TEST_P(resumable, cancels_while_a_server_does_not_answer) {
    connect();
    run(preparing(backend_.slow));
    expect_all_done("prepare");
    start(executing(0));
    const auto half = static_cast<int>(connections / 2);
    loop_.run_until(
        [&] { return backend_.free.running_slowly() == half && backend_.stopped.running_slowly() == half; });
    {
        const frozen server{backend_.stopped.process};
        // A request that comes between two messages of a statement is lost on PostgreSQL: whoever
        // wants one stopped asks until it is.
        loop_.run_until([&] { return cancel_waiting() == half; });
        finish_free_ones();
    }
    loop_.run_until([&] { return cancel_waiting() == 0; });
    for (std::size_t i = 0; i < connections; ++i) {
        EXPECT_FALSE(loop_.ended(i).done) << i;
        EXPECT_EQ(loop_.ended(i).code, koine::errc::cancelled) << i << ": " << loop_.ended(i).message;
    }
    finalize();
    run(resetting());
    expect_all_done("reset");
    run(preparing(backend_.add_one));
    run(executing(1));
    expect_all_done("the statement after it");
}

TEST_P(resumable, resets_and_closes_while_a_server_does_not_answer) {
    connect();
    const std::string begin = "begin";
    run(preparing(begin));
    run(executing(0));
    expect_all_done("begin");
    finalize();
    run_while_stopped(resetting());
    expect_all_done("reset");
    for (const session& one : sessions_) EXPECT_EQ(driver().state(one.handle), 0U);
    const frozen server{backend_.stopped.process};
    close();
}

INSTANTIATE_TEST_SUITE_P(libpq, resumable,
                         ::testing::Values(transport{"tcp", false, &libpq_backend, &has_postgres},
                                           transport{"tls", true, &libpq_backend, &has_postgres}),
                         [](const auto& which) { return which.param.name; });
INSTANTIATE_TEST_SUITE_P(libmariadb, resumable,
                         ::testing::Values(transport{"tcp", false, &libmariadb_backend, &has_mariadb},
                                           transport{"tls", true, &libmariadb_backend, &has_mariadb}),
                         [](const auto& which) { return which.param.name; });

}  // namespace

}  // namespace koine_test
