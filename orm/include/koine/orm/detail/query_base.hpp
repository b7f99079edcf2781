// What a query is and does without the type of its objects.
#pragma once

#include <cstddef>
#include <cstdint>

#include <koine/api.hpp>
#include <koine/here.hpp>
#include <koine/orm/detail/unit_of_work.hpp>
#include <koine/schema/entity_info.hpp>
#include <koine/sql/fragment.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// The half of query<T> that is compiled once for all classes. Its functions throw what those of
// query<T> say.
class KOINE_API query_base {
protected:
    query_base(const session_handle& session, const table_info& table, const here& where);
    query_base(const query_base&);
    query_base(query_base&&) noexcept;
    query_base& operator=(const query_base&);
    query_base& operator=(query_base&&) noexcept;
    ~query_base();

    void add_condition(const syntax::fragment& condition);
    void add_term(const syntax::fragment& ordering) { select_.append(ordering); }
    void set_limit(std::int64_t rows);
    void set_offset(std::int64_t rows);
    void set_distinct() noexcept { distinct_ = true; }

    // The session; throws usage_error if there is none.
    session_core& session() const;
    // Another statement about the query's table, without the query's clauses yet.
    syntax::fragment head(syntax::op kind) const;
    // Runs the SELECT, for all rows.
    running_select open(const table_info& table) const;
    selected_objects select(const entity_info& entity) const;
    // The first objects, each counted as referred to once. Answers how many there are.
    std::size_t few(const entity_info& entity, std::uint32_t limit, void** found) const;
    std::int64_t number(syntax::op kind) const;
    // Runs an UPDATE or DELETE that wants nothing but the conditions.
    std::int64_t execute(syntax::fragment& change, const entity_info& entity) const;

private:
    // The statement without a copy, where the query is no more than its conditions and order.
    template <class Use>
    decltype(auto) with_statement(const table_info& table, std::uint32_t at_most, Use&& use) const;
    KOINE_COLD syntax::fragment finished(std::uint32_t at_most) const;
    void finish(syntax::fragment& out, std::uint32_t at_most) const;

    session_handle session_;
    syntax::fragment select_{};  // its head, conditions and order
    std::int64_t limit_ = -1;
    std::int64_t offset_ = 0;
    bool distinct_ = false;
    here where_;  // the query was made
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
