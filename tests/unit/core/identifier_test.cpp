#include <koine/identifier.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

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
    EXPECT_THROW(identifier{std::string_view{""}}, koine::usage_error);
    EXPECT_THROW(identifier{std::string("a\0b", 3)}, koine::usage_error);
    EXPECT_THROW(identifier{std::string_view{"\xff"}}, koine::usage_error);
    EXPECT_THROW(identifier{std::string_view{"\xc0\xaf"}}, koine::usage_error);
}

TEST(identifier, lets_literals_be_checked_by_the_compiler) {
    using koine::detail::is_literal_text;
    static_assert(is_literal_text("a \xc3\xa4 \xe2\x82\xac \xf0\x9f\x92\xa3") && is_literal_text(""));
    static_assert(is_literal_text("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xe0\xa0\x80\xf0\x90\x80\x80"));
    static_assert(!is_literal_text(std::string_view{"a\0b", 3}) && !is_literal_text("\xff") &&
                  !is_literal_text("\x80"));
    static_assert(!is_literal_text("\xc0\xaf") && !is_literal_text("\xc1\x81") && !is_literal_text("\xc3"));
    static_assert(!is_literal_text("\xed\xa0\x80") && !is_literal_text("\xe0\x9f\xbf") && !is_literal_text("\xe2\x82"));
    static_assert(!is_literal_text("\xf0\x8f\xbf\xbf") && !is_literal_text("\xf4\x90\x80\x80"));
    static_assert(!is_literal_text("\xf5\x80\x80\x80") && !is_literal_text("\xe2\x28\xa1"));
    SUCCEED();
}

TEST(identifier, is_copied_and_moved_with_its_text) {
    identifier made{std::string(100, 'a')};
    const identifier copy = made;
    identifier moved = std::move(made);
    EXPECT_EQ(copy, moved);
    moved = "short";
    EXPECT_EQ(moved.text(), "short");
    EXPECT_EQ(copy.text(), std::string(100, 'a'));
}

TEST(identifier, prints_without_control_characters) {
    std::ostringstream out;
    out << identifier{"a\x1b\n"};
    EXPECT_EQ(out.str(), "a\\x1b\\n");
}

}  // namespace
