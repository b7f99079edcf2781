// ordering<Entity>: one term of ORDER BY.
#pragma once

#include <type_traits>

#include <koine/sql/expression.hpp>

namespace koine {
inline namespace v1 {

template <auto M, class Entity>
struct column;

// Made by col<&User::name>.asc() or .desc(); a bare column orders upwards. A value type; not
// thread-safe. An ordering by a column of a base class is also one of each class derived from it.
template <class Entity>
class ordering {
public:
    explicit ordering(detail::unfinished) noexcept {}

    // From a column or from an ordering of a base class. Everything else, text above all, is
    // refused with a reason.
    template <class Other>
    ordering(const Other& other) {
        if constexpr (detail::is_expression<koine::v1::ordering, Other>) {
            take(other);
        } else if constexpr (requires { Other::member; }) {
            take(other.asc());
        } else {
            static_assert(detail::never_expression<Other>,
                          "koine: order by columns, such as col<&User::name>.desc(); text is never taken as SQL");
        }
    }

    // A clause of a statement. Lives as long as the ordering.
    syntax::fragment& fragment() noexcept { return fragment_; }
    const syntax::fragment& fragment() const noexcept { return fragment_; }

private:
    template <class Base>
    void take(const ordering<Base>& other) {
        static_assert(std::is_base_of_v<Base, Entity>, "koine: this column is of another class than the query");
        if constexpr (std::is_same_v<Base, Entity>) {
            fragment_ = other.fragment();
        } else if constexpr (std::is_base_of_v<Base, Entity>) {
            fragment_ = detail::rebase<Entity, Base>(other.fragment());
        }
    }

    syntax::fragment fragment_{};
};

}  // namespace v1
}  // namespace koine
