// A TCP port that nobody else is given, whoever listens on it.
#pragma once

namespace koine_test {

// Takes a free port of 127.0.0.1 for as long as it lives. Nothing listens there until somebody does
// with SO_REUSEADDR, as servers do; they may come and go, and meanwhile clients are refused. The
// constructor throws std::system_error.
class held_port {
public:
    held_port();
    ~held_port();
    held_port(const held_port&) = delete;
    held_port& operator=(const held_port&) = delete;

    int number() const noexcept { return number_; }

private:
    int socket_;
    int number_ = 0;
};

}  // namespace koine_test
