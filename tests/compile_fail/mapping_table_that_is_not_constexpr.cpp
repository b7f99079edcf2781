// expect: koine: koine_table() has to be constexpr
// max lines: 20
#include <cstdint>

#include <koine/mapping.hpp>

using koine::col;

struct Thing {
    std::int64_t id{};
#ifdef KOINE_BAD
    static auto koine_table() {
        return koine::table("things", col<&Thing::id>(koine::primary_key));
    }
#else
    static constexpr auto koine_table() {
        return koine::table("things", col<&Thing::id>(koine::primary_key));
    }
#endif
};
const koine::entity_info& thing() {
    return koine::detail::entity_of<Thing>();
}
