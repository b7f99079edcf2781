// expect: koine: col<> takes a pointer to a data member
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

struct with_function {
    int size() { return 0; }
};

void query() {
#ifdef KOINE_BAD
    auto c = koine::column<&with_function::size, with_function>{};
    (void)c;
#else
    auto c = col<&User::id>;
    (void)c;
#endif
}
