#include "wire.hpp"

#include <utility>

#include <openssl/err.h>
#include <sys/socket.h>

#include <koine/deadline.hpp>

namespace koine::libmariadb {

void wire::close() noexcept {
    if (handle_ == nullptr) return;
    // A call that waits keeps the library's stack in use: only its end frees what stands on it.
    if (busy()) break_off();
    static_cast<void>(result());
    handle_.reset();
}

void wire::attach(connected_session made, std::int64_t read_timeout_ns, std::int64_t write_timeout_ns) {
    handle_ = std::move(made.handle);
    tls_ = made.tls;
    read_timeout_ns_ = read_timeout_ns;
    write_timeout_ns_ = write_timeout_ns;
}

// The TLS library tells "not yet" from an error by a queue of errors that belongs to the thread:
// what an earlier connection of the thread left there would end this one.
void wire::prepare_thread() const noexcept {
    if (tls_) ERR_clear_error();
}

void wire::begun(call which, int events) {
    events_ = events;
    call_ = events == 0 ? call::none : which;
    if (events != 0) return;
    // Whoever has the library's handle may execute something himself.
    if (which == call::execute_again) read_responses_apart(false);
    if (which == call::response) {
        take_response();
    } else if ((which == call::query || which == call::execute_again) && answer_ == 0) {
        // The response cannot be there yet: to look for it now would only cost a system call.
        events_ = MYSQL_WAIT_READ;
        call_ = call::response_due;
    }
}

void wire::query(std::string_view sql) {
    prepare_thread();
    statement_ = nullptr;
    begun(call::query, mysql_send_query_start(&answer_, handle(), sql.data(), sql.size()));
}

void wire::store_result() {
    prepare_thread();
    begun(call::store_result, mysql_store_result_start(&result_, handle()));
}

void wire::next_result() {
    prepare_thread();
    begun(call::next_result, mysql_next_result_start(&answer_, handle()));
}

void wire::ping() {
    prepare_thread();
    begun(call::ping, mysql_ping_start(&answer_, handle()));
}

void wire::reset_session() {
    prepare_thread();
    begun(call::reset_session, mysql_reset_connection_start(&answer_, handle()));
}

void wire::select_database(const std::string& name) {
    prepare_thread();
    begun(call::select_database, mysql_select_db_start(&answer_, handle(), name.c_str()));
}

void wire::prepare(MYSQL_STMT* statement, std::string_view sql) {
    prepare_thread();
    statement_ = statement;
    begun(call::prepare, mysql_stmt_prepare_start(&answer_, statement, sql.data(), sql.size()));
}

void wire::execute(MYSQL_STMT* statement) {
    prepare_thread();
    statement_ = statement;
    begun(call::execute, mysql_stmt_execute_start(&answer_, statement));
}

void wire::execute_again(MYSQL_STMT* statement) {
    prepare_thread();
    statement_ = statement;
    read_responses_apart(true);
    begun(call::execute_again, mysql_stmt_execute_start(&answer_, statement));
}

void wire::read_responses_apart(bool apart) {
    const my_bool skip = apart ? 1 : 0;
    mysql_optionsv(handle(), MARIADB_OPT_SKIP_READ_RESPONSE, &skip);
}

int wire::read_response(int ready) {
    call_ = call::response;
    const int events = mysql_read_query_result_start(&flag_, handle());
    const bool late = (ready & MYSQL_WAIT_TIMEOUT) != 0;
    return events != 0 && late ? mysql_read_query_result_cont(&flag_, handle(), MYSQL_WAIT_TIMEOUT) : events;
}

// Of a statement: what the library does where it reads the response to an execution itself, but for
// the copy of the columns that it makes each time.
void wire::take_response() {
    answer_ = flag_;
    if (statement_ == nullptr) return;
    statement_->last_errno = 0;
    if (answer_ != 0) {
        statement_->state = MYSQL_STMT_PREPARED;
        return;
    }
    statement_->send_types_to_server = 0;
    statement_->state = MYSQL_STMT_EXECUTED;
    if (handle()->field_count == 0) return;
    statement_->state = MYSQL_STMT_WAITING_USE_OR_STORE;
    handle()->status = MYSQL_STATUS_STMT_RESULT;
}

void wire::store_rows(MYSQL_STMT* statement) {
    prepare_thread();
    statement_ = statement;
    begun(call::store_rows, mysql_stmt_store_result_start(&answer_, statement));
}

void wire::fetch_row(MYSQL_STMT* statement) {
    prepare_thread();
    statement_ = statement;
    begun(call::fetch_row, mysql_stmt_fetch_start(&answer_, statement));
}

void wire::free_rows(MYSQL_STMT* statement) {
    prepare_thread();
    statement_ = statement;
    begun(call::free_rows, mysql_stmt_free_result_start(&flag_, statement));
}

void wire::next_rows(MYSQL_STMT* statement) {
    prepare_thread();
    statement_ = statement;
    begun(call::next_rows, mysql_stmt_next_result_start(&answer_, statement));
}

void wire::close(MYSQL_STMT* statement) {
    prepare_thread();
    statement_ = statement;
    // A statement that the server has forgotten has no connection any more.
    if (statement->mysql == nullptr) {
        mysql_stmt_close(statement);
    } else {
        begun(call::close, mysql_stmt_close_start(&flag_, statement));
    }
}

int wire::resume(int ready) {
    prepare_thread();
    switch (call_) {
        case call::none:
            break;
        case call::query:
            return mysql_send_query_cont(&answer_, handle(), ready);
        case call::store_result:
            return mysql_store_result_cont(&result_, handle(), ready);
        case call::next_result:
            return mysql_next_result_cont(&answer_, handle(), ready);
        case call::ping:
            return mysql_ping_cont(&answer_, handle(), ready);
        case call::reset_session:
            return mysql_reset_connection_cont(&answer_, handle(), ready);
        case call::select_database:
            return mysql_select_db_cont(&answer_, handle(), ready);
        case call::prepare:
            return mysql_stmt_prepare_cont(&answer_, statement_, ready);
        case call::execute:
        case call::execute_again:
            return mysql_stmt_execute_cont(&answer_, statement_, ready);
        case call::response_due:
            return read_response(ready);
        case call::response:
            return mysql_read_query_result_cont(&flag_, handle(), ready);
        case call::store_rows:
            return mysql_stmt_store_result_cont(&answer_, statement_, ready);
        case call::fetch_row:
            return mysql_stmt_fetch_cont(&answer_, statement_, ready);
        case call::free_rows:
            return mysql_stmt_free_result_cont(&flag_, statement_, ready);
        case call::next_rows:
            return mysql_stmt_next_result_cont(&answer_, statement_, ready);
        case call::close:
            return mysql_stmt_close_cont(&flag_, statement_, ready);
    }
    return 0;
}

void wire::go_on(int ready) {
    const int events = resume(ready);
    begun(call_, events);
}

koine_status wire::advance(koine_wait& wait) {
    // The first look after the start is the caller's: it has not waited yet.
    if (call_ != call::none && waiting_) {
        const bool late = wait_ends_ns_ != KOINE_NO_DEADLINE && deadline::now_ns() >= wait_ends_ns_;
        go_on(late ? MYSQL_WAIT_TIMEOUT : events_ & ~MYSQL_WAIT_TIMEOUT);
    }
    waiting_ = call_ != call::none;
    if (!waiting_) return KOINE_DONE;
    const std::int64_t limit = (events_ & MYSQL_WAIT_READ) != 0 ? read_timeout_ns_ : write_timeout_ns_;
    wait_ends_ns_ = limit != 0 ? deadline::now_ns() + limit : KOINE_NO_DEADLINE;
    wait.fd = static_cast<int>(mysql_get_socket(handle()));
    wait.events = 0;
    if ((events_ & MYSQL_WAIT_READ) != 0) wait.events |= KOINE_WAIT_READ;
    if ((events_ & MYSQL_WAIT_WRITE) != 0) wait.events |= KOINE_WAIT_WRITE;
    wait.deadline_ns = wait_ends_ns_;
    return KOINE_WAIT;
}

void wire::break_off() noexcept {
    if (handle_ == nullptr) return;
    const auto fd = mysql_get_socket(handle());
    // Every read and write then ends at once.
    if (fd != MARIADB_INVALID_SOCKET) ::shutdown(static_cast<int>(fd), SHUT_RDWR);
    while (call_ != call::none) go_on(events_ & ~MYSQL_WAIT_TIMEOUT);
}

}  // namespace koine::libmariadb
