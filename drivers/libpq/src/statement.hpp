// A statement of a connection and its result.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/spi/server_connection.hpp>
#include <koine/spi_arena.hpp>

#include "decode.hpp"
#include "encode.hpp"
#include "exchange.hpp"
#include "result.hpp"
#include "sql_text.hpp"

namespace koine::libpq {

class connection;

// What a statement is on the server. Shared with the queue, which may outlive the statement.
struct prepared {
    // on the server; empty: not kept there, the text is sent with each execution
    std::string name{};
    std::string sql{};  // only without a name
    sql_facts facts{};
    std::vector<std::uint32_t> parameter_types{};  // as the server inferred them
    bool on_server = false;                        // the server has taken the name
    bool binary = false;                           // the format of its results

    bool named() const noexcept { return !name.empty(); }
};

class statement {
public:
    // A statement that is sent as it is (`name` empty) or will be prepared under a name.
    statement(connection& owner, std::string_view sql, std::string name, bool stream);
    ~statement();
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    // The functions of the driver contract of the same names.
    std::uint32_t flags() const noexcept;
    std::uint32_t parameter_count() const noexcept;
    std::uint32_t column_count() const noexcept { return static_cast<std::uint32_t>(columns_.size()); }
    void column(std::uint32_t index, koine_column& out) const noexcept;
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    std::int64_t rows_remaining() const noexcept { return streaming_ ? -1 : rows_ - next_row_; }
    std::int64_t rows_affected() const noexcept { return affected_; }
    koine_status finish(koine_wait& wait, koine_error& error);

    // For the connection.
    const std::shared_ptr<prepared>& plan() const noexcept { return plan_; }
    void take_description(result_ptr description);
    // Encodes values for this statement; throws spi::failure for a wrong number of them or one that
    // does not fit.
    void encode(std::span<const koine_value> binds, parameters& out, bool keep) const {
        if (binds.size() != plan_->parameter_types.size()) refuse_count(binds.size());
        out.encode(binds, plan_->parameter_types, keep);
    }

private:
    [[noreturn]] void refuse_count(std::size_t given) const;
    [[noreturn]] static void refuse_columns();
    void begin(std::span<const koine_value> binds);
    KOINE_COLD koine_status end_early(koine_wait& wait);
    koine_status collect(koine_wait& wait);
    koine_status collect_behind_others(koine_wait& wait);
    koine_status execute_stream(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait);
    koine_status collect_stream(std::uint32_t max_rows, koine_wait& wait);
    koine_status advance_stream(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait);
    void take_result();
    void check_columns(const PGresult* result) const;
    void deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got);
    void deliver_block(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got);
    void drop_result() noexcept {
        result_.reset();
        rows_ = next_row_ = 0;
        if (wants_stream_) drop_stream();
    }
    KOINE_COLD void drop_stream() noexcept;

    connection& owner_;
    std::shared_ptr<prepared> plan_;
    std::vector<column_format> columns_{};
    result_ptr description_{};  // holds the columns' names
    parameters binds_{};
    spi::arena memory_{};
    bool wants_stream_;

    result_ptr result_{};
    int rows_ = 0;
    int next_row_ = 0;
    std::int64_t affected_ = -1;
    bool met_columns_ = false;            // of the streaming result
    bool streaming_ = false;              // the result under way comes row by row
    std::vector<result_ptr> streamed_{};  // rows of the block given out last

    friend class connection;
    friend class spi::server_connection<connection, statement>;
    statement* previous_ = nullptr;  // in the connection's list
    statement* next_ = nullptr;
};

}  // namespace koine::libpq
