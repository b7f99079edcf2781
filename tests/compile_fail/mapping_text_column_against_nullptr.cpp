// expect: koine: nullptr is no text
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
    (void)(col<&User::email> == nullptr);
#else
    (void)(col<&User::email>.is_null());
#endif
}
