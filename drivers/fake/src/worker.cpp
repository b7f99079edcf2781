#include "worker.hpp"

#include <utility>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

worker::~worker() {
    {
        const std::lock_guard guard{lock_};
        ends_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void worker::start(std::function<void()> work, std::function<void()> done) {
    {
        const std::lock_guard guard{lock_};
        work_ = std::move(work);
        done_ = std::move(done);
        busy_ = true;
    }
    if (!thread_.joinable()) thread_ = std::thread{[this] { serve(); }};
    changed_.notify_all();
}

bool worker::idle() const {
    const std::lock_guard guard{lock_};
    return !busy_;
}

void worker::serve() {
    std::unique_lock guard{lock_};
    for (;;) {
        changed_.wait(guard, [this] { return busy_ || ends_; });
        if (!busy_) return;
        guard.unlock();
        work_();
        guard.lock();
        busy_ = false;
        done_();
    }
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
