// query<T>: a SELECT of the objects of one class, as a value.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <koine/mapping/comparison.hpp>
#include <koine/mapping/entity.hpp>
#include <koine/mapping/rebase.hpp>
#include <koine/orm/detail/query_base.hpp>
#include <koine/orm/detail/unit_of_work.hpp>
#include <koine/orm/ref.hpp>
#include <koine/sql/assignment.hpp>
#include <koine/sql/ordering.hpp>
#include <koine/sql/predicate.hpp>

namespace koine {
inline namespace v1 {

// Made by session::query<T>(). Every refinement answers another query and leaves this one as it is,
// so that a query can be kept and run again and again; it sees the session's changes, because
// running it flushes them first (session_options::autoflush). Refers to its session, and runs while
// that lives: usage_error behind its end. Not thread-safe.
//
// Everything that runs the query throws koine::error: what the database says, or
// errc::unreadable_value or unexpected_null for a row that does not fit T.
template <class T>
class query : private detail::query_base {
public:
    // The rows that satisfy this condition, and those given before. A condition on a base class of
    // T is welcome.
    query filter(const predicate<T>& condition) const& { return query{*this}.filter(condition); }
    query filter(const predicate<T>& condition) && {
        add_condition(condition.fragment());
        return std::move(*this);
    }
    template <class... More>
    requires(sizeof...(More) > 0) query filter(const predicate<T>& first, const More&... more)
    const {
        query out{*this};
        out.add_condition(first.fragment());
        (out.add_condition(static_cast<const predicate<T>&>(more).fragment()), ...);
        return out;
    }
    // Sorted by these columns, the first one before the others and behind those given before:
    // order_by(col<&User::name>.desc()).
    template <class... Terms>
    query order_by(const Terms&... terms) const {
        static_assert(sizeof...(Terms) > 0, "koine: order_by takes at least one column");
        query out{*this};
        (out.add_term(ordering<T>{terms}.fragment()), ...);
        return out;
    }
    // At most this many rows. Throws usage_error for a negative number.
    query limit(std::int64_t rows) const {
        query out{*this};
        out.set_limit(rows);
        return out;
    }
    // Without the first rows. Throws usage_error for a negative number.
    query offset(std::int64_t rows) const {
        query out{*this};
        out.set_offset(rows);
        return out;
    }
    // Each row once.
    query distinct() const {
        query out{*this};
        out.set_distinct();
        return out;
    }

    // All objects, each row's object being the one that the session already has for it.
    std::vector<ref<T>> all() const {
        const detail::selected_objects found = select(detail::entity_of<T>());
        std::vector<ref<T>> out(found.size());
        found.retain();
        for (std::size_t i = 0; i < found.size(); ++i) out[i] = ref<T>::adopt(found[i]);
        return out;
    }
    // The first object, or an empty ref.
    ref<T> first() const {
        void* found = nullptr;
        few(detail::entity_of<T>(), 1, &found);
        return ref<T>::adopt(found);
    }
    // The only object. Throws error with errc::no_row or errc::multiple_rows if there is not
    // exactly one.
    ref<T> one() const {
        ref<T> found = one_or_none();
        if (!found) detail::raise_row_count(detail::entity_of<T>(), errc::no_row);
        return found;
    }
    // The only object or an empty ref. Throws error with errc::multiple_rows if there are several.
    ref<T> one_or_none() const {
        void* found[2]{};
        const std::size_t count = few(detail::entity_of<T>(), 2, found);
        ref<T> only = ref<T>::adopt(found[0]);
        const ref<T> other = ref<T>::adopt(found[1]);
        if (count > 1) detail::raise_row_count(detail::entity_of<T>(), errc::multiple_rows);
        return only;
    }
    // All rows as plain values: nothing is tracked, and the session does not know them. The fastest
    // way to read.
    std::vector<T> values() const {
        using functions = typename detail::entity_data<T>::functions;
        std::vector<T> out;
        detail::running_select rows = open(detail::table_of<T>());
        out.reserve(rows.expected());
        for (; rows.got() != 0; rows.next()) {
            const koine_value* cells = rows.cells();
            for (std::uint32_t i = 0; i < rows.got(); ++i, cells += detail::entity_data<T>::descriptor_type::count)
                if (!functions::read(cells, &out.emplace_back())) [[unlikely]]
                    detail::running_select::raise_bad_row(detail::row_class_of<T>(), cells);
        }
        rows.complete(out.size());
        return out;
    }
    // How many rows there are; limit, offset and distinct count.
    std::int64_t count() const { return number(syntax::op::select_count); }
    bool exists() const { return number(syntax::op::select_exists) != 0; }

    // Changes all rows that satisfy the conditions, in the database, and answers how many:
    // update(col<&User::active>.set(false)). A version is counted up, unless it is assigned to.
    // Objects of T that the session holds may be among them: each is read again the next time that
    // get() or a query comes across it. Until then it keeps what it holds, and one with a version
    // is stale. Throws usage_error if the query has a limit, an offset, an order or distinct.
    template <class... Assignments>
    std::int64_t update(const Assignments&... assignments) const {
        static_assert(sizeof...(Assignments) > 0,
                      "koine: update takes assignments, such as col<&User::name>.set(\"x\")");
        syntax::fragment change = head(syntax::op::update);
        (assignment<T>{assignments}.append_to(change), ...);
        return execute(change, detail::entity_of<T>());
    }
    // Deletes all rows that satisfy the conditions, and answers how many. As update() otherwise;
    // get() answers an empty ref for an object whose row is gone.
    std::int64_t delete_() const {
        syntax::fragment change = head(syntax::op::delete_);
        return execute(change, detail::entity_of<T>());
    }

    // For sessions.
    query(const detail::session_handle& session, const here& where)
        : query_base{session, detail::table_of<T>(), where} {}
};

}  // namespace v1
}  // namespace koine
