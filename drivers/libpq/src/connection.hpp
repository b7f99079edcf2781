// A session with a server, and the round trips that its statements share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/spi/server_connection.hpp>

#include "connector.hpp"
#include "exchange.hpp"
#include "options.hpp"
#include "statement.hpp"

namespace koine::libpq {

class connection : public spi::server_connection<connection, statement> {
public:
    explicit connection(std::span<const koine_parameter> parameters);
    ~connection();

    // The functions of the driver contract of the same names.
    void abandon() noexcept;
    koine_status reset(koine_wait& wait);
    koine_status ping(koine_wait& wait);
    void cancel() { exchange_.cancels().request(); }
    void set_deadline(std::int64_t) noexcept {}
    std::int64_t last_insert_id() const noexcept { return 0; }
    std::string_view server_product() const noexcept { return server_version_.empty() ? "" : "postgresql"; }
    void* native_handle() noexcept { return handle_.get(); }
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait);
    koine_status enqueue(statement* what, std::string_view sql, std::span<const koine_value> binds);
    koine_status flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error& error);

private:
    friend class statement;
    friend class spi::server_connection<connection, statement>;

    struct queued {
        std::shared_ptr<const prepared> plan{};  // null: sql alone
        std::string sql{};
        sql_facts facts{};
        parameters values{};
    };

    bool connected() const noexcept { return handle_ != nullptr; }
    bool broken() const noexcept { return exchange_.broken(); }
    bool active() const noexcept { return exchange_.active(); }
    std::uint32_t transaction_bits() const noexcept;
    bool is_dirty() const noexcept { return queued_ != 0 || has_drifted(); }
    void begin_connecting() { connector_ = std::make_unique<connector>(settings_); }
    koine_status go_on_connecting(koine_wait& wait);
    void give_up_connecting() noexcept;
    void give_up() noexcept { leave(); }

    void send_execution(const prepared& plan, const parameters& values, bool stream) {
        if (has_front()) return send_behind_front(plan, values, stream);
        exchange_.open(false);
        send_plan(plan, values, part::statement, 0);
        if (stream) exchange_.stream();
        exchange_.go();
    }
    void send_behind_front(const prepared& plan, const parameters& values, bool stream);
    void send_plan(const prepared& plan, const parameters& values, part of, std::uint32_t index) {
        if (plan.facts.sets_session) note_change(plan.facts);
        if (!plan.named()) return send_unprepared(plan, values, of, index);
        exchange_.send_prepared(plan.name.c_str(), values, plan.binary, plan.facts, of, index);
    }
    void send_unprepared(const prepared& plan, const parameters& values, part of, std::uint32_t index);
    // The session may not be what it was when this has run.
    void note_change(const sql_facts& facts) noexcept {
        dirty_ = true;
        if (facts.may_prepare) may_have_prepared_ = true;
    }
    // Whether something has to ride in front of the next statement.
    bool has_front() const noexcept {
        return queued_ != 0 || (!doomed_.empty() && PQtransactionStatus(handle_.get()) == PQTRANS_IDLE);
    }
    void send_front();
    void send_doomed();
    koine_status drained(koine_wait& wait, exchange::errors which);
    bool send_reset();
    bool has_drifted() const noexcept;

    void forget(statement& one) noexcept;
    std::string next_name();

    std::shared_ptr<const connect_settings> settings_;
    std::unique_ptr<connector> connector_{};
    exchange exchange_{};
    connection_ptr handle_{};
    // the first queued_ entries; the others keep their memory for later
    std::vector<queued> queue_{};
    std::size_t queued_ = 0;
    std::vector<std::shared_ptr<const prepared>> doomed_{};  // what the server may forget
    std::string name_prefix_{};
    std::uint64_t names_ = 0;
    int encoding_ = 0;
    bool dirty_ = false;
    bool may_have_prepared_ = false;  // statements by name, in text
    bool resetting_ = false;          // reset() has sent its commands
};

}  // namespace koine::libpq
