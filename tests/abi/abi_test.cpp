// Version 1.0 of the driver contract is frozen: a driver that was built with its header works, and
// the header of today says what that one said.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <koine/driver_abi.h>
#include <koine/connection.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/engine.hpp>
#include <koine/error.hpp>
#include <koine/registry.hpp>
#include <koine/sql/text.hpp>

#include "layout.h"

namespace {

using koine::sql;

bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The words and signs of a header, without comments and without the number of its own version.
std::vector<std::string> tokens(const std::string& file) {
    std::ifstream in{file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_FALSE(text.empty()) << file;
    for (auto at = text.find("/*"); at != std::string::npos; at = text.find("/*", at))
        text.erase(at, text.find("*/", at) + 2 - at);
    const auto version = text.find("#define KOINE_ABI_VERSION ");
    text.erase(version, text.find('\n', version) - version);
    std::vector<std::string> out;
    bool word_goes_on = false;
    for (const char c : text) {
        if (c == ' ' || c == '\n') {
            word_goes_on = false;
        } else if (word_goes_on && in_word(c)) {
            out.back() += c;
        } else {
            out.emplace_back(1, c);
            word_goes_on = in_word(c);
        }
    }
    return out;
}

TEST(abi, says_everything_that_version_1_0_said) {
    const auto kept = tokens(KOINE_ABI_KEPT);
    const auto now = tokens(KOINE_ABI_NOW);
    ASSERT_GT(kept.size(), 500U);
    auto at = now.begin();
    for (std::size_t i = 0; i < kept.size(); ++i) {
        at = std::find(at, now.end(), kept[i]);
        ASSERT_NE(at, now.end()) << "changed, moved or taken away behind: " << kept[i < 3 ? 0 : i - 3] << ' '
                                 << kept[i < 2 ? 0 : i - 2] << ' ' << kept[i < 1 ? 0 : i - 1] << " >" << kept[i] << '<';
        ++at;
    }
}

TEST(abi, has_the_layout_and_the_numbers_of_version_1_0) {
    ASSERT_EQ(koine_test_layout_now_size, koine_test_layout_v1_size);
    for (std::size_t i = 0; i < koine_test_layout_v1_size; ++i) {
        const auto& kept = koine_test_layout_v1[i];
        const auto& now = koine_test_layout_now[i];
        ASSERT_STREQ(now.name, kept.name);
        EXPECT_EQ(now.offset, kept.offset) << kept.name;
        if (std::string_view{kept.name} == "koine_driver")
            EXPECT_GE(now.size, kept.size) << "the table only grows";
        else
            EXPECT_EQ(now.size, kept.size) << kept.name;
    }
    EXPECT_EQ(KOINE_ABI_VERSION >> 16U, 1U) << "another major version has another header";
}

constexpr std::size_t aligned(std::size_t offset, std::size_t alignment) {
    return (offset + alignment - 1) / alignment * alignment;
}

// A field that the list of items forgot would leave a hole.
TEST(abi, is_compared_field_by_field) {
    std::size_t structs = 0;
    for (std::size_t i = 0; i < koine_test_layout_v1_size; ++i) {
        const auto& whole = koine_test_layout_v1[i];
        if (whole.size == 0 || std::string_view{whole.name}.find('.') != std::string_view::npos) continue;
        ++structs;
        std::size_t end = 0;
        for (std::size_t f = i + 1; f < koine_test_layout_v1_size; ++f) {
            const auto& field = koine_test_layout_v1[f];
            if (!std::string_view{field.name}.starts_with(std::string{whole.name} + '.')) break;
            EXPECT_LE(field.offset,
                      aligned(end, field.size % 2 == 0 && field.size != 6 ? std::min<std::size_t>(field.size, 8) : 1))
                << "something stands in front of " << field.name;
            end = std::max(end, field.offset + field.size);
        }
        EXPECT_EQ(whole.size, aligned(end, 8)) << "something stands at the end of " << whole.name;
    }
    EXPECT_EQ(structs, 9U);
}

koine::engine frozen(const std::string& url, koine::registry& names) {
    names.add_dialect(std::make_shared<const koine::dialects::sqlite>(), "frozen");
    EXPECT_EQ(names.load_driver(KOINE_FROZEN_DRIVER), "frozen");
    return koine::create_engine(url, names);
}

TEST(abi, carries_a_driver_of_version_1_0_from_url_to_rows) {
    koine::registry names;
    const koine::engine engine = frozen("sqlite+frozen:///anything?greeting=2", names);
    koine::connection on = engine.connect();
    EXPECT_EQ(on.server_product(), "frozen");
    EXPECT_EQ(on.server_version(), "1.0");
    EXPECT_NE(on.native_handle(), nullptr);
    EXPECT_NO_THROW(on.ping());

    using row = std::tuple<std::int64_t, double, std::string, std::optional<std::string>>;
    for (int twice = 0; twice < 2; ++twice)
        EXPECT_EQ(on.execute(sql("echo :a :b :c :d",
                                 {{"a", 42}, {"b", 1.5}, {"c", "ice"}, {"d", std::optional<std::string>{}}}))
                      .one<row>(),
                  (row{42, 1.5, "ice", std::nullopt}));

    std::int64_t sum = 0;
    koine::rows found = on.execute(sql("count :n", {{"n", 100}}), {.stream = true});
    EXPECT_EQ(found.column_name(0), "c1");
    while (found.next()) sum += found.current()[0].as<std::int64_t>();
    EXPECT_EQ(sum, 5050) << "rows come in blocks of three";
    EXPECT_EQ(on.execute(sql("count")).into<std::int64_t>(), (std::vector<std::int64_t>{1, 2}))
        << "the URL's option arrived";
    on.commit();
}

TEST(abi, carries_the_errors_and_transactions_of_a_driver_of_version_1_0) {
    koine::registry names;
    const koine::engine engine = frozen("sqlite+frozen:///anything", names);
    koine::connection on = engine.connect();
    try {
        on.execute(sql("fail"));
        ADD_FAILURE();
    } catch (const koine::constraint_error& why) {
        EXPECT_EQ(why.code(), koine::errc::unique_violation);
        EXPECT_EQ(why.sqlstate(), "23505");
        EXPECT_EQ(why.info().constraint, "uq_frozen");
        EXPECT_EQ(why.info().table, "ice");
    }
    EXPECT_TRUE(on.in_transaction());
    on.rollback();
    EXPECT_FALSE(on.in_transaction());
    EXPECT_THROW(on.execute(sql("thaw")), koine::error);
    on.rollback();
    try {
        koine::create_engine("sqlite+frozen:///anything?greting=2", names);
        ADD_FAILURE();
    } catch (const koine::usage_error& why) {
        EXPECT_NE(std::string{why.what()}.find("did you mean `greeting`?"), std::string::npos) << why.what();
    }
}

}  // namespace
