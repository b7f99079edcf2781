// The end of a process, and forks: each case in a process of its own.
#include <csignal>
#include <string>
#include <tuple>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.hpp"

namespace fault {
namespace {

class process : public with_server, public ::testing::WithParamInterface<std::tuple<const char*, const char*>> {
protected:
    static bool on_sqlite() { return std::string{std::get<0>(GetParam())} == "sqlite3"; }
    void SetUp() override {
        if (!on_sqlite()) with_server::SetUp();
    }
    std::string url() const {
        return on_sqlite() ? "sqlite:///" + (directory_.path() / "process.db").string() : server().socket_url();
    }

    // The exit status; -1 for a process that hangs or ends by a signal.
    static int run(std::string what, std::string where) {
        std::string program = KOINE_FAULT_PROCESS;
        char* const arguments[] = {program.data(), what.data(), where.data(), nullptr};
        pid_t pid = -1;
        if (::posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, environ) != 0) return -1;
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

std::string name_of(const ::testing::TestParamInfo<std::tuple<const char*, const char*>>& instance) {
    return std::string{std::get<0>(instance.param)} + "_" + std::get<1>(instance.param);
}

INSTANTIATE_TEST_SUITE_P(on, process,
                         ::testing::Combine(::testing::Values("sqlite3", "libpq"),
                                            ::testing::Values("ends_with_static_objects",
                                                              "ends_with_connections_that_outlive_their_engine",
                                                              "drops_the_engine_under_its_connections", "exits_while_threads_work",
                                                              "exits_on_another_thread", "forks_and_the_child_exits",
                                                              "forks_and_the_child_uses_what_is_not_its_own",
                                                              "forks_and_the_child_closes_everything",
                                                              "forks_and_the_child_works_for_itself")),
                         name_of);

INSTANTIATE_TEST_SUITE_P(on, session_process,
                         ::testing::Combine(::testing::Values("sqlite3", "libpq"),
                                            ::testing::Values("ends_engine_session_reference", "ends_session_reference_engine",
                                                              "ends_reference_session_engine", "ends_reference_engine_session",
                                                              "ends_engine_before_its_scoped_session",
                                                              "ends_scoped_session_before_its_engine",
                                                              "ends_engine_before_the_scoped_sessions_of_requests",
                                                              "ends_session_before_what_it_gave_out",
                                                              "ends_session_after_what_it_gave_out",
                                                              "ends_with_a_session_that_failed",
                                                              "ends_with_objects_of_a_session_that_is_gone",
                                                              "disposes_of_the_pool_under_its_sessions",
                                                              "exits_over_a_session_on_the_stack",
                                                              "exits_while_another_thread_has_a_scoped_session",
                                                              "exits_on_a_thread_that_has_a_scoped_session",
                                                              "exits_while_threads_work_with_sessions")),
                         name_of);

}  // namespace
}  // namespace fault
