#include "server_process.hpp"

#include <koine_test/servers.hpp>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace koine_test {

namespace fs = std::filesystem;

namespace {

const passwd* other_user(const char* name) {
    return ::geteuid() == 0 ? ::getpwnam(name) : nullptr;
}

constexpr std::string_view certificate_script = R"(set -e
cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $key -days 3650 -subj "/CN=koine test CA" -keyout ca.key -out ca.crt
openssl req $key -subj /CN=localhost -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > san
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile san -out server.crt
chmod 600 server.key
)";

}  // namespace

bool servers_required() {
    const char* const value = std::getenv("KOINE_REQUIRE_SERVERS");
    return value != nullptr && std::string_view{value} == "1";
}

void server_process::fail(const std::string& what) const {
    throw std::runtime_error{name_ + (": " + what)};
}

pid_t server_process::spawn(const std::vector<std::string>& command, const fs::path& log,
                            const char* end_signal) const {
    std::vector<std::string> words;
    const std::string user = user_;
    if (other_user(user_) != nullptr) words = {"setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"};
    if (end_signal != nullptr) {
        if (words.empty()) words = {"setpriv"};
        words.insert(words.end(), {"--pdeathsig", end_signal});
    }
    words.insert(words.end(), command.begin(), command.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
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
    if (error != 0) fail("cannot start " + words[0]);
    return pid;
}

void server_process::run(const std::vector<std::string>& command, const fs::path& log) const {
    const pid_t pid = spawn(command, log);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) fail(command[0] + " failed, see " + log.string());
}

void server_process::give_to_server(const fs::path& path) const {
    if (const auto* user = other_user(user_); user != nullptr && ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
        fail("chown of " + path.string());
}

void server_process::append(const fs::path& path, std::string_view text) const {
    std::ofstream out{path, std::ios::app};
    out << text;
    if (!out.flush()) fail("cannot write " + path.string());
}

void server_process::make_directory(const fs::path& path) const {
    if (fs::create_directory(path)) give_to_server(path);
}

fs::path server_process::base_directory() const {
    auto base = fs::temp_directory_path() / ("koine-" + std::string{name_} + "-" + std::to_string(::geteuid()));
    make_directory(base);
    return base;
}

void server_process::make_certificates(const fs::path& directory, const fs::path& log) const {
    run({"sh", "-c", std::string{certificate_script}, "sh", directory.string()}, log);
}

file_lock::file_lock(const server_process& kind, const fs::path& path)
    : fd_{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)} {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) kind.fail("cannot lock " + path.string());
}

file_lock::~file_lock() {
    ::close(fd_);
}

std::string url_escaped(std::string_view text) {
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

}  // namespace koine_test
