// Errors: one exception that carries everything known, and six derived classes for `catch`.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <koine/api.hpp>
#include <koine/errc.hpp>
#include <koine/here.hpp>
#include <koine/sqlstate.hpp>

namespace koine {
inline namespace v1 {

// Everything that is known of a failure. Values of parameters never appear in it.
struct error_info {
    errc code = errc::unknown;
    koine::outcome outcome = koine::outcome::rejected;
    bool poisons_transaction = false;  // only rollback() is accepted from now on
    bool poisons_connection = false;   // the connection may only be closed
    koine::sqlstate sqlstate{};
    std::int32_t native_code = 0;
    std::uint32_t position = 0;  // 1-based character in the statement, 0 unknown
    // as the database or the library says it; describe() bounds and escapes it
    std::string message{};
    std::string detail{};
    std::string hint{};
    std::string constraint{};
    std::string table{};
    std::string column{};
    std::string statement{};  // bounded
    here where{};
};

// What a caller can sensibly do about an error. reconnect_and_retry asks for a pause that grows
// with each attempt.
enum class advice : std::uint8_t { give_up, retry_statement, retry_transaction, reconnect_and_retry, ask_the_database };

// The base of everything that Koine throws. Copying is cheap and does not throw. what() is one
// readable text: the message, then what is known of SQLSTATE, constraint, hint and statement. The
// database's `detail` is left out, because it quotes values.
class KOINE_API error : public std::runtime_error {
public:
    explicit error(error_info info);
    ~error() override;
    error(const error&) noexcept;
    error& operator=(const error&) noexcept;

    errc code() const noexcept { return info_->code; }
    koine::sqlstate sqlstate() const noexcept { return info_->sqlstate; }
    std::int32_t native_code() const noexcept { return info_->native_code; }
    koine::outcome outcome() const noexcept { return info_->outcome; }
    bool poisons_transaction() const noexcept { return info_->poisons_transaction; }
    bool poisons_connection() const noexcept { return info_->poisons_connection; }
    const std::string& statement() const noexcept { return info_->statement; }
    here where() const noexcept { return info_->where; }
    // Every field, as long as the exception lives.
    const error_info& info() const noexcept { return *info_; }
    // See advise().
    koine::advice advice() const noexcept;

private:
    std::shared_ptr<const error_info> info_;
};

// The connection is gone; the transaction with it (errc::disconnected). A connection that could not
// be made in the first place (connect_failed to tls_failed) is a plain koine::error with that code.
class KOINE_API disconnected_error : public error {
public:
    using error::error;
    ~disconnected_error() override;
};
// A deadline passed, or the operation was cancelled, or a lock or a connection of the pool was not
// had in time.
class KOINE_API timeout_error : public error {
public:
    using error::error;
    ~timeout_error() override;
};
// A constraint was violated (errc 300 to 399); info().constraint names it where the database tells.
class KOINE_API constraint_error : public error {
public:
    using error::error;
    ~constraint_error() override;
};
// The transaction lost against another one and can be run again: serialization_failure, deadlock,
// stale_object.
class KOINE_API serialization_error : public error {
public:
    using error::error;
    ~serialization_error() override;
};
// COMMIT was sent and its answer was lost: the work may or may not be there.
class KOINE_API in_doubt_error : public error {
public:
    using error::error;
    ~in_doubt_error() override;
};
// The library was called in a way that can never work (errc 800 to 899).
class KOINE_API usage_error : public error {
public:
    using error::error;
    ~usage_error() override;
};

// Throws the class that fits info.code: one of the six above, or koine::error where none is named
// for the code.
[[noreturn]] KOINE_API void throw_error(error_info info);
// Throws usage_error with errc::usage and outcome::not_sent.
[[noreturn]] KOINE_API void throw_usage(std::string message, here where = here::now());
// One line of at most 8 KiB for people: message, SQLSTATE, constraint, hint, statement, never
// detail; what error::what() answers. Control characters and invalid UTF-8 in any field are
// escaped.
KOINE_API std::string describe(const error_info& info);
// What a caller can do about it; error::advice() for results. Decided by code and outcome; an
// outdated statement inside a transaction that it has failed asks for the whole transaction.
KOINE_API advice advise(const error_info& info) noexcept;

}  // namespace v1
}  // namespace koine
