// The quickstart as its user runs it: what it prints, and how it ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <koine_test/temp_dir.hpp>
#if defined(KOINE_TEST_POSTGRESQL)
#include <koine_test/pg_cluster.hpp>
#endif
#if defined(KOINE_TEST_MARIADB)
#include <koine_test/mariadb_server.hpp>
#endif

namespace {

struct ending {
    int code = -1;  // -1: by a signal
    std::string out{};
    std::string err{};
};

std::string content(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

// Runs the quickstart on a database to its end.
ending run(std::string url) {
    const koine_test::temp_dir folder;
    const auto out = folder.path() / "out";
    const auto err = folder.path() / "err";
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
    std::string program{KOINE_QUICKSTART};
    std::array<char*, 3> arguments{program.data(), url.data(), nullptr};
    pid_t child = 0;
    const int failed = posix_spawn(&child, program.c_str(), &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) throw std::runtime_error{program + " cannot be started"};
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(out), content(err)};
}

constexpr const char* story =
    "2 users:\n"
    "  User(id=1, name='admin', email='admin@localhost')\n"
    "  User(id=2, name='guest', email=NULL)\n"
    "changed: User(id=1, name='admin', email='root@localhost')\n"
    "request for admin: Hello, admin <admin@koine.example>!\n"
    "request for guest: Hello, guest <guest@koine.example>!\n"
    "request for nobody: 404\n"
    "request for admin: Hello, admin <admin@koine.example>!\n"
    "connections: acquired = 8, returned = 8, leased = 0\n";

void tells_the_story(const std::string& url) {
    const ending end = run(url);
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(end.out, story);
    EXPECT_EQ(end.err, "");
}

// The one line that a user sees, with the exit code that scripts see.
void fails_in_one_line(const std::string& url, const std::string& part) {
    const ending end = run(url);
    EXPECT_EQ(end.code, 1) << url;
    EXPECT_EQ(end.out, "") << url;
    EXPECT_TRUE(end.err.starts_with("quickstart: ")) << end.err;
    EXPECT_TRUE(end.err.ends_with('\n')) << end.err;
    EXPECT_EQ(std::count(end.err.begin(), end.err.end(), '\n'), 1) << end.err;
    EXPECT_EQ(end.err.find('\\'), std::string::npos) << "escaped characters are hard to read: " << end.err;
    EXPECT_EQ(end.err.find("s3cret"), std::string::npos) << end.err;
    EXPECT_NE(end.err.find(part), std::string::npos) << end.err;
}

TEST(quickstart, tells_the_same_story_each_time_on_an_sqlite_file) {
    const koine_test::temp_dir folder;
    const std::string url = "sqlite:///" + (folder.path() / "test.db").string();
    tells_the_story(url);
    tells_the_story(url);
}

TEST(quickstart, says_in_one_line_what_is_wrong_with_a_url) {
    fails_in_one_line("", "it is empty");
    fails_in_one_line("nonsense", "dialect://");
    fails_in_one_line("sqlit:///test.db", "did you mean `sqlite`?");
    fails_in_one_line("postgres://app:s3cret@db/app", "did you mean `postgresql`?");
    fails_in_one_line("postgresql+psycopg://app:s3cret@db/app", "unknown driver `psycopg`");
    fails_in_one_line("postgresql://app:s3cret@db:99999/app", "1 to 65535");
    fails_in_one_line("sqlite:///test.db?jurnal_mode=wal", "did you mean `journal_mode`?");
    fails_in_one_line("sqlite://tmp/test.db", "four slashes");
}

TEST(quickstart, says_in_one_line_which_file_cannot_be_opened) {
    const koine_test::temp_dir folder;
    const std::string missing = (folder.path() / "missing" / "test.db").string();
    fails_in_one_line("sqlite:///" + missing, '"' + missing + '"');
    fails_in_one_line("sqlite:///" + missing, "its directory is not");
    fails_in_one_line("sqlite:///no/such/test.db", "four slashes");
    fails_in_one_line("sqlite:///" + folder.path().string(), "Is a directory");
    const std::string text = (folder.path() / "letter.txt").string();
    std::ofstream{text} << "Dear reader, this is no database, however long it may be.\n";
    fails_in_one_line("sqlite:///" + text, '"' + text + "\": file is not a database");
}

#if defined(KOINE_TEST_POSTGRESQL)

TEST(quickstart, tells_on_postgresql_what_it_tells_on_sqlite) {
    KOINE_NEEDS_POSTGRES();
    auto& server = koine_test::pg_cluster::shared();
    const std::string url = server.socket_url(server.create_database());
    tells_the_story(url);
    tells_the_story(url);
}

TEST(quickstart, says_in_one_line_that_a_server_is_down) {
    // A port that is taken and not listened to: nobody answers there, and nobody else can begin to.
    const int taken = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_GE(taken, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ASSERT_EQ(bind(taken, reinterpret_cast<const sockaddr*>(&at), size), 0);
    ASSERT_EQ(getsockname(taken, reinterpret_cast<sockaddr*>(&at), &size), 0);
    fails_in_one_line("postgresql://app:s3cret@127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/app",
                      "refused; Is the server running");
    close(taken);
    fails_in_one_line("postgresql:///app?host=/no/such/directory", "No such file or directory; Is the server running");
}

#endif

#if defined(KOINE_TEST_MARIADB)

TEST(quickstart, tells_on_mariadb_what_it_tells_on_sqlite) {
    KOINE_NEEDS_MARIADB();
    auto& server = koine_test::mariadb_server::shared();
    const std::string database = server.create_database();
    tells_the_story(server.socket_url(database));
    tells_the_story(server.url(database));
}

TEST(quickstart, tells_it_on_mariadb_by_a_mysql_url_too_and_says_once_what_that_means) {
    KOINE_NEEDS_MARIADB();
    auto& server = koine_test::mariadb_server::shared();
    const std::string url = server.socket_url(server.create_database());
    const ending end = run("mysql" + url.substr(url.find(':')));
    EXPECT_EQ(end.code, 0);
    EXPECT_EQ(end.out, story);
    EXPECT_TRUE(end.err.starts_with("koine: warning: the server of the mysql:// URL is mariadb 1")) << end.err;
    EXPECT_EQ(std::count(end.err.begin(), end.err.end(), '\n'), 1) << end.err;
}

TEST(quickstart, says_in_one_line_that_a_mariadb_server_is_down) {
    fails_in_one_line("mariadb://app:s3cret@localhost/app?unix_socket=/no/such/socket", "/no/such/socket");
}

#endif

}  // namespace
