// predicate<Entity>: a condition on the columns of one class.
#pragma once

#include <type_traits>
#include <utility>

#include <koine/sql/expression.hpp>

namespace koine {
inline namespace v1 {

// Made by comparing columns: col<&User::name> == "admin". A value type that owns the values
// compared with; not thread-safe. A predicate on a base class is also one on each class derived
// from it.
template <class Entity>
class predicate {
public:
    explicit predicate(detail::unfinished) noexcept {}

    // From a predicate on a base class. Everything else is refused, with a reason.
    template <class Other>
    predicate(const Other& other) {
        if constexpr (!detail::is_expression<koine::v1::predicate, Other>) {
            static_assert(detail::never_expression<Other>,
                          "koine: a condition is made by comparing columns, such as col<&User::name> == \"admin\"; "
                          "text and bool are none");
        } else {
            take(other);
        }
    }

    // One operand on the stack of a statement. Lives as long as the predicate.
    syntax::fragment& fragment() noexcept { return fragment_; }
    const syntax::fragment& fragment() const noexcept { return fragment_; }

private:
    template <class Base>
    void take(const predicate<Base>& other) {
        static_assert(std::is_base_of_v<Base, Entity>, "koine: this predicate is about another class than the query");
        if constexpr (std::is_base_of_v<Base, Entity>) fragment_ = detail::rebase<Entity, Base>(other.fragment());
    }

    syntax::fragment fragment_{};
};

template <class Entity>
predicate<Entity> operator!(predicate<Entity> operand) {
    operand.fragment().push(syntax::op::not_);
    return operand;
}

namespace detail {

// The more derived one of two classes.
template <class A, class B>
using derived_t = std::conditional_t<std::is_base_of_v<A, B>, B, A>;

template <class A, class B>
predicate<derived_t<A, B>> combine(predicate<A>&& left, const predicate<B>& right, syntax::op kind) {
    if constexpr (std::is_same_v<A, B>) {
        left.fragment().append(right.fragment());
        left.fragment().push(kind);
        return std::move(left);
    } else if constexpr (std::is_base_of_v<A, B> || std::is_base_of_v<B, A>) {
        predicate<derived_t<A, B>> both{left};
        both.fragment().append(predicate<derived_t<A, B>>{right}.fragment());
        both.fragment().push(kind);
        return both;
    } else {
        static_assert(never_expression<A>, "koine: the two predicates are about different classes");
        return predicate<A>{unfinished{}};
    }
}

template <class A>
predicate<A> refuse_operand() {
    static_assert(never_expression<A>, "koine: only predicates can be joined by && and ||");
    return predicate<A>{unfinished{}};
}

}  // namespace detail

template <class A, class B>
predicate<detail::derived_t<A, B>> operator&&(predicate<A> left, const predicate<B>& right) {
    return detail::combine(std::move(left), right, syntax::op::and_);
}
template <class A, class B>
predicate<detail::derived_t<A, B>> operator||(predicate<A> left, const predicate<B>& right) {
    return detail::combine(std::move(left), right, syntax::op::or_);
}
template <class A, class Other>
predicate<A> operator&&(const predicate<A>&, const Other&) {
    return detail::refuse_operand<A>();
}
template <class A, class Other>
predicate<A> operator||(const predicate<A>&, const Other&) {
    return detail::refuse_operand<A>();
}

}  // namespace v1
}  // namespace koine
