#include <koine/uuid.hpp>

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <unordered_set>

namespace {

using koine::uuid;

constexpr const char* sample = "0123abcd-4567-89ef-0011-ffeeddccbbaa";

TEST(uuid, reads_and_writes_its_text) {
    const auto u = uuid::parse(sample);
    EXPECT_EQ(u.to_string(), sample);
    EXPECT_EQ(u.bytes()[0], 0x01);
    EXPECT_EQ(u.bytes()[15], 0xaa);
    std::ostringstream out;
    out << u;
    EXPECT_EQ(out.str(), sample);
}

TEST(uuid, reads_every_common_form) {
    const auto u = uuid::parse(sample);
    EXPECT_EQ(uuid::parse("0123ABCD-4567-89EF-0011-FFEEDDCCBBAA"), u);
    EXPECT_EQ(uuid::parse("0123abcd456789ef0011ffeeddccbbaa"), u);
    EXPECT_EQ(uuid::parse("{0123abcd-4567-89ef-0011-ffeeddccbbaa}"), u);
    EXPECT_EQ(uuid::parse("00000000-0000-0000-0000-000000000000"), uuid{});
    EXPECT_TRUE(uuid{}.is_nil());
    EXPECT_FALSE(u.is_nil());
}

TEST(uuid, refuses_everything_else) {
    for (const char* text : {"", "0", "{}", "0123abcd-4567-89ef-0011-ffeeddccbba",
                             "0123abcd-4567-89ef-0011-ffeeddccbbaaa", "0123abcd-4567-89ef-0011-ffeeddccbbag",
                             "0123abcd4-567-89ef-0011-ffeeddccbbaa", "0123abcd-4567-89ef-0011ffeeddccbbaa-",
                             "{0123abcd-4567-89ef-0011-ffeeddccbbaa", "0123abcd-4567-89ef-0011-ffeeddccbbaa}",
                             " 0123abcd-4567-89ef-0011-ffeeddccbbaa", "0123abcd 4567 89ef 0011 ffeeddccbbaa"}) {
        EXPECT_FALSE(uuid::try_parse(text)) << text;
        EXPECT_THROW(uuid::parse(text), koine::error) << text;
    }
}

TEST(uuid, sorts_as_its_text_does) {
    const auto low = uuid::parse("00000000-0000-0000-0000-0000000000ff");
    const auto high = uuid::parse("80000000-0000-0000-0000-000000000000");
    EXPECT_LT(low, high);
    EXPECT_LT(low.to_string(), high.to_string());
}

TEST(uuid, makes_random_ones_of_version_4) {
    std::set<uuid> seen;
    uuid::bytes_type ones{};
    uuid::bytes_type zeros;
    zeros.fill(0xff);
    for (int i = 0; i < 10'000; ++i) {
        const auto u = uuid::random();
        EXPECT_EQ(u.bytes()[6] >> 4, 4);
        EXPECT_EQ(u.bytes()[8] >> 6, 2);
        EXPECT_TRUE(seen.insert(u).second);
        for (std::size_t b = 0; b < 16; ++b) {
            ones[b] = static_cast<std::uint8_t>(ones[b] | u.bytes()[b]);
            zeros[b] = static_cast<std::uint8_t>(zeros[b] & u.bytes()[b]);
        }
    }
    // Every bit that is not fixed was seen in both states.
    for (std::size_t b = 0; b < 16; ++b) EXPECT_EQ(ones[b] ^ zeros[b], b == 6 ? 0x0f : b == 8 ? 0x3f : 0xff) << b;
}

TEST(uuid, hashes_differently) {
    std::unordered_set<std::size_t> hashes;
    uuid::bytes_type bytes{};
    for (int i = 0; i < 256; ++i) {
        bytes[15] = static_cast<std::uint8_t>(i);
        bytes[0] = 0;
        hashes.insert(std::hash<uuid>{}(uuid{bytes}));
        bytes[0] = 1;
        hashes.insert(std::hash<uuid>{}(uuid{bytes}));
    }
    EXPECT_EQ(hashes.size(), 512u);
}

}  // namespace
