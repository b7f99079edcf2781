#include "platform/random.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

void fill_random(void* out, std::size_t size) {
    constexpr std::size_t most = 256;  // what getentropy gives in one call
    auto* at = static_cast<unsigned char*>(out);
    while (size != 0) {
        const auto part = std::min(size, most);
        if (::getentropy(at, part) != 0) {
            error_info info;
            info.code = errc::io_error;
            info.native_code = errno;
            info.message = "the operating system gives no random bytes";
            throw_error(info);
        }
        at += part;
        size -= part;
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
