// expect: koine: this member is not a column of the table of its class
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

struct Thing {
    std::int64_t id{};
    std::string name{};
    static constexpr auto koine_table() { return koine::table("things", col<&Thing::id>(koine::primary_key)); }
};
void query() {
#ifdef KOINE_BAD
    (void)(col<&Thing::name> == "x");
#else
    (void)(col<&Thing::id> == 1);
#endif
}
