// A thread that does one piece of work at a time for the thread that waits for it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

class worker {
public:
    worker() = default;
    // Waits for the work under way.
    ~worker();
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    // Precondition: idle(). `work` throws nothing; `done` is called after idle() answers true.
    void start(std::function<void()> work, std::function<void()> done);
    bool idle() const;

private:
    void serve();

    mutable std::mutex lock_;
    std::condition_variable changed_;
    std::function<void()> work_{};
    std::function<void()> done_{};
    bool busy_ = false;
    bool ends_ = false;
    std::thread thread_{};  // started with the first work
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
