// How an operation of a relay goes on and how it ends: the gate, waiting for nothing, work in a
// thread, errors.
#include <utility>

#include <koine/deadline.hpp>

#include "relay_statement.hpp"
#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

namespace {

constexpr std::int64_t second = 1'000'000'000;
// Between two requests to stop work that has perhaps not begun when the first one came.
constexpr std::int64_t between_requests = second / 200;

bool ends_by_commit(std::string_view sql) {
    const std::string start = upper_words(sql, 8);
    return start.starts_with("COMMIT") || start.starts_with("END");
}

}  // namespace

// ---- How an operation goes on ----

void relay_connection::enter(const call_identity& call, std::string_view text, std::span<const koine_value> binds) {
    if (broken_) throw_broken();
    if (!call_.pending()) {
        call_.begin(call, text, binds);
        gate_.begin();
        return;
    }
    if (const char* const rule = call_.fault_of(call, text, binds)) violated(rule);
}

void relay_connection::leave() noexcept {
    call_.end();
    phase_ = phase::at_the_gate;
    flush_passed_ = false;
}

void relay_connection::linger(koine_wait& wait) noexcept {
    switch (turns_ % 4) {
        case 0:
            wait = {ready_.fd(), KOINE_WAIT_READ, KOINE_NO_DEADLINE};
            break;
        case 1:
            wait = {-1, 0, deadline::now_ns()};
            break;
        case 2:
            wait = {ready_.fd(), KOINE_WAIT_WRITE, KOINE_NO_DEADLINE};
            break;
        default:
            wait = {ready_.fd(), KOINE_WAIT_READ | KOINE_WAIT_WRITE, deadline::now_ns() + second};
    }
    ++turns_;
}

koine_status relay_connection::step(operation what, std::string_view sql, std::span<const koine_value> binds,
                                    koine_wait& wait, std::function<inner_result()> work) {
    if (phase_ == phase::at_the_gate) {
        due_.reset();
        if (gate_.pass(what, sql, binds, in_transaction(), wait, due_) != KOINE_DONE) return KOINE_WAIT;
        phase_ = phase::lingering;
        waits_left_ = 1 + turns_ % 3;
    }
    if (phase_ == phase::lingering) {
        if (!due_ && gate_.must_stop()) {
            due_ = gate::stopped(in_transaction());
        } else if (waits_left_ != 0) {
            --waits_left_;
            linger(wait);
            return KOINE_WAIT;
        }
        if (due_) raise(*due_);
        phase_ = phase::running;
        worker_.start([this, run = std::move(work)] { result_ = run(); }, [this] { gate_.bell().ring(); });
    }
    gate_.bell().quiet();
    if (!worker_.idle()) {
        wait = {gate_.bell().fd(), KOINE_WAIT_READ, KOINE_NO_DEADLINE};
        if (gate_.must_stop()) {
            // The work may not have reached the other driver yet, and then has nothing that could
            // be stopped.
            ask_to_stop(driver_, inner_);
            wait.deadline_ns = deadline::now_ns() + between_requests;
        }
        return KOINE_WAIT;
    }
    phase_ = phase::at_the_gate;
    left_.clear();
    if (result_.failed) raise(result_);
    return KOINE_DONE;
}

void relay_connection::settle() noexcept {
    if (!call_.pending()) return;
    while (!worker_.idle()) {
        ask_to_stop(driver_, inner_);
        koine::detail::wait_for(gate_.bell().fd(), KOINE_WAIT_READ, deadline::now_ns() + between_requests);
    }
    leave();
    left_.clear();
    break_off();
}

// ---- How things end ----

void relay_connection::raise(const inner_result& answer) {
    if (answer.why.poisons_connection) broken_ = true;
    static thread_local std::string state;  // outlives the throw
    state = answer.sqlstate;
    spi::failure why = answer.why;
    why.sqlstate = state;
    throw why;
}

void relay_connection::raise(const fault& why) {
    if (why.poisons_transaction && in_transaction()) failed_ = true;
    if (why.poisons_connection) break_off();
    throw_fault(why);
}

void relay_connection::violated(const std::string& rule) {
    {
        const std::lock_guard guard{gate_.script().lock};
        gate_.script().violations.push_back(rule);
    }
    broken_ = true;
    auto why = failure_of(errc::usage, outcome::unknown, "the driver contract was broken: " + rule);
    why.poisons_connection = true;
    throw why;
}

// The other side of a lost connection rolls back and frees what it had.
void relay_connection::break_off() noexcept {
    if (std::exchange(broken_, true)) return;
    for (relay_statement* one : statements_) one->end_result(false);
    drop_queue();
    run_to_end([&](koine_wait& wait, koine_error& error) { return driver_.reset(inner_, &wait, &error); });
}

void relay_connection::refuse_if_failed(std::string_view sql) {
    if (failed_ && !upper_words(sql, 8).starts_with("ROLLBACK"))
        raise(fault{errc::transaction_failed,
                    outcome::rejected,
                    true,
                    false,
                    "25P02",
                    "the transaction has failed: only ROLLBACK is accepted",
                    {}});
}

void relay_connection::after(std::string_view sql) {
    if (upper_words(sql, 8).starts_with("ROLLBACK")) failed_ = false;
    if (!ends_by_commit(sql)) return;
    bool lost = false;
    {
        const std::lock_guard guard{gate_.script().lock};
        lost = std::exchange(gate_.script().commit_lost, false);
    }
    if (lost)
        raise(fault{errc::in_doubt,
                    outcome::unknown,
                    true,
                    true,
                    "08007",
                    "the connection was lost while COMMIT was under way",
                    {}});
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
