#include <koine/detail/wait_for.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include <koine/driver_abi.h>
#include <koine/deadline.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

bool wait_for(int fd, std::uint32_t events, std::int64_t until_ns) noexcept {
    pollfd entry{};
    entry.fd = fd;
    if ((events & KOINE_WAIT_READ) != 0) entry.events = POLLIN;
    if ((events & KOINE_WAIT_WRITE) != 0) entry.events = static_cast<short>(entry.events | POLLOUT);
    const deadline until = deadline::from_ns(until_ns);
    for (;;) {
        int timeout_ms = -1;
        if (!until.is_never()) {
            // Rounded up: waking a little late is right, waking early would spin.
            const auto left = until.remaining().count() / 1'000'000 + 1;
            timeout_ms = static_cast<int>(std::min<std::int64_t>(left, INT_MAX));
            if (until.passed()) timeout_ms = 0;
        }
        const int ready = ::poll(&entry, 1, timeout_ms);
        if (ready > 0) return true;
        if (ready == 0 && until.passed()) return false;
        // the driver finds out what is wrong with its descriptor
        if (ready < 0 && errno != EINTR) return true;
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
