// Koine's pool over connections that are mere counters, as raw/pool.cpp. COUNT is the checkouts of
// all threads together.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <koine/pool.hpp>

#include "../harness/measure.hpp"

namespace {

using bench::bracket;
using bench::job;

class counter final : public koine::detail::pooled {
public:
    explicit counter(std::atomic<std::uint64_t>& total) : total_{total} {}
    ~counter() override { total_ += uses; }
    koine::result<void> reset(koine::deadline) override { return {}; }
    bool reusable() const noexcept override { return true; }
    koine::result<void> ping(koine::deadline) override { return {}; }
    void abandon() noexcept override {}

    std::uint64_t uses = 0;

private:
    std::atomic<std::uint64_t>& total_;
};

class backend final : public koine::detail::pool_backend {
public:
    explicit backend(std::atomic<std::uint64_t>& total) : total_{total} {}
    koine::result<std::unique_ptr<koine::detail::pooled>> open(koine::deadline) override {
        return std::unique_ptr<koine::detail::pooled>{std::make_unique<counter>(total_)};
    }

private:
    std::atomic<std::uint64_t>& total_;
};

// Every checkout counts on its connection without a lock. The checksum is the sum of these counts,
// added up as the connections close: it equals the number of checkouts only when no two threads
// ever held one connection.
template <int Threads, int Connections>
std::uint64_t checkout(const job& wanted, bracket& timed) {
    std::atomic<std::uint64_t> total{0};
    koine::pool_options options;
    options.size = Connections;
    options.max_overflow = 0;
    koine::pool pool{std::make_shared<backend>(total), options};
    {
        std::vector<koine::pool_lease> all;
        for (int i = 0; i < Connections; ++i) all.push_back(pool.acquire());
    }
    const auto work = [&pool](std::int64_t times) {
        for (std::int64_t i = 0; i < times; ++i) {
            koine::pool_lease lease = pool.acquire();
            ++static_cast<counter&>(*lease).uses;
            lease.release();
        }
    };
    const std::int64_t each = wanted.count / Threads;
    if constexpr (Threads == 1) {
        timed.open();
        work(each);
        timed.close();
    } else {
        std::atomic<int> ready{0};
        std::atomic<bool> go{false};
        std::vector<std::thread> threads;
        for (int i = 0; i < Threads; ++i)
            threads.emplace_back([&] {
                ++ready;
                go.wait(false);
                work(each);
            });
        while (ready != Threads) std::this_thread::yield();
        timed.open();
        go = true;
        go.notify_all();
        for (std::thread& t : threads) t.join();
        timed.close();
    }
    pool.close(koine::deadline::never()).value();
    return total;
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(
        argc, argv, {{"W8", checkout<1, 1>}, {"W8-2-threads", checkout<2, 2>}, {"W8-8-threads", checkout<8, 4>}});
}
