// expect: koine: this type cannot be stored in a column
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

#include <chrono>

#ifdef KOINE_BAD
using value_type = std::wstring;
#else
using value_type = std::string;
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
