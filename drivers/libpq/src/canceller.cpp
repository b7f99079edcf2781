#include "canceller.hpp"

#include <thread>

namespace koine::libpq {

void canceller::take(const PGconn* connection) {
    // PQgetCancel only reads the connection; its parameter lacks the const.
    key_ = std::shared_ptr<PGcancel>{PQgetCancel(const_cast<PGconn*>(connection)), free_cancel{}};
}

void canceller::request() {
    const std::scoped_lock lock{mutex_};
    if (key_ == nullptr) return;
    auto expected = running;
    if (!state_.compare_exchange_strong(expected, asked, std::memory_order_acq_rel)) {
        // A request that came before the server began the statement had no effect: it can be made again once it is through.
        if (expected != asked || sent_ == nullptr || !sent_->is_set()) return;
    }
    try {
        sent_ = std::make_shared<event>();
        std::thread{[key = key_, sent = sent_] {
            char reason[256];
            // A request that cannot be delivered is no error of ours: the operation then ends by itself or by its deadline.
            PQcancel(key.get(), reason, sizeof reason);
            sent->set();
        }}.detach();
    } catch (...) {
        sent_.reset();
        state_.store(running, std::memory_order_release);
        throw;
    }
}

bool canceller::end_requested(koine_wait& wait) {
    const std::scoped_lock lock{mutex_};
    state_.store(ending, std::memory_order_release);
    // Without one, the request failed to start between the two looks.
    if (sent_ != nullptr && !sent_->is_set()) {
        wait = koine_wait{sent_->descriptor(), KOINE_WAIT_READ, KOINE_NO_DEADLINE};
        return false;
    }
    used_ = used_ || sent_ != nullptr;
    sent_.reset();
    state_.store(idle, std::memory_order_release);
    return true;
}

}  // namespace koine::libpq
