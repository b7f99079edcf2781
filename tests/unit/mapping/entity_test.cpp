#include <array>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "models.hpp"

namespace {

using koine::sql_type;
using koine::detail::entity_of;
using koine::detail::table_of;
using models::Post;
using models::Seat;
using models::User;

koine_value text(std::string_view value) {
    return koine::detail::content_value(value.data(), value.size(), KOINE_TEXT);
}
koine_value integer(std::int64_t value) {
    return koine::detail::integer_value(value);
}
koine_value null() {
    return koine::detail::null_value();
}

std::array<koine_value, 8> user_row() {
    return {integer(7),      text("admin"), null(), text("owner"), integer(1), koine::detail::float_value(2.5),
            text("hunter2"), integer(99)};
}

TEST(table_of_a_class, has_the_columns_of_its_members_in_order) {
    const koine::table_info& table = table_of<User>();
    EXPECT_EQ(table.name, "users");
    EXPECT_EQ(table.schema, "");
    std::vector<std::string> names;
    for (const auto& column : table.columns) names.emplace_back(column.name);
    EXPECT_EQ(names,
              (std::vector<std::string>{"id", "name", "email", "role", "active", "points", "password", "created"}));
    EXPECT_EQ(table.columns[0].type, sql_type::int64);
    EXPECT_EQ(table.columns[1].type, sql_type::text);
    EXPECT_EQ(table.columns[3].type, sql_type::enumeration);
    EXPECT_EQ(table.columns[4].type, sql_type::boolean);
    EXPECT_EQ(table.columns[5].type, sql_type::float64);
}

TEST(table_of_a_class, takes_nullability_from_optional_and_options_from_the_description) {
    const koine::table_info& table = table_of<User>();
    EXPECT_FALSE(table.columns[1].nullable);
    EXPECT_TRUE(table.columns[2].nullable);
    EXPECT_EQ(table.columns[1].length, 50U);
    EXPECT_TRUE(table.columns[1].unique);
    EXPECT_FALSE(table.columns[2].unique);
    EXPECT_TRUE(table.columns[6].secret);
    EXPECT_TRUE(table_of<Post>().columns[5].version);
    EXPECT_EQ(table_of<Post>().columns[3].server_default, "'untitled'");
    EXPECT_EQ(table_of<Post>().schema, "blog");
}

TEST(table_of_a_class, lists_the_enumerators_of_an_enumeration) {
    const auto names = table_of<User>().columns[3].enumerators;
    EXPECT_EQ((std::vector<std::string_view>{names.begin(), names.end()}),
              (std::vector<std::string_view>{"guest", "admin", "owner"}));
}

TEST(table_of_a_class, generates_a_single_integer_key_only) {
    EXPECT_TRUE(table_of<User>().columns[0].generated);
    EXPECT_FALSE(table_of<Seat>().columns[0].generated);
    const auto key = table_of<Seat>().primary_key;
    EXPECT_EQ((std::vector<std::uint16_t>{key.begin(), key.end()}), (std::vector<std::uint16_t>{0, 1}));
}

struct Profile {
    std::int64_t user{};
    static constexpr auto koine_table() {
        return koine::table("profiles", koine::col<&Profile::user>(koine::primary_key, koine::foreign_key<&User::id>));
    }
};
struct Country {
    std::int32_t number{};
    static constexpr auto koine_table() {
        return koine::table("countries", koine::col<&Country::number>(koine::primary_key, koine::not_generated));
    }
};

TEST(table_of_a_class, does_not_generate_a_key_that_refers_to_another_or_says_so) {
    EXPECT_FALSE(table_of<Profile>().columns[0].generated);
    EXPECT_FALSE(table_of<Country>().columns[0].generated);
}

TEST(table_of_a_class, knows_what_its_foreign_keys_refer_to) {
    const auto& columns = table_of<Post>().columns;
    const koine::column_reference author = columns[1].references();
    EXPECT_EQ(author.table, &table_of<User>());
    EXPECT_EQ(author.column, 0);
    EXPECT_EQ(columns[1].on_delete, koine::referential_action::cascade);
    EXPECT_EQ(columns[2].references().table, &table_of<Post>());
    EXPECT_EQ(columns[2].on_delete, koine::referential_action::set_null);
    EXPECT_EQ(columns[0].references, nullptr);
}

TEST(table_of_a_class, knows_what_is_unique_together) {
    ASSERT_EQ(table_of<Post>().uniques.size(), 1U);
    const koine::unique_info& unique = table_of<Post>().uniques[0];
    EXPECT_EQ(unique.name, "one_title_an_author");
    EXPECT_EQ((std::vector<std::uint16_t>{unique.columns.begin(), unique.columns.end()}),
              (std::vector<std::uint16_t>{1, 3}));
    EXPECT_TRUE(table_of<User>().uniques.empty());
}

TEST(entity_of_a_class, has_its_plain_name_and_size) {
    EXPECT_STREQ(entity_of<User>().class_name, "User");
    EXPECT_EQ(entity_of<User>().size, sizeof(User));
    EXPECT_EQ(entity_of<User>().alignment, alignof(User));
    EXPECT_EQ(entity_of<User>().table, &table_of<User>());
}

TEST(entity_of_a_class, reads_a_row_into_an_object) {
    User user;
    user.email = "old@localhost";
    ASSERT_TRUE(entity_of<User>().read(user_row().data(), &user));
    EXPECT_EQ(user.id, 7);
    EXPECT_EQ(user.name, "admin");
    EXPECT_EQ(user.email, std::nullopt);
    EXPECT_EQ(user.role, models::role::owner);
    EXPECT_TRUE(user.active);
    EXPECT_EQ(user.score, 2.5);
    EXPECT_EQ(user.created, 99);
}

TEST(entity_of_a_class, refuses_a_row_that_does_not_fit) {
    User user;
    for (std::size_t column = 0; column < 8; ++column) {
        if (column == 2) continue;
        auto row = user_row();
        row[column] = null();
        EXPECT_FALSE(entity_of<User>().read(row.data(), &user)) << column;
    }
    auto row = user_row();
    row[0] = text("7");
    EXPECT_FALSE(entity_of<User>().read(row.data(), &user));
    row = user_row();
    row[3] = text("king");
    EXPECT_FALSE(entity_of<User>().read(row.data(), &user));
}

TEST(entity_of_a_class, reads_one_column) {
    User user;
    user.id = 1;
    user.name = "kept";
    EXPECT_TRUE(entity_of<User>().read_column(2, text("new@localhost"), &user));
    EXPECT_EQ(user.email, "new@localhost");
    EXPECT_EQ(user.name, "kept");
    EXPECT_FALSE(entity_of<User>().read_column(1, null(), &user));
}

TEST(entity_of_a_class, binds_all_columns_in_order) {
    User user;
    user.id = 3;
    user.name = "ada";
    user.role = models::role::admin;
    user.active = true;
    koine::bind_context context;
    koine_value out[8];
    entity_of<User>().bind(&user, context, out);
    EXPECT_FALSE(context.failed());
    EXPECT_EQ(out[0].u.i, 3);
    EXPECT_EQ(out[1].u.p, user.name.data());
    EXPECT_EQ(out[1].len, 3U);
    EXPECT_EQ(out[2].tag, KOINE_NULL);
    EXPECT_EQ((std::string_view{static_cast<const char*>(out[3].u.p), out[3].len}), "admin");
    EXPECT_EQ(out[4].tag, KOINE_BOOL);
}

TEST(entity_of_a_class, binds_what_the_driver_does_not_know_in_its_plain_form) {
    User user;
    user.active = true;
    koine::bind_context context{(1U << KOINE_NULL) | (1U << KOINE_INT64) | (1U << KOINE_FLOAT64) | (1U << KOINE_TEXT)};
    koine_value out[8];
    entity_of<User>().bind(&user, context, out);
    EXPECT_EQ(out[4].tag, KOINE_INT64);
    EXPECT_EQ(out[4].u.i, 1);
}

TEST(entity_of_a_class, reports_text_that_is_none_and_values_without_enumerator) {
    User user;
    user.name = "\xff";
    koine::bind_context context;
    koine_value out[8];
    entity_of<User>().bind(&user, context, out);
    EXPECT_EQ(context.code(), koine::errc::invalid_encoding);
    context.clear();
    user.name = std::string{"a\0b", 3};
    entity_of<User>().bind(&user, context, out);
    EXPECT_EQ(context.code(), koine::errc::invalid_encoding);
    context.clear();
    user.name.clear();
    user.role = static_cast<models::role>(17);
    entity_of<User>().bind(&user, context, out);
    EXPECT_EQ(context.code(), koine::errc::invalid_value);
}

TEST(entity_of_a_class, clears_one_column) {
    User user;
    user.id = 9;
    user.name = "kept";
    entity_of<User>().clear_column(0, &user);
    EXPECT_EQ(user.id, 0);
    EXPECT_EQ(user.name, "kept");
}

TEST(entity_of_a_class, binds_the_defaults_of_a_fresh_object_without_dangling) {
    koine::bind_context context;
    koine_value out[6];
    entity_of<Post>().bind_default(context, out);
    EXPECT_EQ((std::string_view{static_cast<const char*>(out[3].u.p), out[3].len}), "untitled");
    EXPECT_EQ(out[2].tag, KOINE_NULL);
}

TEST(entity_of_a_class, constructs_copies_moves_and_destroys_objects) {
    const koine::entity_info& entity = entity_of<User>();
    std::allocator<User> memory;
    User* first = memory.allocate(3);
    entity.construct(first);
    first->name = "a name that is too long for the string's own memory";
    entity.copy_construct(first + 1, first);
    entity.move_construct(first + 2, first);
    EXPECT_EQ(first[1].name, first[2].name);
    EXPECT_TRUE(first[0].name.empty());
    for (int i = 0; i < 3; ++i) entity.destroy(first + i);
    memory.deallocate(first, 3);
}

TEST(number_of_a_class, is_its_own_and_the_same_in_every_thread) {
    std::vector<std::uint32_t> seen(4);
    std::vector<std::thread> threads;
    for (auto& number : seen) threads.emplace_back([&number] { number = koine::number_of(entity_of<Profile>()); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(std::set<std::uint32_t>(seen.begin(), seen.end()).size(), 1U);
    const std::set<std::uint32_t> all{koine::number_of(entity_of<User>()), koine::number_of(entity_of<Post>()),
                                      koine::number_of(entity_of<Seat>()), seen[0]};
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(all.count(0), 0U);
}

}  // namespace
