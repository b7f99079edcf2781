#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <koine/bind_context.hpp>
#include <koine/detail/temporal_text.hpp>
#include <koine/types/value.hpp>
#include <koine/uuid.hpp>

namespace {

using koine::detail::integer_value;

constexpr std::uint32_t plain_tags =
    (1U << KOINE_NULL) | (1U << KOINE_INT64) | (1U << KOINE_FLOAT64) | (1U << KOINE_TEXT) | (1U << KOINE_BLOB);

std::string content(const koine_value& value) {
    return {static_cast<const char*>(value.u.p), value.len};
}

TEST(bind_context, gives_memory_beyond_its_own_that_stays_until_cleared) {
    koine::bind_context context;
    std::vector<char*> blocks;
    for (std::size_t i = 0; i < 50; ++i) {
        char* memory = context.allocate(100);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 16, 0U);
        std::memset(memory, static_cast<int>(i), 100);
        blocks.push_back(memory);
    }
    for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(blocks[i][99], static_cast<char>(i));
    char* large = context.allocate(100000);
    std::memset(large, 1, 100000);
    context.clear();
    EXPECT_NE(context.allocate(512), nullptr);
}

TEST(bind_context, rewrites_dates_and_times_to_their_canonical_text) {
    koine::bind_context context{plain_tags};
    EXPECT_EQ(content(context.native_form(integer_value(19782, KOINE_DATE))), "2024-02-29");
    EXPECT_EQ(content(context.native_form(integer_value(86399999999, KOINE_TIME))), "23:59:59.999999");
    EXPECT_EQ(content(context.native_form(integer_value(0, KOINE_TIMESTAMP))), "1970-01-01 00:00:00.000000");
    EXPECT_EQ(content(context.native_form(integer_value(1, KOINE_INSTANT))), "1970-01-01 00:00:00.000001Z");
    EXPECT_EQ(content(context.native_form(integer_value(INT64_MAX, KOINE_INSTANT))), "infinity");
    EXPECT_EQ(content(context.native_form(integer_value(INT64_MIN, KOINE_DATE))), "-infinity");
    EXPECT_FALSE(context.failed());
}

TEST(bind_context, refuses_dates_that_would_not_compare_as_text) {
    koine::bind_context context{plain_tags};
    context.native_form(integer_value(koine::detail::last_sortable_day + 1, KOINE_DATE));
    EXPECT_EQ(context.code(), koine::errc::out_of_range);
    context.clear();
    EXPECT_FALSE(context.failed());
    context.native_form(integer_value(-1, KOINE_TIME));
    EXPECT_EQ(context.code(), koine::errc::out_of_range);
}

TEST(bind_context, rewrites_uuids_booleans_and_exact_text) {
    koine::bind_context context{plain_tags};
    const koine::uuid id = koine::uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
    EXPECT_EQ(content(context.native_form(koine::detail::content_value(id.bytes().data(), 16, KOINE_UUID))),
              id.to_string());
    const koine_value yes = context.native_form(integer_value(1, KOINE_BOOL));
    EXPECT_EQ(yes.tag, KOINE_INT64);
    EXPECT_EQ(yes.u.i, 1);
    const koine_value price = context.native_form(koine::detail::content_value("1.50", 4, KOINE_DECIMAL));
    EXPECT_EQ(price.tag, KOINE_TEXT);
    EXPECT_EQ(content(price), "1.50");
}

TEST(bind_context, leaves_alone_what_the_driver_knows) {
    koine::bind_context context;
    EXPECT_EQ(context.native_form(integer_value(5, KOINE_DATE)).tag, KOINE_DATE);
    EXPECT_EQ(context.native_form(integer_value(1, KOINE_BOOL)).tag, KOINE_BOOL);
}

TEST(bind_context, keeps_the_first_complaint) {
    koine::bind_context context;
    context.fail(koine::errc::too_big, "first");
    context.fail(koine::errc::out_of_range, "second");
    EXPECT_EQ(context.code(), koine::errc::too_big);
    EXPECT_STREQ(context.what(), "first");
}

}  // namespace
