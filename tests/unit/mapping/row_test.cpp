#include <array>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "models.hpp"

namespace {

using models::Post;
using models::Seat;
using models::User;

koine_value text(std::string_view value) {
    return koine::detail::content_value(value.data(), value.size(), KOINE_TEXT);
}
koine_value integer(std::int64_t value) {
    return koine::detail::integer_value(value);
}

koine::error_info thrown_by(const std::function<void()>& action) {
    try {
        action();
    } catch (const koine::error& error) {
        return error.info();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST(row_reader, reads_a_class_by_the_names_of_the_columns) {
    const std::vector<std::string_view> names{"extra", "taken", "place", "row"};
    const koine::row_reader<Seat> reader{names};
    const koine_value cells[]{text("?"), integer(1), text("window"), integer(12)};
    Seat seat;
    reader.read(cells, seat);
    EXPECT_EQ(seat.row, 12);
    EXPECT_EQ(seat.place, "window");
    EXPECT_TRUE(seat.taken);
}

TEST(row_reader, reads_a_class_in_the_order_of_its_table) {
    const std::vector<std::string_view> names{"row", "place", "taken"};
    const koine::row_reader<Seat> reader{names};
    const koine_value cells[]{integer(12), text("window"), integer(0)};
    Seat seat;
    reader.read(cells, seat);
    EXPECT_EQ(seat.row, 12);
}

TEST(row_reader, names_a_column_that_is_missing_or_doubtful) {
    const auto missing = thrown_by([] { koine::row_reader<Seat>{std::vector<std::string_view>{"row", "taken"}}; });
    EXPECT_EQ(missing.code, koine::errc::undefined_column);
    EXPECT_EQ(missing.table, "seats");
    EXPECT_EQ(missing.column, "place");
    const auto twice = thrown_by([] {
        koine::row_reader<Seat>{std::vector<std::string_view>{"row", "place", "taken", "row"}};
    });
    EXPECT_EQ(twice.column, "row");
}

TEST(row_reader, reads_tuples_by_position) {
    using both = std::tuple<std::int64_t, std::optional<std::string>>;
    const koine::row_reader<both> reader{std::vector<std::string_view>{"a", "b"}};
    const koine_value cells[]{integer(5), koine::detail::null_value()};
    both value;
    reader.read(cells, value);
    EXPECT_EQ(value, both(5, std::nullopt));
    EXPECT_EQ(thrown_by([] { koine::row_reader<both>{std::vector<std::string_view>{"a"}}; }).code,
              koine::errc::type_mismatch);
    const koine_value wrong[]{integer(5), integer(6)};
    const auto info = thrown_by([&] { reader.read(wrong, value); });
    EXPECT_EQ(info.code, koine::errc::unreadable_value);
    EXPECT_NE(info.message.find("column 2"), std::string::npos) << info.message;
}

TEST(row_reader, reads_single_values) {
    const koine::row_reader<std::int32_t> reader{std::vector<std::string_view>{"count"}};
    const koine_value cells[]{integer(5)};
    std::int32_t value = 0;
    reader.read(cells, value);
    EXPECT_EQ(value, 5);
    const koine_value large[]{integer(5'000'000'000)};
    const auto info = thrown_by([&] { reader.read(large, value); });
    EXPECT_EQ(info.code, koine::errc::unreadable_value);
    EXPECT_EQ(info.hint, "") << "there is no mapped class to look at";
    EXPECT_THROW(koine::row_reader<std::int32_t>{std::vector<std::string_view>{}}, koine::error);
}

TEST(row_that_does_not_fit, is_explained_by_table_column_and_types_but_not_values) {
    const std::vector<std::string_view> names{"row", "place", "taken"};
    const koine::row_reader<Seat> reader{names};
    const auto explain = [&](koine_value row, koine_value place, koine_value taken) {
        const koine_value cells[]{row, place, taken};
        Seat seat;
        return thrown_by([&] { reader.read(cells, seat); });
    };
    auto info = explain(integer(70000), text("x"), integer(1));
    EXPECT_EQ(info.code, koine::errc::unreadable_value);
    EXPECT_EQ(info.table, "seats");
    EXPECT_EQ(info.column, "row");
    EXPECT_EQ(info.message.find("70000"), std::string::npos);
    info = explain(integer(1), koine::detail::null_value(), integer(1));
    EXPECT_EQ(info.code, koine::errc::unexpected_null);
    EXPECT_EQ(info.column, "place");
    info = explain(integer(1), text("x"), text("secret"));
    EXPECT_EQ(info.code, koine::errc::unreadable_value);
    EXPECT_NE(info.message.find("should be bool, but the database gave a text"), std::string::npos) << info.message;
    EXPECT_EQ(info.message.find("secret"), std::string::npos);
}

TEST(row_that_does_not_fit, is_explained_for_a_table_alone) {
    const koine_value cells[]{integer(1), integer(2), integer(1)};
    const auto info = koine::detail::explain_mismatch(koine::detail::table_of<Seat>(), cells);
    EXPECT_EQ(info.code, koine::errc::unreadable_value);
    EXPECT_EQ(info.column, "place");
}

TEST(object_as_text, shows_every_column_but_secrets) {
    User user;
    user.id = 1;
    user.name = "admin";
    user.role = models::role::admin;
    user.password = "hunter2";
    user.score = 0.1;
    EXPECT_EQ(koine::repr(user),
              "User(id=1, name='admin', email=NULL, role=admin, active=false, points=0.1, password=***, created=0)");
}

TEST(object_as_text, escapes_and_shortens_text) {
    User user;
    user.name = "it's\n\xff";
    user.email = std::string(63, 'x') + "\xc3\xbc" + std::string(100, 'y');
    const std::string shown = koine::repr(user);
    EXPECT_NE(shown.find("name='it\\'s\\n\\xff'"), std::string::npos) << shown;
    EXPECT_NE(shown.find("email='" + std::string(63, 'x') + "'... (165 bytes)"), std::string::npos) << shown;
}

TEST(object_as_text, shortens_bytes) {
    Post post;
    post.picture.assign(20, std::byte{0xab});
    EXPECT_NE(koine::repr(post).find("picture=x'abababababababababababab'... (20 bytes)"), std::string::npos)
        << koine::repr(post);
}

struct moment {
    koine::uuid id{};
    koine::date day{};
    koine::instant at{};
    static constexpr auto koine_table() {
        return koine::table("moments", koine::col<&moment::id>(koine::primary_key), koine::col<&moment::day>,
                            koine::col<&moment::at>);
    }
};

TEST(object_as_text, shows_dates_and_uuids_in_their_canonical_form) {
    moment value;
    value.day = std::chrono::year{2024} / 2 / 29;
    EXPECT_EQ(koine::repr(value),
              "moment(id=00000000-0000-0000-0000-000000000000, day=2024-02-29, at=1970-01-01 00:00:00.000000Z)");
}

std::vector<std::string> names_of(std::span<const koine::table_info* const> tables) {
    std::vector<std::string> names;
    for (const auto* table : tables) names.emplace_back(table->name);
    return names;
}

struct chicken {
    std::int64_t id{};
    std::optional<std::int64_t> egg{};
    static constexpr auto koine_table();
};
struct egg {
    std::int64_t id{};
    std::optional<std::int64_t> layer{};
    static constexpr auto koine_table() {
        return koine::table("eggs", koine::col<&egg::id>(koine::primary_key),
                            koine::col<&egg::layer>(koine::foreign_key<&chicken::id>));
    }
};
constexpr auto chicken::koine_table() {
    return koine::table("chickens", koine::col<&chicken::id>(koine::primary_key),
                        koine::col<&chicken::egg>(koine::foreign_key<&egg::id>));
}
struct omelette {
    std::int64_t id{};
    std::int64_t made_of{};
    static constexpr auto koine_table() {
        return koine::table("omelettes", koine::col<&omelette::id>(koine::primary_key),
                            koine::col<&omelette::made_of>(koine::foreign_key<&egg::id>));
    }
};

TEST(metadata, puts_tables_after_those_they_refer_to) {
    EXPECT_EQ(names_of(koine::map<Post, Seat, User>().tables()), (std::vector<std::string>{"seats", "users", "posts"}));
    EXPECT_TRUE((koine::map<Post, User>().cyclic().empty()));
    std::vector<std::string> names;
    for (const auto* table : koine::map<Post, User>().tables()) names.emplace_back(table->name);
    EXPECT_EQ(names, (std::vector<std::string>{"users", "posts"})) << "they outlive the metadata";
}

TEST(metadata, holds_a_table_once) {
    EXPECT_EQ((koine::map<User, User>().add<User>().tables().size()), 1U);
}

TEST(metadata, does_not_need_the_tables_that_are_referred_to) {
    EXPECT_EQ(names_of(koine::map<Post>().tables()), (std::vector<std::string>{"posts"}));
}

TEST(metadata, reports_circles_and_orders_the_rest_around_them) {
    const koine::metadata tables = koine::map<omelette, chicken, egg, User>();
    EXPECT_EQ(names_of(tables.tables()), (std::vector<std::string>{"chickens", "eggs", "omelettes", "users"}));
    EXPECT_EQ(names_of(tables.cyclic()), (std::vector<std::string>{"chickens", "eggs"}));
}

}  // namespace
