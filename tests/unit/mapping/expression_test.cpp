#include <algorithm>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "models.hpp"

namespace {

using koine::col;
using koine::syntax::op;
using models::Post;
using models::stamped;
using models::User;

// The words of an expression, for reading: "users.1 text(admin) eq".
std::string words(const koine::syntax::fragment& fragment) {
    static const std::vector<std::pair<op, const char*>> names{{op::eq, "eq"},
                                                               {op::ne, "ne"},
                                                               {op::lt, "lt"},
                                                               {op::le, "le"},
                                                               {op::gt, "gt"},
                                                               {op::ge, "ge"},
                                                               {op::and_, "and"},
                                                               {op::or_, "or"},
                                                               {op::not_, "not"},
                                                               {op::like, "like"},
                                                               {op::not_like, "not_like"},
                                                               {op::ilike, "ilike"},
                                                               {op::not_ilike, "not_ilike"},
                                                               {op::is_null, "is_null"},
                                                               {op::is_not_null, "is_not_null"},
                                                               {op::between, "between"},
                                                               {op::in, "in"},
                                                               {op::not_in, "not_in"},
                                                               {op::null, "null"},
                                                               {op::true_, "true"},
                                                               {op::false_, "false"},
                                                               {op::order_asc, "asc"},
                                                               {op::order_desc, "desc"},
                                                               {op::set, "set"}};
    std::ostringstream out;
    std::uint32_t bound = 0;
    const auto nodes = fragment.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (i != 0) out << ' ';
        if (nodes[i].kind == op::column) {
            const koine::table_info* table = nullptr;
            const std::uint16_t index = nodes[i].index;
            std::memcpy(&table, &nodes[++i], sizeof table);
            out << table->name << '.' << index;
        } else if (nodes[i].kind == op::bind) {
            const koine_value value = fragment.value(bound++);
            if (value.tag == KOINE_TEXT) {
                out << '\'' << std::string_view{static_cast<const char*>(value.u.p), value.len} << '\'';
            } else if (value.tag == KOINE_FLOAT64) {
                out << "f:" << value.u.f;
            } else {
                out << value.u.i;
            }
        } else {
            for (const auto& [kind, name] : names) {
                if (kind == nodes[i].kind) out << name;
            }
            if (nodes[i].kind == op::in || nodes[i].kind == op::not_in || nodes[i].kind == op::set)
                out << nodes[i].index;
        }
    }
    return out.str();
}
template <class Expression>
std::string words(const Expression& expression) {
    return words(expression.fragment());
}

TEST(predicate, compares_a_column_with_a_value) {
    EXPECT_EQ(words(col<&User::id> == 5), "users.0 5 eq");
    EXPECT_EQ(words(col<&User::id> != std::int16_t{5}), "users.0 5 ne");
    EXPECT_EQ(words(col<&User::id> < 5U), "users.0 5 lt");
    EXPECT_EQ(words(col<&User::id> <= 5), "users.0 5 le");
    EXPECT_EQ(words(col<&User::id> > 5), "users.0 5 gt");
    EXPECT_EQ(words(col<&User::id> >= 5), "users.0 5 ge");
    EXPECT_EQ(words(col<&User::name> == "admin"), "users.1 'admin' eq");
    EXPECT_EQ(words(col<&User::name> == std::string{"admin"}), "users.1 'admin' eq");
    EXPECT_EQ(words(col<&User::score> > 2), "users.5 f:2 gt");
    EXPECT_EQ(words(col<&User::active> == true), "users.4 1 eq");
    EXPECT_EQ(words(col<&User::role> == models::role::admin), "users.3 'admin' eq");
}

TEST(predicate, may_have_the_value_on_the_left) {
    EXPECT_EQ(words(5 == col<&User::id>), "users.0 5 eq");
    EXPECT_EQ(words("x" != col<&User::name>), "users.1 'x' ne");
    EXPECT_EQ(words(5 < col<&User::id>), "users.0 5 gt");
    EXPECT_EQ(words(5 >= col<&User::id>), "users.0 5 le");
    EXPECT_EQ(words(5 > col<&User::id>), "users.0 5 lt");
    EXPECT_EQ(words(5 <= col<&User::id>), "users.0 5 ge");
}

TEST(predicate, compares_two_columns) {
    EXPECT_EQ(words(col<&User::name> == col<&User::email>), "users.1 users.2 eq");
    EXPECT_EQ(words(col<&Post::id> > col<&Post::answers>), "posts.0 posts.2 gt");
    EXPECT_EQ(words(col<&User::id> == col<&User::created, User>), "users.0 users.7 eq");
    EXPECT_EQ(words(col<&User::id> == col<&User::created>), "users.0 users.7 eq");
}

TEST(predicate, knows_null) {
    EXPECT_EQ(words(col<&User::email> == std::nullopt), "users.2 is_null");
    EXPECT_EQ(words(col<&User::email> != std::nullopt), "users.2 is_not_null");
    EXPECT_EQ(words(col<&User::email>.is_null()), "users.2 is_null");
    EXPECT_EQ(words(col<&User::email> == std::optional<std::string>{}), "users.2 is_null");
    EXPECT_EQ(words(col<&User::email> != std::optional<std::string>{"x"}), "users.2 'x' ne");
}

