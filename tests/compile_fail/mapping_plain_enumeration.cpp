// expect: koine: give the enumeration an underlying type
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

#ifdef KOINE_BAD
enum color { red, green };
#else
enum color : int { red, green };
#endif
struct Thing {
    std::int64_t id{};
    color value{};
    static constexpr auto koine_table() {
        return koine::table("things", col<&Thing::id>(koine::primary_key), col<&Thing::value>);
    }
};
const koine::entity_info& thing() {
    return koine::detail::entity_of<Thing>();
}
