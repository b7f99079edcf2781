#pragma once
// What every bench program shares: the brackets around the timed part, the command line and the
// line it prints.

#include <time.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION static_cast<void>(0)
#define CALLGRIND_STOP_INSTRUMENTATION static_cast<void>(0)
#endif

namespace bench {

// The timed part of a workload. Clocks are read outside of the instrumented region, so that
// callgrind counts the work and nothing else. A workload opens and closes it exactly once.
class bracket {
public:
    void open() noexcept {
        cpu_ns_ = now(CLOCK_PROCESS_CPUTIME_ID);
        wall_ns_ = now(CLOCK_MONOTONIC);
        CALLGRIND_START_INSTRUMENTATION;
    }

    void close() noexcept {
        CALLGRIND_STOP_INSTRUMENTATION;
        wall_ns_ = now(CLOCK_MONOTONIC) - wall_ns_;
        cpu_ns_ = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns_;
        closed_ = true;
    }

    bool closed() const noexcept { return closed_; }
    std::int64_t wall_ns() const noexcept { return wall_ns_; }
    std::int64_t cpu_ns() const noexcept { return cpu_ns_; }

private:
    static std::int64_t now(clockid_t clock) noexcept {
        timespec t{};
        clock_gettime(clock, &t);
        return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
    }

    std::int64_t wall_ns_ = 0;
    std::int64_t cpu_ns_ = 0;
    bool closed_ = false;
};

// One run: how many operations (rows, selects, transactions, checkouts) and the database, empty
// where it is in memory.
struct job {
    std::int64_t count = 0;
    const char* url = "";
};

// Prepares, does the timed part inside the bracket, and answers a checksum of what it read or
// wrote.
struct workload {
    std::string_view name;
    std::uint64_t (*run)(const job&, bracket&);
};

// The main() of every bench program:
//   PROGRAM --list               prints the workloads it knows, one a line
//   PROGRAM WORKLOAD COUNT [URL] prints `operations=.. wall_ns=.. cpu_ns=.. checksum=..`
inline int run_program(int argc, char** argv, std::initializer_list<workload> workloads) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "--list") {
        for (const workload& w : workloads) std::printf("%.*s\n", static_cast<int>(w.name.size()), w.name.data());
        return 0;
    }
    job requested;
    if (argc > 2) {
        const std::string_view digits = argv[2];
        std::from_chars(digits.data(), digits.data() + digits.size(), requested.count);
    }
    if (argc > 3) requested.url = argv[3];
    for (const workload& w : workloads) {
        if (w.name != first || requested.count <= 0) continue;
        try {
            bracket timed;
            const std::uint64_t checksum = w.run(requested, timed);
            if (!timed.closed()) throw std::logic_error("the workload never closed its bracket");
            std::printf("operations=%lld wall_ns=%lld cpu_ns=%lld checksum=%016llx\n",
                        static_cast<long long>(requested.count), static_cast<long long>(timed.wall_ns()),
                        static_cast<long long>(timed.cpu_ns()), static_cast<unsigned long long>(checksum));
            return 0;
        } catch (const std::exception& e) {
            std::fprintf(stderr, "%s %s: %s\n", argv[0], argv[1], e.what());
            return 1;
        }
    }
    std::fprintf(stderr, "usage: %s --list | WORKLOAD COUNT [URL]\n", argv[0]);
    return 64;
}

}  // namespace bench
