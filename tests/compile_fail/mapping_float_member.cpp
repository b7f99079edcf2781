// expect: koine: a floating-point column is double
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

#include <chrono>

#ifdef KOINE_BAD
using value_type = float;
#else
using value_type = double;
#endif
struct Thing {
    std::int64_t id{};
    value_type value{};
    static constexpr auto koine_table() {
        return koine::table("things", col<&Thing::id>(koine::primary_key), col<&Thing::value>);
    }
};
const koine::entity_info& thing() {
    return koine::detail::entity_of<Thing>();
}
