#include <koine/spi_event.hpp>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace koine {
inline namespace v1 {
namespace spi {

event::event() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

event::~event() {
    ::close(fd_);
}

void event::set() noexcept {
    set_.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    // Cannot fail: the counter starts at zero and is raised once.
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

}  // namespace spi
}  // namespace v1
}  // namespace koine
