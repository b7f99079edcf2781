// The code of docs/queries.md.
#include "expect.hpp"

#include <chrono>
#include <tuple>

using koine::col;

struct User {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};
    std::int32_t logins{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key), col<&User::name>, col<&User::email>,
                            col<&User::logins>);
    }
};

struct Summary {
    std::string name{};
    std::int64_t total{};

    static constexpr auto koine_table() { return koine::table("summary", col<&Summary::name>, col<&Summary::total>); }
};

void typed(koine::session& session) {
    const auto users = session.query<User>();
    const auto active = users.filter(col<&User::logins> > 0).order_by(col<&User::logins>.desc(), col<&User::name>);

    for (const auto& user : active.limit(10).all()) std::cout << user << '\n';  // ref<User>
    const std::vector<User> plain = active.values();  // the fastest: nothing is tracked
    if (const auto first = active.first()) expect(first->logins == plain[0].logins);  // or an empty ref
    const auto admin = users.filter(col<&User::name> == "admin").one();  // throws if there is not exactly one
    const auto nobody = users.filter(col<&User::name> == "nobody").one_or_none();
    expect(!nobody && active.count() == 2 && users.exists());
    expect(admin->name == "admin");
}

void conditions(koine::session& session) {
    const auto users = session.query<User>();
    const std::vector<std::int64_t> ids{1, 2, 3};

    expect(users.filter(col<&User::name> == "admin" || col<&User::logins> >= 5).count() == 2);
    expect(users.filter(!(col<&User::name> == "admin") && col<&User::logins> < 5).count() == 1);
    expect(users.filter(col<&User::name> != "admin", col<&User::logins> != 0).count() == 1);  // both
    expect(users.filter(col<&User::email> == std::nullopt).count() == 2);                     // or .is_null()
    expect(users.filter(col<&User::id>.in(ids), col<&User::name>.not_in("admin", "guest")).count() == 1);
    expect(users.filter(col<&User::logins>.between(1, 5)).count() == 1);
    expect(users.filter(col<&User::name>.like("A%")).empty_as_like_is_exact == 0);
}

int main() {}
