// Connections and statements that hand everything on to another driver, and use every liberty that the contract leaves.
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

#include "gate.hpp"
#include "worker.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

class relay_statement;

// What identifies a call of a resumable operation: the resumed call must come with the same.
struct call_identity {
    operation what{};
    const void* object = nullptr;
    const void* input = nullptr;
    std::size_t input_size = 0;
    const void* output = nullptr;
    std::size_t output_size = 0;
    const void* got = nullptr;
    const void* wait = nullptr;
    friend bool operator==(const call_identity&, const call_identity&) = default;
};

// The answer of the other driver to one operation.
struct inner_result {
    bool failed = false;
    spi::failure why{};
    std::string sqlstate{};
};

// A statement of the other driver. A queue keeps it beyond the statement that it was prepared for.
class inner_statement {
public:
    inner_statement(const koine_driver& driver, koine_statement* handle) noexcept
        : driver_{&driver}, handle_{handle} {}
    ~inner_statement() { driver_->finalize(handle_); }
    inner_statement(const inner_statement&) = delete;
    inner_statement& operator=(const inner_statement&) = delete;
    koine_statement* handle() const noexcept { return handle_; }

private:
    const koine_driver* driver_;
    koine_statement* handle_;
};

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

    // Runs the body of a resumable operation, which may be called many times. Sees to the rule of the same
    // arguments.
    template <class Body>
    koine_status operate(const call_identity& call, std::string_view text, std::span<const koine_value> binds, Body body);
    void enter(const call_identity& call, std::string_view text, std::span<const koine_value> binds);
    void leave() noexcept;
    // One step of an operation: the gate, some waiting for nothing, and the work in its own thread. Throws
    // what the script or the other driver makes of it.
    koine_status step(operation what, std::string_view sql, std::span<const koine_value> binds,
                      koine_wait& wait, std::function<inner_result()> work);
    koine_status run_queue(std::span<std::int64_t> affected, koine_wait& wait);
    koine_status run_queued(queued& one, std::size_t at, std::span<std::int64_t> affected, koine_wait& wait);
    // Runs a call of the other driver to its end. For the worker, or while that is idle.
    template <class Call>
    static inner_result drive(Call call);
    [[noreturn]] void raise(const inner_result& answer);
    void linger(koine_wait& wait) noexcept;
    [[noreturn]] void violated(const std::string& rule);
    [[noreturn]] void raise(const fault& why);
    void break_off() noexcept;
    // Ends what was given up: stops the work under way and waits for it.
    void settle() noexcept;
    void refuse_if_failed(std::string_view sql);
    // What the end of a statement means for the connection; loses the answer of a COMMIT.
    void after(std::string_view sql);
    bool in_transaction() const noexcept { return (driver_.state(inner_) & KOINE_STATE_IN_TRANSACTION) != 0; }
    bool starts() const noexcept { return phase_ == phase::at_the_gate; }

    gate gate_;
    koine_driver driver_{};
    koine_connection* inner_ = nullptr;
    wake_up ready_{};  // always readable
    bool broken_ = false;
    bool failed_ = false;
    int open_results_ = 0;
    std::vector<relay_statement*> statements_{};
    std::uint64_t clean_at_ = 0;

    std::optional<call_identity> pending_{};
    std::vector<value> pending_binds_{};
    std::string pending_text_{};
    bool flush_passed_ = false;
    phase phase_ = phase::at_the_gate;
    std::optional<fault> due_{};
    unsigned turns_ = 0;
    unsigned waits_left_ = 0;
    inner_result result_{};

    std::vector<queued> queue_{};
    std::size_t queue_at_ = 0;
    std::vector<std::shared_ptr<inner_statement>> left_{};  // finalized while the worker was at work
    koine_statement* made_ = nullptr;  // by the work of prepare
    worker worker_{};                  // last: its thread uses the rest
};

class relay_statement {
public:
    relay_statement(relay_connection& home, std::string_view sql, std::shared_ptr<inner_statement> inner);
    ~relay_statement();
    relay_statement(const relay_statement&) = delete;
    relay_statement& operator=(const relay_statement&) = delete;

    std::uint32_t flags() const noexcept { return home_.driver_.statement_flags(inner_->handle()); }
    std::uint32_t parameter_count() const noexcept { return home_.driver_.parameter_count(inner_->handle()); }
    std::uint32_t column_count() const noexcept { return static_cast<std::uint32_t>(columns_.size()); }
    void column(std::uint32_t index, koine_column& out) const noexcept;
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    std::int64_t rows_remaining() const noexcept { return -1; }
    std::int64_t rows_affected() const noexcept { return affected_; }
    koine_status finish(koine_wait& wait, koine_error& error);

private:
    friend class relay_connection;
    // A cell in memory of exactly its size, so that no byte after it and no moment after its life goes unseen.
    struct cell {
        koine_value what{};
        std::unique_ptr<char[]> bytes{};
    };
    struct described {
        std::unique_ptr<char[]> name, type_name;
        koine_column what{};
    };

    void describe();
    void keep_row();
    // For the worker: runs the statement, and reads rows until `rows` are there or the result ends.
    inner_result start(std::uint32_t rows);
    inner_result read(std::uint32_t rows);
    // How many rows the next block has at most.
    std::uint32_t next_block(std::uint32_t max_rows) noexcept;
    void deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got);
    void spoil(koine_value* cells, std::size_t count) const noexcept;
    // Ends the life of what was delivered.
    void forget_rows() noexcept;
    // Ends the result, on the other side too if `inner_too`.
    void end_result(bool inner_too) noexcept;
    void set_open(bool open) noexcept;

    relay_connection& home_;
    std::string sql_;
    std::shared_ptr<inner_statement> inner_;
    std::vector<described> columns_{};
    std::vector<koine_value> row_{};   // as the other driver gave it
    std::vector<cell> kept_{};         // the rows that were delivered last
    std::vector<cell> read_{};         // the rows that the worker has read
    inner_result late_{};              // an error behind rows that go first
    std::int64_t affected_ = -1;
    std::uint32_t blocks_ = 0;
    std::uint32_t block_ = 0;  // rows of the block that is being read
    bool open_ = false;    // a result is being read
    bool ended_ = false;   // the other driver has no more rows of it
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
