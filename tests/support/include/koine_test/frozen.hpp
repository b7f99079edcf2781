// Stops a server in its tracks: the kernel goes on accepting connections and bytes for it, but
// nothing answers.
#pragma once

#include <vector>

#include <sys/types.h>

namespace koine_test {

// Stops a process and its children (SIGSTOP) from construction to destruction. When the constructor
// returns, none of them runs. Throws std::runtime_error if that cannot be seen.
class frozen {
public:
    explicit frozen(pid_t parent);
    ~frozen();
    frozen(const frozen&) = delete;
    frozen& operator=(const frozen&) = delete;

private:
    std::vector<pid_t> stopped_{};  // the parent first
};

}  // namespace koine_test
