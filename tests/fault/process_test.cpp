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

INSTANTIATE_TEST_SUITE_P(on, process,
                         ::testing::Combine(::testing::Values("sqlite3", "libpq"),
                                            ::testing::Values("ends_with_static_objects",
                                                              "ends_with_connections_that_outlive_their_engine",
                                                              "drops_the_engine_under_its_connections", "exits_while_threads_work",
                                                              "exits_on_another_thread", "forks_and_the_child_exits",
                                                              "forks_and_the_child_uses_what_is_not_its_own",
                                                              "forks_and_the_child_closes_everything",
                                                              "forks_and_the_child_works_for_itself")),
                         [](const auto& instance) {
                             return std::string{std::get<0>(instance.param)} + "_" + std::get<1>(instance.param);
                         });

}  // namespace
}  // namespace fault
