#include <koine_test/test_waiter.hpp>

#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <koine/driver_abi.h>
#include <koine/deadline.hpp>

namespace koine_test {

namespace {

// Milliseconds for poll, rounded up.
int left(koine::deadline until) {
    if (until.is_never()) return -1;
    const auto ms = until.remaining().count() / 1'000'000 + 1;
    return until.passed() ? 0 : static_cast<int>(ms > INT_MAX ? INT_MAX : ms);
}

}  // namespace

test_waiter::test_waiter(int at, woken answer)
    : at_{at}, answer_{answer}, signal_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (signal_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

test_waiter::~test_waiter() {
    ::close(signal_);
}

void test_waiter::wake() noexcept {
    ++wakes_;
    const std::uint64_t one = 1;
    (void)!::write(signal_, &one, sizeof one);
}

koine::detail::woken test_waiter::wait(int fd, std::uint32_t events, std::int64_t until_ns) noexcept {
    const koine::deadline until = koine::deadline::from_ns(until_ns);
    const int number = ++waits_;
    if (during_) during_(number);
    const bool chosen = number == at_;
    if (chosen && answer_ != woken::time) return answer_;
    std::array<pollfd, 2> entries{};
    const bool deaf = chosen && !until.is_never();
    entries[0].fd = deaf ? -1 : signal_;
    entries[0].events = POLLIN;
    entries[1].fd = deaf ? -1 : fd;
    if ((events & KOINE_WAIT_READ) != 0) entries[1].events = POLLIN;
    if ((events & KOINE_WAIT_WRITE) != 0) entries[1].events = static_cast<short>(entries[1].events | POLLOUT);
    for (;;) {
        const int ready = ::poll(entries.data(), entries.size(), left(until));
        if (ready > 0) {
            std::uint64_t calls = 0;
            if (entries[0].revents != 0) (void)!::read(signal_, &calls, sizeof calls);
            return woken::ready;
        }
        if (ready == 0 && until.passed()) return woken::time;
    }
}

}  // namespace koine_test
