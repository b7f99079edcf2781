// A proxy between a client and a server on this machine, which does to the bytes what networks do.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include <koine_test/held_port.hpp>

namespace koine_test {

// Listens on 127.0.0.1 and connects each client to 127.0.0.1:target. Rules hold for all
// connections, those to come too, from the moment that the function returns. All functions may be
// called from any thread; they throw std::system_error.
class tcp_gate {
public:
    enum direction { to_server = 0, to_client = 1 };

    explicit tcp_gate(int target_port);
    ~tcp_gate();
    tcp_gate(const tcp_gate&) = delete;
    tcp_gate& operator=(const tcp_gate&) = delete;

    // Where clients connect.
    int port() const noexcept { return port_.number(); }

    // Hands the bytes on as they come; takes every other rule of the direction away.
    void pass(direction which);
    // Reads the bytes and drops them: for the peer the line is dead, for the sender it works.
    void swallow(direction which);
    // Closes both sides of a connection when `bytes` more have gone that way on it.
    void cut_after(direction which, std::uint64_t bytes);
    // Hands each byte on so much later.
    void delay(direction which, std::chrono::milliseconds time);
    // Hands on at most so many bytes in one packet.
    void slice(direction which, std::size_t bytes);
    // New clients are refused by the system; open() ends that.
    void refuse();
    void open();
    // Ends all connections with a TCP reset.
    void reset();

    // Bytes that came from the sender of the direction since the gate was made.
    std::uint64_t bytes(direction which) const;
    // Wait until so many bytes have come, or so many connections have been accepted; false after
    // ten seconds.
    bool wait_for_bytes(direction which, std::uint64_t count) const;
    bool wait_for_connections(std::size_t count) const;

private:
    using clock = std::chrono::steady_clock;
    enum class mode { pass, swallow };

    struct rule {
        mode how = mode::pass;
        bool cuts = false;
        std::uint64_t cut = 0;
        // changes with each rule: connections count their bytes from there
        std::uint64_t number = 0;
        std::chrono::milliseconds late{0};
        std::size_t most = 65'536;
    };
    struct packet {
        std::string bytes;
        clock::time_point when;
    };
    struct lane {
        std::list<packet> waiting{};
        std::uint64_t number = 0;
        std::uint64_t passed = 0;
        bool ended = false;
    };
    struct link {
        int client;
        int server;
        std::array<lane, 2> lanes{};
        bool dead = false;
    };

    void change(direction which, const rule& to);
    void wake() const;
    void listen();
    void run();
    void accept_one();
    void receive(link& one, direction which);
    void hand_on(link& one, direction which);
    static void drop(link& one, bool with_reset);

    int target_;
    held_port port_{};
    int listener_ = -1;
    int wake_ = -1;
    mutable std::mutex mutex_{};
    mutable std::condition_variable changed_{};
    std::array<rule, 2> rules_{};
    std::array<std::uint64_t, 2> counts_{};
    std::size_t accepted_ = 0;
    bool refusing_ = false;
    bool resetting_ = false;
    bool ending_ = false;
    std::list<link> links_{};
    std::thread thread_{};
};

}  // namespace koine_test
