#include <koine/wire/wire.hpp>

#include <algorithm>
#include <utility>

#include <koine/detail/wait_for.hpp>

#include "driver/driver_error.hpp"
#include "wire/wire_drive.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// How often a cancelled statement that goes on is cancelled again: a request that overtakes its
// statement finds nothing to stop.
constexpr std::chrono::milliseconds repeat_cancel{25};
constexpr std::size_t max_statement_in_error = 2048;

// At work on a wire while its flow of control waits: nobody's thread.
const char suspended = 0;

std::int64_t from_now(std::chrono::nanoseconds time) noexcept {
    return deadline::in(time).ns();
}

}  // namespace

wire::~wire() {
    drop_error();
}

void wire::close() noexcept {
    if (handle_ != nullptr) driver_->close(std::exchange(handle_, nullptr));
}

void wire::abandon() noexcept {
    if (handle_ != nullptr) driver_->abandon(std::exchange(handle_, nullptr));
}

void wire::raise_busy() {
    error_info info;
    info.code = errc::operation_in_progress;
    info.outcome = outcome::not_sent;
    info.message = "the connection is in use by another thread; a connection or session serves one thread at a time";
    throw_error(std::move(info));
}

void wire::set_deadline(deadline limit) noexcept {
    if (limit == deadline_) return;
    deadline_ = limit;
    driver_->set_deadline(handle_, limit.ns());
}

void wire::cancel() {
    koine_error error{};
    cancelled_.store(true, std::memory_order_relaxed);
    if (driver_->cancel(handle_, &error) != KOINE_DONE) {
        error_info info = to_info(error);
        release(error);
        throw_error(std::move(info));
    }
}

void wire::drop_error() noexcept {
    release(error_);
}

error_info wire::take_error(std::string_view text) {
    error_info info = to_info(error_);
    release(error_);
    info.statement = std::string{text.substr(0, max_statement_in_error)};
    if (std::exchange(late_, false) && info.code == errc::timeout)
        info.message = "the deadline passed: " + info.message;
    if (info.poisons_connection) poison();
    return info;
}

// ---- Waiting ----

woken wire::wait_until(std::int64_t until_ns) noexcept {
    waiter* const flow = waiter::current();
    if (flow == nullptr) return wait_for(wait_.fd, wait_.events, until_ns) ? woken::ready : woken::time;
    // The flow may go on in another thread, and meanwhile this one may run others that would take
    // the wire for theirs.
    const bool entered = user_.exchange(&suspended, std::memory_order_relaxed) != nullptr;
    const woken how = flow->wait(wait_.fd, wait_.events, until_ns);
    user_.store(entered ? self() : nullptr, std::memory_order_relaxed);
    return how;
}

bool wire::give_up(errc code, std::string_view message) noexcept {
    poison();
    release(error_);
    error_.code = static_cast<std::int32_t>(code);
    error_.outcome = KOINE_UNKNOWN;
    error_.poisons = KOINE_POISONS_CONNECTION | KOINE_POISONS_TRANSACTION;
    error_.message = koine_string{message.data(), message.size()};
    return false;
}

bool wire::await(patience& left) noexcept {
    const std::int64_t repeat = left.cancelling ? from_now(repeat_cancel) : left.limit_ns;
    const woken how = wait_until(std::min({left.limit_ns, wait_.deadline_ns, repeat}));
    if (how == woken::abandoned)
        return give_up(errc::cancelled, "nobody waits for the operation any more; the connection is given up");
    bool over = deadline::from_ns(left.limit_ns).passed();
    if (how == woken::interrupted && !left.cancelling) {
        left.interrupted = true;
        over = true;
        // What follows in the same operation, such as ROLLBACK, has the grace and no more.
        deadline_ = deadline::in({});
    }
    if (over && left.cancelling) {
        return left.interrupted
                   ? give_up(errc::cancelled,
                             "the operation was stopped and the server did not confirm it; the connection is given up")
                   : give_up(errc::timeout,
                             "the deadline passed and the server did not answer; the connection is given up");
    }
    if (over) {
        left.cancelling = true;
        left.limit_ns = from_now(cancel_grace_);
    }
    if (left.cancelling) {
        koine_error ignored{};
        cancelled_.store(true, std::memory_order_relaxed);
        driver_->cancel(handle_, &ignored);
        release(ignored);
    }
    return true;
}

// Whose wish it was that the call stopped.
void wire::name_stop(const patience& left) noexcept {
    stop_ = left.interrupted ? errc::cancelled : errc::timeout;
    if (!left.interrupted && error_.code == static_cast<std::int32_t>(errc::cancelled)) {
        error_.code = static_cast<std::int32_t>(errc::timeout);
        late_ = true;
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
