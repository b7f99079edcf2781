#include <koine_test/frozen.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace koine_test {

namespace {

std::vector<pid_t> children_of(pid_t parent) {
    const std::string pid = std::to_string(parent);
    std::ifstream list{"/proc/" + pid + "/task/" + pid + "/children"};
    std::vector<pid_t> out;
    for (pid_t child = 0; list >> child;) out.push_back(child);
    return out;
}

// The state of a process: 'R', 'S', 'T' for stopped; 'X' if it is gone.
char state_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    std::getline(file, line);
    const auto name_ends = line.rfind(')');
    return name_ends != std::string::npos && name_ends + 2 < line.size() ? line[name_ends + 2] : 'X';
}

void stop(pid_t pid) {
    if (::kill(pid, SIGSTOP) != 0) return;
    const auto ends = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    for (char state = state_of(pid); state != 'T' && state != 'X' && state != 'Z'; state = state_of(pid)) {
        if (std::chrono::steady_clock::now() > ends) throw std::runtime_error{"frozen: a process does not stop"};
        std::this_thread::yield();
    }
}

}  // namespace

frozen::frozen(pid_t parent) {
    // A stopped parent makes no more children.
    stopped_.push_back(parent);
    stop(parent);
    for (const pid_t child : children_of(parent)) {
        stopped_.push_back(child);
        stop(child);
    }
}

frozen::~frozen() {
    for (const pid_t pid : stopped_) ::kill(pid, SIGCONT);
}

}  // namespace koine_test
