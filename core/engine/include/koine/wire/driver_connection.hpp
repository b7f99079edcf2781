// One connection to a database: a driver's handle with its prepared statements and its transaction.
// What connection and session work with while they hold a lease.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/bind_context.hpp>
#include <koine/deadline.hpp>
#include <koine/dialect.hpp>
#include <koine/error.hpp>
#include <koine/here.hpp>
#include <koine/isolation.hpp>
#include <koine/pool_backend.hpp>
#include <koine/schema/entity_info.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/wire/open_results.hpp>
#include <koine/wire/prepared.hpp>
#include <koine/wire/send_queue.hpp>
#include <koine/wire/statement_store.hpp>
#include <koine/wire/transaction_control.hpp>
#include <koine/wire/transaction_state.hpp>
#include <koine/wire/wire.hpp>

namespace koine {
inline namespace v1 {

class statement_observers;

namespace detail {

class connection_source;
class statement_watch;

// One thread at a time; cancel() is the exception. Everything that can fail throws koine::error;
// after a failure inside a transaction only rollback() is accepted.
class KOINE_API driver_connection final : public pooled {
public:
    using savepoint_id = transaction_state::savepoint_id;

    driver_connection(std::shared_ptr<connection_source> source, koine_connection* handle);
    ~driver_connection() override;
    driver_connection(const driver_connection&) = delete;
    driver_connection& operator=(const driver_connection&) = delete;

    // Connects by `limit`, and learns which dialect the server wants. Called once, before anything
    // else.
    void connect(deadline limit);

    const koine::dialect& dialect() const noexcept { return *dialect_; }
    const koine_driver& driver() const noexcept { return wire_.driver(); }
    bool queues() const noexcept { return wire_.queues(); }
    koine_connection* handle() const noexcept { return wire_.handle(); }
    // For binding values of the next execution; cleared by it.
    bind_context& context() noexcept { return context_; }

    // See wire::enter().
    bool enter() { return wire_.enter(); }
    void leave() noexcept { wire_.leave(); }
    class busy_guard : public detail::busy_guard {
    public:
        explicit busy_guard(driver_connection& owner) : detail::busy_guard{owner.wire_} {}
    };

    // Of the operations that follow; deadline::never() takes it away.
    void set_deadline(deadline limit) noexcept { wire_.set_deadline(limit); }
    // Asks for the running operation to be stopped; any thread.
    void cancel() { wire_.cancel(); }

    // ---- Statements ----
    // Finds or prepares the statement of this shape.
    prepared& prepare(const syntax::fragment& shape);
    // Finds or prepares a text. `once`, and a text whose cached statement has an open result, make
    // a statement outside the cache, which the caller ends with discard().
    prepared& prepare(std::string_view text, bool once = false);
    // The same for a text by hand; `values` are those whose tags decide about its text, or none.
    prepared& prepare(std::string_view text, std::span<const koine_value> values, bool stream);
    // Frees a statement that is not in the cache (prepared::once); nothing for the others.
    void discard(prepared& statement) noexcept { statements_.discard(statement); }
    // The statement of a class and operation; `build` makes its shape when it is not prepared yet.
    template <class Build>
    [[gnu::always_inline]] prepared& prepare(const entity_info& entity, entity_operation operation, Build build) {
        if (prepared* const known = statements_.of(entity.number->load(std::memory_order_relaxed), operation))
            [[likely]]
            return *known;
        return prepare_first(entity, operation, build);
    }

    // ---- Execution ----
    // Runs a statement and returns the number of rows in the first block, which is in
    // statement.cells; 0: there are none (and the statement is finished). Begins the transaction
    // where that is due. The binds' number must be the statement's.
    std::uint32_t execute(prepared& statement, std::span<const koine_value> binds);
    // The next block; 0: no more.
    std::uint32_t fetch(prepared& statement) {
        const busy_guard guard{*this};
        if (owed_.any()) [[unlikely]]
            settle();
        std::uint32_t got = 0;
        const koine_status status = driver().fetch(statement.handle, statement.cells.get(), statement.block_rows, &got,
                                                   wire_.waiting(), wire_.failing());
        if (status != KOINE_DONE) [[unlikely]]
            fetch_slow(statement, status, got);
        if (got == 0) statement.running = false;
        return got;
    }
    // As fetch(), by `limit`.
    std::uint32_t fetch(prepared& statement, deadline limit);
    // Ends a result before its end.
    void finish(prepared& statement);
    // The same for destructors, without waiting: what is still to come is read before the next
    // operation. Frees the statement if it is not in the cache.
    void finish_later(prepared& statement) noexcept;
    // Results that are read outside of it; who adds one removes it.
    open_results& results() noexcept { return results_; }
    // Ends all of them, without waiting. Those that read them are told when they go on.
    void end_results() noexcept;
    std::int64_t rows_affected(const prepared& statement) const noexcept {
        return driver().rows_affected(statement.handle);
    }
    std::int64_t rows_remaining(const prepared& statement) const noexcept {
        return driver().rows_remaining(statement.handle);
    }
    std::int64_t last_insert_id() const noexcept { return driver().last_insert_id(handle()); }
    koine_column column(const prepared& statement, std::uint32_t index) const noexcept;

    // Queues an execution whose rows are not wanted. Drivers without a queue run it at once. What
    // was queued runs in order and in one transaction; an error comes from here or from flush().
    void enqueue(prepared& statement, std::span<const koine_value> binds);
    // Sends the queue and returns the rows affected by each statement queued since the last flush.
    // With `commit`, COMMIT rides along and the transaction is over. The span is valid until the
    // next enqueue.
    std::span<const std::int64_t> flush(bool commit = false);

    // ---- Transaction ----
    // Called when a new owner begins: a transaction that its last owner only intended is forgotten.
    // `where` is who leases it, for observers of statements.
    void start_lease(const here& where = {}) noexcept {
        if (observers_.load(std::memory_order_relaxed) != 0 || wire_.observed()) [[unlikely]]
            watch_statements(where);
        if (transaction_.now() != transaction_state::phase::none) [[unlikely]]
            transaction_.ended();
        transaction_.take_ended_by_statement();
    }
    // Options of the transaction that the next statement begins, or that is asked for now.
    void begin(const transaction_options& options);
    // Its state, which only calls of this object change.
    const transaction_state& transaction() const noexcept { return transaction_; }
    bool in_transaction() const noexcept {
        return transaction_.now() != transaction_state::phase::none &&
               transaction_.now() != transaction_state::phase::in_doubt;
    }
    // Whether transactions are none of its business.
    bool autocommits() const noexcept;
    // Sends COMMIT if anything was begun. Throws in_doubt_error when its answer is lost. What is
    // refused (outcome::not_sent, nothing poisoned) has changed nothing.
    void commit();
    void rollback();
    // For destructors: ends the transaction without waiting. In-process drivers roll back now,
    // others before the next operation.
    void rollback_later() noexcept;
    void rollback_to_savepoint_later(savepoint_id which) noexcept;
    // Savepoints nest. Returns its name for the two calls below.
    savepoint_id savepoint();
    // Throws usage_error if it is over, or if one inside of it is open.
    void release_savepoint(savepoint_id which);
    // Ends those inside of it too.
    void rollback_to_savepoint(savepoint_id which);
    // Whether a statement has ended a transaction since this was asked last, as DDL does on some
    // databases: what was done is committed.
    bool ended_by_statement() noexcept { return transaction_.take_ended_by_statement(); }

    // ---- Observation ----
    // Tells these observers too, until the lease ends; `where` is the place of its statements.
    KOINE_COLD void watch_also(const statement_observers& also, const here& where);
    bool observed() const noexcept { return wire_.observed(); }
    // Of the next statement alone. Precondition: observed().
    void set_next_place(here where) noexcept;

    // ---- pooled ----
    // Whether nothing is under way here, so that a hook may run statements.
    bool at_rest() const noexcept;
    // The settings that the session has now are not to be taken back by a reset ...
    void keep_settings() noexcept {
        settings_kept_ = true;
        wire_.forget_cancels();
    }
    // ... until a statement that may have changed them has run: a text of somebody else.
    void may_change_settings() noexcept { settings_kept_ = false; }
    result<void> reset(deadline limit) override;
    bool reusable() const noexcept override;
    result<void> ping(deadline limit) override;
    void abandon() noexcept override { wire_.abandon(); }

private:
    // Statements and execution (driver_connection.cpp).
    template <class Build>
    KOINE_COLD prepared& prepare_first(const entity_info& entity, entity_operation operation, Build& build) {
        syntax::fragment shape;
        build(shape);
        return prepare_slowly(entity, operation, shape);
    }
    prepared& prepare_text(std::string_view key, std::string_view text, std::span<const koine_value> values,
                           std::uint32_t flags);
    KOINE_COLD prepared& prepare_new(const syntax::fragment& shape, std::uint64_t hash);
    KOINE_COLD prepared& prepare_slowly(const entity_info& entity, entity_operation operation,
                                        const syntax::fragment& shape);
    std::unique_ptr<prepared> make_prepared(std::shared_ptr<const compiled> text, std::uint32_t flags = 0);
    std::unique_ptr<prepared> make_prepared(std::string_view text);
    void open_handle(prepared& statement);
    void make_room(prepared& statement);
    KOINE_COLD void renew(prepared& statement);
    std::span<const koine_value> in_placeholder_order(const prepared& statement, std::span<const koine_value> binds);
    std::uint32_t send(prepared& statement, std::span<const koine_value> binds, bool began_now);
    std::uint32_t make_ready_and_send(prepared& statement, std::span<const koine_value> binds);
    std::uint32_t ready_and_send(prepared& statement, std::span<const koine_value> binds);
    bool make_ready(prepared& statement, std::span<const koine_value>& binds);
    koine_status call_execute(prepared& statement, std::span<const koine_value> binds, std::uint32_t& got);
    std::uint32_t execute_once(prepared& statement, std::span<const koine_value> binds, koine_status& status);
    KOINE_COLD void execute_slowly(prepared& statement, std::span<const koine_value> binds, koine_status status,
                                   std::uint32_t& got, bool began_now);
    KOINE_COLD std::uint32_t execute_again(prepared& statement, std::span<const koine_value> binds, bool began_now);
    bool may_run_again(const prepared& statement, bool began_now) const noexcept;
    std::uint32_t late_rows(prepared& statement);
    KOINE_COLD void fetch_slow(prepared& statement, koine_status status, std::uint32_t& got);
    KOINE_COLD void settle();
    void settle_results();
    void pay_text(const std::string& text);

    // Errors (driver_connection_errors.cpp).
    error_info take_error(std::string_view text);
    [[noreturn]] void raise(const prepared* statement, std::string_view text = {}, std::span<const koine_value> = {});
    [[noreturn]] void raise_sent(const prepared* statement, std::span<const koine_value> binds = {});
    void check_usable();
    [[noreturn]] KOINE_COLD void refuse(transaction_state::verdict why) const;
    [[noreturn]] KOINE_COLD void raise_bind_failure(const prepared& statement);
    [[noreturn]] KOINE_COLD static void raise_wrong_number(const prepared& statement, std::size_t given);
    KOINE_COLD void refuse_write(const prepared& statement) const;
    [[noreturn]] KOINE_COLD void raise_control_by_text(const prepared& statement, bool ended);

    // Transaction (driver_connection_transaction.cpp).
    transaction_options or_defaults(transaction_options options) const noexcept;
    void choose_begin_rule(const transaction_options& options);
    KOINE_COLD void choose_another_begin_rule(const transaction_options& options);
    bool intend_by_default();
    bool begin_for(const prepared& statement);
    void begin_now();
    KOINE_COLD void compare_with_driver(prepared& statement);
    KOINE_COLD void after_failed_commit(const error& failed);
    void end_on_server(bool unsent);
    std::string savepoint_name(std::uint32_t depth) const;
    bool idle_here() const noexcept;
    KOINE_COLD bool has_kept_settings_alone(std::uint32_t unrest) const noexcept;

    // Control texts and the queue (driver_connection_queue.cpp).
    void queue_text(std::string_view text);
    void owe_text(std::string_view text);
    void run_text(std::string_view text);
    void run_control(prepared& statement);
    prepared& found_or_made(std::string_view text);
    void flush_queue();
    void keep_back(prepared& statement, std::span<const koine_value> binds);

    // Observation (driver_connection_watch.cpp).
    KOINE_COLD void watch_statements(const here& where) noexcept;
    KOINE_COLD std::uint32_t send_observed(prepared& statement, std::span<const koine_value> binds);
    KOINE_COLD void flush_observed();
    KOINE_COLD void tell_control(std::string_view text, std::int64_t began_ns, const error_info* failed) noexcept;
    static std::int64_t time_of_watch() noexcept;
    KOINE_COLD void run_control_observed(prepared& statement);

    std::shared_ptr<connection_source> source_;
    const koine::dialect* dialect_;
    wire wire_;
    statement_store statements_;
    send_queue queue_;
    arrears owed_{};
    transaction_state transaction_{};
    transaction_control control_{};
    bind_context context_;
    open_results results_{};
    const std::atomic<std::uint32_t>& observers_;  // how many there are of the engine's statements
    std::unique_ptr<statement_watch> watch_;       // once there were any
    std::vector<koine_value> ordered_{};
    std::uint64_t birth_;         // see connection_source::losses()
    bool settings_kept_ = false;  // see keep_settings()
    std::uint32_t full_block_;    // rows in a block once a result has proved large
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
