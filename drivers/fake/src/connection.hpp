// The fake driver's side of a connection and of a statement.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_spi.hpp>

#include "gate.hpp"
#include "script_state.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

class statement;

class connection {
public:
    explicit connection(std::span<const koine_parameter> parameters);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    koine_status connect(koine_wait& wait);
    void abandon() noexcept { gate_.abandon(); }
    std::uint32_t state() const noexcept;
    koine_status reset(koine_wait& wait);
    koine_status ping(koine_wait& wait);
    void cancel() { gate_.cancel(); }
    void set_deadline(std::int64_t) noexcept {}
    std::int64_t last_insert_id() const noexcept { return last_insert_id_; }
    std::string_view server_product() const noexcept { return product_; }
    std::string_view server_version() const noexcept { return version_; }
    void* native_handle() noexcept { return this; }
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& made, koine_wait& wait);
    koine_status enqueue(statement* prepared, std::string_view sql, std::span<const koine_value> binds);
    koine_status flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error& error);

private:
    friend class statement;
    struct queued {
        std::string sql;
        std::vector<value> binds;
    };

    // The gate of every operation. On its first call logs it; answers KOINE_WAIT while it is held
    // up; throws its fault.
    koine_status pass(operation what, std::string_view sql, std::span<const koine_value> binds, koine_wait& wait);
    script_state& script() const noexcept { return gate_.script(); }
    // Runs a statement that has passed; throws. Null for one without rows that the script does not
    // know.
    std::shared_ptr<const answer> run(std::string_view sql);
    std::shared_ptr<const answer> run_unscripted(std::string_view sql);
    // Runs the queue. False: it has to wait.
    bool run_queue(std::span<std::int64_t> affected, koine_wait& wait);
    [[noreturn]] void raise(const fault& why);

    gate gate_;
    std::string product_{};  // empty before connect
    std::string version_{};
    bool broken_ = false;
    bool in_transaction_ = false;
    bool failed_ = false;
    std::uint64_t clean_at_ = 0;  // the script's dirt when the state was last as configured
    statement* reading_ = nullptr;
    std::int64_t last_insert_id_ = 0;
    std::vector<queued> queue_{};
    std::size_t queue_at_ = 0;
};

class statement {
public:
    statement(connection& home, std::string_view sql);
    ~statement();
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    std::uint32_t flags() const noexcept;
    std::uint32_t parameter_count() const noexcept { return parameters_; }
    std::uint32_t column_count() const noexcept;
    void column(std::uint32_t index, koine_column& out) const noexcept;
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    std::int64_t rows_remaining() const noexcept;
    std::int64_t rows_affected() const noexcept { return affected_; }
    koine_status finish(koine_wait& wait, koine_error& error);
    const std::string& sql() const noexcept { return sql_; }

private:
    void give(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got);

    connection& home_;
    std::string sql_;
    std::uint32_t parameters_;
    std::shared_ptr<const answer> shape_;  // known after prepare
    std::shared_ptr<const answer> result_{};
    std::size_t next_ = 0;
    std::int64_t affected_ = -1;
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
