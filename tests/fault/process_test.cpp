// The end of a process, forks, and several processes at once: each case in a process of its own.
#include <csignal>
#include <string>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "servers.hpp"

namespace fault {
namespace {

class process : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
protected:
    static bool on_sqlite() { return std::string{std::get<0>(GetParam())} == "sqlite3"; }
    void SetUp() override {
        if (!on_sqlite()) need_server(std::get<0>(GetParam()));
    }
    static void TearDownTestSuite() { end_servers(); }
    std::string url() const {
        return on_sqlite() ? "sqlite:///" + (directory_.path() / "process.db").string()
                           : shared_server(std::get<0>(GetParam())).socket_url();
    }

    // -1 if it cannot be started. With `files`, its input and output are changed by them.
    static pid_t start(std::string what, std::string where, const posix_spawn_file_actions_t* files = nullptr) {
        std::string program = KOINE_FAULT_PROCESS;
        char* const arguments[] = {program.data(), what.data(), where.data(), nullptr};
        pid_t pid = -1;
        return ::posix_spawn(&pid, program.c_str(), files, nullptr, arguments, environ) == 0 ? pid : -1;
    }
    // The exit status; -1 for a process that hangs or ends by a signal.
    static int end_of(pid_t pid) {
        int status = 0;
        try {
            wait_until([&] { return ::waitpid(pid, &status, WNOHANG) == pid; });
        } catch (const std::runtime_error&) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, &status, 0);
            ADD_FAILURE() << "the process hangs";
            return -1;
        }
        if (WIFSIGNALED(status)) ADD_FAILURE() << "signal " << WTERMSIG(status);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    static int run(const std::string& what, const std::string& where) {
        const pid_t pid = start(what, where);
        return pid < 0 ? -1 : end_of(pid);
    }

private:
    temp_dir directory_{};
};

TEST_P(process, ends_or_forks_without_a_crash_a_hang_or_harm) {
    EXPECT_EQ(run(std::get<1>(GetParam()), url()), 0);
    const engine on = koine::create_engine(url(), patient());
    connection c = on.connect();
    EXPECT_NO_THROW(marks(c)) << "the database is good";
}

// The cases leave one mark committed and others not.
class session_process : public process {};

TEST_P(session_process, ends_without_a_crash_or_a_hang_and_commits_nothing) {
    EXPECT_EQ(run(std::get<1>(GetParam()), url()), 0);
    const engine on = koine::create_engine(url(), patient());
    connection c = on.connect();
    EXPECT_EQ(marks(c), 1);
}

class several_processes : public process {};

TEST_P(several_processes, make_the_same_tables_at_once) {
    constexpr int many = 4;
    for (int round = 0; round < 5; ++round) {
        // A database file that is not there yet, or a database without the tables.
        const std::string where = on_sqlite() ? url() + std::to_string(round) : url();
        if (!on_sqlite())
            koine::create_engine(where, patient()).begin([](connection& c) {
                c.execute(sql("drop table if exists sales"));
                c.execute(sql("drop table if exists shops"));
            });
        // They wait at one end of a pipe that ends, and say at another one that they do.
        int go[2];
        int ready[2];
        ASSERT_EQ(::pipe2(go, O_CLOEXEC), 0);
        ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, go[0], 0);
        ::posix_spawn_file_actions_adddup2(&files, ready[1], 1);
        std::vector<pid_t> started;
        for (int i = 0; i < many; ++i) started.push_back(start(std::get<1>(GetParam()), where, &files));
        ::posix_spawn_file_actions_destroy(&files);
        ::close(go[0]);
        ::close(ready[1]);
        int lines = 0;
        char byte = 0;
        while (lines < many && ::read(ready[0], &byte, 1) == 1) lines += byte == '\n' ? 1 : 0;
        EXPECT_EQ(lines, many);
        ::close(go[1]);
        for (const pid_t pid : started) EXPECT_EQ(end_of(pid), 0) << "round " << round;
        ::close(ready[0]);
    }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<const char*, const char*>>& instance) {
    return std::string{std::get<0>(instance.param)} + "_" + std::get<1>(instance.param);
}

INSTANTIATE_TEST_SUITE_P(
    on, process,
    ::testing::Combine(::testing::ValuesIn(with_sqlite()),
                       ::testing::Values("ends_with_static_objects", "ends_with_connections_that_outlive_their_engine",
                                         "drops_the_engine_under_its_connections", "exits_while_threads_work",
                                         "exits_on_another_thread", "forks_and_the_child_exits",
                                         "forks_and_the_child_uses_what_is_not_its_own",
                                         "forks_and_the_child_closes_everything",
                                         "forks_and_the_child_works_for_itself")),
    name_of);

INSTANTIATE_TEST_SUITE_P(on, several_processes,
                         ::testing::Combine(::testing::ValuesIn(with_sqlite()),
                                            ::testing::Values("makes_tables_when_its_input_ends")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(
    on, session_process,
    ::testing::Combine(
        ::testing::ValuesIn(with_sqlite()),
        ::testing::Values("ends_engine_session_reference", "ends_session_reference_engine",
                          "ends_reference_session_engine", "ends_reference_engine_session",
                          "ends_engine_before_its_scoped_session", "ends_scoped_session_before_its_engine",
                          "ends_engine_before_the_scoped_sessions_of_requests", "ends_session_before_what_it_gave_out",
                          "ends_session_after_what_it_gave_out", "ends_with_a_session_that_failed",
                          "ends_with_objects_of_a_session_that_is_gone", "disposes_of_the_pool_under_its_sessions",
                          "exits_over_a_session_on_the_stack", "exits_while_another_thread_has_a_scoped_session",
                          "exits_on_a_thread_that_has_a_scoped_session", "exits_while_threads_work_with_sessions")),
    name_of);

}  // namespace
}  // namespace fault
