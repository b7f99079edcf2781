// A statement of a connection and its result.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mysql.h>

#include <koine/driver_abi.h>
#include <koine/spi/server_connection.hpp>
#include <koine/spi_arena.hpp>

#include "decode.hpp"
#include "encode.hpp"
#include "handle.hpp"
#include "sql_text.hpp"

namespace koine::libmariadb {

class connection;

class statement {
public:
    // A statement that will be prepared on the server, or, if its facts say that it is a plain
    // command, is sent as text each time.
    statement(connection& owner, std::string_view sql, bool stream);
    ~statement();
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    // The functions of the driver contract of the same names.
    std::uint32_t flags() const noexcept;
    std::uint32_t parameter_count() const noexcept { return static_cast<std::uint32_t>(parameters_.count()); }
    std::uint32_t column_count() const noexcept { return static_cast<std::uint32_t>(columns_.size()); }
    void column(std::uint32_t index, koine_column& out) const noexcept;
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    std::int64_t rows_remaining() const noexcept { return streaming_ ? -1 : rows_; }
    std::int64_t rows_affected() const noexcept { return affected_; }
    koine_status finish(koine_wait& wait, koine_error& error);

    // For the connection.
    const sql_facts& facts() const noexcept { return facts_; }
    MYSQL_STMT* native() const noexcept { return native_; }
    bool as_text() const noexcept { return native_ == nullptr; }
    // Makes the library's statement. Throws spi::failure.
    void make_native();
    // Gives it up: the text is sent as it is.
    void send_as_text(std::string_view sql);
    void take_description();

private:
    enum class phase : std::uint8_t { front, sent, rows, more, more_rows, dropping, concluding };

    void begin(std::span<const koine_value> binds);
    void bind_values();
    koine_status run(koine_wait& wait);
    koine_status run_text(koine_wait& wait);
    void take_facts_of_execution();
    void take_columns(const MYSQL_FIELD* fields, unsigned int count);
    bool same_columns() const noexcept;
    void take_rows();
    void keep_rows();
    koine_status advance_stream(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait);
    void deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got);
    void drop_result() noexcept;

    connection& owner_;
    sql_facts facts_;
    bool returns_changes_;
    std::string sql_{};             // of a text statement
    MYSQL_STMT* native_ = nullptr;  // null for a text statement
    std::vector<output_column> columns_{};
    parameters parameters_{};
    bool wants_stream_;
    bool columns_known_ = true;  // not while an execution may have told of others
    // the server had none to tell when it prepared: INSERT ... RETURNING, CALL
    bool late_columns_ = true;
    phase phase_ = phase::front;

    const MYSQL_ROWS* row_ = nullptr;  // the next row
    std::int64_t rows_ = 0;            // from row_ on
    std::int64_t affected_ = -1;
    bool streaming_ = false;  // rows are still on the line
    result_ptr text_result_{};
    std::vector<MYSQL_ROWS> kept_{};  // rows of a result with others behind it
    spi::arena kept_memory_{};
    spi::arena memory_{};

    friend class connection;
    friend class spi::server_connection<connection, statement>;
    statement* previous_ = nullptr;  // in the connection's list
    statement* next_ = nullptr;
};

}  // namespace koine::libmariadb
