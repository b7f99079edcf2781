// One prepared statement.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include <koine/driver_spi.hpp>

#include "connection.hpp"

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

// What a statement's first word says of it, as far as the driver has to know.
enum class statement_kind : std::uint8_t {
    other,
    counting,  // changes rows and counts them
    control,   // begins or ends a transaction or a savepoint
    rollback,  // the same, and ends the whole transaction
    vacuum     // needs a database attached by SQLite itself
};

statement_kind kind_of(std::string_view sql) noexcept;

// Whether the statement leaves something with the connection that the next user of it would meet: a
// setting, an attached database, a temporary table, view or trigger.
bool leaves_traces(std::string_view sql, bool in_transaction) noexcept;

// Where the first thing in `sql` stands that is neither white space, a comment nor a semicolon;
// npos if there is none.
std::size_t find_text(std::string_view sql, std::size_t from) noexcept;

// Belongs to its connection, whose thread alone uses it.
class statement {
public:
    // Takes the handle over.
    statement(connection& owner, sqlite3_stmt* handle, statement_kind kind) noexcept;
    ~statement();
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    // The members that the driver contract's table calls; see koine/driver_abi.h.
    std::uint32_t flags() const noexcept;
    std::uint32_t parameter_count() const noexcept { return parameter_count_; }
    std::uint32_t column_count() const noexcept { return column_count_; }
    void column(std::uint32_t index, koine_column& out) const noexcept;
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    std::int64_t rows_remaining() const noexcept { return -1; }
    std::int64_t rows_affected() const noexcept { return rows_affected_; }
    koine_status finish(koine_wait& wait, koine_error& error);

private:
    friend class connection;

    int bind(int index, const koine_value& value) noexcept;
    int bind_other(int index, const koine_value& value) noexcept;
    int bind_all(std::span<const koine_value> binds) noexcept;
    KOINE_COLD std::span<const koine_value> keep(std::span<const koine_value> binds);
    bool read_row(koine_value* cells) noexcept;
    int step_first() noexcept;
    KOINE_COLD void describe() noexcept;
    bool shape_changed() noexcept;
    std::uint64_t shape() const noexcept;
    // Ends an execution, so that neither a lock nor a snapshot stays.
    void end() noexcept;
    void end_now() noexcept;  // end(), for the paths that are hot
    void complete() noexcept;
    koine_status finish_write(koine_error& error);
    void complete_now() noexcept;  // likewise
    std::string_view sql() const noexcept;

    KOINE_COLD koine_status refuse_bind(std::span<const koine_value> binds, int code, koine_error& error);
    // `row_reached`: the statement had done its changes when it was stopped.
    KOINE_COLD koine_status fail(int code, koine_error& error, bool row_reached = false);
    koine_status refuse(errc code, outcome outcome, std::string_view sqlstate, std::string_view message,
                        koine_error& error);
    // True if `status` is the answer to an execution in a connection that is not in its usual
    // state.
    KOINE_COLD bool answer_unusual(std::uint32_t& got, koine_error& error, koine_status& status);
    KOINE_COLD koine_status refuse_new_shape(koine_error& error);
    KOINE_COLD koine_status drain(std::uint32_t& got, koine_error& error);
    KOINE_COLD koine_status fetch_closed(std::uint32_t& got, koine_error& error);

    sqlite3_stmt* handle_;
    connection& owner_;
    std::uint64_t number_ = 0;  // of the last execution among the connection's operations
    std::uint32_t parameter_count_;
    std::uint32_t column_count_;
    statement_kind kind_;
    bool read_only_;
    bool open_ = false;  // a row was delivered and the result has not ended
    errc ended_by_{};    // why the connection ended the result; zero if it ended by itself
    int reprepared_ = 0;
    std::uint64_t shape_ = 0;
    std::int64_t rows_affected_ = -1;
    std::unique_ptr<koine_value[]> kept_binds_{};
    std::string kept_text_{};
    bool keeps_much_ = false;  // more than is kept for the next execution
    statement* next_ = nullptr;
    statement** previous_ = nullptr;  // what points to this
};

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
