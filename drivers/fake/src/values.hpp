// Values and failures as the fake driver's parts hand them to each other.
#pragma once

#include <string>
#include <string_view>

#include <koine/driver_spi.hpp>
#include <koine/drivers/fake.hpp>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

spi::failure failure_of(errc code, koine::outcome known, std::string message);
[[noreturn]] void throw_fault(const fault& why);
// For every call on a connection that has failed for good.
[[noreturn]] void throw_broken();
// The first bytes of a text, in capitals.
std::string upper_words(std::string_view sql, std::size_t most);
value owned(const koine_value& from);
koine_value borrowed(const value& from);

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
