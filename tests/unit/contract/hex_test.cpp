// Hexadecimal digits and the text of a UUID.
#include <string>

#include <gtest/gtest.h>

#include <koine/spi/hex.hpp>

namespace {

namespace spi = koine::spi;

TEST(spi_hex, is_read_in_either_case_and_written_in_lower) {
    for (int value = 0; value < 16; ++value) {
        EXPECT_EQ(spi::hex_value(spi::hex_digits[value]), value);
        EXPECT_EQ(spi::hex_value("0123456789ABCDEF"[value]), value);
    }
    for (const char c : {'g', 'G', '/', ':', '@', '`', ' ', '\0'}) EXPECT_EQ(spi::hex_value(c), -1) << c;
    char two[2];
    EXPECT_EQ(spi::put_hex(0xa9, two), two + 2);
    EXPECT_EQ((std::string{two, 2}), "a9");
}

TEST(spi_hex, writes_a_uuid) {
    const unsigned char bytes[16] = {0x00, 0x01, 0x02, 0x03, 0x44, 0x55, 0x66, 0x77,
                                     0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    std::string out(36, '\0');
    EXPECT_EQ(spi::put_uuid(bytes, out.data()), out.data() + 36);
    EXPECT_EQ(out, "00010203-4455-6677-8899-aabbccddeeff");
}

}  // namespace
