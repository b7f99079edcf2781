#include "canceller.hpp"

#include <string>
#include <utility>

#include <koine/deadline.hpp>

#include "connector.hpp"

namespace koine::libmariadb {

namespace {

constexpr std::int64_t most_time_ns = 5'000'000'000;

void kill_query(const connect_settings& settings, unsigned long session) noexcept {
    try {
        const auto line = log_in(settings, {}, deadline::now_ns() + most_time_ns);
        const std::string sql = "KILL QUERY " + std::to_string(session);
        mysql_real_query(line.get(), sql.data(), sql.size());
    } catch (...) {
        // A request that cannot be delivered is no error of ours: the operation then ends by itself
        // or by its deadline.
    }
    forget_thread();
}

}  // namespace

void canceller::take(std::shared_ptr<const connect_settings> settings, unsigned long session) noexcept {
    settings_ = std::move(settings);
    session_ = session;
}

void canceller::request() {
    spi::canceller::request(
        [this] { return [settings = settings_, session = session_] { kill_query(*settings, session); }; });
}

}  // namespace koine::libmariadb
