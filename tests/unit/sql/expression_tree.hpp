// Random expressions, written as postfix and evaluated directly: what a database answers for the
// text must be the same.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <koine/schema/table_info.hpp>
#include <koine/sql/fragment.hpp>

namespace koine::test {

// The one row that expressions speak of.
inline constexpr column_info cell_columns[] = {
    {.name = "n", .type = sql_type::int64},   {.name = "m", .type = sql_type::int64, .nullable = true},
    {.name = "s", .type = sql_type::text},    {.name = "t", .type = sql_type::text, .nullable = true},
    {.name = "b", .type = sql_type::boolean}, {.name = "c", .type = sql_type::boolean, .nullable = true},
};
inline constexpr table_info cells{.name = "cells", .columns = cell_columns};

// Reference for LIKE with % _ and backslash, bytes compared as they are; recursion is fine for the
// short texts here.
inline bool matches(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '%')
        return matches(text, pattern.substr(1)) || (!text.empty() && matches(text.substr(1), pattern));
    if (pattern[0] == '\\')
        pattern.remove_prefix(1);
    else if (pattern[0] == '_')
        return !text.empty() && matches(text.substr(1), pattern.substr(1));
    return !text.empty() && text[0] == pattern[0] && matches(text.substr(1), pattern.substr(1));
}

using maybe_number = std::optional<std::int64_t>;
using maybe_text = std::optional<std::string>;
using truth = std::optional<bool>;

// A bound value of the statement.
struct bound {
    std::uint8_t tag = KOINE_INT64;
    std::int64_t i = 0;
    std::string s{};
};

struct expression_tree {
    syntax::fragment postfix{};  // of the last expression made
    std::vector<bound> binds{};

    // `loose`: also what only a database without static types takes, such as a sum of texts.
    expression_tree(std::uint32_t seed, bool loose) : random_{seed}, loose_{loose} {
        postfix.push_table(syntax::op::select_exists, &cells);
    }

    truth make_truth(int depth) {
        using syntax::op;
        switch (depth <= 0 ? below(3) : below(12)) {
            case 0:
                return column(4), truth{true};
            case 1:
                return column(5), truth{};
            case 2:
                return constant();
            case 3:
                return binary(op::and_, make_truth(depth - 1), [&] { return make_truth(depth - 1); });
            case 4:
                return binary(op::or_, make_truth(depth - 1), [&] { return make_truth(depth - 1); });
            case 5: {
                const auto of = make_truth(depth - 1);
                postfix.push(op::not_);
                return of ? truth{!*of} : truth{};
            }
            case 6:
                return null_test(depth);
            case 7:
                return compare(make_number(depth - 1), [&] { return make_number(depth - 1); });
            case 8:
                return compare(make_text(depth - 1), [&] { return make_text(depth - 1); });
            case 9:
                return compare(make_truth(depth - 1), [&] { return make_truth(depth - 1); });
            case 10:
                return membership(depth);
            default:
                return like(depth);
        }
    }

    maybe_number make_number(int depth) {
        using syntax::op;
        switch (depth <= 0 ? below(4) : below(8)) {
            case 0:
                return column(0), maybe_number{7};
            case 1:
                return column(1), maybe_number{};
            case 2: {
                const auto value = static_cast<std::int64_t>(below(10));
                postfix.push_parameter(KOINE_INT64);
                binds.push_back({KOINE_INT64, value});
                return value;
            }
            case 3: {
                const auto value = below(10);
                postfix.push(op::integer, 0, 0, value);
                return value;
            }
            case 4:
                return arithmetic(op::add, depth);
            case 5:
                return arithmetic(op::subtract, depth);
            case 6:
                return arithmetic(op::multiply, depth);
            default: {
                if (!loose_) return arithmetic(op::subtract, depth);
                const auto left = make_text(depth - 2);
                const auto right = make_number(depth - 1);
                postfix.push(op::add);
                return left && right ? maybe_number{std::stoll('0' + *left) + *right} : maybe_number{};
            }
        }
    }

