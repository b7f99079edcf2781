#include <stdexcept>

#include <koine/drivers/libpq.hpp>
#include <koine_test/pg_cluster.hpp>

#include "socket_backend.hpp"

namespace koine_test {

namespace {

const std::string slow = "select count(*) from generate_series(1, 2000000000)";

socket_server server_of(pg_cluster& cluster, bool tls) {
    socket_server out;
    out.process = cluster.process();
    out.parameters = {{"host", "localhost"},
                      {"port", std::to_string(cluster.port())},
                      {"user", cluster.user()},
                      {"password", cluster.password()},
                      {"database", "postgres"}};
    if (tls) {
        out.parameters.insert(out.parameters.end(), {{"sslmode", "verify-full"}, {"sslrootcert", cluster.ca_file()}});
    } else {
        out.parameters.emplace_back("sslmode", "disable");
    }
    out.running_slowly = [&cluster] {
        return std::stoi(
            cluster.admin("select count(*) from pg_stat_activity where state = 'active' and query = '" + slow + "'"));
    };
    return out;
}

}  // namespace

socket_backend libpq_backend(bool tls) {
    static pg_cluster stopped;
    socket_backend out;
    out.driver.struct_size = sizeof out.driver;
    koine_error error{};
    if (koine::libpq_driver_init(KOINE_ABI_VERSION, &out.driver, &error) != KOINE_DONE)
        throw std::runtime_error{"libpq_driver_init"};
    out.free = server_of(pg_cluster::shared(), tls);
    out.stopped = server_of(stopped, tls);
    out.add_one = "select $1::bigint + 1";
    out.stream = "select n, repeat('x', 1000) from generate_series(1, " + std::to_string(stream_rows) + ") as s (n)";
    out.slow = slow;
    return out;
}

}  // namespace koine_test
