// expect: koine: a member that views its text (const char*, std::string_view) cannot be read
// max lines: 20
#include <cstdint>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

struct Thing {
    std::int64_t id{};
#ifdef KOINE_BAD
    const char* name{};
#else
    std::string name{};
#endif
    static constexpr auto koine_table() {
        return koine::table("things", col<&Thing::id>(koine::primary_key), col<&Thing::name>);
    }
};
const koine::entity_info& thing() {
    return koine::detail::entity_of<Thing>();
}
