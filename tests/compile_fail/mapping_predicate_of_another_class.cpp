// expect: koine: this predicate is about another class than the query
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
    koine::predicate<User> p = col<&Post::id> == 1;
    (void)p;
#else
    koine::predicate<User> p = col<&User::id> == 1;
    (void)p;
#endif
}
