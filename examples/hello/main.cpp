#include <iostream>

#include <koine/koine.hpp>

using koine::col;

struct User {
    std::int64_t id{};  // a single integer key left at its default is generated
    std::string name{};
    std::optional<std::string> email{};  // optional<> is what makes a column nullable

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key),
                            col<&User::name>(koine::length{50}, koine::unique),
                            col<&User::email>(koine::length{120}, koine::unique));
    }
};

int main(int argc, char** argv) {
    const auto engine = koine::create_engine(argc > 1 ? argv[1] : "sqlite://");
    koine::map<User>().create_all(engine);

    koine::session session{engine};
    session.add(User{.name = "admin", .email = "admin@localhost"});
    session.commit();

    for (const auto& user : session.query<User>().all())
        std::cout << user << '\n';  // User(id=1, name='admin', email='admin@localhost')

    if (auto admin = session.query<User>().filter(col<&User::name> == "admin").first())
        admin->email = "root@localhost";  // plain assignment; the next flush finds it
    session.commit();
}
