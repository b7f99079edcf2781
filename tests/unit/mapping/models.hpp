// Mapped classes that the tests of the mapping share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <koine/mapping.hpp>

namespace models {

using koine::col;

enum class role { guest, admin, owner };

struct stamped {
    std::int64_t created{};
};

struct User : stamped {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};
    models::role role{};
    bool active{};
    double score{};
    std::string password{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key),
                            col<&User::name>(koine::length{50}, koine::unique), col<&User::email>(koine::length{120}),
                            col<&User::role>, col<&User::active>, col<&User::score>(koine::named{"points"}),
                            col<&User::password>(koine::secret), col<&User::created>);
    }
};

struct Post {
    std::int64_t id{};
    std::int64_t author_id{};
    std::optional<std::int64_t> answers{};
    std::string title{"untitled"};
    std::vector<std::byte> picture{};
    std::int32_t revision{};

    static constexpr auto koine_table() {
        return koine::table(
            "posts", koine::schema{"blog"}, col<&Post::id>(koine::primary_key),
            col<&Post::author_id>(koine::foreign_key<&User::id>.on_delete(koine::cascade)),
            col<&Post::answers>(koine::foreign_key<&Post::id>.on_delete(koine::set_null)),
            col<&Post::title>(koine::server_default{"'untitled'"}), col<&Post::picture>,
            col<&Post::revision>(koine::version),
            koine::unique_together(col<&Post::author_id>, col<&Post::title>).named("one_title_an_author"));
    }
};

// A class that cannot be changed: mapped from outside, with a key of two columns.
struct Seat {
    std::int16_t row{};
    std::string place{};
    bool taken{};
};

}  // namespace models

template <>
struct koine::mapping<models::Seat> {
    static constexpr auto table() {
        using models::Seat;
        return koine::table("seats", col<&Seat::row>(koine::primary_key), col<&Seat::place>(koine::primary_key),
                            col<&Seat::taken>);
    }
};
