#include "flushing/collect.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <koine/error.hpp>
#include <koine/mapping/explain.hpp>

#include "flushing/flush_order.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

[[noreturn]] KOINE_COLD void raise_unbindable(const entity_plan& plan, const void* object, const koine_value* base,
                                              const bind_context& context) {
    error_info info;
    info.code = context.code();
    info.outcome = outcome::not_sent;
    info.table = std::string{plan.table->name};
    info.column = std::string{unbindable_column(*plan.entity, object)};
    info.message = describe_object(plan, base) + " holds a value that cannot be stored: " + context.what();
    throw_error(std::move(info));
}

// A database that knows one size of integer stores a larger one, and no member could hold it when
// the row is read.
std::int64_t largest(sql_type type) noexcept {
    return type == sql_type::int16 ? INT16_MAX : type == sql_type::int32 ? INT32_MAX : INT64_MAX;
}

[[noreturn]] KOINE_COLD void raise_changed_key(const entity_plan& plan, const koine_value* base) {
    throw_usage("the primary key of " + describe_object(plan, base) +
                " was changed; a key belongs to its row: delete the object and add another one");
}

void collect_inserts(flush_lists& lists, const tracked_objects& tracked) {
    if (tracked.pending().empty()) return;
    lists.inserts.reserve(tracked.pending().size());
    std::size_t cells = 0;
    for (const object_header* const header : tracked.pending()) cells += plan_of(*header).columns;
    if (lists.values.size() < cells) lists.values.resize(cells);
    koine_value* values = lists.values.data();
    for (object_header* const header : tracked.pending()) {
        const entity_plan& plan = plan_of(*header);
        collect_insert(lists, plan, object_of(header), values);
        values += plan.columns;
    }
    if (lists.inserts.size() < 2) return;
    std::vector<const entity_plan*> classes;
    for (const new_row& one : lists.inserts) {
        const entity_plan* const plan = one.plan;
        if (classes.empty() ||
            (classes.back() != plan && std::find(classes.begin(), classes.end(), plan) == classes.end()))
            classes.push_back(plan);
    }
    if (classes.size() > 1) {
        order_classes(classes);
        std::vector<std::size_t> rank;
        for (std::size_t i = 0; i < classes.size(); ++i) {
            if (classes[i]->number >= rank.size()) rank.resize(classes[i]->number + 1);
            rank[classes[i]->number] = i;
        }
        std::stable_sort(lists.inserts.begin(), lists.inserts.end(), [&](const new_row& a, const new_row& b) {
            return rank[a.plan->number] < rank[b.plan->number];
        });
    }
    for (std::size_t first = 0, last = 0; first < lists.inserts.size(); first = last) {
        const entity_plan& plan = *lists.inserts[first].plan;
        while (last < lists.inserts.size() && lists.inserts[last].plan == &plan) ++last;
        if (!plan.refers_to_itself || last - first < 2) continue;
        std::vector<const koine_value*> rows;
        for (std::size_t i = first; i < last; ++i) rows.push_back(lists.inserts[i].values);
        const std::vector<std::size_t> order = order_rows(plan, rows);
        std::vector<new_row> ordered;
        ordered.reserve(order.size());
        for (const std::size_t i : order) ordered.push_back(std::move(lists.inserts[first + i]));
        std::move(ordered.begin(), ordered.end(), lists.inserts.begin() + static_cast<std::ptrdiff_t>(first));
    }
}

void sort_updates(flush_lists& lists) {
    const auto less = [](const changed_row& a, const changed_row& b) { return a.header->entity < b.header->entity; };
    if (!std::is_sorted(lists.updates.begin(), lists.updates.end(), less))
        std::stable_sort(lists.updates.begin(), lists.updates.end(), less);
}

// By more than the vector itself would, since moving the entries costs more than their memory.
KOINE_COLD void grow_updates(flush_lists& lists) {
    lists.updates.reserve(lists.updates.size() * 4 + 1);
}

