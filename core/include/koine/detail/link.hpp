// One physical connection: a driver's handle with its prepared statements and its transaction. What connection and session
// work with while they hold a lease.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/bind_context.hpp>
#include <koine/deadline.hpp>
#include <koine/detail/pool_backend.hpp>
#include <koine/dialect.hpp>
#include <koine/driver_abi.h>
#include <koine/error.hpp>
#include <koine/isolation.hpp>
#include <koine/schema/entity_info.hpp>
#include <koine/sql/fragment.hpp>

namespace koine {
inline namespace v1 {

class registered_driver;

namespace detail {

class engine_core;
class statement_cache;

// A statement prepared on one link. Owned by the link; a pointer stays valid until the next prepare on that link, or for
// an entity statement as long as the link lives.
struct prepared {
    koine_statement* handle = nullptr;
    std::shared_ptr<const compiled> text{};
    std::uint32_t columns = 0;
    std::uint32_t parameters = 0;
    std::uint32_t expected_rows = 0;  // of its last complete result, to reserve memory by
    bool read_only = false;
    bool returns_rows = false;
    bool running = false;  // a result is open
};

// The statements that the unit of work keeps for each mapped class, found without hashing.
enum class entity_operation : std::uint8_t { get, insert, insert_with_key, delete_, count_ };

// One thread at a time; cancel() is the exception. Everything that can fail throws koine::error; after a failure inside a transaction
// only rollback() is accepted.
class KOINE_API link final : public pooled {
public:
    link(std::shared_ptr<engine_core> engine, koine_connection* handle);
    ~link() override;
    link(const link&) = delete;
    link& operator=(const link&) = delete;

    const koine::dialect& dialect() const noexcept { return *dialect_; }
    const koine_driver& driver() const noexcept { return *driver_; }
    koine_connection* handle() const noexcept { return handle_; }
    // For binding values of the next execution; cleared by it.
    bind_context& context() noexcept { return context_; }

    // Of the operations that follow; deadline::never() takes it away.
    void set_deadline(deadline d) noexcept { deadline_ = d; }

    // ---- Statements ----
    // Finds or prepares the statement of this shape.
    prepared& prepare(const sql::fragment& shape);
    // Finds or prepares a text; `once` keeps it out of the cache.
    prepared& prepare(std::string_view text, bool once = false, bool stream = false);
    // The statement of a class and operation; `build` makes its shape when it is not prepared yet.
    template <class Build>
    prepared& prepare(const entity_info& entity, entity_operation operation, Build build) {
        prepared** const slot = entity_slot(entity, operation);
        if (*slot == nullptr) [[unlikely]] {
            sql::fragment shape;
            build(shape);
            fill_entity_slot(slot, shape);
        }
        return **slot;
    }

    // ---- Execution ----
    // Runs a statement and answers the number of rows in the first block; 0: there are none (and the statement is finished).
    // Begins the transaction where that is due. The binds' number must be the statement's.
    std::uint32_t execute(prepared& statement, std::span<const koine_value> binds);
    // The next block; 0: no more.
    std::uint32_t fetch(prepared& statement) {
        std::uint32_t got = 0;
        const koine_status status = driver_->fetch(statement.handle, cells_.get(), block_rows_, &got, &wait_, &error_);
        if (status != KOINE_DONE) [[unlikely]]
            got = fetch_slow(statement, status);
        if (got == 0) statement.running = false;
        return got;
    }
    // The rows of the last block, row-major, `statement.columns` cells each; valid until the next fetch, finish or execute.
    const koine_value* cells() const noexcept { return cells_.get(); }
    // Ends a result before its end.
    void finish(prepared& statement);
    std::int64_t rows_affected(const prepared& statement) const noexcept { return driver_->rows_affected(statement.handle); }
    std::int64_t rows_remaining(const prepared& statement) const noexcept { return driver_->rows_remaining(statement.handle); }
    std::int64_t last_insert_id() const noexcept { return driver_->last_insert_id(handle_); }
    koine_column column(const prepared& statement, std::uint32_t index) const noexcept;

    // Queues an execution whose rows are not wanted. Drivers without a queue run it at once. What was queued runs in order and
    // in one transaction; an error comes from here or from flush().
    void enqueue(prepared& statement, std::span<const koine_value> binds);
    // Sends the queue and answers the rows affected by each statement queued since the last flush. With `commit`, COMMIT rides along and
    // the transaction is over. The span is valid until the next enqueue.
    std::span<const std::int64_t> flush(bool commit = false);

    // ---- Transaction ----
    // Options of the transaction that the next statement begins, or that is asked for now.
    void begin(const transaction_options& options);
    bool in_transaction() const noexcept { return transaction_ != transaction_state::none; }
    bool transaction_failed() const noexcept { return transaction_ == transaction_state::failed; }
    // Sends COMMIT if anything was begun. Throws in_doubt_error when its answer is lost.
    void commit();
    void rollback();
    // Savepoints nest; each is ended by exactly one of the two others, innermost first. Answers the depth, from 1.
    std::uint32_t savepoint();
    void release_savepoint(std::uint32_t depth);
    void rollback_to_savepoint(std::uint32_t depth);
    std::uint32_t savepoint_depth() const noexcept { return savepoint_depth_; }

    // Asks for the running operation to be stopped; any thread.
    void cancel();

    // ---- pooled ----
    result<void> reset(deadline limit) override;
    bool reusable() const noexcept override;
    result<void> ping(deadline limit) override;
    void abandon() noexcept override;

private:
    enum class transaction_state : std::uint8_t { none, pending, begun, failed };
    friend class link_factory;

    KOINE_COLD std::uint32_t fetch_slow(prepared& statement, koine_status status);
    prepared** entity_slot(const entity_info& entity, entity_operation operation);
    void fill_entity_slot(prepared** slot, const sql::fragment& shape);
    [[noreturn]] void raise(const prepared* statement);
    failure take_error(const prepared* statement);
    template <class Operation>
    koine_status drive(Operation operation);
    void begin_for(const prepared& statement);
    void send_begin(const begin_rule& rule);
    void run_text(std::string_view text, bool ends_transaction = false);
    void make_room(std::uint32_t columns);
    std::unique_ptr<prepared> make_prepared(std::shared_ptr<const compiled> text, std::uint32_t flags);
    void close_statement(prepared& statement) noexcept;
    class busy_guard;

    std::shared_ptr<engine_core> engine_;
    const koine::dialect* dialect_;
    const koine_driver* driver_;
    koine_connection* handle_;
    std::unique_ptr<koine_value[]> cells_{};
    std::uint32_t cell_capacity_ = 0;
    std::uint32_t block_rows_ = 1;
    deadline deadline_{};
    bind_context context_;
    koine_wait wait_{};
    koine_error error_{};
    transaction_state transaction_ = transaction_state::none;
    bool poisoned_ = false;
    std::uint32_t savepoint_depth_ = 0;
    transaction_options options_{};
    begin_rule begin_rule_{};
    std::vector<std::int64_t> affected_{};
    std::uint32_t queued_ = 0;
    std::unique_ptr<statement_cache> statements_;
    std::vector<std::unique_ptr<prepared>> owned_{};
    std::vector<prepared*> entity_statements_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
