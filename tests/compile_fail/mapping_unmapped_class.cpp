// expect: koine: this class has no koine_table()
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

struct Thing {
    std::int64_t id{};
#ifndef KOINE_BAD
    static constexpr auto koine_table() {
        return koine::table("things", col<&Thing::id>(koine::primary_key));
    }
#endif
};
const koine::entity_info& thing() {
    return koine::detail::entity_of<Thing>();
}