TEST(predicate, is_joined_and_negated) {
    EXPECT_EQ(words(col<&User::id> == 1 && !(col<&User::name> == "x" || col<&User::email>.is_null())),
              "users.0 1 eq users.1 'x' eq users.2 is_null or not and");
    const koine::predicate<User> kept = col<&User::id> == 1;
    EXPECT_EQ(words(kept && kept), "users.0 1 eq users.0 1 eq and");
    EXPECT_EQ(words(!kept), "users.0 1 eq not");
    EXPECT_EQ(words(kept), "users.0 1 eq");
}

TEST(predicate, pads_lists_to_a_power_of_two) {
    EXPECT_EQ(words(col<&User::id>.in(1, 2, 3)), "users.0 1 2 3 3 in4");
    EXPECT_EQ(words(col<&User::id>.in({1, 2})), "users.0 1 2 in2");
    EXPECT_EQ(words(col<&User::id>.not_in(7)), "users.0 7 not_in1");
    EXPECT_EQ(words(col<&User::name>.in("a", "b", "c")), "users.1 'a' 'b' 'c' 'c' in4");
    EXPECT_EQ(words(col<&User::id>.in(std::vector<std::int64_t>{4, 5})), "users.0 4 5 in2");
    const auto five = col<&User::id>.in(1, 2, 3, 4, 5);
    const auto seven = col<&User::id>.in(1, 2, 3, 4, 5, 6, 7);
    EXPECT_TRUE(five.fragment().same_shape(seven.fragment().nodes()));
}

TEST(predicate, has_nothing_in_an_empty_list) {
    EXPECT_EQ(words(col<&User::id>.in(std::vector<int>{})), "false");
    EXPECT_EQ(words(col<&User::id>.not_in(std::vector<int>{})), "true");
    EXPECT_EQ(words(col<&User::id> == 1 || col<&User::name>.in(std::vector<std::string>{})), "users.0 1 eq false or");
}

