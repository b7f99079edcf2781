// A session with a server, and its statements.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <koine/driver_abi.h>

#include "connector.hpp"
#include "exchange.hpp"
#include "options.hpp"
#include "statement.hpp"

namespace koine::libmariadb {

class connection {
public:
    explicit connection(std::span<const koine_parameter> parameters);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // The functions of the driver contract of the same names.
    koine_status connect(koine_wait& wait);
    void abandon() noexcept;
    std::uint32_t state() const noexcept;
    koine_status reset(koine_wait& wait);
    koine_status ping(koine_wait& wait);
    void cancel() { exchange_.cancels().request(); }
    void set_deadline(std::int64_t deadline_ns) noexcept { deadline_ns_ = deadline_ns; }
    std::int64_t last_insert_id() const noexcept { return last_insert_id_; }
    std::string_view server_product() const noexcept {
        return server_version_.empty() ? "" : mariadb_ ? "mariadb" : "mysql";
    }
    std::string_view server_version() const noexcept { return server_version_; }
    void* native_handle() noexcept { return exchange_.handle(); }
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait);

private:
    friend class statement;

    // The resumable function that is under way.
    enum class task : std::uint8_t { none, connect, prepare, execute, stream, reset, ping };
    // Where it is.
    enum class phase : std::uint8_t { draining, front, sent, database, setting, checking, checked, concluding };

    // Whether the call goes on with what it began; throws if something else is under way.
    bool resumes(task what, const statement* owner) const;
    void enter(task what, statement* owner) noexcept;
    void leave() noexcept { enter(task::none, nullptr); }
    // The same before the end was seen, or after a failure.
    void give_up() noexcept;
    // Runs a step of a resumable function; an exception ends the function.
    template <class Step>
    koine_status step(Step&& body) {
        try {
            const koine_status status = body();
            if (status == KOINE_DONE) leave();
            return status;
        } catch (...) {
            give_up();
            throw;
        }
    }

    koine_status run_prepare(koine_wait& wait);
    koine_status run_reset(koine_wait& wait);
    koine_status sent(koine_wait& wait);
    bool starts_reset();
    void after_reset_step();
    void take_session(const sql_facts& facts) noexcept;
    bool has_drifted() const noexcept { return dirty_ || next_transaction_set_; }
    void adopt(statement& one) noexcept;
    void forget(statement& one) noexcept;

    std::shared_ptr<const connect_settings> settings_;
    std::unique_ptr<connector> connector_{};
    exchange exchange_{};
    task task_ = task::none;
    phase phase_ = phase::front;
    statement* owner_ = nullptr;
    std::unique_ptr<statement> preparing_{};
    std::string preparing_sql_{};
    MYSQL_STMT* reading_ = nullptr;  // whose rows reset() found on the line
    statement* statements_ = nullptr;
    std::string server_version_{};
    std::int64_t deadline_ns_ = KOINE_NO_DEADLINE;
    std::int64_t last_insert_id_ = 0;
    std::uint64_t max_packet_ = 0;
    bool mariadb_ = false;
    bool dirty_ = false;
    bool next_transaction_set_ = false;
};

}  // namespace koine::libmariadb
