// Statements that ride with others, and the texts that control the transaction.
#include <koine/wire/driver_connection.hpp>

#include <functional>
#include <utility>

#include "wire/connection_source.hpp"
#include "wire/statement_cache.hpp"
#include "wire/statement_watch.hpp"
#include "wire/wire_drive.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

void driver_connection::queue_text(std::string_view text) {
    if (queue_.push_text(text) != KOINE_DONE) raise(nullptr, text);
    if (wire_.observed()) [[unlikely]]
        watch_->queued(text, {});
}

// Runs a text before the next operation, without waiting now.
void driver_connection::owe_text(std::string_view text) {
    if (queues() && !owed_.any())
        queue_text(text);
    else
        owed_.add_text(text);
}

// A failure is told to whoever comes next, whose own statement was not sent.
void driver_connection::pay_text(const std::string& text) {
    try {
        if (queues())
            queue_text(text);
        else
            run_control(found_or_made(text));
    } catch (const error& failed) {
        wire_.poison();
        error_info info = failed.info();
        info.outcome = outcome::not_sent;
        info.poisons_connection = true;
        throw_error(std::move(info));
    }
}

// A statement without parameters and rows: transaction control.
void driver_connection::run_text(std::string_view text) {
    if (owed_.any()) settle();
    if (queues()) {
        queue_text(text);
        flush_queue();
        return;
    }
    // BEGIN and COMMIT come again and again; there are few others.
    for (prepared* const known : {control_.begin, control_.commit})
        if (known != nullptr && known->text->text == text) return run_control(*known);
    prepared** const place = text == "COMMIT"             ? &control_.commit
                             : text == control_.rule.text ? &control_.begin
                                                          : nullptr;
    if (place != nullptr && *place == nullptr) {
        *place = &statements_.own(make_prepared(text));
        return run_control(**place);
    }
    run_control(found_or_made(text));
}

prepared& driver_connection::found_or_made(std::string_view text) {
    const std::uint64_t hash = std::hash<std::string_view>{}(text);
    if (prepared* const found = statements_.cache().find(hash, text)) return *found;
    return statements_.keep(hash, text, make_prepared(text));
}

void driver_connection::flush_queue() {
    if (owed_.any()) settle();
    if (wire_.observed()) [[unlikely]]
        return flush_observed();
    if (queue_.flush() != KOINE_DONE) raise_sent(nullptr);
}

void driver_connection::enqueue(prepared& statement, std::span<const koine_value> binds) {
    const busy_guard guard{*this};
    queue_.start_counts();
    if (queues()) return keep_back(statement, binds);
    if (execute(statement, binds) != 0) finish(statement);
    queue_.count(rows_affected(statement));
}

void driver_connection::keep_back(prepared& statement, std::span<const koine_value> binds) {
    check_usable();
    if (context_.failed()) raise_bind_failure(statement);
    if (owed_.any()) settle();
    if (statement.needs(prepared::outdated)) renew(statement);
    if (binds.size() != statement.parameters) raise_wrong_number(statement, binds.size());
    if (statement.needs(prepared::reorders)) binds = in_placeholder_order(statement, binds);
    if (!transaction_.begun()) begin_for(statement);
    if (queue_.push(statement, binds) != KOINE_DONE) raise(&statement);
    if (wire_.observed()) [[unlikely]]
        watch_->queued(statement.text->text, binds);
    context_.clear();
}

std::span<const std::int64_t> driver_connection::flush(bool commit) {
    if (commit) {
        this->commit();
    } else {
        const busy_guard guard{*this};
        if (!queue_.empty()) flush_queue();
    }
    return queue_.take_counts();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
