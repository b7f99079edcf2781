// Statements of a relay.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relay_connection.hpp"
#include "row_copies.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

class relay_statement {
public:
    relay_statement(relay_connection& home, std::string_view sql, std::shared_ptr<inner_statement> inner);
    ~relay_statement();
    relay_statement(const relay_statement&) = delete;
    relay_statement& operator=(const relay_statement&) = delete;

    std::uint32_t flags() const noexcept { return home_.driver_.statement_flags(inner_->handle()); }
    std::uint32_t parameter_count() const noexcept { return home_.driver_.parameter_count(inner_->handle()); }
    std::uint32_t column_count() const noexcept { return static_cast<std::uint32_t>(columns_.size()); }
    void column(std::uint32_t index, koine_column& out) const noexcept { out = columns_[index].what; }
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    std::int64_t rows_remaining() const noexcept { return -1; }
    std::int64_t rows_affected() const noexcept { return affected_; }
    koine_status finish(koine_wait& wait, koine_error& error);

private:
    friend class relay_connection;
    struct described {
        std::unique_ptr<char[]> name, type_name;
        koine_column what{};
    };

    void describe();
    // For the worker: runs the statement, and reads rows until `rows` are there or the result ends.
    inner_result start(std::uint32_t rows);
    inner_result read(std::uint32_t rows);
    // How many rows the next block has at most.
    std::uint32_t next_block(std::uint32_t max_rows) noexcept;
    void deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got);
    // Ends the result, on the other side too if `inner_too`.
    void end_result(bool inner_too) noexcept;
    void set_open(bool open) noexcept;

    relay_connection& home_;
    std::string sql_;
    std::shared_ptr<inner_statement> inner_;
    std::vector<described> columns_{};
    std::vector<koine_value> row_{};  // as the other driver gave it
    row_copies kept_{};               // the rows that were delivered last
    row_copies read_{};               // the rows that the worker has read
    inner_result late_{};             // an error behind rows that go first
    std::int64_t affected_ = -1;
    std::uint32_t blocks_ = 0;
    std::uint32_t block_ = 0;  // rows of the block that is being read
    bool open_ = false;        // a result is being read
    bool ended_ = false;       // the other driver has no more rows of it
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
