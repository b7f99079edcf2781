// Two pools as a careful programmer writes them by hand, over handles that are mere numbers: W8
// measures checkout and return, not the connection. COUNT is the checkouts of all threads together.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "../harness/dataset.hpp"
#include "../harness/measure.hpp"

namespace {

using bench::bracket;
using bench::job;

// A mutex and a stack of idle handles; a return wakes somebody only when somebody waits.
class locked_pool {
public:
    explicit locked_pool(int size) {
        for (int handle = 1; handle <= size; ++handle) idle_.push_back(handle);
    }

    int take() {
        std::unique_lock lock(mutex_);
        while (idle_.empty()) {
            ++waiters_;
            available_.wait(lock);
            --waiters_;
        }
        const int handle = idle_.back();
        idle_.pop_back();
        return handle;
    }

    void give(int handle) {
        bool somebody_waits;
        {
            const std::lock_guard lock(mutex_);
            idle_.push_back(handle);
            somebody_waits = waiters_ > 0;
        }
        if (somebody_waits) available_.notify_one();
    }

private:
    std::mutex mutex_;
    std::condition_variable available_;
    std::vector<int> idle_;
    int waiters_ = 0;
};

// Slots that a thread takes by an atomic exchange, its last one first; it spins where all are
// taken. The lower limit: no queue, no fairness, no waiting.
class affine_pool {
public:
    explicit affine_pool(int size) : size_(static_cast<std::size_t>(size)), slots_(new slot[size_]) {
        for (std::size_t i = 0; i < size_; ++i) slots_[i].handle.store(static_cast<int>(i) + 1);
    }

    int take() {
        if (const int handle = slots_[last_].handle.exchange(0, std::memory_order_acquire)) return handle;
        for (;;) {
            for (std::size_t i = 0; i < size_; ++i)
                if (const int handle = slots_[i].handle.exchange(0, std::memory_order_acquire)) {
                    last_ = i;
                    return handle;
                }
            std::this_thread::yield();
        }
    }

    void give(int handle) {
        const auto home = static_cast<std::size_t>(handle - 1);
        slots_[home].handle.store(handle, std::memory_order_release);
    }

private:
    struct alignas(64) slot {
        std::atomic<int> handle{0};
    };
    std::size_t size_;
    std::unique_ptr<slot[]> slots_;
    inline static thread_local std::size_t last_ = 0;
};

// Every checkout counts on its handle without a lock. The checksum is the sum of these counts: it
// equals the number of checkouts only when no two threads ever held one handle.
template <class Pool, int Threads, int Handles>
std::uint64_t checkout(const job& wanted, bracket& timed) {
    struct alignas(64) lease {
        std::uint64_t uses = 0;
    };
    Pool pool(Handles);
    std::vector<lease> leases(Handles + 1);
    std::atomic<int> ready{0};
    std::atomic<bool> go{false};
    const std::int64_t each = wanted.count / Threads;
    const auto work = [&] {
        for (std::int64_t i = 0; i < each; ++i) {
            const int handle = pool.take();
            ++leases[static_cast<std::size_t>(handle)].uses;
            pool.give(handle);
        }
    };
    if constexpr (Threads == 1) {
        timed.open();
        work();
        timed.close();
    } else {
        std::vector<std::thread> threads;
        for (int i = 0; i < Threads; ++i)
            threads.emplace_back([&] {
                ++ready;
                go.wait(false);
                work();
            });
        while (ready != Threads) std::this_thread::yield();
        timed.open();
        go = true;
        go.notify_all();
        for (std::thread& t : threads) t.join();
        timed.close();
    }
    std::uint64_t uses = 0;
    for (const lease& l : leases) uses += l.uses;
    return uses;
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              {{"W8", checkout<locked_pool, 1, 1>},
                               {"W8-2-threads", checkout<locked_pool, 2, 2>},
                               {"W8-8-threads", checkout<locked_pool, 8, 4>},
                               {"W8-affine", checkout<affine_pool, 1, 1>}});
}
