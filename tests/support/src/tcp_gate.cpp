#include <koine_test/tcp_gate.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace koine_test {

namespace {

constexpr auto patience = std::chrono::seconds{10};

int checked(int value, const char* what) {
    if (value < 0) throw std::system_error{errno, std::generic_category(), what};
    return value;
}

sockaddr_in loopback(int port) noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

void set_up(int fd) noexcept {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

tcp_gate::tcp_gate(int target_port)
    : target_{target_port}, wake_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")} {
    listen();
    thread_ = std::thread{[this] { run(); }};
}

tcp_gate::~tcp_gate() {
    {
        const std::scoped_lock lock{mutex_};
        ending_ = true;
    }
    wake();
    thread_.join();
    for (link& one : links_) drop(one, false);
    if (listener_ >= 0) ::close(listener_);
    ::close(wake_);
}

void tcp_gate::listen() {
    const int fd = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto address = loopback(port());
    checked(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    checked(::listen(fd, 64), "listen");
    listener_ = fd;
}

void tcp_gate::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

void tcp_gate::change(direction which, const rule& to) {
    {
        const std::scoped_lock lock{mutex_};
        const auto number = rules_[which].number + 1;
        rules_[which] = to;
        rules_[which].number = number;
    }
    wake();
}

void tcp_gate::pass(direction which) {
    change(which, rule{});
}

void tcp_gate::swallow(direction which) {
    rule to;
    to.how = mode::swallow;
    change(which, to);
}

void tcp_gate::cut_after(direction which, std::uint64_t bytes) {
    rule to;
    to.cuts = true;
    to.cut = bytes;
    change(which, to);
}

void tcp_gate::delay(direction which, std::chrono::milliseconds time) {
    rule to;
    to.late = time;
    change(which, to);
}

void tcp_gate::slice(direction which, std::size_t bytes) {
    rule to;
    to.most = std::max<std::size_t>(bytes, 1);
    change(which, to);
}

void tcp_gate::refuse() {
    std::unique_lock lock{mutex_};
    refusing_ = true;
    wake();
    changed_.wait(lock, [this] { return listener_ < 0; });
}

void tcp_gate::open() {
    std::unique_lock lock{mutex_};
    refusing_ = false;
    wake();
    changed_.wait(lock, [this] { return listener_ >= 0; });
}

void tcp_gate::reset() {
    std::unique_lock lock{mutex_};
    resetting_ = true;
    wake();
    changed_.wait(lock, [this] { return !resetting_; });
}

std::uint64_t tcp_gate::bytes(direction which) const {
    const std::scoped_lock lock{mutex_};
    return counts_[which];
}

bool tcp_gate::wait_for_bytes(direction which, std::uint64_t count) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return counts_[which] >= count; });
}

bool tcp_gate::wait_for_connections(std::size_t count) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return accepted_ >= count; });
}

void tcp_gate::drop(link& one, bool with_reset) {
    const linger now{1, 0};
    for (const int fd : {one.client, one.server}) {
        if (with_reset) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::close(fd);
    }
    one.dead = true;
}

void tcp_gate::accept_one() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(target_);
    ++accepted_;
    if (server < 0 || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(client);
        if (server >= 0) ::close(server);
        return;
    }
    set_up(client);
    set_up(server);
    links_.push_back(link{client, server});
}

void tcp_gate::receive(link& one, direction which) {
    const rule& now = rules_[which];
    lane& way = one.lanes[which];
    if (way.number != now.number) {
        way.number = now.number;
        way.passed = 0;
    }
    char buffer[16'384];
    const auto got = ::recv(which == to_server ? one.client : one.server, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        way.ended = true;
        if (way.waiting.empty()) drop(one, false);
        return;
    }
    auto size = static_cast<std::size_t>(got);
    counts_[which] += size;
    if (now.how == mode::swallow) return;
    if (now.cuts) size = std::min<std::size_t>(size, now.cut - std::min(now.cut, way.passed));
    way.passed += size;
    const auto when = clock::now() + now.late;
    for (std::size_t at = 0; at < size; at += now.most)
        way.waiting.push_back(packet{std::string{buffer + at, std::min(now.most, size - at)}, when});
    if (now.cuts && way.passed >= now.cut) {
        hand_on(one, which);
        if (!one.dead) drop(one, false);
    }
}

void tcp_gate::hand_on(link& one, direction which) {
    lane& way = one.lanes[which];
    const auto now = clock::now();
    while (!one.dead && !way.waiting.empty() && way.waiting.front().when <= now) {
        std::string& bytes = way.waiting.front().bytes;
        const auto sent =
            ::send(which == to_server ? one.server : one.client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return;
        if (sent < 0) return drop(one, false);
        bytes.erase(0, static_cast<std::size_t>(sent));
        if (bytes.empty()) way.waiting.pop_front();
    }
    if (!one.dead && way.ended && way.waiting.empty()) drop(one, false);
}

void tcp_gate::run() {
    std::unique_lock lock{mutex_};
    std::vector<pollfd> polled;
    while (!ending_) {
        if (refusing_ && listener_ >= 0) {
            ::close(listener_);
            listener_ = -1;
        } else if (!refusing_ && listener_ < 0) {
            listen();
        }
        if (resetting_) {
            for (link& one : links_) drop(one, true);
            resetting_ = false;
        }
        links_.remove_if([](const link& one) { return one.dead; });
        changed_.notify_all();

        polled.assign({pollfd{wake_, POLLIN, 0}, pollfd{listener_, POLLIN, 0}});
        auto next = clock::time_point::max();
        const auto now = clock::now();
        for (const link& one : links_) {
            std::array<short, 2> events{};  // of the client's and the server's socket
            for (const auto which : {to_server, to_client}) {
                const lane& way = one.lanes[which];
                const auto source = static_cast<std::size_t>(which);
                const bool room = way.waiting.size() < 4096;
                if (room && !way.ended) events[source] = static_cast<short>(events[source] | POLLIN);
                if (way.waiting.empty()) continue;
                if (way.waiting.front().when <= now) {
                    events[1 - source] = static_cast<short>(events[1 - source] | POLLOUT);
                } else {
                    next = std::min(next, way.waiting.front().when);
                }
            }
            polled.push_back(pollfd{one.client, events[0], 0});
            polled.push_back(pollfd{one.server, events[1], 0});
        }
        int timeout = -1;
        if (next != clock::time_point::max())
            timeout = static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(next - now).count()) + 1;
        lock.unlock();
        ::poll(polled.data(), polled.size(), timeout);
        lock.lock();
        if (polled[0].revents != 0) {
            std::uint64_t count = 0;
            [[maybe_unused]] const auto taken = ::read(wake_, &count, sizeof count);
        }
        std::size_t at = 2;
        for (link& one : links_) {
            const short client = polled[at++].revents;
            const short server = polled[at++].revents;
            constexpr short readable = POLLIN | POLLHUP | POLLERR;
            if (!one.dead && (client & readable) != 0) receive(one, to_server);
            if (!one.dead && (server & readable) != 0) receive(one, to_client);
            for (const auto which : {to_server, to_client})
                if (!one.dead) hand_on(one, which);
        }
        if (polled[1].revents != 0 && listener_ >= 0) accept_one();
    }
}

}  // namespace koine_test
