#include <koine/secret_text.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>
#include <type_traits>

namespace {

using koine::secret_text;

TEST(secret, wipes_every_byte) {
    char text[] = "hunter2";
    koine::detail::wipe(text, sizeof text);
    for (const char c : text) EXPECT_EQ(c, '\0');
    koine::detail::wipe(nullptr, 0);
}

TEST(secret, keeps_text_with_any_bytes) {
    const std::string text{"a\0b\xff", 4};
    EXPECT_EQ(secret_text{text}.reveal(), text);
    EXPECT_TRUE(secret_text{}.empty());
    EXPECT_TRUE(secret_text{""}.empty());
    EXPECT_EQ(secret_text{"a"}, secret_text{std::string_view{"a"}});
    EXPECT_FALSE(secret_text{"a"} == secret_text{"b"});
}

TEST(secret, copies_and_moves_like_a_value) {
    static_assert(std::is_nothrow_move_constructible_v<secret_text> && std::is_nothrow_move_assignable_v<secret_text>);
    secret a = "first";
    secret b = a;
    EXPECT_EQ(b.reveal(), "first");
    secret c = std::move(a);
    EXPECT_EQ(c.reveal(), "first");
    b = secret_text{"second"};
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
    out << secret_text{"hunter2"} << secret_text{};
    EXPECT_EQ(out.str(), "******");
}

}  // namespace