    maybe_text make_text(int depth) {
        using syntax::op;
        switch (depth <= 0 ? below(3) : below(4)) {
            case 0:
                return column(2), maybe_text{"12"};
            case 1:
                return column(3), maybe_text{};
            case 2: {
                std::string value(below(3), static_cast<char>('0' + below(4)));
                postfix.push_parameter(KOINE_TEXT);
                binds.push_back({KOINE_TEXT, 0, value});
                return value;
            }
            default: {
                const auto left = make_text(depth - 1);
                const auto right = make_text(depth - 1);
                postfix.push(op::concat);
                return left && right ? maybe_text{*left + *right} : maybe_text{};
            }
        }
    }

private:
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
    void column(std::uint16_t index) { postfix.push_table(syntax::op::column, &cells, index); }

    truth constant() {
        const bool value = below(2) == 1;
        postfix.push(value ? syntax::op::true_ : syntax::op::false_);
        return value;
    }

    template <class Right>
    truth binary(syntax::op kind, truth left, Right make_right) {
        const truth right = make_right();
        postfix.push(kind);
        const bool decides = kind == syntax::op::or_;
        if ((left && *left == decides) || (right && *right == decides)) return decides;
        return left && right ? truth{!decides} : truth{};
    }

    truth null_test(int depth) {
        const bool null = below(2) == 0 ? !make_number(depth - 1) : !make_truth(depth - 1);
        const bool negated = below(2) == 1;
        postfix.push(negated ? syntax::op::is_not_null : syntax::op::is_null);
        return null != negated;
    }

    template <class Left, class Right>
    truth compare(const Left& left, Right make_right) {
        const auto right = make_right();
        const auto which = static_cast<std::uint8_t>(below(6));
        postfix.push(static_cast<syntax::op>(static_cast<std::uint8_t>(syntax::op::eq) + which));
        if (!left || !right) return {};
        switch (which) {
            case 0:
                return *left == *right;
            case 1:
                return *left != *right;
            case 2:
                return *left < *right;
            case 3:
                return *left <= *right;
            case 4:
                return *left > *right;
            default:
                return *left >= *right;
        }
    }

    truth membership(int depth) {
        const auto left = make_number(depth - 1);
        const bool negated = below(2) == 1;
        if (below(2) == 0 && !negated) {
            const auto low = make_number(depth - 1);
            const auto high = make_number(depth - 1);
            postfix.push(syntax::op::between);
            const truth above = left && low ? truth{*left >= *low} : truth{};
            const truth under = left && high ? truth{*left <= *high} : truth{};
            if ((above && !*above) || (under && !*under)) return false;
            return above && under ? truth{true} : truth{};
        }
        const auto count = static_cast<std::uint16_t>(below(3));
        bool found = false;
        bool unknown = !left && count != 0;
        for (int i = 0; i < count; ++i) {
            const auto right = make_number(depth - 1);
            if (!right) unknown = true;
            found = found || (left && right && *left == *right);
        }
        postfix.push(negated ? syntax::op::not_in : syntax::op::in, count);
        if (found) return !negated;
        return unknown ? truth{} : truth{negated};
    }

    truth like(int depth) {
        const auto left = make_text(depth - 1);
        const auto right = make_text(depth - 1);
        const auto which = static_cast<std::uint8_t>(below(4));
        postfix.push(static_cast<syntax::op>(static_cast<std::uint8_t>(syntax::op::like) + which));
        if (!left || !right) return {};
        return matches(*left, *right) == (which % 2 == 0);
    }

    maybe_number arithmetic(syntax::op kind, int depth) {
        const auto left = make_number(depth - 1);
        const auto right = make_number(depth - 1);
        postfix.push(kind);
        if (!left || !right) return {};
        return kind == syntax::op::add        ? *left + *right
               : kind == syntax::op::subtract ? *left - *right
                                              : *left * *right;
    }

    std::mt19937 random_;
    bool loose_;
};

}  // namespace koine::test
