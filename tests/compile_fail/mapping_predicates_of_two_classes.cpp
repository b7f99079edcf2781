// expect: koine: the two predicates are about different classes
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

struct Post {
    std::int64_t id{};
    std::string title{};
    static constexpr auto koine_table() {
        return koine::table("posts", col<&Post::id>(koine::primary_key), col<&Post::title>);
    }
};

void query() {
#ifdef KOINE_BAD
    (void)(col<&User::id> == 1 && col<&Post::id> == 2);
#else
    (void)(col<&User::id> == 1 && col<&User::name> == "x");
#endif
}
