#include <koine/spi_canceller.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

bool canceller::begin_request() noexcept {
    auto expected = running;
    if (state_.compare_exchange_strong(expected, asked, std::memory_order_acq_rel)) return true;
    // A request that came before the server began the statement had no effect: it can be made again
    // once it is through.
    return expected == asked && sent_ != nullptr && sent_->is_set();
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

}  // namespace spi
}  // namespace v1
}  // namespace koine
