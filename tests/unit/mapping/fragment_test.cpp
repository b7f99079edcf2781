#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <koine/bind_context.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/types/value.hpp>

namespace {

using koine::syntax::fragment;
using koine::syntax::op;

koine_value text(const std::string& value) {
    return koine::detail::content_value(value.data(), value.size(), KOINE_TEXT);
}
std::string content(const koine_value& value) {
    return {static_cast<const char*>(value.u.p), value.len};
}

fragment numbers(int first, int count) {
    fragment out;
    for (int i = 0; i < count; ++i) out.push_bind(koine::detail::integer_value(first + i));
    return out;
}

TEST(fragment, keeps_copies_of_what_is_bound) {
    fragment statement;
    {
        std::string name = "a name that is longer than a short string";
        statement.push_bind(text(name));
        name.assign(name.size(), 'x');
    }
    EXPECT_EQ(content(statement.value(0)), "a name that is longer than a short string");
    EXPECT_EQ(statement.nodes()[0].kind, op::bind);
    EXPECT_EQ(statement.nodes()[0].detail, KOINE_TEXT);
}

TEST(fragment, outgrows_its_own_memory_by_nodes) {
    fragment statement;
    for (int i = 0; i < 1000; ++i) statement.push(op::integer, 0, 0, static_cast<std::uint32_t>(i));
    ASSERT_EQ(statement.nodes().size(), 1000U);
    for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(statement.nodes()[i].size, i);
}

TEST(fragment, outgrows_its_own_memory_by_values) {
    const fragment statement = numbers(0, 100);
    ASSERT_EQ(statement.bind_count(), 100U);
    for (std::uint32_t i = 0; i < 100; ++i) ASSERT_EQ(statement.value(i).u.i, i);
}

TEST(fragment, outgrows_its_own_memory_by_text) {
    fragment statement;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 20; ++i) {
        texts.emplace_back(i * 37, static_cast<char>('a' + i));
        statement.push_bind(text(texts.back()));
    }
    for (std::uint32_t i = 0; i < 20; ++i) EXPECT_EQ(content(statement.value(i)), texts[i]);
}

TEST(fragment, keeps_a_value_that_alone_is_larger_than_its_memory) {
    const std::string large(100000, 'z');
    fragment statement;
    statement.push_bind(text(large));
    EXPECT_EQ(content(statement.value(0)), large);
}

TEST(fragment, takes_a_value_of_its_own_while_growing) {
    fragment statement;
    const std::string large(150, 'q');
    statement.push_bind(text(large));
    for (int i = 0; i < 5; ++i) statement.push_bind(statement.value(0));
    for (std::uint32_t i = 0; i < 6; ++i) EXPECT_EQ(content(statement.value(i)), large);
}

TEST(fragment, keeps_uuids_nulls_and_empty_texts) {
    unsigned char bytes[16];
    for (unsigned char i = 0; i < 16; ++i) bytes[i] = i;
    fragment statement;
    koine_value uuid = koine::detail::content_value(bytes, 16, KOINE_UUID);
    uuid.len = 0;  // drivers need not give the length of a uuid
    statement.push_bind(uuid);
    statement.push_bind(koine::detail::null_value());
    statement.push_bind(koine::detail::content_value(nullptr, 0, KOINE_TEXT));
    bytes[3] = 99;
    EXPECT_EQ(static_cast<const unsigned char*>(statement.value(0).u.p)[3], 3);
    EXPECT_EQ(statement.value(1).tag, KOINE_NULL);
    EXPECT_EQ(statement.value(2).len, 0U);
}

TEST(fragment, copies_and_is_independent_of_the_copy) {
    for (const int count : {3, 300}) {
        fragment first = numbers(0, count);
        first.push_bind(text("end"));
        fragment second{first};
        fragment third;
        third.push(op::null);
        third = first;
        first.clear();
        first.push_bind(text("other"));
        for (const fragment* copy : {&second, &third}) {
            ASSERT_EQ(copy->bind_count(), static_cast<std::uint32_t>(count) + 1);
            EXPECT_EQ(copy->value(1).u.i, 1);
            EXPECT_EQ(content(copy->value(copy->bind_count() - 1)), "end");
        }
    }
}

