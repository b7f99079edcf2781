// Connections that hand everything on to another driver, and use every liberty that the contract
// leaves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_spi.hpp>

#include "call_watch.hpp"
#include "gate.hpp"
#include "inner_driver.hpp"
#include "worker.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

class relay_statement;

class relay_connection {
public:
    explicit relay_connection(std::span<const koine_parameter> parameters);
    ~relay_connection();
    relay_connection(const relay_connection&) = delete;
    relay_connection& operator=(const relay_connection&) = delete;

    koine_status connect(koine_wait& wait);
    void abandon() noexcept;
    std::uint32_t state() const noexcept;
    koine_status reset(koine_wait& wait);
    koine_status ping(koine_wait& wait);
    void cancel();
    void set_deadline(std::int64_t) noexcept {}
    std::int64_t last_insert_id() const noexcept { return driver_.last_insert_id(inner_); }
    std::string_view server_product() const noexcept { return spi::to_view(driver_.server_product(inner_)); }
    std::string_view server_version() const noexcept { return spi::to_view(driver_.server_version(inner_)); }
    void* native_handle() noexcept { return driver_.native_handle(inner_); }
    koine_status prepare(std::string_view sql, std::uint32_t flags, relay_statement*& made, koine_wait& wait);
    koine_status enqueue(relay_statement* prepared, std::string_view sql, std::span<const koine_value> binds);
    koine_status flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error& error);

private:
    friend class relay_statement;
    struct queued {
        std::shared_ptr<inner_statement> prepared;  // null for a text
        relay_statement* from = nullptr;            // null for a text, and when it was finalized
        std::string sql;
        std::vector<value> binds;
    };
    enum class phase : std::uint8_t { at_the_gate, lingering, running };

    // ---- How an operation goes on (relay_step.cpp) ----
    // Runs the body of a resumable operation, which may be called many times. Sees to the rule of
    // the same arguments.
    template <class Body>
    koine_status operate(const call_identity& call, std::string_view text, std::span<const koine_value> binds,
                         Body body) {
        enter(call, text, binds);
        try {
            const koine_status status = body();
            if (status != KOINE_WAIT) leave();
            return status;
        } catch (...) {
            leave();
            throw;
        }
    }
    void enter(const call_identity& call, std::string_view text, std::span<const koine_value> binds);
    void leave() noexcept;
    bool starts() const noexcept { return phase_ == phase::at_the_gate; }
    // One step of an operation: the gate, some waiting for nothing, and the work in its own thread.
    // Throws what the script or the other driver makes of it.
    koine_status step(operation what, std::string_view sql, std::span<const koine_value> binds, koine_wait& wait,
                      std::function<inner_result()> work);
    void linger(koine_wait& wait) noexcept;
    // Ends what was given up: stops the work under way and waits for it.
    void settle() noexcept;

    // ---- How things end (relay_step.cpp) ----
    [[noreturn]] void raise(const inner_result& answer);
    [[noreturn]] void raise(const fault& why);
    [[noreturn]] void violated(const std::string& rule);
    void break_off() noexcept;
    void refuse_if_failed(std::string_view sql);
    // What the end of a statement means for the connection; loses the answer of a COMMIT.
    void after(std::string_view sql);
    bool in_transaction() const noexcept { return (driver_.state(inner_) & KOINE_STATE_IN_TRANSACTION) != 0; }

    // ---- The queue (relay_queue.cpp) ----
    koine_status run_queue(std::span<std::int64_t> affected, koine_wait& wait);
    koine_status run_queued(queued& one, std::size_t at, std::span<std::int64_t> affected, koine_wait& wait);
    void drop_queue() noexcept;

    gate gate_;
    koine_driver driver_{};
    koine_connection* inner_ = nullptr;
    wake_up ready_{};  // always readable
    bool broken_ = false;
    bool failed_ = false;
    int open_results_ = 0;
    std::vector<relay_statement*> statements_{};
    std::uint64_t clean_at_ = 0;

    call_watch call_{};
    bool flush_passed_ = false;
    phase phase_ = phase::at_the_gate;
    std::optional<fault> due_{};
    unsigned turns_ = 0;
    unsigned waits_left_ = 0;
    inner_result result_{};

    std::vector<queued> queue_{};
    std::size_t queue_at_ = 0;
    // finalized while the worker was at work
    std::vector<std::shared_ptr<inner_statement>> left_{};
    koine_statement* made_ = nullptr;  // by the work of prepare
    worker worker_{};                  // last: its thread uses the rest
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
