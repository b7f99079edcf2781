#include "objects/snapshot.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace koine {
namespace {

using detail::hash_values;
using detail::make_snapshot;
using detail::same_value;

koine_value integer(std::int64_t i, std::uint8_t tag = KOINE_INT64) {
    return {0, tag, 0, 0, {i}};
}
koine_value number(double f) {
    koine_value value{0, KOINE_FLOAT64, 0, 0, {0}};
    value.u.f = f;
    return value;
}
koine_value content(const std::string& s, std::uint8_t tag = KOINE_TEXT) {
    koine_value value{static_cast<std::uint32_t>(s.size()), tag, 0, 0, {0}};
    value.u.p = s.data();
    return value;
}

TEST(snapshot, owns_what_its_values_point_to) {
    std::string name = "admin";
    std::string bytes(16, 'u');
    const koine_value values[]{integer(1), content(name), content(bytes, KOINE_UUID), content("")};
    const detail::snapshot copy = make_snapshot(values, 4);
    name = "other";
    bytes.assign(16, 'x');
    EXPECT_EQ(std::string(static_cast<const char*>(copy[1].u.p), copy[1].len), "admin");
    EXPECT_EQ(std::string(static_cast<const char*>(copy[2].u.p), 16), std::string(16, 'u'));
    EXPECT_EQ(copy[0].u.i, 1);
    EXPECT_EQ(copy[3].len, 0U);
}

TEST(snapshot, compares_values_as_the_database_does) {
    EXPECT_TRUE(same_value(integer(1), integer(1)));
    EXPECT_FALSE(same_value(integer(1), integer(2)));
    EXPECT_FALSE(same_value(integer(1), integer(1, KOINE_DATE))) << "the tag is part of the value";
    EXPECT_TRUE(same_value(number(std::nan("")), number(-std::nan("1")))) << "NaN is NaN";
    EXPECT_FALSE(same_value(number(0.0), number(-0.0)));
    EXPECT_FALSE(same_value(number(std::nan("")), number(1)));
    const std::string a = "a";
    const std::string ab = "ab";
    EXPECT_TRUE(same_value(content(a), content(ab.substr(0, 1))));
    EXPECT_FALSE(same_value(content(a), content(ab)));
    EXPECT_FALSE(same_value(integer(0, KOINE_NULL), integer(0)));
    EXPECT_TRUE(same_value(integer(3, KOINE_NULL), integer(4, KOINE_NULL))) << "NULL carries nothing";
}

TEST(snapshot, equal_keys_have_equal_hashes) {
    const std::string a = "a longer key of several words";
    const std::string b = a;
    const koine_value one[]{content(a), integer(4)};
    const koine_value two[]{content(b), integer(4)};
    const koine_value three[]{content(b), integer(5)};
    EXPECT_EQ(hash_values(one), hash_values(two));
    EXPECT_NE(hash_values(one), hash_values(three));
}

}  // namespace
}  // namespace koine
