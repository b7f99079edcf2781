#include "gate.hpp"

#include <algorithm>
#include <utility>

#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

gate::gate(std::span<const koine_parameter> parameters) {
    std::string_view name;
    for (const auto& one : parameters)
        if (spi::to_view(one.key) == "database") name = spi::to_view(one.value);
    script_ = script_state::find(name);
    if (!script_)
        throw failure_of(errc::database_not_found, outcome::not_sent,
                         "there is no script named '" + std::string{name} + "'");
    const std::lock_guard guard{script_->lock};
    number_ = ++script_->numbers.created;
    script_->bells.push_back(&bell_);
}

gate::~gate() {
    const std::lock_guard guard{script_->lock};
    std::erase(script_->bells, &bell_);
    if (!abandoned_) ++script_->numbers.closed;
}

void gate::abandon() noexcept {
    const std::lock_guard guard{script_->lock};
    if (!std::exchange(abandoned_, true)) ++script_->numbers.abandoned;
}

void gate::cancel() {
    const std::lock_guard guard{script_->lock};
    ++script_->numbers.cancels;
    if (script_->on_cancel == cancelling::fails)
        throw failure_of(errc::disconnected, outcome::rejected, "the request to cancel was refused");
    cancelled_ = true;
    bell_.ring();
}

bool gate::obeys() const {
    return script_->on_cancel == cancelling::prompt || (script_->on_cancel == cancelling::slow && script_->drain_open);
}

bool gate::must_stop() const {
    const std::lock_guard guard{script_->lock};
    return cancelled_ && obeys();
}

fault gate::stopped(bool in_transaction) {
    return {errc::cancelled, outcome::rejected, in_transaction, false, "57014", "the operation was cancelled", {}};
}

koine_status gate::pass(operation what, std::string_view sql, std::span<const koine_value> binds, bool in_transaction,
                        koine_wait& wait, std::optional<fault>& due) {
    bell_.quiet();
    const std::lock_guard guard{script_->lock};
    const bool first = pending_ != what;
    if (first) {
        pending_ = what;
        sent entry{number_, what, std::string{sql}, {}};
        for (const auto& one : binds) entry.binds.push_back(owned(one));
        script_->log.push_back(std::move(entry));
    }
    const auto stop = script_->stopped_by(what, sql);
    if (!stop) {
        pending_.reset();
        due = script_->fault_for(what, sql);
        return KOINE_DONE;
    }
    if (cancelled_ && obeys()) {
        pending_.reset();
        due = stopped(in_transaction);
        return KOINE_DONE;
    }
    if (first) {
        ++stop->arrived;
        stop->changed.notify_all();
    }
    wait.fd = bell_.fd();
    wait.events = KOINE_WAIT_READ;
    wait.deadline_ns = KOINE_NO_DEADLINE;
    return KOINE_WAIT;
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
