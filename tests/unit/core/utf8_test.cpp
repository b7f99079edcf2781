#include <koine/detail/utf8.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

bool is_text(const std::string& s) {
    return koine::detail::is_text(s.data(), s.size());
}

// Each case is tried alone, behind 0 to 16 ASCII characters, and in front of as many, to reach
// every alignment of the fast path.
bool is_text_everywhere(const std::string& s, bool expected) {
    for (std::size_t before = 0; before <= 16; ++before)
        for (std::size_t after = 0; after <= 16; ++after)
            if (is_text(std::string(before, 'a') + s + std::string(after, 'z')) != expected) return !expected;
    return expected;
}

std::string encode(std::uint32_t c) {
    std::string out;
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6), put(0x80 | (c & 63));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12), put(0x80 | ((c >> 6) & 63)), put(0x80 | (c & 63));
    } else {
        put(0xf0 | c >> 18), put(0x80 | ((c >> 12) & 63)), put(0x80 | ((c >> 6) & 63)), put(0x80 | (c & 63));
    }
    return out;
}

TEST(utf8, accepts_every_code_point_but_nul_and_surrogates) {
    for (std::uint32_t c = 0; c <= 0x10ffff; ++c) {
        const bool expected = c != 0 && !(c >= 0xd800 && c <= 0xdfff);
        ASSERT_EQ(is_text(encode(c)), expected) << c;
    }
    for (std::uint32_t c = 0x110000; c < 0x200000; c += 0x1fff) ASSERT_FALSE(is_text(encode(c))) << c;
}

TEST(utf8, accepts_empty_text_and_a_null_pointer_without_length) {
    EXPECT_TRUE(koine::detail::is_text(nullptr, 0));
    EXPECT_TRUE(is_text(""));
}

TEST(utf8, accepts_text_at_every_position) {
    for (const char* s : {"\x01", "\x7f", "\xc2\x80", "\xc3\xa4", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                          "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(is_text_everywhere(s, true)) << s;
}

TEST(utf8, refuses_lone_continuation_bytes) {
    for (const char* s : {"\x80", "\xbf", "\x80\x80", "a\xbf", "\xc3\xa4\xa4"})
        EXPECT_FALSE(is_text_everywhere(s, false));
}

TEST(utf8, refuses_overlong_forms) {
    for (const char* s :
         {"\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf"})
        EXPECT_FALSE(is_text_everywhere(s, false));
}

TEST(utf8, refuses_surrogates) {
    for (const char* s : {"\xed\xa0\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbf\xbf", "\xed\xa0\xbd\xed\xb8\x80"})
        EXPECT_FALSE(is_text_everywhere(s, false));
}

TEST(utf8, refuses_truncated_sequences) {
    for (const char* s : {"\xc3", "\xe2\x82", "\xe2", "\xf0\x9f\x90", "\xf0\x9f", "\xf0", "\xe2\x82 ", "\xc3\xc3"})
        EXPECT_FALSE(is_text_everywhere(s, false));
}

TEST(utf8, refuses_what_lies_above_the_last_code_point) {
    for (const char* s :
         {"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff"})
        EXPECT_FALSE(is_text_everywhere(s, false));
}

TEST(utf8, refuses_nul_at_every_position) {
    EXPECT_FALSE(is_text_everywhere(std::string(1, '\0'), false));
}

TEST(utf8, measures_one_sequence_within_its_bounds) {
    const unsigned char text[] = {0xe2, 0x82, 0xac};
    EXPECT_EQ(koine::detail::utf8_sequence(text, text + 3), 3u);
    EXPECT_EQ(koine::detail::utf8_sequence(text, text + 2), 0u);
    EXPECT_EQ(koine::detail::utf8_sequence(text + 1, text + 3), 0u);
}

}  // namespace
