// How a driver's table is got from its init function: which version of the contract is spoken, and
// whether the table keeps it.
#pragma once

#include <cstdint>
#include <string>

#include <koine/driver_abi.h>

namespace koine {
inline namespace v1 {
namespace detail {

// Asks for `newest`, a version of the contract, then for the lower minor versions of it, and checks
// what is answered. Fields that the driver's version does not have are zero. `origin` names the
// driver in errors: "driver sqlite3", or the file it was loaded from. Throws usage_error
// (errc::bad_plugin) that names the versions of both sides.
koine_driver ask_for_table(koine_driver_init_function init, const std::string& origin,
                           std::uint32_t newest = KOINE_ABI_VERSION);

}  // namespace detail
}  // namespace v1
}  // namespace koine
