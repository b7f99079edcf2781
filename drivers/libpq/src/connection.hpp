// A session with a server, and the round trips that its statements share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>

#include "connector.hpp"
#include "exchange.hpp"
#include "options.hpp"
#include "statement.hpp"

namespace koine::libpq {

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
    void set_deadline(std::int64_t) noexcept {}
    std::int64_t last_insert_id() const noexcept { return 0; }
    std::string_view server_product() const noexcept { return server_version_.empty() ? "" : "postgresql"; }
    std::string_view server_version() const noexcept { return server_version_; }
    void* native_handle() noexcept { return handle_.get(); }
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait);
    koine_status enqueue(statement* what, std::string_view sql, std::span<const koine_value> binds);
    koine_status flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error& error);

private:
    friend class statement;

    // The resumable function that is under way.
    enum class task : std::uint8_t { none, connect, prepare, execute, stream, flush, reset, ping };

    struct queued {
        std::shared_ptr<const prepared> plan{};  // null: sql alone
        std::string sql{};
        sql_facts facts{};
        parameters values{};
    };

    // Whether the call goes on with what it began; throws if something else is under way.
    bool resumes(task what, const statement* owner) const {
        if (task_ == what && owner_ == owner) return true;
        if (task_ != task::none || exchange_.active() || handle_ == nullptr) check_free(what);
        return false;
    }
    void check_free(task what) const;
    void enter(task what, statement* owner) noexcept {
        task_ = what;
        owner_ = owner;
    }
    void leave() noexcept { enter(task::none, nullptr); }
    // Runs a step of a resumable function; an exception ends the function.
    template <class Step>
    koine_status step(Step&& body) {
        try {
            const koine_status status = body();
            if (status == KOINE_DONE) leave();
            return status;
        } catch (...) {
            leave();
            throw;
        }
    }

    void send_execution(const prepared& plan, const parameters& values, bool stream) {
        if (has_front()) return send_behind_front(plan, values, stream);
        exchange_.open(false);
        send_plan(plan, values, part::statement, 0);
        if (stream) exchange_.stream();
        exchange_.go();
    }
    void send_behind_front(const prepared& plan, const parameters& values, bool stream);
    void send_plan(const prepared& plan, const parameters& values, part of, std::uint32_t index) {
        if (plan.facts.sets_session) dirty_ = true;
        if (!plan.named()) return send_unprepared(plan, values, of, index);
        exchange_.send_prepared(plan.name.c_str(), values, plan.binary, plan.facts, of, index);
    }
    void send_unprepared(const prepared& plan, const parameters& values, part of, std::uint32_t index);
    // Whether something has to ride in front of the next statement.
    bool has_front() const noexcept {
        return queued_ != 0 || (!doomed_.empty() && PQtransactionStatus(handle_.get()) == PQTRANS_IDLE);
    }
    void send_front();
    void send_doomed();
    koine_status drained(koine_wait& wait, exchange::errors which);
    bool send_reset();
    bool has_drifted() const noexcept;

    void adopt(statement& one) noexcept;
    void forget(statement& one) noexcept;
    std::string next_name();

    std::shared_ptr<const connect_settings> settings_;
    std::unique_ptr<connector> connector_{};
    exchange exchange_{};
    connection_ptr handle_{};
    task task_ = task::none;
    statement* owner_ = nullptr;
    std::unique_ptr<statement> preparing_{};
    statement* statements_ = nullptr;
    // the first queued_ entries; the others keep their memory for later
    std::vector<queued> queue_{};
    std::size_t queued_ = 0;
    std::vector<std::shared_ptr<const prepared>> doomed_{};  // what the server may forget
    std::string name_prefix_{};
    std::uint64_t names_ = 0;
    std::string server_version_{};
    int encoding_ = 0;
    bool dirty_ = false;
    bool resetting_ = false;  // reset() has sent its commands
};

}  // namespace koine::libpq
