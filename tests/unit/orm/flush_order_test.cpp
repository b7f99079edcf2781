#include "flushing/flush_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

template <class T>
const detail::entity_plan* plan() {
    return &detail::plan_of(detail::entity_of<T>());
}

TEST(flush_order, puts_classes_behind_those_they_refer_to) {
    std::vector<const detail::entity_plan*> classes{plan<grandchild>(), plan<parent>(), plan<child>()};
    do {
        auto ordered = classes;
        detail::order_classes(ordered);
        EXPECT_EQ(ordered,
                  (std::vector<const detail::entity_plan*>{plan<parent>(), plan<child>(), plan<grandchild>()}));
    } while (std::next_permutation(classes.begin(), classes.end()));
}

TEST(flush_order, does_not_mind_classes_that_are_not_flushed) {
    std::vector<const detail::entity_plan*> classes{plan<grandchild>(), plan<parent>()};
    const auto given = classes;
    detail::order_classes(classes);
    EXPECT_EQ(classes, given);
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
    const std::vector<std::size_t> order = detail::order_rows(*plan<link_of_chain>(), rows);
    ASSERT_EQ(order.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], order.size() - 1 - i);
}

TEST(flush_order, lets_a_row_refer_to_itself_and_reports_larger_circles) {
    const koine_value own[]{{0, KOINE_INT64, 0, 0, {1}}, {0, KOINE_INT64, 0, 0, {1}}};
    const koine_value* const alone[]{own};
    EXPECT_EQ(detail::order_rows(*plan<link_of_chain>(), alone).size(), 1U);
    const koine_value one[]{{0, KOINE_INT64, 0, 0, {1}}, {0, KOINE_INT64, 0, 0, {2}}};
    const koine_value two[]{{0, KOINE_INT64, 0, 0, {2}}, {0, KOINE_INT64, 0, 0, {1}}};
    const koine_value* const circle[]{one, two};
    EXPECT_THROW((void)detail::order_rows(*plan<link_of_chain>(), circle), usage_error);
}

}  // namespace
}  // namespace koine
