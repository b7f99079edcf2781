// quickstart [URL]: users are added, listed, found and changed; then a few threads serve requests,
// each with a session of its own.
#include <array>
#include <cstddef>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "database.hpp"
#include "models/user.hpp"

using koine::col;

namespace {

// Adds a user unless there is one of that name, so that the program can run again on the same
// database.
void ensure(const User& user) {
    if (!User::query().filter(col<&User::name> == user.name).exists()) db_session.add(user);
}

// What a request does: it finds a user, changes it, and gives its session back at the end.
std::string serve(const std::string& name) {
    std::string page;
    if (auto user = User::query().filter(col<&User::name> == name).first()) {
        user->email = name + "@koine.example";
        db_session.commit();
        page = greeting(*user);
    }
    db_session.remove();
    return page;
}

void run(const koine::url& url) {
    init_db(url);

    ensure({.name = "admin", .email = "admin@localhost"});
    ensure({.name = "guest", .email = std::nullopt});
    db_session.commit();

    const auto users = User::query().order_by(col<&User::name>).all();
    std::cout << users.size() << " users:\n";
    for (const auto& user : users) std::cout << "  " << user << '\n';

    if (auto admin = User::query().filter(col<&User::name> == "admin").first()) {
        admin->email = "root@localhost";  // plain assignment; the next flush finds it
        db_session.commit();
        std::cout << "changed: " << admin << '\n';
    }
    db_session.remove();

    const std::array<std::string, 4> requests{"admin", "guest", "nobody", "admin"};
    std::array<std::string, 4> pages;
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < requests.size(); ++i) workers.emplace_back([&, i] { pages[i] = serve(requests[i]); });
    for (auto& worker : workers) worker.join();
    for (std::size_t i = 0; i < pages.size(); ++i)
        std::cout << "request for " << requests[i] << ": " << (pages[i].empty() ? "404" : pages[i]) << '\n';

    // Leave the database as it was found, so that every run tells the same story.
    User::query().filter(col<&User::name> == "admin").update(col<&User::email>.set("admin@localhost"));
    User::query().filter(col<&User::name> == "guest").update(col<&User::email>.set(std::nullopt));
    db_session.commit();
    db_session.remove();

    const auto pool = engine.stats();
    std::cout << "connections: acquired = " << pool.acquired << ", returned = " << pool.returned
              << ", leased = " << pool.leased << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? argv[1] : "sqlite:////tmp/test.db");
    } catch (const std::exception& error) {
        std::cerr << "quickstart: " << error.what() << '\n';
        return 1;
    }
}
