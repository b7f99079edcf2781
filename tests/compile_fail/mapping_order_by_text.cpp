// expect: koine: order by columns
// max lines: 20
#include <cstdint>
#include <optional>
#include <string>

#include <koine/mapping.hpp>

using koine::col;

struct User {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};
    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key), col<&User::name>, col<&User::email>);
    }
};

void query() {
#ifdef KOINE_BAD
    koine::ordering<User> o = "name desc";
    (void)o;
#else
    koine::ordering<User> o = col<&User::name>.desc();
    (void)o;
#endif
}
