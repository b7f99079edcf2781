// What a failure means for the connection and its transaction, and what is refused before anything
// is sent.
#include <koine/wire/driver_connection.hpp>

#include <utility>

#include "wire/connection_source.hpp"
#include "wire/hidden_values.hpp"
#include "wire/statement_watch.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr std::size_t max_statement_in_error = 2048;

error_info refused(errc code, std::string message) {
    error_info info;
    info.code = code;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    return info;
}

bool concerns_table(errc code) noexcept {
    const auto number = static_cast<std::int32_t>(code);
    return (number >= 300 && number < 400) || (number >= 500 && number < 600);
}

}  // namespace

error_info driver_connection::take_error(std::string_view text) {
    error_info info = wire_.take_error(text);
    if (info.code == errc::in_doubt)
        info.message = "COMMIT was sent and its answer was lost: the work may or may not be there; " + info.message;
    // One failure is enough to know that the server went away, and the other connections with it.
    if (info.poisons_connection && (info.code == errc::disconnected || info.code == errc::in_doubt))
        source_->lost(birth_);
    // A call that was stopped may have ended well and failed the transaction all the same, as a
    // result does that nobody wants. What the server refuses now is refused for that.
    if (info.code == errc::transaction_failed && transaction_.begun())
        if (const errc stop = wire_.take_stop(); stop != errc{}) info.code = stop;
    // Databases differ in what survives an error; Koine does not: a failed transaction accepts only
    // rollback().
    if (transaction_.begun() && (info.outcome != outcome::not_sent || info.poisons_transaction)) {
        info.poisons_transaction = true;
        if (transaction_.now() != transaction_state::phase::failed) control_.cause = describe(info);
        transaction_.statement_failed();
        // Not lost, not rejected, and over: the statement has committed what was done before it,
        // and has failed then.
        if (info.outcome == outcome::unknown && !wire_.poisoned() && !dialect_->features().transactional_ddl &&
            !wire_.in_transaction())
            transaction_.ended_by_statement();
    }
    // A driver that lends rows out of the database itself has taken them back if the failure has
    // ended results.
    if (results_.any() && full_block_ == 1 && (wire_.state() & KOINE_STATE_BUSY) == 0)
        results_.mark(open_result::condition::lost);
    return info;
}

void driver_connection::raise(const prepared* statement, std::string_view text, std::span<const koine_value> binds) {
    const compiled* const of = statement != nullptr ? statement->text.get() : nullptr;
    const bool first = transaction_.now() != transaction_state::phase::failed;
    error_info info = take_error(of != nullptr ? std::string_view{of->text} : text);
    // Not all databases say which table it was, or only for some errors.
    if (of != nullptr && of->table != nullptr && info.table.empty() && concerns_table(info.code))
        info.table = of->table->name;
    hide_values(info, binds);
    // The values may be among those that were made to be bound.
    context_.clear();
    // What is told of it later shows no value either.
    if (first && transaction_.now() == transaction_state::phase::failed) control_.cause = describe(info);
    throw_error(std::move(info));
}

// An execution or a flush has failed, and with it the driver has dropped its queue. The error names
// the queued statement if it is one's.
void driver_connection::raise_sent(const prepared* statement, std::span<const koine_value> binds) {
    const std::uint32_t index = wire_.error().queued_index;
    if (wire_.observed()) watch_->failed_in_queue = index;
    // Those behind it were not run, so that the work is not whole, whatever the driver says of the
    // one that failed.
    if (index != 0) wire_.failing()->poisons |= KOINE_POISONS_TRANSACTION;
    if (prepared* const failed = queue_.failed(index); failed != nullptr) {
        if (wire_.error().code == static_cast<std::int32_t>(errc::statement_outdated)) failed->add(prepared::outdated);
        statement = failed;
        binds = {};
    }
    raise(statement, {}, binds);
}

void driver_connection::check_usable() {
    if (wire_.poisoned()) {
        error_info info = refused(errc::disconnected, "the connection failed earlier and can only be closed");
        info.poisons_connection = true;
        throw_error(std::move(info));
    }
    if (transaction_.now() == transaction_state::phase::failed) refuse(transaction_state::verdict::failed);
}

// A request that the state of the transaction does not allow. Nothing was sent, nothing has
// changed.
void driver_connection::refuse(transaction_state::verdict why) const {
    using verdict = transaction_state::verdict;
    switch (why) {
        case verdict::already_open:
            throw_usage("a transaction is already open: commit or roll back, or use a savepoint");
        case verdict::not_in_transaction:
            throw_usage("a savepoint needs a transaction; the isolation level is autocommit");
        case verdict::savepoint_over:
            throw_usage("the savepoint is over already; where DDL commits, it ends savepoints too");
        case verdict::savepoint_inside:
            throw_usage("a savepoint inside of this one is still open: end it first");
        case verdict::in_doubt: {
            error_info info = refused(errc::in_doubt,
                                      "the answer to COMMIT was lost earlier: close the connection, and ask the "
                                      "database with another one whether the work is there");
            info.poisons_connection = true;
            info.poisons_transaction = true;
            throw_error(std::move(info));
        }
        default: {
            error_info info = refused(errc::transaction_failed,
                                      "an earlier statement of the transaction failed; call rollback() before "
                                      "anything else");
            if (!control_.cause.empty()) info.message += ". It failed for this: " + control_.cause;
            info.sqlstate = koine::sqlstate{"25P02"};
            info.poisons_transaction = true;
            throw_error(std::move(info));
        }
    }
}

void driver_connection::raise_wrong_number(const prepared& statement, std::size_t given) {
    throw_usage("the statement has " + std::to_string(statement.parameters) + " parameters, " + std::to_string(given) +
                " values were given: " + statement.text->text);
}

void driver_connection::raise_bind_failure(const prepared& statement) {
    error_info info = refused(context_.code(), std::string{context_.what()});
    info.statement = statement.text->text.substr(0, max_statement_in_error);
    context_.clear();
    throw_error(std::move(info));
}

// Whether the database refuses a write itself is a matter of its SQL, not of where it runs.
void driver_connection::refuse_write(const prepared& statement) const {
    if (dialect_->features().read_only_transactions) return;
    error_info info = refused(errc::read_only, "the transaction is read only");
    info.sqlstate = koine::sqlstate{"25006"};
    info.statement = statement.text->text;
    throw_error(std::move(info));
}

// A text by hand has done what begin(), commit() and rollback() are for.
void driver_connection::raise_control_by_text(const prepared& statement, bool ended) {
    error_info info;
    info.code = errc::usage;
    info.outcome = outcome::unknown;
    info.statement = statement.text->text.substr(0, max_statement_in_error);
    info.message = ended ? "the statement has ended the transaction: what was done in it is committed, unless the "
                           "statement rolled it back, and rollback() takes nothing of it back"
                         : "the statement began a transaction, which was rolled back at once";
    info.hint =
        "transactions are begun and ended by begin(), commit() and rollback(), or by texts with "
        "isolation::autocommit";
    throw_error(std::move(info));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
