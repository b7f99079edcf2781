#include <koine/platform/waiter.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constinit thread_local waiter* running __attribute__((tls_model("initial-exec"))) = nullptr;

// What stands before a look at thread-local data: the function that contains it is neither pure nor
// constant, so that no optimiser makes one call out of two.
inline void look_anew() noexcept {
    asm volatile("" ::: "memory");
}

}  // namespace

// Never inlined: within one function a compiler may look for the thread only once.

[[gnu::noinline]] waiter* waiter::current() noexcept {
    look_anew();
    return running;
}

[[gnu::noinline]] waiter::scope::scope(waiter* one) noexcept : before_{running} {
    look_anew();
    running = one;
}

[[gnu::noinline]] waiter::scope::~scope() {
    look_anew();
    running = before_;
}

#if !(defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)))
[[gnu::noinline]] const void* self() noexcept {
    look_anew();
    return &running;
}
#endif

}  // namespace detail
}  // namespace v1
}  // namespace koine
