// One physical connection: a driver's handle with its prepared statements and its transaction. What
// connection and session work with while they hold a lease.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/bind_context.hpp>
#include <koine/deadline.hpp>
#include <koine/dialect.hpp>
#include <koine/error.hpp>
#include <koine/isolation.hpp>
#include <koine/pool_backend.hpp>
#include <koine/schema/entity_info.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/wire/open_results.hpp>
#include <koine/wire/prepared.hpp>

namespace koine {
inline namespace v1 {

class registered_driver;

namespace detail {

class connection_source;
class statement_cache;

// Its address tells threads apart, and is the same in all libraries of a program.
KOINE_API inline constinit thread_local const char this_thread = 0;

// The statements that the unit of work keeps for each mapped class, found without hashing.
enum class entity_operation : std::uint8_t { get, insert, insert_with_key, delete_, count_ };

// One thread at a time; cancel() is the exception. Everything that can fail throws koine::error;
// after a failure inside a transaction only rollback() is accepted.
class KOINE_API driver_connection final : public pooled {
public:
    driver_connection(std::shared_ptr<connection_source> source, koine_connection* handle);
    ~driver_connection() override;
    driver_connection(const driver_connection&) = delete;
    driver_connection& operator=(const driver_connection&) = delete;

    // Connects by `limit`, and learns which dialect the server wants. Called once, before anything
    // else.
    void connect(deadline limit);

    const koine::dialect& dialect() const noexcept { return *dialect_; }
    const koine_driver& driver() const noexcept { return *driver_; }
    // Whether enqueue() keeps statements back until the next execution or flush.
    bool queues() const noexcept { return driver_->enqueue != nullptr; }
    koine_connection* handle() const noexcept { return handle_; }
    // For binding values of the next execution; cleared by it.
    bind_context& context() noexcept { return context_; }

    // One operation at a time; a second thread gets usage_error (errc::operation_in_progress)
    // instead of a data race. The thread that is at work may enter again, which answers false: only
    // who was answered true leaves.
    bool enter() {
        if (user_.load(std::memory_order_relaxed) == &this_thread) return false;
        const char* nobody = nullptr;
        if (!user_.compare_exchange_strong(nobody, &this_thread, std::memory_order_acquire)) [[unlikely]]
            raise_busy();
        return true;
    }
    void leave() noexcept { user_.store(nullptr, std::memory_order_release); }
    class busy_guard {
    public:
        explicit busy_guard(driver_connection& owner) : taken_{owner.enter() ? &owner : nullptr} {}
        ~busy_guard() {
            if (taken_ != nullptr) taken_->leave();
        }
        busy_guard(const busy_guard&) = delete;
        busy_guard& operator=(const busy_guard&) = delete;

    private:
        driver_connection* taken_;
    };

    // Of the operations that follow; deadline::never() takes it away.
    void set_deadline(deadline d) noexcept;

    // ---- Statements ----
    // Finds or prepares the statement of this shape.
    prepared& prepare(const syntax::fragment& shape);
    // Finds or prepares a text. `once`, and a text whose cached statement has an open result, make
    // a statement outside the cache, which the caller ends with discard().
    prepared& prepare(std::string_view text, bool once = false, bool stream = false);
    // Frees a statement that is not in the cache (prepared::once); nothing for the others.
    void discard(prepared& statement) noexcept;
    // The statement of a class and operation; `build` makes its shape when it is not prepared yet.
    template <class Build>
    [[gnu::always_inline]] prepared& prepare(const entity_info& entity, entity_operation operation, Build build) {
        const std::uint32_t number = entity.number->load(std::memory_order_relaxed);
        if (number < entity_statements_.size()) [[likely]]
            if (prepared* const known = entity_statements_[number][static_cast<std::size_t>(operation)]) [[likely]]
                return *known;
        return prepare_first(entity, operation, build);
    }

    // ---- Execution ----
    // Runs a statement and answers the number of rows in the first block, which is in
    // statement.cells; 0: there are none (and the statement is finished). Begins the transaction
    // where that is due. The binds' number must be the statement's.
    std::uint32_t execute(prepared& statement, std::span<const koine_value> binds);
    // The next block; 0: no more.
    std::uint32_t fetch(prepared& statement) {
        const busy_guard guard{*this};
        if (!unfinished_.empty()) [[unlikely]]
            settle();
        std::uint32_t got = 0;
        const koine_status status =
            driver_->fetch(statement.handle, statement.cells.get(), statement.block_rows, &got, &wait_, &error_);
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
        return driver_->rows_affected(statement.handle);
    }
    std::int64_t rows_remaining(const prepared& statement) const noexcept {
        return driver_->rows_remaining(statement.handle);
    }
    std::int64_t last_insert_id() const noexcept { return driver_->last_insert_id(handle_); }
    koine_column column(const prepared& statement, std::uint32_t index) const noexcept;

    // Queues an execution whose rows are not wanted. Drivers without a queue run it at once. What
    // was queued runs in order and in one transaction; an error comes from here or from flush().
    void enqueue(prepared& statement, std::span<const koine_value> binds);
    // Sends the queue and answers the rows affected by each statement queued since the last flush.
    // With `commit`, COMMIT rides along and the transaction is over. The span is valid until the
    // next enqueue.
    std::span<const std::int64_t> flush(bool commit = false);

    // ---- Transaction ----
    // Called when a new owner begins: a transaction that its last owner only intended is forgotten.
    void start_lease() noexcept {
        ended_by_statement_ = false;
        if (transaction_ == transaction_state::pending) [[unlikely]]
            end_transaction();
    }
    // Options of the transaction that the next statement begins, or that is asked for now.
    void begin(const transaction_options& options);
    bool in_transaction() const noexcept { return transaction_ != transaction_state::none; }
    // Whether transactions are none of its business.
    bool autocommits() const noexcept { return options_.isolation == isolation::autocommit; }
    bool transaction_failed() const noexcept { return transaction_ == transaction_state::failed; }
    // Sends COMMIT if anything was begun. Throws in_doubt_error when its answer is lost.
    void commit();
    void rollback();
    // For destructors: ends the transaction without waiting. In-process drivers roll back now,
    // others with the next statement.
    void rollback_later() noexcept;
    void rollback_to_savepoint_later(std::uint32_t depth) noexcept;
    // Savepoints nest; each is ended by exactly one of the two others, innermost first. Answers the
    // depth, from 1.
    std::uint32_t savepoint();
    void release_savepoint(std::uint32_t depth);
    void rollback_to_savepoint(std::uint32_t depth);
    std::uint32_t savepoint_depth() const noexcept { return savepoint_depth_; }
    // Whether a statement has ended a transaction since this was asked last, as DDL does on some
    // databases: what was done is committed.
    bool ended_by_statement() noexcept { return std::exchange(ended_by_statement_, false); }

    // Asks for the running operation to be stopped; any thread.
    void cancel();

    // ---- pooled ----
    result<void> reset(deadline limit) override;
    bool reusable() const noexcept override;
    result<void> ping(deadline limit) override;
    void abandon() noexcept override;

private:
    enum class transaction_state : std::uint8_t { none, pending, begun, failed };

    [[noreturn]] static void raise_busy();

    template <class Build>
    KOINE_COLD prepared& prepare_first(const entity_info& entity, entity_operation operation, Build& build) {
        syntax::fragment shape;
        build(shape);
        return prepare_slowly(entity, operation, shape);
    }
    std::uint32_t send(prepared& statement, std::span<const koine_value> binds, bool began_now);
    std::uint32_t make_ready_and_send(prepared& statement, std::span<const koine_value> binds);
    bool make_ready(prepared& statement, std::span<const koine_value>& binds);
    KOINE_COLD void execute_slowly(prepared& statement, std::span<const koine_value> binds, koine_status status,
                                   std::uint32_t& got, bool began_now);
    std::uint32_t execute_once(prepared& statement, std::span<const koine_value> binds, koine_status& status);
    koine_status call_execute(prepared& statement, std::span<const koine_value> binds, std::uint32_t& got);
    KOINE_COLD void finish_slowly(prepared& statement, koine_status status);
    KOINE_COLD std::uint32_t execute_again(prepared& statement, std::span<const koine_value> binds, bool began_now);
    std::uint32_t late_rows(prepared& statement);
    KOINE_COLD void fetch_slow(prepared& statement, koine_status status, std::uint32_t& got);
    [[noreturn]] KOINE_COLD void raise_bind_failure(const prepared& statement);
    [[noreturn]] KOINE_COLD static void raise_wrong_number(const prepared& statement, std::size_t given);
    KOINE_COLD void refuse_write(const prepared& statement) const;
    void make_room(prepared& statement);
    KOINE_COLD void renew(prepared& statement);
    KOINE_COLD void settle();
    void end_unfinished();
    KOINE_COLD prepared& prepare_new(const syntax::fragment& shape, std::uint64_t hash);
    KOINE_COLD prepared& prepare_slowly(const entity_info& entity, entity_operation operation,
                                        const syntax::fragment& shape);
    std::unique_ptr<prepared> make_prepared(std::shared_ptr<const compiled> text, std::uint32_t flags);
    void open_handle(prepared& statement);
    void close_handle(prepared& statement) noexcept;
    [[noreturn]] void raise(const prepared* statement, std::string_view text = {});
    error_info take_error(std::string_view text);
    template <class Operation>
    koine_status drive(koine_status status, Operation operation);
    void check_usable();
    bool begin_for(const prepared& statement);
    void begin_now();
    void choose_begin_rule();
    KOINE_COLD void choose_another_begin_rule();
    void end_on_server(bool unsent);
    [[noreturn]] void raise_sent(const prepared* statement);
    void queue_was_sent();
    void end_transaction() noexcept;
    void keep_back(prepared& statement, std::span<const koine_value> binds);
    KOINE_COLD void notice_end() noexcept;
    [[noreturn]] void raise_no_savepoint(std::uint32_t depth) const;
    void queue_text(std::string_view text);
    void run_text(std::string_view text);
    void run_control(prepared& statement);
    prepared& found_or_made(std::string_view text);
    void flush_queue();
    std::string savepoint_name(std::uint32_t depth) const;
    std::span<const koine_value> in_placeholder_order(const prepared& statement, std::span<const koine_value> binds);

    std::shared_ptr<connection_source> source_;
    const koine::dialect* dialect_;
    const koine_driver* driver_;
    koine_connection* handle_;
    deadline deadline_{};
    std::chrono::milliseconds cancel_grace_;
    bind_context context_;
    koine_wait wait_{};
    koine_error error_{};
    std::atomic<const char*> user_{nullptr};  // the thread that is at work on the connection
    std::uint64_t birth_ = 0;                 // see connection_source::losses()
    transaction_state transaction_ = transaction_state::none;
    bool poisoned_ = false;
    bool asked_for_ = false;  // the transaction was begun by begin(), not by a statement
    bool ended_by_statement_ = false;
    std::uint32_t savepoint_depth_ = 0;
    std::uint32_t full_block_ = 1;  // rows in a block once a result has proved large
    transaction_options options_{};
    begin_rule begin_rule_{};
    transaction_options begin_options_{};  // that the rule is of
    bool begin_rule_known_ = false;
    bool begin_is_current_ = false;  // begin_statement_ is the rule's
    open_results results_{};
    std::vector<koine_value> ordered_{};
    std::vector<prepared*> queue_{};  // what the driver has queued; null: a BEGIN or COMMIT of ours
    // of the statements queued since the last flush() that were sent already
    std::vector<std::int64_t> affected_{};
    bool affected_read_ = false;
    bool last_failed_ = false;  // of the queue that failed last: whether it was its last statement
    // Whose results were left behind by finish_later(). The end of the first is under way in the
    // driver, which may be asked for nothing else until that is done.
    std::vector<prepared*> unfinished_{};
    std::vector<std::string> deferred_{};  // to be queued once that is read
    std::uint64_t savepoint_prefix_ = 0;
    std::unique_ptr<statement_cache> statements_;
    std::vector<std::unique_ptr<prepared>> owned_{};
    prepared* begin_statement_ = nullptr;  // of the first begin rule that was used
    prepared* commit_statement_ = nullptr;
    using operations_of_entity = std::array<prepared*, static_cast<std::size_t>(entity_operation::count_)>;
    std::vector<operations_of_entity> entity_statements_{};  // by number of the class
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
