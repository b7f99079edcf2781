// What a client library or the system can only do by blocking, done in a thread of its own while a
// resumable function waits for it.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include <koine/driver_abi.h>
#include <koine/spi_event.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

// One job at a time. Job::run() must not throw; the thread and the waiting side share the job, so
// that destroying this early leaves the thread to itself. Used by one thread.
template <class Job>
class blocking_work {
public:
    // Makes a job and runs it. Throws what these throw.
    template <class... Arguments>
    void start(Arguments&&... arguments) {
        auto made = std::make_shared<shared>(std::forward<Arguments>(arguments)...);
        std::thread{[made] {
            made->job.run();
            made->done.set();
        }}.detach();
        shared_ = std::move(made);
    }
    bool started() const noexcept { return shared_ != nullptr; }
    // Whether run() has ended; only then may the job be looked at. Preconditions of these three:
    // started().
    bool done() const noexcept { return shared_->done.is_set(); }
    Job& job() noexcept { return shared_->job; }
    // What a resumable function answers KOINE_WAIT with until then, or until `limit_ns`.
    koine_wait wait(std::int64_t limit_ns = KOINE_NO_DEADLINE) const noexcept {
        return koine_wait{shared_->done.descriptor(), KOINE_WAIT_READ, limit_ns};
    }
    void forget() noexcept { shared_.reset(); }

private:
    struct shared {
        template <class... Arguments>
        explicit shared(Arguments&&... arguments) : job(std::forward<Arguments>(arguments)...) {}
        Job job;
        event done{};
    };
    std::shared_ptr<shared> shared_{};
};

}  // namespace spi
}  // namespace v1
}  // namespace koine
