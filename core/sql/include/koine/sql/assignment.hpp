// assignment<Entity>: a column and the value that an UPDATE gives it.
#pragma once

#include <cstdint>
#include <type_traits>

#include <koine/sql/expression.hpp>

namespace koine {
inline namespace v1 {

namespace detail {

// The number of the column of Entity that holds the member with this identity. Throws usage_error
// if there is none.
template <class Entity>
std::uint16_t column_of_member(std::uint64_t member);

}  // namespace detail

// Made by col<&User::name>.set("x"). A value type that owns its value; not thread-safe. An
// assignment to a column of a base class is also one to that of each class derived from it.
template <class Entity>
class assignment {
public:
    assignment(detail::unfinished, std::uint64_t member) noexcept : member_{member} {}

    // From an assignment to a column of a base class. Everything else is refused, with a reason.
    template <class Other>
    assignment(const Other& other) {
        if constexpr (detail::is_expression<koine::v1::assignment, Other>) {
            take(other);
        } else {
            static_assert(detail::never_expression<Other>,
                          "koine: an update takes assignments, such as col<&User::name>.set(\"x\")");
        }
    }

    // The value, as one operand. Lives as long as the assignment.
    syntax::fragment& value() noexcept { return value_; }
    const syntax::fragment& value() const noexcept { return value_; }
    // The identity of the member that gets it.
    std::uint64_t member() const noexcept { return member_; }
    // The number of the column that gets it.
    std::uint16_t column() const { return detail::column_of_member<Entity>(member_); }

    // Appends the operand and its op::set to a statement.
    void append_to(syntax::fragment& statement) const {
        statement.append(value_);
        statement.push(syntax::op::set, column());
    }

private:
    template <class Base>
    void take(const assignment<Base>& other) {
        static_assert(std::is_base_of_v<Base, Entity>, "koine: this column is of another class than the one updated");
        if constexpr (std::is_base_of_v<Base, Entity>) {
            member_ = other.member();
            value_ = detail::rebase<Entity, Base>(other.value());
        }
    }

    std::uint64_t member_ = 0;
    syntax::fragment value_{};
};

}  // namespace v1
}  // namespace koine
