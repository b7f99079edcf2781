#include "relay_connection.hpp"

#include <utility>

#include "relay_statement.hpp"
#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

relay_connection::relay_connection(std::span<const koine_parameter> parameters) : gate_{parameters} {
    std::optional<script_state::relay_target> target;
    {
        const std::lock_guard guard{gate_.script().lock};
        target = gate_.script().relay;
    }
    if (!target) throw failure_of(errc::usage, outcome::not_sent, "the script relays to no driver: call relay_to()");
    driver_ = target->driver;
    std::vector<koine_parameter> handed;
    for (const auto& [key, text] : target->parameters) handed.push_back({spi::to_c(key), spi::to_c(text)});
    const auto made = run_to_end(
        [&](koine_wait&, koine_error& error) { return driver_.create(handed.data(), handed.size(), &inner_, &error); });
    if (made.failed) raise(made);
    ready_.ring();
}

relay_connection::~relay_connection() {
    settle();
    while (!statements_.empty()) delete statements_.back();
    drop_queue();
    left_.clear();
    driver_.close(inner_);
}

void relay_connection::abandon() noexcept {
    gate_.abandon();
    driver_.abandon(inner_);
}

koine_status relay_connection::connect(koine_wait& wait) {
    return operate({operation::connect, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
        const auto work = [this] {
            return run_to_end([&](koine_wait& w, koine_error& e) { return driver_.connect(inner_, &w, &e); });
        };
        if (step(operation::connect, {}, {}, wait, work) != KOINE_DONE) return KOINE_WAIT;
        const std::lock_guard guard{gate_.script().lock};
        ++gate_.script().numbers.connected;
        clean_at_ = gate_.script().dirt;
        return KOINE_DONE;
    });
}

std::uint32_t relay_connection::state() const noexcept {
    if (broken_) return KOINE_STATE_BROKEN;
    std::uint32_t bits = call_.pending() ? std::uint32_t{KOINE_STATE_BUSY} : driver_.state(inner_);
    if (failed_) bits |= KOINE_STATE_FAILED_TRANSACTION;
    if (open_results_ != 0) bits |= KOINE_STATE_BUSY;
    const std::lock_guard guard{gate_.script().lock};
    if (clean_at_ != gate_.script().dirt || !queue_.empty()) bits |= KOINE_STATE_DIRTY;
    return bits;
}

koine_status relay_connection::reset(koine_wait& wait) {
    if (!call_.pending() && (state() & ~std::uint32_t{KOINE_STATE_PRIVATE_DATABASE}) == 0) return KOINE_DONE;
    return operate({operation::reset, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
        const auto work = [this] {
            return run_to_end([&](koine_wait& w, koine_error& e) { return driver_.reset(inner_, &w, &e); });
        };
        if (step(operation::reset, {}, {}, wait, work) != KOINE_DONE) return KOINE_WAIT;
        for (relay_statement* one : statements_) one->end_result(false);
        drop_queue();
        failed_ = false;
        const std::lock_guard guard{gate_.script().lock};
        clean_at_ = gate_.script().dirt;
        return KOINE_DONE;
    });
}

koine_status relay_connection::ping(koine_wait& wait) {
    return operate({operation::ping, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
        return step(operation::ping, {}, {}, wait, [this] {
            return run_to_end([&](koine_wait& w, koine_error& e) { return driver_.ping(inner_, &w, &e); });
        });
    });
}

void relay_connection::cancel() {
    // The thread that waits for the operation is woken, and hands it on.
    gate_.cancel();
}

koine_status relay_connection::prepare(std::string_view sql, std::uint32_t flags, relay_statement*& made,
                                       koine_wait& wait) {
    const call_identity call{operation::prepare, this, sql.data(), sql.size(), nullptr, flags, nullptr, &wait};
    return operate(call, sql, {}, [&]() -> koine_status {
        if (starts()) refuse_if_failed(sql);
        const auto work = [this, flags] {
            return run_to_end([&](koine_wait& w, koine_error& e) {
                return driver_.prepare(inner_, spi::to_c(call_.text()), flags, &made_, &w, &e);
            });
        };
        if (step(operation::prepare, sql, {}, wait, work) != KOINE_DONE) return KOINE_WAIT;
        auto inner = std::make_shared<inner_statement>(driver_, std::exchange(made_, nullptr));
        made = std::make_unique<relay_statement>(*this, sql, std::move(inner)).release();
        return KOINE_DONE;
    });
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
