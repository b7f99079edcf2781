#include "flushing/flush_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include <koine/error.hpp>
#include <koine/mapping.hpp>

namespace koine {
namespace {

struct parent {
    std::int64_t id{};
    static constexpr auto koine_table() { return table("parents", col<&parent::id>(primary_key)); }
};
struct child {
    std::int64_t id{};
    std::int64_t parent_id{};
    static constexpr auto koine_table() {
        return table("children", col<&child::id>(primary_key), col<&child::parent_id>(foreign_key<&parent::id>));
    }
};
struct grandchild {
    std::int64_t id{};
    std::int64_t child_id{};
    static constexpr auto koine_table() {
        return table("grandchildren", col<&grandchild::id>(primary_key),
                     col<&grandchild::child_id>(foreign_key<&child::id>));
    }
};
struct link_of_chain {
    std::int64_t id{};
    std::optional<std::int64_t> before{};
    static constexpr auto koine_table() {
        return table("chain", col<&link_of_chain::id>(primary_key),
                     col<&link_of_chain::before>(foreign_key<&link_of_chain::id>));
    }
};

// Classes that refer to each other.
struct hen {
    std::int64_t id{};
    std::optional<std::int64_t> egg{};
};
struct egg {
    std::int64_t id{};
    std::optional<std::int64_t> hen{};
};

}  // namespace

template <>
struct mapping<hen> {
    static constexpr auto table() {
        return v1::table("hens", col<&hen::id>(primary_key), col<&hen::egg>(foreign_key<&egg::id>));
    }
};
template <>
struct mapping<egg> {
    static constexpr auto table() {
        return v1::table("eggs", col<&egg::id>(primary_key), col<&egg::hen>(foreign_key<&hen::id>));
    }
};

namespace {

// Refers to the circle.
struct nest {
    std::int64_t id{};
    std::int64_t egg_id{};
    static constexpr auto koine_table() {
        return table("nests", col<&nest::id>(primary_key), col<&nest::egg_id>(foreign_key<&egg::id>));
    }
};

struct spot {
    std::string name{};
    std::int32_t number{};
    static constexpr auto koine_table() {
        return table("spots", col<&spot::name>(primary_key, length{9}), col<&spot::number>(primary_key));
    }
};

template <class T>
const detail::entity_plan* plan() {
    return &detail::plan_of(detail::entity_of<T>());
}

TEST(flush_order, puts_classes_behind_those_they_refer_to) {
    std::vector<const detail::entity_plan*> classes{plan<nest>(),         plan<grandchild>(), plan<parent>(),
                                                    plan<hen>(),          plan<child>(),      plan<egg>(),
                                                    plan<link_of_chain>()};
    std::sort(classes.begin(), classes.end(),
              [](const auto* a, const auto* b) { return detail::compare_classes(*a, *b) < 0; });
    EXPECT_EQ(classes,
              (std::vector<const detail::entity_plan*>{plan<link_of_chain>(), plan<egg>(), plan<hen>(), plan<parent>(),
                                                       plan<child>(), plan<nest>(), plan<grandchild>()}));
}

TEST(flush_order, knows_the_place_of_a_class_whatever_else_is_flushed) {
    EXPECT_EQ(plan<parent>()->place.level, 0U);
    EXPECT_EQ(plan<child>()->place.level, 1U);
    EXPECT_EQ(plan<grandchild>()->place.level, 2U);
    EXPECT_EQ(plan<link_of_chain>()->place.level, 0U);
    EXPECT_EQ(plan<nest>()->place.level, 1U);
    EXPECT_TRUE(detail::of_one_circle(*plan<hen>(), *plan<egg>()));
    EXPECT_TRUE(detail::of_one_circle(*plan<link_of_chain>(), *plan<link_of_chain>()));
    EXPECT_FALSE(detail::of_one_circle(*plan<nest>(), *plan<egg>()));
    EXPECT_FALSE(detail::of_one_circle(*plan<parent>(), *plan<child>()));
}

std::vector<detail::ordered_row> rows_of(const table_info& table, std::span<const koine_value* const> values) {
    std::vector<detail::ordered_row> rows;
    for (const koine_value* const row : values) rows.push_back({&table, row});
    return rows;
}

TEST(flush_order, follows_chains_of_rows_that_are_longer_than_a_stack_is_deep) {
    const std::int64_t count = 100'000;
    std::vector<koine_value> cells;
    for (std::int64_t i = 0; i < count; ++i) {
        cells.push_back({0, KOINE_INT64, 0, 0, {i}});
        cells.push_back({0, static_cast<std::uint8_t>(i + 1 < count ? KOINE_INT64 : KOINE_NULL), 0, 0, {i + 1}});
    }
    std::vector<const koine_value*> rows;
    for (std::size_t i = 0; i < cells.size(); i += 2) rows.push_back(&cells[i]);
    const auto chain = rows_of(*plan<link_of_chain>()->table, rows);
    const std::vector<std::size_t> order = detail::order_rows(chain, detail::direction::referred_first);
    ASSERT_EQ(order.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], order.size() - 1 - i);
    const std::vector<std::size_t> back = detail::order_rows(chain, detail::direction::referring_first);
    ASSERT_EQ(back.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < back.size(); ++i) ASSERT_EQ(back[i], i);
}

TEST(flush_order, lets_a_row_refer_to_itself_and_reports_larger_circles) {
    const table_info& chain = *plan<link_of_chain>()->table;
    const koine_value own[]{{0, KOINE_INT64, 0, 0, {1}}, {0, KOINE_INT64, 0, 0, {1}}};
    const koine_value* const alone[]{own};
    EXPECT_EQ(detail::order_rows(rows_of(chain, alone), detail::direction::referred_first).size(), 1U);
    const koine_value one[]{{0, KOINE_INT64, 0, 0, {1}}, {0, KOINE_INT64, 0, 0, {2}}};
    const koine_value two[]{{0, KOINE_INT64, 0, 0, {2}}, {0, KOINE_INT64, 0, 0, {1}}};
    const koine_value three[]{{0, KOINE_INT64, 0, 0, {3}}, {0, KOINE_INT64, 0, 0, {1}}};
    const koine_value* const circle[]{three, one, two};
    std::vector<std::size_t> members;
    EXPECT_TRUE(detail::order_rows(rows_of(chain, circle), detail::direction::referred_first, &members).empty());
    std::sort(members.begin(), members.end());
    EXPECT_EQ(members, (std::vector<std::size_t>{1, 2}));
}

TEST(flush_order, orders_rows_of_several_classes_by_references_that_exist) {
    const koine_value null{0, KOINE_NULL, 0, 0, {0}};
    const koine_value first_hen[]{{0, KOINE_INT64, 0, 0, {1}}, null};
    const koine_value its_egg[]{{0, KOINE_INT64, 0, 0, {1}}, {0, KOINE_INT64, 0, 0, {1}}};
    const koine_value hatched[]{{0, KOINE_INT64, 0, 0, {2}}, {0, KOINE_INT64, 0, 0, {1}}};
    const table_info& hens = *plan<hen>()->table;
    const table_info& eggs = *plan<egg>()->table;
    const detail::ordered_row rows[]{{&hens, hatched}, {&eggs, its_egg}, {&hens, first_hen}};
    EXPECT_EQ(detail::order_rows(rows, detail::direction::referred_first), (std::vector<std::size_t>{2, 1, 0}));
    EXPECT_EQ(detail::order_rows(rows, detail::direction::referring_first), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(flush_order, compares_keys_as_every_other_session_does) {
    const auto text = [](const char* content) {
        koine_value value{static_cast<std::uint32_t>(std::strlen(content)), KOINE_TEXT, 0, 0, {}};
        value.u.p = content;
        return value;
    };
    const koine_value low[]{{0, KOINE_INT64, 0, 0, {-5}}, text("b")};
    const koine_value high[]{{0, KOINE_INT64, 0, 0, {5}}, text("a")};
    EXPECT_TRUE(detail::key_is_less(*plan<parent>(), low, high));
    EXPECT_FALSE(detail::key_is_less(*plan<parent>(), high, low));
    EXPECT_FALSE(detail::key_is_less(*plan<parent>(), low, low));
    const koine_value a[]{text("a"), {0, KOINE_INT64, 0, 0, {1}}};
    const koine_value a_2[]{text("a"), {0, KOINE_INT64, 0, 0, {2}}};
    const koine_value ab[]{text("ab"), {0, KOINE_INT64, 0, 0, {0}}};
    EXPECT_TRUE(detail::key_is_less(*plan<spot>(), a, a_2));
    EXPECT_TRUE(detail::key_is_less(*plan<spot>(), a_2, ab));
    EXPECT_FALSE(detail::key_is_less(*plan<spot>(), ab, a));
}

}  // namespace
}  // namespace koine
