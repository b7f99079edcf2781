// The reasons for which an operation can fail, and what is known of the work when it did.
#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

// Why an operation failed. Drivers map native errors to these; the numbers are part of the driver
// contract and never change.
enum class errc : std::int32_t {
    unknown = 1,

    // Connecting and staying connected.
    connect_failed = 100,
    connection_refused = 101,
    host_not_found = 102,
    authentication_failed = 103,
    database_not_found = 104,
    too_many_connections = 105,
    server_starting = 106,
    tls_failed = 107,
    disconnected = 108,

    // Time.
    timeout = 200,
    cancelled = 201,
    lock_timeout = 202,
    pool_timeout = 203,

    // Constraints.
    constraint_violation = 300,
    unique_violation = 301,
    foreign_key_violation = 302,
    not_null_violation = 303,
    check_violation = 304,
    exclusion_violation = 305,

    // Transactions.
    serialization_failure = 400,
    deadlock = 401,
    stale_object = 402,
    transaction_failed = 403,
    read_only = 404,
    in_doubt = 405,

    // Values and results.
    out_of_range = 500,
    invalid_encoding = 501,
    type_mismatch = 502,
    unexpected_null = 503,
    invalid_value = 504,
    too_big = 505,
    no_row = 506,
    multiple_rows = 507,
    unreadable_value = 508,  // what is stored does not fit what it is read into

    // SQL.
    syntax_error = 600,
    undefined_table = 601,
    undefined_column = 602,
    undefined_object = 603,
    duplicate_object = 604,
    permission_denied = 605,
    not_supported = 606,
    // the prepared statement no longer fits the schema, or is gone: prepare it again
    statement_outdated = 607,

    // The machine.
    disk_full = 700,
    io_error = 701,
    corrupt_database = 702,
    no_memory = 703,

    // How the library is used.
    usage = 800,
    operation_in_progress = 801,
    invalid_url = 802,
    unknown_name = 803,  // of a dialect, driver or option
    not_implemented = 804,
    forked = 805,
    closed = 806,
    bad_plugin = 807,  // a shared library that is no driver or dialect for this version of Koine

    reserved_for_growth = 0x7fffffff  // keep a `default:` in every switch
};

// What is known of the work when an error is reported.
enum class outcome : std::uint8_t {
    not_sent = 0,  // the database has seen nothing of it: retrying is safe
    rejected = 1,  // the database certainly has not done it, or has undone it
    unknown = 2    // it may have been done
};

// The word for a code, for messages and logs: "unique_violation". Never fails; thread-safe.
KOINE_API std::string_view to_string(errc code) noexcept;
KOINE_API std::string_view to_string(outcome value) noexcept;

// The category of std::error_code values made from errc.
KOINE_API const std::error_category& error_category() noexcept;
inline std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

}  // namespace v1
}  // namespace koine

template <>
struct std::is_error_code_enum<koine::errc> : std::true_type {};
