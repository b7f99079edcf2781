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
    if (lists.inserts.size() > 1) order_inserts(lists.inserts);
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
}

}  // namespace

void flush_lists::clear_rows() noexcept {
    // One large flush does not keep its memory for a life of small ones.
    constexpr std::size_t kept = 4096;
    if (values.capacity() > kept) values = {};
    if (update_order.capacity() > kept) update_order = {};
    update_order.clear();
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
    if (lists.updates.size() + lists.deletes.size() > 1) order_changes(lists);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
