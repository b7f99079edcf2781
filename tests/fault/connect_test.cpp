// Connections that cannot be made.
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "servers.hpp"

namespace fault {
namespace {

// What a server says to one that it refuses, and whether it waits for the other to speak first.
struct refusal {
    std::string packet{};
    bool listens = false;
    std::string url{};  // begins so
    std::string options{};
};

refusal of_postgresql(const std::string& sqlstate) {
    std::string fields;
    for (const std::string& field :
         {std::string{"SFATAL"}, std::string{"VFATAL"}, "C" + sqlstate, std::string{"Mnot now"}, std::string{}})
        (fields += field) += '\0';
    const std::uint32_t length = htonl(static_cast<std::uint32_t>(fields.size() + 4));
    std::string packet = "E";
    packet.append(reinterpret_cast<const char*>(&length), 4);
    return {packet += fields, true,
            "postgresql://koine:secret@127.0.0.1:", "/postgres?sslmode=disable&gssencmode=disable"};
}

refusal of_mariadb(int code) {
    const std::string body =
        std::string{'\xff', static_cast<char>(code & 255), static_cast<char>(code >> 8)} + "not now";
    return {std::string{static_cast<char>(body.size()), '\0', '\0', '\0'} + body, false,
            "mariadb://koine:secret@127.0.0.1:", "/test?ssl_mode=disable"};
}

// Answers everybody who wants to log in so, and counts them.
class refusing_server {
public:
    explicit refusing_server(refusal answer) : answer_{std::move(answer)} {
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
    ~refusing_server() {
        ::close(ends_[1]);
        thread_.join();
        ::close(ends_[0]);
        ::close(listener_);
    }
    refusing_server(const refusing_server&) = delete;
    refusing_server& operator=(const refusing_server&) = delete;

    std::string url() const { return answer_.url + std::to_string(port_) + answer_.options; }
    int asked() const { return asked_.load(); }

private:
    void serve() {
        for (;;) {
            pollfd both[2] = {{listener_, POLLIN, 0}, {ends_[0], POLLIN, 0}};
            ::poll(both, 2, -1);
            if (both[1].revents != 0) return;
            const int client = ::accept(listener_, nullptr, nullptr);
            if (client < 0) continue;
            char startup[1024];
            if (!answer_.listens || ::recv(client, startup, sizeof startup, 0) > 0) {
                ++asked_;
                ::send(client, answer_.packet.data(), answer_.packet.size(), MSG_NOSIGNAL);
            }
            // One that goes on talking must not have the answer taken away by a reset.
            ::shutdown(client, SHUT_WR);
            while (!answer_.listens && ::recv(client, startup, sizeof startup, 0) > 0) {
            }
            ::close(client);
        }
    }

    refusal answer_;
    int listener_ = -1;
    int ends_[2] = {-1, -1};
    int port_ = 0;
    std::atomic<int> asked_{0};
    std::thread thread_{};
};

class connecting : public with_each_server {
protected:
    static void expect_refused(const engine& on, errc code, advice next) {
        const auto why = caught([&] { on.connect(); });
        ASSERT_TRUE(why.has_value());
        EXPECT_EQ(why->code(), code) << why->what();
        EXPECT_EQ(why->advice(), next) << why->what();
        EXPECT_EQ(why->outcome(), outcome::not_sent);
        EXPECT_EQ(std::string{why->what()}.find("secret"), std::string::npos) << "the password is nobody's business";
        const koine::pool_stats stats = on.stats();
        EXPECT_EQ(stats.leased + stats.opening + stats.idle, 0U) << "the place in the pool is free again";
    }
};

INSTANTIATE_TEST_SUITE_P(on, connecting, ::testing::ValuesIn(server_names()), name_of);

TEST_P(connecting, a_port_that_refuses_is_told_and_works_when_it_opens) {
    tcp_gate gate{server().port()};
    gate.refuse();
    const engine on = over_tcp(patient(), gate.port());
    expect_refused(on, errc::connection_refused, advice::reconnect_and_retry);
    expect_refused(on, errc::connection_refused, advice::reconnect_and_retry);
    gate.open();
    connection c = on.connect();
    EXPECT_EQ(number(c, "select 1"), 1);
}

TEST_P(connecting, a_socket_that_is_not_there_is_a_refusal) {
    const temp_dir empty;
    expect_refused(koine::create_engine(server().missing_socket_url(empty.path().string())), errc::connection_refused,
                   advice::reconnect_and_retry);
}

TEST_P(connecting, a_name_that_no_host_has_is_told) {
    expect_refused(koine::create_engine(koine::url{server().url()}.with_host("nowhere.invalid")), errc::host_not_found,
                   advice::give_up);
}

TEST_P(connecting, a_wrong_password_and_an_unknown_database_are_told_apart) {
    const koine::url good{server().url()};
    expect_refused(koine::create_engine(good.with_password("wrong")), errc::authentication_failed, advice::give_up);
    expect_refused(koine::create_engine(good.with_database("nothing_of_that_name")), errc::database_not_found,
                   advice::give_up);
}

TEST_P(connecting, a_server_that_cannot_prove_who_it_is_gets_no_password) {
    expect_refused(koine::create_engine(server().impostor_url()), errc::tls_failed, advice::give_up);
    const auto plain = start_server(GetParam(), words().without_tls);
    expect_refused(koine::create_engine(plain->url()), errc::tls_failed, advice::give_up);
}

TEST_P(connecting, a_full_server_is_told_and_has_room_again_when_somebody_leaves) {
    const auto small = start_server(GetParam(), words().few_connections);
    const engine on = koine::create_engine(small->socket_url(), pool_of(20));
    std::vector<connection> all;
    std::optional<koine::error> why;
    for (int i = 0; i < 15 && !why; ++i) why = caught([&] { all.push_back(on.connect()); });
    ASSERT_TRUE(why.has_value());
    EXPECT_EQ(why->code(), errc::too_many_connections) << why->what();
    EXPECT_EQ(why->sqlstate().text(), "53300");
    EXPECT_EQ(why->advice(), advice::reconnect_and_retry);
    all.pop_back();
    connection c = on.connect();
    EXPECT_EQ(number(c, "select 1"), 1);
}

TEST(refusing_servers, what_the_server_says_decides_whether_trying_again_makes_sense) {
    const struct {
        refusal answer;
        const char* state;
        errc code;
        advice next;
    } cases[] = {
        {of_postgresql("57P03"), "57P03", errc::server_starting, advice::reconnect_and_retry},
        {of_postgresql("53300"), "53300", errc::too_many_connections, advice::reconnect_and_retry},
        {of_postgresql("28P01"), "28P01", errc::authentication_failed, advice::give_up},
        {of_postgresql("28000"), "28000", errc::authentication_failed, advice::give_up},
        {of_postgresql("3D000"), "3D000", errc::database_not_found, advice::give_up},
#if defined(KOINE_TEST_MARIADB)
        {of_mariadb(1053), "57P01", errc::server_starting, advice::reconnect_and_retry},
        {of_mariadb(1040), "53300", errc::too_many_connections, advice::reconnect_and_retry},
        {of_mariadb(1045), "28000", errc::authentication_failed, advice::give_up},
        {of_mariadb(1049), "3D000", errc::database_not_found, advice::give_up},
#endif
    };
    for (const auto& one : cases) {
        const refusing_server server{one.answer};
        const engine on = koine::create_engine(server.url(), pool_of(5));
        const auto why = caught([&] { on.connect(); });
        ASSERT_TRUE(why.has_value()) << one.state;
        EXPECT_EQ(why->code(), one.code) << why->what();
        EXPECT_EQ(why->sqlstate().text(), one.state);
        EXPECT_EQ(why->advice(), one.next) << why->what();
        EXPECT_EQ(server.asked(), 1) << "each call asks once, and nobody asks behind it";
    }
}

TEST(refusing_servers, a_wrong_password_is_never_tried_in_a_loop) {
    const refusing_server server{of_postgresql("28P01")};
    engine_options options = pool_of(5);
    options.pool.backoff_first = 1ms;
    const engine on = koine::create_engine(server.url(), options);
    int bodies = 0;
    EXPECT_EQ(code_of([&] { on.run(koine::retry{10}, [&](connection&) { ++bodies; }); }), errc::authentication_failed);
    EXPECT_EQ(bodies, 0);
    EXPECT_EQ(server.asked(), 1);
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back([&] { EXPECT_EQ(code_of([&] { on.connect(); }), errc::authentication_failed); });
    for (auto& one : callers) one.join();
    EXPECT_LE(server.asked(), 5) << "not once more than callers";
}

}  // namespace
}  // namespace fault
