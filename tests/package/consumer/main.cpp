// A program that has nothing of Koine but its installed headers and libraries: a mapped class, a
// session, a query.
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

#include <koine/koine.hpp>

using koine::col;

struct User {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key),
                            col<&User::name>(koine::length{50}, koine::unique),
                            col<&User::email>(koine::length{120}, koine::unique));
    }
};

int main() {
    std::cout << koine::url::parse("postgresql://app:geheim@localhost/app") << '\n';
    const koine::engine engine = koine::create_engine("sqlite://");
    koine::map<User>().create_all(engine);
    koine::session session{engine};
    session.add(User{.name = "admin", .email = "admin@localhost"});
    session.commit();
    const auto admin = session.query<User>().filter(col<&User::name> == "admin").one();
    std::cout << admin << '\n';
    try {
        session.add(User{.name = "admin", .email = std::nullopt});
        session.commit();
    } catch (const koine::constraint_error&) {
        return admin->id == 1 ? 0 : 2;
    }
    return 1;
}
