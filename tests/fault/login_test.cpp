// Servers that ask for more than a login should cost.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.hpp"

namespace fault {
namespace {

std::string packed(std::uint32_t number) {
    const std::uint32_t wire = htonl(number);
    return {reinterpret_cast<const char*>(&wire), 4};
}

// A request for a proof, in the words of PostgreSQL's protocol.
std::string asks(std::uint32_t method, const std::string& data = {}) {
    return "R" + packed(static_cast<std::uint32_t>(data.size() + 8)) + packed(method) + data;
}

enum : std::uint32_t { clear_text = 3, sasl = 10, sasl_continue = 11 };

// Speaks just enough of PostgreSQL to ask everybody for a password, without TLS.
class asking_server {
public:
    // In clear, or with so many rounds of SCRAM.
    explicit asking_server(std::string rounds = {}) : rounds_{std::move(rounds)} {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe(ends_) != 0)
            throw std::runtime_error{"no socket to listen on"};
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~asking_server() {
        ::close(ends_[1]);
        thread_.join();
        for (const int one : clients_) ::close(one);
        ::close(ends_[0]);
        ::close(listener_);
    }
    asking_server(const asking_server&) = delete;
    asking_server& operator=(const asking_server&) = delete;

    std::string url(const std::string& options = {}) const {
        return "postgresql://koine:secret@127.0.0.1:" + std::to_string(port_) + "/postgres?gssencmode=disable" +
               options;
    }
    // Connections that came so far as to be asked, and whether one of them sent the password.
    int asked() const { return asked_.load(); }
    bool was_told() const { return told_.load(); }

private:
    // Until the peer has nothing more to say.
    static std::string heard(int client) {
        char bytes[2048];
        const auto got = ::recv(client, bytes, sizeof bytes, 0);
        return got > 0 ? std::string(bytes, static_cast<std::size_t>(got)) : std::string{};
    }
    static void say(int client, const std::string& packet) {
        ::send(client, packet.data(), packet.size(), MSG_NOSIGNAL);
    }

    void serve() {
        for (;;) {
            pollfd both[2] = {{listener_, POLLIN, 0}, {ends_[0], POLLIN, 0}};
            ::poll(both, 2, -1);
            if (both[1].revents != 0) return;
            const int client = ::accept(listener_, nullptr, nullptr);
            if (client >= 0) ask(client);
        }
    }
    void ask(int client) {
        std::string startup = heard(client);
        if (startup.size() == 8) {  // a request for TLS
            say(client, "N");
            startup = heard(client);
        }
        if (startup.empty()) {
            ::close(client);
            return;
        }
        if (rounds_.empty()) {
            say(client, asks(clear_text));
            if (heard(client).find("secret") != std::string::npos) told_ = true;
            ++asked_;
            ::close(client);
            return;
        }
        say(client, asks(sasl, std::string{"SCRAM-SHA-256"} + '\0' + '\0'));
        const std::string first = heard(client);
        const auto nonce = first.find("r=");
        if (nonce != std::string::npos)
            say(client, asks(sasl_continue, first.substr(nonce) + "x,s=QSXCR+Q6sek8bf92,i=" + rounds_));
        ++asked_;
        clients_.push_back(client);
    }

    std::string rounds_;
    int listener_ = -1;
    int ends_[2] = {-1, -1};
    int port_ = 0;
    std::vector<int> clients_{};
    std::atomic<int> asked_{0};
    std::atomic<bool> told_{false};
    std::thread thread_{};
};

engine_options hasty() {
    engine_options options;
    options.connect_timeout = 200ms;
    options.pool.backoff_first = 1ms;
    options.pool.backoff_limit = 1ms;
    return options;
}

TEST(asking_servers, of_few_rounds_are_answered_at_once) {
    const asking_server server{"4096"};
    const engine on = koine::create_engine(server.url(), hasty());
    const auto why = caught([&] { on.connect(); });
    ASSERT_TRUE(why.has_value()) << "the server says no more after the proof";
    EXPECT_EQ(why->code(), errc::timeout) << why->what();
}

// The logins that are left to themselves run for hours: the process that began them ends at once.
TEST(asking_servers, of_endless_rounds_do_not_hold_a_connect_beyond_its_deadline) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_EXIT(
        {
            const asking_server server{"2147483647"};
            const engine on = koine::create_engine(server.url(), hasty());
            for (int i = 0; i < 4; ++i)
                if (code_of([&] { on.connect(); }) != errc::timeout) std::_Exit(10 + i);
            // More of them would only take the processor from everybody else.
            const auto why = caught([&] { on.connect(); });
            if (!why || why->code() != errc::connect_failed) std::_Exit(20);
            if (std::string{why->what()}.find("earlier logins to this server") == std::string::npos) std::_Exit(21);
            // Nobody else pays for that server.
            const asking_server other{"4096"};
            const engine elsewhere = koine::create_engine(other.url(), hasty());
            if (code_of([&] { elsewhere.connect(); }) != errc::timeout || other.asked() != 1) std::_Exit(30);
            std::_Exit(0);
        },
        ::testing::ExitedWithCode(0), "");
}

// The TLS library takes itself apart at the end of a program, under the login that still computes.
TEST(asking_servers, do_not_spoil_the_end_of_a_program) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    for (const char* rounds : {"100000", "2147483647"})
        EXPECT_EXIT(
            {
                static bool in_child = false;
                std::atexit([] {  // runs behind the driver's
                    if (in_child) std::_Exit(5);
                });
                auto* const server = new asking_server{rounds};
                engine_options options = hasty();
                options.connect_timeout = 1ms;
                options.cancel_grace = 1ms;
                const engine on = koine::create_engine(server->url(), options);
                while (server->asked() == 0) caught([&] { on.connect(); });
                // A child has none of the threads, and nothing to wait for.
                const pid_t child = ::fork();
                if (child == 0) {
                    in_child = true;
                    std::exit(6);
                }
                int status = 0;
                if (::waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 5) std::_Exit(40);
                std::exit(7);
            },
            ::testing::ExitedWithCode(7), "");
}

TEST(asking_servers, get_the_password_in_clear_only_where_the_url_allows_it) {
    {
        const asking_server server;
        const engine on = koine::create_engine(server.url(), pool_of(1));
        EXPECT_TRUE(caught([&] { on.connect(); }).has_value());
        EXPECT_TRUE(server.was_told()) << "that is what SECURITY.md warns of";
    }
    for (const char* forbidden : {"&channel_binding=require", "&require_auth=scram-sha-256", "&sslmode=require"}) {
        const asking_server server;
        const engine on = koine::create_engine(server.url(forbidden), pool_of(1));
        EXPECT_TRUE(caught([&] { on.connect(); }).has_value());
        EXPECT_FALSE(server.was_told()) << forbidden;
    }
}

}  // namespace
}  // namespace fault
