// Random bytes from the operating system.
#pragma once

#include <cstddef>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Fills the buffer with bytes fit for secrets and names that nobody can guess. Throws koine::error
// (io_error) if there are none. Thread-safe; needs no care across fork().
void fill_random(void* out, std::size_t size);

}  // namespace detail
}  // namespace v1
}  // namespace koine
