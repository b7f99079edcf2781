// One SQLite connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include <koine/driver_spi.hpp>

#include "options.hpp"

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

class statement;

// Owned by one thread at a time; `cancel` may come from any thread while the object lives.
//
// Every prepare, execution and reset is an operation with a number, counted up. `cancel` names the
// latest number: what was started up to then is stopped, wherever its thread is, and nothing that
// starts later can be hit.
class connection {
public:
    // Throws spi::failure for parameters that are wrong. No I/O.
    explicit connection(std::span<const koine_parameter> parameters);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // The members that the driver contract's table calls; see koine/driver_abi.h.
    koine_status connect(koine_wait& wait);
    void abandon() noexcept;
    std::uint32_t state() const noexcept;
    // What a statement has left with the connection (see leaves_traces()) stays, and state() says
    // so.
    koine_status reset(koine_wait& wait);
    koine_status ping(koine_wait& wait);
    void cancel() noexcept;
    void set_deadline(std::int64_t deadline_ns) noexcept { deadline_ns_ = deadline_ns; }
    std::int64_t last_insert_id() const noexcept;
    std::string_view server_product() const noexcept { return server_version().empty() ? "" : "sqlite"; }
    std::string_view server_version() const noexcept;
    void* native_handle() noexcept { return database_; }
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait);

private:
    friend class statement;

    enum class condition : std::uint8_t {
        usable,
        failed_transaction,  // SQLite rolled back by itself; the owner has not said ROLLBACK yet
        broken
    };

    void explain_open(spi::failure& why, int system_error) const;
    void explain_log(spi::failure& why) const;
    std::string name_to_open() const;
    void check_immutable() const;
    void open();
    void configure();
    void configure_journal();
    void create_private_file() const;
    void set_switch(int which, int value);
    void run(const char* sql);
    koine_status roll_back();
    void close_database() noexcept;

    static int on_busy(void* self, int tries) noexcept;
    static int on_progress(void* self) noexcept;
    bool wait_for_lock(int tries) noexcept;
    bool past_deadline() const noexcept;

    // `of`: the statement whose execution this is, if it is one.
    void begin_operation(std::uint64_t& number, const statement* of = nullptr) noexcept {
        number = latest_.load(std::memory_order_relaxed) + 1;
        stepping_ = of;
        timed_out_ = false;
        latest_.store(number, std::memory_order_release);
    }
    // Number of the operation that SQLite is working on.
    std::uint64_t current() const noexcept;
    bool cancelled(std::uint64_t number) const noexcept {
        return number <= cancelled_up_to_.load(std::memory_order_relaxed);
    }
    // Between these two sqlite3_interrupt may be called. They pair with `cancel` as in Dekker's
    // algorithm: either that sees that the operation is over, or `close_to_interrupts` sees that it
    // is interrupting and waits for the end of it.
    void open_to_interrupts() noexcept { interruptible_.store(true, std::memory_order_release); }
    void close_to_interrupts() noexcept {
        interruptible_.store(false, std::memory_order_seq_cst);
        if (interrupting_.load(std::memory_order_seq_cst)) [[unlikely]]
            wait_for_interrupter();
    }
    void wait_for_interrupter() noexcept;

    // The failure for a result code of SQLite that was met in operation `number`, with what it
    // means for the transaction and the connection. Ends open results where they cannot go on.
    spi::failure failure_of(int code, std::uint64_t number, std::string_view sql);
    void end_results(errc reason) noexcept;
    [[noreturn]] void refuse_broken() const;

    options options_;
    std::uint32_t standing_bits_;  // of the state: those that no operation clears
    sqlite3* database_ = nullptr;
    statement* statements_ = nullptr;  // every one that lives, linked through them
    std::uint32_t open_results_ = 0;
    condition condition_ = condition::usable;
    bool in_transaction_ = false;  // after the latest execution that ended
    bool timed_out_ = false;       // on_progress has stopped the current operation for its deadline

    std::int64_t deadline_ns_ = KOINE_NO_DEADLINE;
    std::int64_t busy_since_ns_ = 0;
    // that SQLite is working on; null: on the latest operation, which is none's
    const statement* stepping_ = nullptr;

    std::atomic<std::uint64_t> latest_{0};
    std::atomic<std::uint64_t> cancelled_up_to_{0};
    std::atomic<bool> interruptible_{false};
    std::atomic<bool> interrupting_{false};
    // also guards database_ against a cancel that comes while it is closed
    std::mutex interrupter_;
};

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
