#include "flushing/flush_sender.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <koine/error.hpp>

#include "objects/object_store.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

[[noreturn]] KOINE_COLD void raise_stale(const entity_plan& plan, const koine_value* base, std::int64_t count) {
    error_info info;
    info.code = errc::stale_object;
    info.poisons_transaction = true;
    info.table = std::string{plan.table->name};
    info.message =
        describe_object(plan, base) + ": the row was " +
        (count == 0 ? "changed or deleted by somebody else since it was read" : "not the only one with this key") +
        "; roll back and run the work again";
    throw_error(std::move(info));
}

koine_value native(driver_connection& link, const entity_plan& plan, const koine_value& value) {
    return plan.plain ? value : link.context().native_form(value);
}

void push_key_condition(syntax::fragment& shape, const entity_plan& plan) {
    bool first = true;
    const auto equals = [&](std::uint16_t column) {
        shape.push_table(syntax::op::column, plan.table, column);
        shape.push_parameter(tag_of(plan.table->columns[column].type));
        shape.push(syntax::op::eq);
        if (!std::exchange(first, false)) shape.push(syntax::op::and_);
    };
    for (const std::uint16_t column : plan.key) equals(column);
    if (plan.version >= 0) equals(static_cast<std::uint16_t>(plan.version));
    shape.push(syntax::op::where);
}

}  // namespace

void flush_sender::send(driver_connection& link, bool commit) {
    send_inserts(link);
    if (!lists_.inserts.empty() && !(lists_.updates.empty() && lists_.deletes.empty())) check_taken_over(link);
    send_updates(link);
    send_deletes(link);
    // What has to find its row must be known to have found it before COMMIT; the rest of the queue
    // may ride with it.
    if (!lists_.updates.empty() || !lists_.deletes.empty())
        check_counts(link.flush());
    else if (!commit)
        link.flush();
}

prepared& flush_sender::prepare_update(driver_connection& link, const entity_plan& plan, const column_set& columns) {
    syntax::fragment shape;
    shape.push_table(syntax::op::update, plan.table);
    sets_.clear();
    for (std::uint16_t i = 0; i < plan.columns; ++i) {
        if (!columns.test(i)) continue;
        sets_.push_back(i);
        shape.push_parameter(tag_of(plan.table->columns[i].type));
        shape.push(syntax::op::set, i);
    }
    push_key_condition(shape, plan);
    binds_.resize(sets_.size() + plan.key.size() + (plan.version >= 0 ? 1 : 0));
    return link.prepare(shape);
}

// Where a new row has got the key of an object, the row of that object is gone: its UPDATE or
// DELETE would meet the new one.
void flush_sender::check_taken_over(driver_connection& link) const {
    for (const new_row& one : lists_.inserts) {
        if (one.generated) continue;
        const entity_plan& plan = *one.plan;
        const void* const known = known_.find(known_.slot_of(*header_of(one.object)), known_.key_of(plan, one.values));
        if (known == nullptr) continue;
        const object_header* const header = header_of(known);
        const auto is_it = [header](const changed_row& other) { return other.header == header; };
        if (header->state != object_state::deleting &&
            std::none_of(lists_.updates.begin(), lists_.updates.end(), is_it))
            continue;
        link.flush();  // fails if the row is there, which says more
        raise_stale(plan, header->base, 0);
    }
}

void flush_sender::send_updates(driver_connection& link) {
    prepared* statement = nullptr;
    const entity_plan* of = nullptr;
    column_set columns;
    for (const changed_row& one : lists_.updates) {
        const entity_plan& plan = plan_of(*one.header);
        if (of != &plan || columns != one.columns) {
            of = &plan;
            columns = one.columns;
            statement = &prepare_update(link, plan, columns);
        }
        koine_value* out = binds_.data();
        for (const std::uint16_t column : sets_) *out++ = native(link, plan, one.values[column]);
        for (const std::uint16_t column : plan.key) *out++ = native(link, plan, one.header->base[column]);
        if (plan.version >= 0) *out++ = native(link, plan, one.header->base[plan.version]);
        link.enqueue(*statement, binds_);
    }
}

void flush_sender::send_deletes(driver_connection& link) {
    for (const object_header* const header : lists_.deletes) {
        const entity_plan& plan = plan_of(*header);
        prepared& statement = link.prepare(*plan.entity, entity_operation::delete_, [&plan](syntax::fragment& shape) {
            shape.push_table(syntax::op::delete_, plan.table);
            push_key_condition(shape, plan);
        });
        binds_.clear();
        for (const std::uint16_t column : plan.key) binds_.push_back(native(link, plan, header->base[column]));
        if (plan.version >= 0) binds_.push_back(native(link, plan, header->base[plan.version]));
        link.enqueue(statement, binds_);
    }
}

const object_header& flush_sender::counted(std::size_t index) const {
    return index < lists_.updates.size() ? *lists_.updates[index].header
                                         : *lists_.deletes[index - lists_.updates.size()];
}

// Inserts may have been counted in front of the others.
void flush_sender::check_counts(std::span<const std::int64_t> counts) const {
    const std::size_t wanted = lists_.updates.size() + lists_.deletes.size();
    if (counts.size() < wanted) throw_usage("the driver lost count of its statements");
    counts = counts.last(wanted);
    for (std::size_t i = 0; i < wanted; ++i)
        if (counts[i] >= 0 && counts[i] != 1) raise_stale(plan_of(counted(i)), counted(i).base, counts[i]);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
