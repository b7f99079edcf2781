#include <stdexcept>

#include <koine/drivers/libmariadb.hpp>
#include <koine_test/mariadb_server.hpp>

#include "socket_backend.hpp"

namespace koine_test {

namespace {

const std::string slow = "select count(*) from seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq + b.seq < 0";

socket_server server_of(mariadb_server& server, bool tls) {
    socket_server out;
    out.process = server.process();
    out.parameters = {{"host", "localhost"},
                      {"port", std::to_string(server.port())},
                      {"user", server.user()},
                      {"password", server.password()},
                      {"database", "test"}};
    if (tls) {
        out.parameters.insert(out.parameters.end(), {{"ssl_mode", "verify-full"}, {"ssl_ca", server.ca_file()}});
    } else {
        out.parameters.emplace_back("ssl_mode", "disable");
    }
    out.running_slowly = [&server] {
        return std::stoi(server.admin(
            "select count(*) from information_schema.processlist where id <> connection_id() and info = '" + slow +
            "'"));
    };
    return out;
}

}  // namespace

socket_backend libmariadb_backend(bool tls) {
    static mariadb_server stopped;
    socket_backend out;
    out.driver.struct_size = sizeof out.driver;
    koine_error error{};
    if (koine::libmariadb_driver_init(KOINE_ABI_VERSION, &out.driver, &error) != KOINE_DONE)
        throw std::runtime_error{"libmariadb_driver_init"};
    out.free = server_of(mariadb_server::shared(), tls);
    out.stopped = server_of(stopped, tls);
    out.add_one = "select ? + 1";
    out.stream = "select seq, repeat('x', 1000) from seq_1_to_" + std::to_string(stream_rows);
    out.slow = slow;
    return out;
}

}  // namespace koine_test