void collect_update(flush_lists& lists, object_header& header, bound_values& buffer) {
    const entity_plan& plan = plan_of(header);
    const koine_value* const now = buffer.bind(plan, object_of(&header));
    if (buffer.context().failed()) raise_unbindable(plan, object_of(&header), header.base, buffer.context());
    column_set changed;
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (!same_value(now[i], header.base[i])) changed.set(i);
    if (changed.none()) return;
    for (const std::uint16_t column : plan.key)
        if (changed.test(column)) raise_changed_key(plan, header.base);
    snapshot values = make_snapshot(now, plan.columns);
    if (lists.updates.size() == lists.updates.capacity()) grow_updates(lists);
    changed_row& one = lists.updates.emplace_back();
    one.header = &header;
    one.values = std::move(values);
    one.columns = changed;
    if (plan.version >= 0) [[unlikely]] {
        const auto version = static_cast<std::size_t>(plan.version);
        if (changed.test(version)) {
            throw_usage("the version of " + describe_object(plan, header.base) +
                        " was assigned to; the session counts it");
        }
        one.columns.set(version);
        std::int64_t& count = one.values[version].u.i;
        count = count == largest(plan.table->columns[version].type) ? 1 : count + 1;
    }
}

void collect_updates(flush_lists& lists, tracked_objects& tracked) {
    for (object_header* const header : tracked.touched())
        if (header->state == object_state::persistent) collect_update(lists, *header, tracked.buffer());
    if (lists.updates.size() > 1) sort_updates(lists);
}

// Children first, in classes and in rows.
void order_deletes(flush_lists& lists) {
    std::vector<const entity_plan*> classes;
    for (const object_header* const header : lists.deletes) {
        const entity_plan* const plan = &plan_of(*header);
        if (std::find(classes.begin(), classes.end(), plan) == classes.end()) classes.push_back(plan);
    }
    order_classes(classes);
    std::vector<object_header*> ordered;
    ordered.reserve(lists.deletes.size());
    for (auto plan = classes.rbegin(); plan != classes.rend(); ++plan) {
        const std::size_t first = ordered.size();
        for (object_header* const header : lists.deletes)
            if (&plan_of(*header) == *plan) ordered.push_back(header);
        if (!(*plan)->refers_to_itself) continue;
        std::vector<const koine_value*> rows;
        for (std::size_t i = first; i < ordered.size(); ++i) rows.push_back(ordered[i]->base);
        const std::vector<std::size_t> order = order_rows(**plan, rows);
        const std::vector<object_header*> unordered(ordered.begin() + static_cast<std::ptrdiff_t>(first),
                                                    ordered.end());
        for (std::size_t i = 0; i < order.size(); ++i) ordered[first + i] = unordered[order[order.size() - 1 - i]];
    }
    lists.deletes = std::move(ordered);
}

}  // namespace

void flush_lists::clear_rows() noexcept {
    // One large flush does not keep its memory for a life of small ones.
    constexpr std::size_t kept = 4096;
    if (values.capacity() > kept) values = {};
    inserts.clear();
    updates.clear();
    deletes.clear();
}

void collect_insert(flush_lists& lists, const entity_plan& plan, void* object, koine_value* values) {
    plan.entity->bind(object, lists.context, values);
    if (lists.context.failed()) raise_unbindable(plan, object, nullptr, lists.context);
    new_row& one = lists.inserts.emplace_back(new_row{&plan, object, values, plan.all});
    if (plan.generated >= 0 && values[plan.generated].u.i == 0) {
        one.generated = true;
        one.columns = plan.all_but_generated;
    }
    // A column that the database fills in is left to it as long as nobody has.
    for (const std::uint16_t column : plan.server_defaults)
        if (same_value(values[column], plan.defaults[column])) one.columns.reset(column);
    if (plan.version >= 0 && values[plan.version].u.i == 0 && one.columns.test(static_cast<std::size_t>(plan.version)))
        values[plan.version].u.i = 1;
}

void collect(flush_lists& lists, tracked_objects& tracked) {
    collect_inserts(lists, tracked);
    collect_updates(lists, tracked);
    lists.deletes = tracked.deleting();
    if (lists.deletes.size() > 1) [[unlikely]]
        order_deletes(lists);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