// How large the shape of a long list is, and for how many values it has room.
TEST(predicate, keeps_the_values_of_a_long_list_out_of_the_shape) {
    const auto size_of = [](std::size_t count) {
        std::vector<std::int64_t> list(count);
        for (std::size_t i = 0; i < count; ++i) list[i] = static_cast<std::int64_t>(i);
        const auto made = col<&User::id>.in(list);
        const auto& fragment = made.fragment();
        EXPECT_EQ(fragment.nodes().size(), 3U);
        EXPECT_EQ(fragment.nodes()[2].kind, koine::syntax::op::in_list);
        EXPECT_EQ(fragment.nodes()[2].detail, KOINE_INT64);
        EXPECT_EQ(fragment.nodes()[2].size, fragment.bind_count());
        for (std::uint32_t i = 0; i < fragment.bind_count(); ++i)
            EXPECT_EQ(fragment.value(i).u.i, static_cast<std::int64_t>(std::min<std::size_t>(i, count - 1)));
        return fragment.bind_count();
    };
    EXPECT_EQ(size_of(9), 16U);
    EXPECT_EQ(size_of(1'025), 2'048U);
    EXPECT_EQ(size_of(2'049), 4'096U);
    EXPECT_EQ(size_of(32'769), 34'816U) << "beside it a statement of 65535 values has room for others";
    EXPECT_EQ(size_of(65'535), 65'535U);
    EXPECT_EQ(size_of(65'537), 131'072U);
}

TEST(predicate, shares_the_text_that_fills_a_list_up) {
    const std::vector<std::string> names(33, std::string(100, 'x'));
    const auto made = col<&User::name>.not_in(names);
    const auto& fragment = made.fragment();
    EXPECT_EQ(fragment.nodes()[2].kind, koine::syntax::op::not_in_list);
    ASSERT_EQ(fragment.bind_count(), 64U);
    EXPECT_EQ(fragment.value(63).u.p, fragment.value(32).u.p);
    const auto twice = made || made;
    EXPECT_EQ(twice.fragment().bind_count(), 128U);
    const koine_value last = twice.fragment().value(127);
    EXPECT_EQ(std::string(static_cast<const char*>(last.u.p), last.len), names[0]);
}

TEST(predicate, matches_patterns) {
    EXPECT_EQ(words(col<&User::name>.like("a%")), "users.1 'a%' like");
    EXPECT_EQ(words(col<&User::name>.not_like("a%")), "users.1 'a%' not_like");
    EXPECT_EQ(words(col<&User::email>.ilike("a%")), "users.2 'a%' ilike");
    EXPECT_EQ(words(col<&User::email>.not_ilike("a%")), "users.2 'a%' not_ilike");
    EXPECT_EQ(words(col<&User::name>.starts_with("50%_\\")), "users.1 '50\\%\\_\\\\%' like");
    EXPECT_EQ(words(col<&User::name>.ends_with("x")), "users.1 '%x' like");
    EXPECT_EQ(words(col<&User::name>.contains("x")), "users.1 '%x%' like");
    EXPECT_EQ(words(col<&User::id>.between(1, 5)), "users.0 1 5 between");
}

TEST(predicate, refuses_values_that_cannot_be_bound) {
    try {
        (void)(col<&User::name> == "\xff");
        FAIL();
    } catch (const koine::error& error) {
        EXPECT_EQ(error.code(), koine::errc::invalid_encoding);
    }
    try {
        (void)(col<&User::id> == ~std::uint64_t{0});
        FAIL();
    } catch (const koine::error& error) {
        EXPECT_EQ(error.code(), koine::errc::out_of_range);
    }
    EXPECT_THROW((void)(col<&User::role> == static_cast<models::role>(40)), koine::error);
}

struct small {
    std::int64_t id{};
    std::int32_t count{};

    static constexpr auto koine_table() {
        return koine::table("smalls", col<&small::id>(koine::primary_key), col<&small::count>);
    }
};

// A database that takes them would give them back to a member that cannot hold them.
TEST(predicate, refuses_integers_that_the_member_of_the_column_cannot_hold) {
    EXPECT_NO_THROW((void)col<&small::count>.set(INT32_MAX));
    EXPECT_NO_THROW((void)(col<&small::count> == std::int64_t{INT32_MIN}));
    for (const std::int64_t value : {std::int64_t{INT32_MAX} + 1, std::int64_t{INT32_MIN} - 1}) {
        try {
            (void)col<&small::count>.set(value);
            ADD_FAILURE() << value;
        } catch (const koine::error& why) {
            EXPECT_EQ(why.code(), koine::errc::out_of_range);
            EXPECT_NE(std::string{why.what()}.find("32 bits"), std::string::npos) << why.what();
        }
        EXPECT_THROW((void)(col<&small::count> > value), koine::error);
    }
}

TEST(predicate_on_a_base_class, becomes_one_on_the_derived_class) {
    const koine::predicate<User> own = col<&stamped::created> > 5;
    EXPECT_EQ(words(own), "users.7 5 gt");
    EXPECT_EQ(words(col<&User::created> > 5 && col<&User::id> == 1), "users.7 5 gt users.0 1 eq and");
    EXPECT_EQ(words(col<&User::id> == 1 && col<&User::created> > 5), "users.0 1 eq users.7 5 gt and");
    const koine::ordering<User> order = col<&User::created>.desc();
    EXPECT_EQ(words(order), "users.7 desc");
    const koine::assignment<User> change = col<&User::created>.set(5);
    EXPECT_EQ(change.column(), 7);
}

struct person {
    std::int64_t id{};
    std::string name{};
    static constexpr auto koine_table() {
        return koine::table("people", col<&person::name>, col<&person::id>(koine::primary_key));
    }
};
struct employee : person {
    double wage{};
    static constexpr auto koine_table() {
        return koine::table("staff", col<&employee::id>(koine::primary_key), col<&employee::wage>,
                            col<&employee::name>);
    }
};
struct nameless : person {
    static constexpr auto koine_table() { return koine::table("nameless", col<&nameless::id>(koine::primary_key)); }
};

TEST(predicate_on_a_base_class, moves_to_the_table_of_the_derived_class_if_both_are_mapped) {
    EXPECT_EQ(words(col<&employee::name> == "x"), "people.0 'x' eq");
    EXPECT_EQ(words(col<&employee::name, employee> == "x"), "staff.2 'x' eq");
    const koine::predicate<employee> own = col<&person::name> == "x" || col<&person::id> == 1;
    EXPECT_EQ(words(own), "staff.2 'x' eq staff.0 1 eq or");
}

TEST(predicate_on_a_base_class, is_refused_if_the_derived_class_has_no_such_column) {
    EXPECT_THROW(koine::predicate<nameless>{col<&person::name> == "x"}, koine::usage_error);
}

TEST(ordering, is_by_columns) {
    EXPECT_EQ(words(col<&User::name>.desc()), "users.1 desc");
    EXPECT_EQ(words(koine::ordering<User>{col<&User::name>}), "users.1 asc");
}

TEST(assignment, gives_a_column_a_value) {
    const auto appended = [](const auto& assignment) {
        koine::syntax::fragment statement;
        assignment.append_to(statement);
        return words(statement);
    };
    EXPECT_EQ(appended(col<&User::name>.set("x")), "'x' set1");
    EXPECT_EQ(appended(col<&User::email>.set(std::nullopt)), "null set2");
    EXPECT_EQ(appended(col<&User::email>.set(std::optional<std::string>{"x"})), "'x' set2");
    EXPECT_EQ(appended(col<&User::email>.set(std::optional<std::string>{})), "null set2");
    EXPECT_EQ(appended(col<&User::email>.set(col<&User::name>)), "users.1 set2");
}

}  // namespace
