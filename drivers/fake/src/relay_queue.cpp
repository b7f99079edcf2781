// The queue of a relay: kept until a flush or an execution, then run one by one.
#include <utility>

#include "relay_statement.hpp"
#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

koine_status relay_connection::enqueue(relay_statement* prepared, std::string_view sql,
                                       std::span<const koine_value> binds) {
    if (broken_) throw_broken();
    if (call_.pending()) violated("a statement was queued while an operation had not ended");
    queued one;
    if (prepared != nullptr) {
        one.prepared = prepared->inner_;
        one.from = prepared;
        one.sql = prepared->sql_;
    } else {
        one.sql = sql;
    }
    for (const auto& bind : binds) one.binds.push_back(owned(bind));
    queue_.push_back(std::move(one));
    return KOINE_DONE;
}

koine_status relay_connection::run_queued(queued& one, std::size_t at, std::span<std::int64_t> affected,
                                          koine_wait& wait) {
    if (starts()) {
        refuse_if_failed(one.sql);
        if (one.from != nullptr) one.from->end_result(false);
    }
    const auto work = [this, &one] {
        auto prepared = one.prepared;
        if (!prepared) {
            auto made = run_to_end([&](koine_wait& w, koine_error& e) {
                return driver_.prepare(inner_, spi::to_c(one.sql), KOINE_PREPARE_ONCE, &made_, &w, &e);
            });
            if (made.failed) return made;
            prepared = std::make_shared<inner_statement>(driver_, std::exchange(made_, nullptr));
        }
        const auto binds = borrowed_all(one.binds);
        std::uint32_t got = 0;
        return run_to_end([&](koine_wait& w, koine_error& e) {
            return driver_.execute(prepared->handle(), binds.data(), static_cast<std::uint32_t>(binds.size()), nullptr,
                                   0, &got, &w, &e);
        });
    };
    const auto binds = borrowed_all(one.binds);
    if (step(operation::execute, one.sql, binds, wait, work) != KOINE_DONE) return KOINE_WAIT;
    after(one.sql);
    if (at < affected.size()) affected[at] = one.prepared ? driver_.rows_affected(one.prepared->handle()) : -1;
    return KOINE_DONE;
}

koine_status relay_connection::run_queue(std::span<std::int64_t> affected, koine_wait& wait) {
    while (queue_at_ < queue_.size()) {
        const auto at = queue_at_;
        try {
            if (run_queued(queue_[at], at, affected, wait) != KOINE_DONE) return KOINE_WAIT;
        } catch (spi::failure& why) {
            why.queued_index = static_cast<std::uint32_t>(at + 1);
            drop_queue();
            throw;
        }
        ++queue_at_;
    }
    drop_queue();
    return KOINE_DONE;
}

void relay_connection::drop_queue() noexcept {
    queue_.clear();
    queue_at_ = 0;
}

koine_status relay_connection::flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error&) {
    const call_identity call{operation::flush, this, nullptr, 0, affected.data(), affected.size(), nullptr, &wait};
    return operate(call, {}, {}, [&]() -> koine_status {
        if (!flush_passed_) {
            if (step(operation::flush, {}, {}, wait, [] { return inner_result{}; }) != KOINE_DONE) return KOINE_WAIT;
            flush_passed_ = true;
        }
        return run_queue(affected, wait);
    });
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
