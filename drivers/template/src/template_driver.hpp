// How to write a driver, in the order in which you will need it.
//
// 1. Copy this folder to drivers/<name>, rename the namespace and `template_driver_init`, and link
//    your
// client library in
//    its CMakeLists.txt. No other folder may include the client library's headers.
// 2. Write options and `connection::connect`, then `prepare` and `execute` for a statement without
// parameters.
// 3. Run the conformance suite against a real server from the first day on. It tells what is
//    missing.
//
// Rules: one thread uses a connection at a time, except for `cancel`. Members that are not noexcept
// may throw spi::failure (or anything else): the trampolines turn it into the error of the C
// contract. Never wait inside a call: fill `wait`, answer KOINE_WAIT, and go on when you are called
// again with the same arguments. If your client library can only block, say KOINE_CAP_BLOCKING and
// honour `set_deadline` instead.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <koine/driver_spi.hpp>

namespace koine {
inline namespace v1 {
namespace template_driver {

class statement {
public:
    // Frees what the client library holds. Called by finalize, and by the connection's destructor
    // for those still alive.
    ~statement() = default;

    // koine_statement_flags. READ_ONLY only if you are sure: core begins no write transaction for
    // such a statement.
    std::uint32_t flags() const noexcept;
    // How many values execute takes.
    std::uint32_t parameter_count() const noexcept;
    // 0 for a statement without rows. May change when the server describes the statement anew.
    std::uint32_t column_count() const noexcept;
    // Name, the database's word for the type, and the tag to expect. The strings live until the
    // next execution.
    void column(std::uint32_t index, koine_column& out) const noexcept;

    // Step by step: drop an earlier result; check the number of binds; bind them (they are the
    // caller's and live until you answer something other than KOINE_WAIT: what you need longer,
    // copy); run; put the first rows into `cells`, row by row, and their number into `got`. Text
    // and blobs in cells are yours and live until the next fetch, finish or finalize. Decode the
    // wire here: core trusts tags and lengths. Deliver as many rows as you can without copying, one
    // at least. `error` is there so that frequent errors need no throw: return spi::fill(&error,
    // failure).
    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait& wait, koine_error& error);
    // The next rows; `got` == 0 ends the result, and must leave neither a lock nor unread bytes
    // behind. A result that breaks off is an error, never a short result.
    koine_status fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                       koine_error& error);
    // Rows still to come if the whole result is here, else -1. Core reserves memory by it.
    std::int64_t rows_remaining() const noexcept;
    // Rows changed by the last execution, -1 if unknown.
    std::int64_t rows_affected() const noexcept;
    // Ends a result before its end.
    koine_status finish(koine_wait& wait, koine_error& error);
};

class connection {
public:
    // Checks and copies the parameters: "host", "port", "user", "password", "database" and the keys
    // of options(). No I/O. Throw errc::invalid_url or errc::unknown_name for what is wrong, and
    // never show the password.
    explicit connection(std::span<const koine_parameter> parameters);
    // Frees every statement and the session. May send one message, must not wait for an answer.
    ~connection() = default;

    // Connects, logs in, checks that what was asked for (TLS above all) is what was got, and
    // configures the session.
    koine_status connect(koine_wait& wait);
    // After a fork: forget the session without touching it; the parent still uses it.
    void abandon() noexcept;
    // koine_connection_state from what you know already; no round trip. Say BROKEN as soon as you
    // know it.
    std::uint32_t state() const noexcept;
    // Back to the state that `connect` left: ends results, rolls back. Costs nothing when there is
    // nothing to do.
    koine_status reset(koine_wait& wait);
    // A round trip that proves that the server is there.
    koine_status ping(koine_wait& wait);
    // Any thread. Must hit what is running now and nothing that starts later.
    void cancel();
    // For KOINE_CAP_BLOCKING: nanoseconds on CLOCK_MONOTONIC, KOINE_NO_DEADLINE for none.
    void set_deadline(std::int64_t deadline_ns) noexcept;
    // With KOINE_CAP_LAST_INSERT_ID: the key generated last, else 0.
    std::int64_t last_insert_id() const noexcept;
    // The word for the kind of server, "postgresql"; lives as long as the connection.
    std::string_view server_product() const noexcept;
    // "15.4"; the same.
    std::string_view server_version() const noexcept;
    // The client library's own handle.
    void* native_handle() noexcept;

    // Exactly one statement; refuse text after it, and a NUL in it. `flags`: KOINE_PREPARE_*. Set
    // `out` only with KOINE_DONE.
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait);

    // A driver that says KOINE_CAP_QUEUE has these two as well; a driver that has no `flush` gets
    // NULL in the table:
    //   koine_status enqueue(statement* which, std::string_view sql,
    //                        std::span<const koine_value> binds);
    //   koine_status flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error& error);
};

}  // namespace template_driver
}  // namespace v1
}  // namespace koine
