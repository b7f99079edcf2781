#include <koine/secret_text.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <koine/url.hpp>

namespace {

using koine::secret_text;

TEST(secret, wipes_every_byte) {
    char text[] = "hunter2";
    koine::detail::wipe(text, sizeof text);
    for (const char c : text) EXPECT_EQ(c, '\0');
    koine::detail::wipe(nullptr, 0);
}

// the allocator writes into the first bytes of what it gets back
constexpr std::size_t long_enough = 256;

// Reads memory that may have been given back, through the kernel: to look at it by a pointer would
// be undefined.
class memory {
public:
    memory() : file_{::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)} {}
    ~memory() {
        if (file_ >= 0) ::close(file_);
    }
    memory(const memory&) = delete;
    memory& operator=(const memory&) = delete;

    bool readable() const { return file_ >= 0; }
    // Allocates nothing: that could reuse, and overwrite, the very bytes to be looked at.
    bool holds(std::uintptr_t at, std::string_view text) const {
        char bytes[long_enough];
        const auto got = ::pread(file_, bytes, sizeof bytes, static_cast<off_t>(at));
        return got == static_cast<ssize_t>(sizeof bytes) &&
               std::string_view{bytes, sizeof bytes}.find(text) != std::string_view::npos;
    }

private:
    int file_;
};

std::uintptr_t place_of(const secret_text& s) {
    return reinterpret_cast<std::uintptr_t>(s.reveal().data());
}

bool holds_password(const memory& all, std::uintptr_t at) {
    return all.holds(at, "pppppppp");
}

TEST(secret, leaves_nothing_behind_in_memory) {
    const memory all;
    if (!all.readable()) GTEST_SKIP() << "this system hides /proc/self/mem";
    const std::string password(long_enough, 'p');
    std::uintptr_t destroyed = 0;
    {
        const secret_text s{password};
        destroyed = place_of(s);
        ASSERT_TRUE(holds_password(all, destroyed));
    }
    EXPECT_FALSE(holds_password(all, destroyed));

    secret_text overwritten{password};
    const auto before = place_of(overwritten);
    overwritten = secret_text{"other"};
    EXPECT_FALSE(holds_password(all, before));

    std::uintptr_t in_url = 0;
    {
        const auto u = koine::url::create({.dialect = "a", .username = "u", .password = password});
        in_url = place_of(*u.password());
        ASSERT_TRUE(holds_password(all, in_url));
    }
    EXPECT_FALSE(holds_password(all, in_url));
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
    secret_text a = "first";
    secret_text b = a;
    EXPECT_EQ(b.reveal(), "first");
    secret_text c = std::move(a);
    EXPECT_EQ(c.reveal(), "first");
    b = secret_text{"second"};
    c = b;
    EXPECT_EQ(c.reveal(), "second");
    const auto& same = c;
    c = same;
    EXPECT_EQ(c.reveal(), "second");
    secret_text moved = "third";
    secret_text target = std::move(moved);
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
