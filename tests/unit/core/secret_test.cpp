#include <koine/secret.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>
#include <type_traits>

namespace {

using koine::secret;

TEST(secret, wipes_every_byte) {
    char text[] = "hunter2";
    koine::detail::wipe(text, sizeof text);
    for (const char c : text) EXPECT_EQ(c, '\0');
    koine::detail::wipe(nullptr, 0);
}

TEST(secret, keeps_text_with_any_bytes) {
    const std::string text{"a\0b\xff", 4};
    EXPECT_EQ(secret{text}.reveal(), text);
    EXPECT_TRUE(secret{}.empty());
    EXPECT_TRUE(secret{""}.empty());
    EXPECT_EQ(secret{"a"}, secret{std::string_view{"a"}});
    EXPECT_FALSE(secret{"a"} == secret{"b"});
}

TEST(secret, copies_and_moves_like_a_value) {
    static_assert(std::is_nothrow_move_constructible_v<secret> && std::is_nothrow_move_assignable_v<secret>);
    secret a = "first";
    secret b = a;
    EXPECT_EQ(b.reveal(), "first");
    secret c = std::move(a);
    EXPECT_EQ(c.reveal(), "first");
    b = secret{"second"};
    c = b;
    EXPECT_EQ(c.reveal(), "second");
    const auto& same = c;
    c = same;
    EXPECT_EQ(c.reveal(), "second");
    secret moved = "third";
    secret target = std::move(moved);
    moved = "again";
    EXPECT_EQ(moved.reveal(), "again");
    EXPECT_EQ(target.reveal(), "third");
}

TEST(secret, never_prints_itself) {
    std::ostringstream out;
    out << secret{"hunter2"} << secret{};
    EXPECT_EQ(out.str(), "******");
}

}  // namespace
