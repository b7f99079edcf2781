// expect: koine: length belongs to text and bytes only
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

struct Thing {
    std::int64_t id{};
    std::string name{};
    std::optional<std::int64_t> parent{};
    std::int32_t revision{};
    std::int32_t other{};
    static constexpr auto koine_table() {
#ifdef KOINE_BAD
        return koine::table("things", col<&Thing::id>(koine::primary_key), col<&Thing::other>(koine::length{20}));
#else
        return koine::table("things", col<&Thing::id>(koine::primary_key), col<&Thing::name>(koine::length{20}));
#endif
    }
};
const koine::entity_info& thing() {
    return koine::detail::entity_of<Thing>();
}
