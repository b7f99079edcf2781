// A session with a server, and its statements.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <koine/driver_abi.h>
#include <koine/spi/server_connection.hpp>

#include "connector.hpp"
#include "exchange.hpp"
#include "options.hpp"
#include "statement.hpp"

namespace koine::libmariadb {

class connection : public spi::server_connection<connection, statement> {
public:
    explicit connection(std::span<const koine_parameter> parameters);
    ~connection();

    // The functions of the driver contract of the same names.
    void abandon() noexcept;
    koine_status reset(koine_wait& wait);
    koine_status ping(koine_wait& wait);
    void cancel() { exchange_.cancels().request(); }
    void set_deadline(std::int64_t deadline_ns) noexcept { deadline_ns_ = deadline_ns; }
    std::int64_t last_insert_id() const noexcept { return last_insert_id_; }
    std::string_view server_product() const noexcept {
        return server_version_.empty() ? "" : mariadb_ ? "mariadb" : "mysql";
    }
    void* native_handle() noexcept { return exchange_.handle(); }
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait);

private:
    friend class statement;
    friend class spi::server_connection<connection, statement>;

    // Where the resumable function is that is under way.
    enum class phase : std::uint8_t {
        draining,
        front,
        sent,
        database,
        setting,
        checking,
        checked,
        unlocking,
        concluding
    };

    bool connected() const noexcept { return exchange_.handle() != nullptr; }
    bool broken() const noexcept { return exchange_.broken(); }
    bool active() const noexcept { return exchange_.active(); }
    std::uint32_t transaction_bits() const noexcept {
        return exchange_.in_transaction() ? std::uint32_t{KOINE_STATE_IN_TRANSACTION} : 0U;
    }
    bool is_dirty() const noexcept { return has_drifted() || may_hold_locks_; }
    void begin_connecting() { connector_ = std::make_unique<connector>(settings_, deadline_ns_); }
    koine_status go_on_connecting(koine_wait& wait);
    void give_up_connecting() noexcept;
    // Ends a function before its end was seen, or after a failure.
    void give_up() noexcept;

    koine_status run_prepare(koine_wait& wait);
    koine_status run_reset(koine_wait& wait);
    koine_status sent(koine_wait& wait);
    bool starts_reset();
    void release_locks();
    void after_reset_step();
    void take_session(const sql_facts& facts) noexcept;
    bool has_drifted() const noexcept { return dirty_ || next_transaction_set_; }
    void forget(statement& one) noexcept;

    std::shared_ptr<const connect_settings> settings_;
    std::unique_ptr<connector> connector_{};
    exchange exchange_{};
    phase phase_ = phase::front;
    std::string preparing_sql_{};
    MYSQL_STMT* reading_ = nullptr;  // whose rows reset() found on the line
    std::int64_t deadline_ns_ = KOINE_NO_DEADLINE;
    std::int64_t last_insert_id_ = 0;
    std::uint64_t max_packet_ = 0;
    bool mariadb_ = false;
    bool dirty_ = false;
    bool next_transaction_set_ = false;
    bool may_hold_locks_ = false;        // by name, taken in a routine
    std::optional<std::string> role_{};  // that the login has given
    bool role_restored_ = false;         // by the reset that is under way
};

}  // namespace koine::libmariadb
