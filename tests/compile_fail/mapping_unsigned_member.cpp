// expect: koine: databases have no unsigned integers
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

#include <chrono>

#ifdef KOINE_BAD
using value_type = std::uint32_t;
#else
using value_type = std::int64_t;
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
