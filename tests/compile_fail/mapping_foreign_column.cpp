// expect: koine: table() names a column that is not a member of this class
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

struct Other {
    std::string name{};
};
struct Thing {
    std::int64_t id{};
    std::string name{};
    static constexpr auto koine_table() {
#ifdef KOINE_BAD
        return koine::table("things", col<&Thing::id>(koine::primary_key), col<&Other::name>);
#else
        return koine::table("things", col<&Thing::id>(koine::primary_key), col<&Thing::name>);
#endif
    }
};
const koine::entity_info& thing() {
    return koine::detail::entity_of<Thing>();
}
