// The users of the application: a plain struct and one description of it, table and model in one
// place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <koine/koine.hpp>

#include "database.hpp"

struct User {
    std::int64_t id{};  // a single integer key left at its default is generated
    std::string name{};
    std::optional<std::string> email{};  // optional<> is what makes a column nullable

    static constexpr auto koine_table() {
        using koine::col;
        return koine::table("users", col<&User::id>(koine::primary_key),
                            col<&User::name>(koine::length{50}, koine::unique),
                            col<&User::email>(koine::length{120}, koine::unique));
    }

    static auto query() { return db_session.query<User>(); }
};

// What a page says to a user.
std::string greeting(const User& user);
