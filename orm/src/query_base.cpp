#include <koine/orm/detail/query_base.hpp>

#include <cstring>

#include <koine/error.hpp>

#include "session_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

std::int64_t checked(std::int64_t rows) {
    if (rows < 0) throw_usage("limit and offset take no negative number");
    return rows;
}

}  // namespace

query_base::query_base(const session_handle& session, const table_info& table, const here& where)
    : session_{session}, where_{where} {
    select_.push_table(syntax::op::select_entity, &table);
}
query_base::query_base(const query_base&) = default;
query_base::query_base(query_base&&) noexcept = default;
query_base& query_base::operator=(const query_base&) = default;
query_base& query_base::operator=(query_base&&) noexcept = default;
query_base::~query_base() = default;

// What the query runs is told as its own.
session_core& query_base::session() const {
    session_core& found = session_of(session_);
    found.place = &where_;
    return found;
}

void query_base::add_condition(const syntax::fragment& condition) {
    select_.append(condition);
    select_.push(syntax::op::where);
}

void query_base::set_limit(std::int64_t rows) {
    limit_ = checked(rows);
}
void query_base::set_offset(std::int64_t rows) {
    offset_ = checked(rows);
}

syntax::fragment query_base::head(syntax::op kind) const {
    const table_info* table;
    std::memcpy(&table, &select_.nodes()[1], sizeof table);
    syntax::fragment out;
    out.push_table(kind, table);
    return out;
}

void query_base::finish(syntax::fragment& out, std::uint32_t at_most) const {
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

// `at_most` rows are going to be looked at; 0: all. A key finds one row without being told.
template <class Use>
decltype(auto) query_base::with_statement(const table_info& table, std::uint32_t at_most, Use&& use) const {
    const bool bare = limit_ < 0 && offset_ == 0 && !distinct_ && (at_most == 0 || fixes_primary_key(select_, table));
    if (bare) [[likely]]
        return use(select_);
    return use(finished(at_most));
}

syntax::fragment query_base::finished(std::uint32_t at_most) const {
    syntax::fragment out{select_};
    finish(out, at_most);
    return out;
}

running_select query_base::open(const table_info& table) const {
    return with_statement(table, 0, [this](const syntax::fragment& select) {
        return running_select{session(), select};
    });
}

selected_objects query_base::select(const entity_info& entity) const {
    return with_statement(*entity.table, 0, [&](const syntax::fragment& statement) {
        return selected_objects{session(), entity, statement};
    });
}

std::size_t query_base::few(const entity_info& entity, std::uint32_t limit, void** found) const {
    return with_statement(*entity.table, limit, [&](const syntax::fragment& statement) {
        return select_few(session(), entity, statement, limit, found);
    });
}

std::int64_t query_base::number(syntax::op kind) const {
    syntax::fragment out = with_head(select_, kind);
    finish(out, 0);
    return select_number(session(), out);
}

namespace {

// Whoever has read one of the rows finds at its flush that it was changed.
void count_version(syntax::fragment& update, const entity_info& entity) {
    const entity_plan& plan = plan_of(entity);
    if (plan.version < 0) return;
    const auto version = static_cast<std::uint16_t>(plan.version);
    const auto nodes = update.nodes();
    // Behind the head and its table.
    for (std::size_t i = 2; i < nodes.size(); ++i) {
        if (nodes[i].kind == syntax::op::column) {
            ++i;
        } else if (nodes[i].kind == syntax::op::set && nodes[i].index == version) {
            return;  // it is what the program says
        }
    }
    update.push_table(syntax::op::column, plan.table, version);
    update.push(syntax::op::integer, 0, 0, 1);
    update.push(syntax::op::add);
    update.push(syntax::op::set, version);
}

}  // namespace

std::int64_t query_base::execute(syntax::fragment& change, const entity_info& entity) const {
    if (limit_ >= 0 || offset_ > 0 || distinct_)
        throw_usage("a query with limit, offset or distinct cannot update or delete");
    if (change.nodes()[0].kind == syntax::op::update) count_version(change, entity);
    append_clauses(change, select_);
    return execute_change(session(), entity, change);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
