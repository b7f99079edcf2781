// query<T>: a SELECT of the objects of one class, as a value.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <koine/mapping/comparison.hpp>
#include <koine/mapping/entity.hpp>
#include <koine/mapping/rebase.hpp>
#include <koine/orm/detail/unit_of_work.hpp>
#include <koine/orm/ref.hpp>
#include <koine/sql/assignment.hpp>
#include <koine/sql/ordering.hpp>
#include <koine/sql/predicate.hpp>

namespace koine {
inline namespace v1 {

// Made by session::query<T>(). Every refinement answers another query and leaves this one as it is, so that a query can be kept
// and run again and again; it sees the session's changes, because running it flushes them first (session_options::autoflush).
// Refers to its session, and runs while that is open. Not thread-safe.
//
// Everything that runs the query throws koine::error: what the database says, or errc::type_mismatch, unexpected_null or out_of_range
// for a row that does not fit T.
template <class T>
class query {
public:
    // The rows that satisfy this condition, and those given before. A condition on a base class of T is welcome.
    query filter(const predicate<T>& condition) const& { return query{*this}.filter(condition); }
    query filter(const predicate<T>& condition) && {
        select_.append(condition.fragment());
        select_.push(syntax::op::where);
        return std::move(*this);
    }
    template <class... More>
        requires(sizeof...(More) > 0)
    query filter(const predicate<T>& first, const More&... more) const {
        query out{*this};
        out.add_condition(first);
        (out.add_condition(more), ...);
        return out;
    }
    // Sorted by these columns, the first one before the others and behind those given before: order_by(col<&User::name>.desc()).
    template <class... Terms>
    query order_by(const Terms&... terms) const {
        static_assert(sizeof...(Terms) > 0, "koine: order_by takes at least one column");
        query out{*this};
        (out.select_.append(ordering<T>{terms}.fragment()), ...);
        return out;
    }
    // At most this many rows. Throws usage_error for a negative number.
    query limit(std::int64_t rows) const {
        query out{*this};
        out.limit_ = checked(rows);
        return out;
    }
    // Without the first rows. Throws usage_error for a negative number.
    query offset(std::int64_t rows) const {
        query out{*this};
        out.offset_ = checked(rows);
        return out;
    }
    // Each row once.
    query distinct() const {
        query out{*this};
        out.distinct_ = true;
        return out;
    }

    // All objects, each row's object being the one that the session already has for it.
    std::vector<ref<T>> all() const {
        detail::session_core& session = detail::session_of(session_);
        std::vector<void*> found;
        with_statement(0, [&](const syntax::fragment& select) {
            detail::select_objects(session, detail::entity_of<T>(), select, found);
        });
        std::vector<ref<T>> out;
        out.reserve(found.size());
        detail::retain_objects(session, found);
        for (void* const object : found) out.push_back(ref<T>::adopt(object));
        return out;
    }
    // The first object, or an empty ref.
    ref<T> first() const {
        void* found = nullptr;
        few(1, &found);
        return ref<T>::adopt(found);
    }
    // The only object. Throws error with errc::no_row or errc::multiple_rows if there is not exactly one.
    ref<T> one() const {
        ref<T> found = one_or_none();
        if (!found) detail::raise_row_count(detail::entity_of<T>(), errc::no_row);
        return found;
    }
    // The only object or an empty ref. Throws error with errc::multiple_rows if there are several.
    ref<T> one_or_none() const {
        void* found[2]{};
        const std::size_t count = few(2, found);
        ref<T> only = ref<T>::adopt(found[0]);
        const ref<T> other = ref<T>::adopt(found[1]);
        if (count > 1) detail::raise_row_count(detail::entity_of<T>(), errc::multiple_rows);
        return only;
    }
    // All rows as plain values: nothing is tracked, and the session does not know them. The fastest way to read.
    std::vector<T> values() const {
        std::vector<T> out;
        with_statement(0, [&](const syntax::fragment& select) { read_values(select, out); });
        return out;
    }
    // How many rows there are; limit, offset and distinct count.
    std::int64_t count() const { return number(syntax::op::select_count); }
    bool exists() const { return number(syntax::op::select_exists) != 0; }

    // Changes all rows that satisfy the conditions, in the database, and answers how many: update(col<&User::active>.set(false)). Objects of
    // T that the session holds may be among them: each is read again the next time that get() or a query comes across it. Until then it
    // keeps what it holds. Throws usage_error if the query has a limit, an offset, an order or distinct.
    template <class... Assignments>
    std::int64_t update(const Assignments&... assignments) const {
        static_assert(sizeof...(Assignments) > 0, "koine: update takes assignments, such as col<&User::name>.set(\"x\")");
        return change(syntax::op::update, assignments...);
    }
    // Deletes all rows that satisfy the conditions, and answers how many. As update() otherwise; get() answers an empty ref for an object
    // whose row is gone.
    std::int64_t delete_() const { return change(syntax::op::delete_); }

    // For sessions.
    explicit query(detail::session_handle session) : session_{std::move(session)} {
        select_.push_table(syntax::op::select_entity, &detail::table_of<T>());
    }

private:
    static std::int64_t checked(std::int64_t rows) {
        if (rows < 0) throw_usage("limit and offset take no negative number");
        return rows;
    }
    void add_condition(const predicate<T>& condition) {
        select_.append(condition.fragment());
        select_.push(syntax::op::where);
    }
    // Whether running the query takes more than its head and conditions; `at_most` rows are going to be looked at, 0: all.
    bool is_bare(std::uint32_t at_most) const noexcept {
        if (limit_ >= 0 || offset_ > 0 || distinct_) return false;
        return at_most == 0 || detail::fixes_primary_key(select_, detail::table_of<T>());
    }
    void finish(syntax::fragment& out, std::uint32_t at_most) const {
        if (distinct_) out.push(syntax::op::distinct);
        if (limit_ >= 0) {
            out.push_bind(koine_value{0, KOINE_INT64, 0, 0, {limit_}});
            out.push(syntax::op::limit);
        } else if (at_most != 0) {
            // Part of the text, so that it costs nothing at execution; there are only two such numbers.
            out.push(syntax::op::integer, 0, 0, at_most);
            out.push(syntax::op::limit);
        }
        if (offset_ > 0) {
            out.push_bind(koine_value{0, KOINE_INT64, 0, 0, {offset_}});
            out.push(syntax::op::offset);
        }
    }
    template <class Use>
    decltype(auto) with_statement(std::uint32_t at_most, Use&& use) const {
        if (is_bare(at_most)) return use(select_);
        syntax::fragment out{select_};
        finish(out, at_most);
        return use(out);
    }
    void read_values(const syntax::fragment& select, std::vector<T>& out) const {
        using functions = typename detail::entity_data<T>::functions;
        constexpr std::size_t columns = detail::entity_data<T>::descriptor_type::count;
        detail::running_select rows{detail::session_of(session_), select};
        out.reserve(rows.expected());
        for (; rows.got() != 0; rows.next()) {
            const koine_value* cells = rows.cells();
            for (std::uint32_t i = 0; i < rows.got(); ++i, cells += columns)
                if (!functions::read(cells, &out.emplace_back())) [[unlikely]]
                    detail::running_select::raise_bad_row(detail::row_class_of<T>(), cells);
        }
        rows.complete(out.size());
    }
    std::size_t few(std::uint32_t limit, void** found) const {
        return with_statement(limit, [&](const syntax::fragment& select) {
            return detail::select_few(detail::session_of(session_), detail::entity_of<T>(), select, limit, found);
        });
    }
    std::int64_t number(syntax::op kind) const {
        syntax::fragment out = detail::with_head(select_, kind);
        finish(out, 0);
        return detail::select_number(detail::session_of(session_), out);
    }
    template <class... Assignments>
    std::int64_t change(syntax::op kind, const Assignments&... assignments) const {
        if (limit_ >= 0 || offset_ > 0 || distinct_) throw_usage("a query with limit, offset or distinct cannot update or delete");
        syntax::fragment out;
        out.push_table(kind, &detail::table_of<T>());
        (assignment<T>{assignments}.append_to(out), ...);
        detail::append_clauses(out, select_);
        return detail::execute_change(detail::session_of(session_), detail::entity_of<T>(), out);
    }

    detail::session_handle session_;
    syntax::fragment select_{};  // the head of a SELECT, conditions and order
    std::int64_t limit_ = -1;
    std::int64_t offset_ = 0;
    bool distinct_ = false;
};

}  // namespace v1
}  // namespace koine
