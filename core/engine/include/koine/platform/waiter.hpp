// How the library waits where its thread has something better to do than to block: whoever runs
// Koine's calls on stacks of their own gives each of them a waiter, and core waits through it.
#pragma once

#include <cstdint>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Why a wait ended.
enum class woken : std::uint8_t {
    ready,        // the descriptor is ready, or wake() was called: look again
    time,         // the time came
    interrupted,  // the caller's operation was cancelled. Told once for each cancellation
    abandoned     // nobody will go on waiting: give up what is being waited for, at once
};

// What a flow of control waits with. It may go on in another thread than it waited in.
class KOINE_API waiter {
public:
    waiter() noexcept = default;
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    // Gives the thread away until `fd` has one of `events` (KOINE_WAIT_*), the steady clock reaches
    // `until_ns`, or wake() is called. With `fd` -1 only the last two count; the largest `until_ns`
    // never comes. It may return `ready` without a reason. Called by the flow itself, which holds
    // no lock and is in no call of a driver.
    virtual woken wait(int fd, std::uint32_t events, std::int64_t until_ns) noexcept = 0;
    // Ends the wait that runs, or else the next one. Called by any thread, also under locks of the
    // library: it must not block, nor run anything that calls the library.
    virtual void wake() noexcept = 0;

    // The waiter of the flow that runs on this thread; null: block the thread. Each call looks at
    // the thread that it runs on, however the code around it was optimised.
    static waiter* current() noexcept;

    class scope;

protected:
    ~waiter() = default;
};

// Makes a waiter the current one of this thread, null included, and restores what was there before.
// Begins and ends on the same thread.
class KOINE_API waiter::scope {
public:
    explicit scope(waiter* one) noexcept;
    ~scope();
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

private:
    waiter* before_;
};

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
// Which thread runs: tells threads apart that run at the same time, and is the same in all
// libraries of a program. The address of a thread-local object would not do: compilers keep it over
// a call, and after a wait the flow may run on another thread.
inline const void* self() noexcept {
    const void* thread;
#if defined(__x86_64__)
    asm volatile("mov %%fs:0, %0" : "=r"(thread));
#else
    asm volatile("mrs %0, tpidr_el0" : "=r"(thread));
#endif
    return thread;
}
#else
KOINE_API const void* self() noexcept;
#endif

}  // namespace detail
}  // namespace v1
}  // namespace koine
