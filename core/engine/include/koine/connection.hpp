// A connection on loan, for work without objects: statements, rows, transactions.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <koine/api.hpp>
#include <koine/deadline.hpp>
#include <koine/engine.hpp>
#include <koine/isolation.hpp>
#include <koine/retry.hpp>
#include <koine/rows.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/sql/text.hpp>

namespace koine {
inline namespace v1 {

struct compiled;

namespace detail {
struct connection_state;
struct connection_access;
}  // namespace detail

// Settings of one call.
struct call_options {
    koine::deadline deadline{};  // the statement is cancelled when it passes
    // deliver rows as they come instead of keeping the whole result in memory
    bool stream = false;
};

// Stops what a connection is doing, from any thread, also after the connection is gone (then it
// does nothing). Copyable.
class KOINE_API canceller {
public:
    // Asks, and does not wait for the effect: the call that is stopped throws error
    // (errc::cancelled). A server may lose a request that comes before it runs the statement;
    // repeat it for as long as the call goes on. Throws koine::error when the request cannot be
    // sent.
    void cancel() const;

private:
    friend class connection;
    explicit canceller(std::shared_ptr<detail::connection_state> state) noexcept : state_{std::move(state)} {}
    std::shared_ptr<detail::connection_state> state_;
};

// An open transaction or savepoint. Ended by commit() or rollback(); left without either, it is
// rolled back without waiting for the server: at once in-process, with the next statement
// elsewhere. Move-only.
class KOINE_API transaction {
public:
    transaction(transaction&& other) noexcept;
    transaction& operator=(transaction&& other) noexcept;
    ~transaction();

    // Throws usage_error if it has ended already, or if a savepoint inside of it is open;
    // in_doubt_error when the answer to COMMIT is lost. What is refused (outcome::not_sent) has
    // changed nothing: it can be tried again, or rolled back.
    void commit();
    // Ends savepoints inside of it too. Throws usage_error if it has ended already.
    void rollback();
    // Whether it can still be ended here: false once it was, also by connection::commit() or by a
    // savepoint around it.
    bool active() const noexcept;

private:
    friend class connection;
    transaction(std::shared_ptr<detail::connection_state> state, std::uint64_t id, std::uint64_t savepoint) noexcept;
    void abandon() noexcept;
    void require_active() const;
    std::shared_ptr<detail::connection_state> state_;
    std::uint64_t id_;         // tells transactions of the connection apart
    std::uint64_t savepoint_;  // 0: the transaction itself
};

// Move-only; one thread at a time (another one gets usage_error with errc::operation_in_progress).
// Begins a transaction by itself with the first statement that needs one, unless the isolation
// level is autocommit.
class KOINE_API connection {
public:
    connection(connection&&) noexcept;
    connection& operator=(connection&&) noexcept;
    // Uncommitted work is lost; nothing is sent that has to be waited for.
    ~connection();

    // Runs a text with bound values: execute(sql("select ... :n", {{"n", name}})). Throws
    // koine::error; usage_error for BEGIN, COMMIT, ROLLBACK.
    rows execute(const text_statement& statement, call_options options = {});
    // Runs a built statement.
    rows execute(const syntax::fragment& statement, call_options options = {});
    // As execute, with the failure as a value.
    result<rows> try_execute(const text_statement& statement, call_options options = {});

    // Opens the transaction with given options. Throws usage_error if one is open.
    transaction begin(const transaction_options& options = {});
    // Opens a savepoint.
    transaction begin_nested();
    bool in_transaction() const;
    // End the transaction that is open, however it began; nothing happens if there is none. Throw
    // usage_error inside of engine::begin() and engine::run(), which end their transaction
    // themselves. Once the answer to a COMMIT was lost they throw in_doubt_error again, and
    // close() is what is left.
    void commit();
    void rollback();

    // Gives the connection back to the pool, rolling back what is not committed. Answers whether
    // there was anything to roll back. Every later call throws usage_error (errc::closed).
    bool close();
    // For another thread to stop what this one is doing.
    koine::canceller canceller() const;
    // Proves that the server answers. Throws why not.
    void ping(koine::deadline limit = {});
    // What answers at the other end, as its driver says it: "sqlite", "postgresql", "mariadb",
    // "mysql"; and its version, "15.4". Live as long as the connection is held.
    std::string_view server_product() const;
    std::string_view server_version() const;
    // The client library's handle: sqlite3*, PGconn*. What is done with it is between the caller
    // and the library.
    void* native_handle() const;

private:
    friend class engine;
    friend struct detail::connection_access;
    explicit connection(std::shared_ptr<detail::connection_state> state) noexcept;
    rows run(detail::prepared& statement, std::span<const koine_value> binds, deadline limit);
    // For engine::begin(): a transaction that only its block ends.
    transaction begin_block();
    void end_block(transaction& work);
    std::shared_ptr<detail::connection_state> state_;
};

template <class Body>
decltype(auto) engine::begin(Body&& body, here where) const {
    connection on = connect(where);
    transaction work = on.begin_block();
    if constexpr (std::is_void_v<std::invoke_result_t<Body&, connection&>>) {
        body(on);
        on.end_block(work);
    } else {
        auto result = body(on);
        on.end_block(work);
        return result;
    }
}

template <class Body>
decltype(auto) engine::run(const retry& policy, Body&& body, here where) const {
    return detail::run_with_retry(policy, [&]() -> decltype(auto) { return begin(body, where); });
}

}  // namespace v1
}  // namespace koine
