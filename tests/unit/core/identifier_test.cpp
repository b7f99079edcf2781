#include <koine/identifier.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>

#include <koine/error.hpp>

namespace {

using koine::identifier;

TEST(identifier, takes_a_literal_by_itself_and_run_time_text_only_when_asked) {
    static_assert(std::is_convertible_v<const char(&)[6], identifier>);
    static_assert(!std::is_convertible_v<std::string, identifier>);
    static_assert(!std::is_convertible_v<std::string_view, identifier>);
    static_assert(!std::is_convertible_v<const char*, identifier>);
    static_assert(!std::is_constructible_v<identifier, char(&)[6]>);
    const identifier name = "users";
    EXPECT_EQ(name, identifier{std::string{"users"}});
    EXPECT_LT(identifier{"a"}, identifier{"b"});
}

TEST(identifier, allows_every_character_that_can_be_quoted) {
    for (const char* name : {"a b", "\"", "'", "`", ";--", "%", "select", "\xc3\xa4", "a.b", "\n"})
        EXPECT_EQ(identifier{std::string_view{name}}.text(), name);
}

TEST(identifier, refuses_a_name_that_cannot_be_written) {
    EXPECT_THROW(identifier{""}, koine::usage_error);
    EXPECT_THROW(identifier{"a\0b"}, koine::usage_error);
    EXPECT_THROW(identifier{std::string_view{"\xff"}}, koine::usage_error);
    EXPECT_THROW(identifier{std::string_view{"\xc0\xaf"}}, koine::usage_error);
}

TEST(identifier, prints_without_control_characters) {
    std::ostringstream out;
    out << identifier{"a\x1b\n"};
    EXPECT_EQ(out.str(), "a\\x1b\\n");
}

}  // namespace
