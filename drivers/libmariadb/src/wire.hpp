// The library's non-blocking calls on one connection, one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <mysql.h>

#include <koine/driver_abi.h>

#include "connector.hpp"
#include "errors.hpp"
#include "handle.hpp"

namespace koine::libmariadb {

// A call is begun, then advanced until it is done; its result is then read. Used by the thread that
// owns the connection.
class wire {
public:
    wire() = default;
    ~wire() { close(); }
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    // Takes a connected handle. A wait for the server that lasts longer than these ends the
    // connection; 0 for no limit.
    void attach(connected_session made, std::int64_t read_timeout_ns, std::int64_t write_timeout_ns);
    MYSQL* handle() const noexcept { return handle_.get(); }

    void query(std::string_view sql);
    void store_result();  // of a query: taken with result()
    void next_result();
    void ping();
    void reset_session();
    void select_database(const std::string& name);
    void prepare(MYSQL_STMT* statement, std::string_view sql);
    void execute(MYSQL_STMT* statement);
    // The same for a statement that was executed before and has never more than one result. Nothing
    // is read before there is something to read, and handle()->fields is null where the server says
    // that the columns are what they were.
    void execute_again(MYSQL_STMT* statement);
    void store_rows(MYSQL_STMT* statement);
    void fetch_row(MYSQL_STMT* statement);
    void free_rows(MYSQL_STMT* statement);  // reads an unfinished result to its end
    void next_rows(MYSQL_STMT* statement);  // the next result of a statement that has several
    void close(MYSQL_STMT* statement);      // frees it; nothing is awaited

    // KOINE_DONE once the call has ended, or KOINE_WAIT.
    koine_status advance(koine_wait& wait);
    bool busy() const noexcept { return call_ != call::none; }
    // Of the call that ended last: what the library answered, and the result of store_result().
    int answer() const noexcept { return answer_; }
    result_ptr result() noexcept { return result_ptr{std::exchange(result_, nullptr)}; }

    // Ends the line without a word to the server, and the call under way with it.
    void break_off() noexcept;
    // Says good-bye, if no call is under way, and frees the handle.
    void close() noexcept;
    // Forgets the handle without freeing or closing anything: it belongs to a parent process.
    void abandon() noexcept { static_cast<void>(handle_.release()); }

private:
    enum class call : std::uint8_t {
        none,
        query,
        store_result,
        next_result,
        ping,
        reset_session,
        select_database,
        prepare,
        execute,
        execute_again,
        response_due,
        response,
        store_rows,
        fetch_row,
        free_rows,
        next_rows,
        close
    };

    void begun(call which, int events);
    void go_on(int ready);
    int resume(int ready);
    int read_response(int ready);
    void take_response();
    void read_responses_apart(bool apart);
    void prepare_thread() const noexcept;

    connection_ptr handle_{};
    MYSQL_STMT* statement_ = nullptr;
    MYSQL_RES* result_ = nullptr;
    int answer_ = 0;
    my_bool flag_ = 0;
    call call_ = call::none;
    int events_ = 0;                                 // MYSQL_WAIT_* that the call waits for
    std::int64_t wait_ends_ns_ = KOINE_NO_DEADLINE;  // of the wait under way
    std::int64_t read_timeout_ns_ = 0;
    std::int64_t write_timeout_ns_ = 0;
    bool waiting_ = false;  // the caller was told to wait for the call
    bool tls_ = false;
};

}  // namespace koine::libmariadb