TEST(fragment, assigns_itself) {
    fragment statement = numbers(0, 20);
    fragment& same = statement;
    statement = same;
    EXPECT_EQ(statement.bind_count(), 20U);
    statement = std::move(same);
    EXPECT_EQ(statement.bind_count(), 20U);
}

TEST(fragment, moves_and_leaves_an_empty_one_that_can_be_used) {
    for (const int count : {3, 300}) {
        fragment first = numbers(5, count);
        first.push_bind(text("end"));
        const std::uint64_t hash = first.hash();
        fragment second{std::move(first)};
        EXPECT_TRUE(first.empty());
        EXPECT_EQ(first.hash(), fragment{}.hash());
        first.push_bind(text("again"));
        EXPECT_EQ(content(first.value(0)), "again");
        EXPECT_EQ(second.hash(), hash);
        EXPECT_EQ(content(second.value(second.bind_count() - 1)), "end");
        fragment third = numbers(0, 200);
        third = std::move(second);
        EXPECT_EQ(third.hash(), hash);
        EXPECT_EQ(third.value(0).u.i, 5);
        EXPECT_EQ(content(third.value(third.bind_count() - 1)), "end");
        third.append(first);
        EXPECT_EQ(content(third.value(third.bind_count() - 1)), "again");
    }
}

TEST(fragment, appends_nodes_and_values_of_another) {
    fragment first;
    first.push_bind(text("one"));
    fragment second;
    second.push_bind(text("two"));
    second.push(op::eq);
    first.append(second);
    EXPECT_EQ(content(first.value(0)), "one");
    EXPECT_EQ(content(first.value(1)), "two");
    EXPECT_EQ(first.nodes().size(), 3U);
}

TEST(fragment, appends_itself) {
    fragment statement;
    statement.push_bind(text(std::string(30, 's')));
    for (int i = 0; i < 5; ++i) statement.append(statement);
    ASSERT_EQ(statement.bind_count(), 32U);
    for (std::uint32_t i = 0; i < 32; ++i) EXPECT_EQ(content(statement.value(i)), std::string(30, 's'));
}

TEST(fragment, has_the_same_hash_however_it_was_put_together) {
    fragment whole;
    whole.push(op::integer, 1);
    whole.push_bind(koine::detail::integer_value(1));
    whole.push(op::eq);
    fragment first;
    first.push(op::integer, 1);
    fragment rest;
    rest.push_bind(koine::detail::integer_value(2));
    rest.push(op::eq);
    fragment joined;
    joined.append(first);
    joined.append(rest);
    EXPECT_EQ(whole.hash(), joined.hash());
    EXPECT_TRUE(whole.same_shape(joined.nodes()));
    joined.push(op::not_);
    EXPECT_NE(whole.hash(), joined.hash());
    EXPECT_FALSE(whole.same_shape(joined.nodes()));
}

TEST(fragment, gives_values_in_the_form_of_the_driver) {
    fragment statement;
    statement.push_bind(koine::detail::integer_value(1, KOINE_BOOL));
    statement.push_bind(text("x"));
    statement.push_bind(koine::detail::integer_value(0, KOINE_DATE));
    koine_value out[3];
    koine::bind_context everything;
    statement.values(everything, out);
    EXPECT_EQ(out[0].tag, KOINE_BOOL);
    EXPECT_EQ(out[2].tag, KOINE_DATE);
    koine::bind_context little{(1U << KOINE_NULL) | (1U << KOINE_INT64) | (1U << KOINE_TEXT)};
    statement.values(little, out);
    EXPECT_EQ(out[0].tag, KOINE_INT64);
    EXPECT_EQ(content(out[1]), "x");
    EXPECT_EQ(content(out[2]), "1970-01-01");
}

}  // namespace
