#include "flushing/flush_sender.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <koine/error.hpp>

#include "flushing/flush_order.hpp"
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

[[noreturn]] KOINE_COLD void raise_uncounted(const entity_plan& plan, const driver_connection& link) {
    error_info info;
    info.code = errc::not_supported;
    info.poisons_transaction = true;
    info.table = std::string{plan.table->name};
    const koine_string driver = link.driver().name;
    info.message = "the driver \"" + std::string{driver.data, driver.size} +
                   "\" does not tell how many rows an UPDATE or DELETE has changed; a flush has to know that it was "
                   "the one row of its object";
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
    send_changes(link);
    // What has to find its row must be known to have found it before COMMIT; the rest of the queue
    // may ride with it.
    if (!changed_.empty())
        check_changes(link);
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

void flush_sender::send_changes(driver_connection& link) {
    changed_.clear();
    of_ = nullptr;
    std::size_t update = 0;
    const std::size_t updates = lists_.updates.size();
    auto next = lists_.deletes.begin();
    const auto no_delete = lists_.deletes.end();
    while (next != no_delete) [[unlikely]] {
            const entity_plan& plan = plan_of(**next);
            // Rows of a circle are deleted when all of its rows refer to what they are going to.
            const auto comes_first = [&](const object_header& one) {
                return of_one_circle(plan_of(one), plan) || is_changed_first(one, **next);
            };
            for (; update != updates && comes_first(*lists_.update(update).header); ++update)
                send_update(link, lists_.update(update));
            auto last = next + 1;
            if (of_one_circle(plan, plan)) {
                while (last != no_delete && of_one_circle(plan, plan_of(**last))) ++last;
                order_cascades(link, {next, last});
            }
            for (; next != last; ++next) send_delete(link, **next);
        }
    for (; update != updates; ++update) send_update(link, lists_.update(update));
}

void flush_sender::send_update(driver_connection& link, const changed_row& one) {
    const entity_plan& plan = plan_of(*one.header);
    if (of_ != &plan || columns_ != one.columns) {
        statement_ = &prepare_update(link, plan, one.columns);
        columns_ = one.columns;
        of_ = &plan;
    }
    koine_value* out = binds_.data();
    for (const std::uint16_t column : sets_) *out++ = native(link, plan, one.values[column]);
    for (const std::uint16_t column : plan.key) *out++ = native(link, plan, one.header->base[column]);
    if (plan.version >= 0) *out++ = native(link, plan, one.header->base[plan.version]);
    link.enqueue(*statement_, binds_);
    changed_.push_back(one.header);
}

void flush_sender::send_delete(driver_connection& link, const object_header& header) {
    const entity_plan& plan = plan_of(header);
    of_ = nullptr;
    if (!plan.own_references.empty() && link.dialect().features().own_reference_keeps_row) [[unlikely]]
        clear_own_references(link, header);
    prepared& statement = link.prepare(*plan.entity, entity_operation::delete_, [&plan](syntax::fragment& shape) {
        shape.push_table(syntax::op::delete_, plan.table);
        push_key_condition(shape, plan);
    });
    binds_.clear();
    for (const std::uint16_t column : plan.key) binds_.push_back(native(link, plan, header.base[column]));
    if (plan.version >= 0) binds_.push_back(native(link, plan, header.base[plan.version]));
    link.enqueue(statement, binds_);
    changed_.push_back(&header);
}

void flush_sender::clear_own_references(driver_connection& link, const object_header& header) {
    const entity_plan& plan = plan_of(header);
    column_set columns;
    for (const std::uint16_t column : plan.own_references)
        if (same_value(header.base[column], header.base[plan.table->columns[column].references().column]))
            columns.set(column);
    if (columns.none()) return;
    prepared& statement = prepare_update(link, plan, columns);
    koine_value* out = binds_.data();
    for (std::size_t i = 0; i < sets_.size(); ++i) *out++ = koine_value{0, KOINE_NULL, 0, 0, {0}};
    for (const std::uint16_t column : plan.key) *out++ = native(link, plan, header.base[column]);
    if (plan.version >= 0) *out++ = native(link, plan, header.base[plan.version]);
    link.enqueue(statement, binds_);
    changed_.push_back(&header);
}

// Inserts may have been counted in front of the others.
void flush_sender::check_changes(driver_connection& link) {
    std::span<const std::int64_t> counts = link.flush();
    if (counts.size() < changed_.size()) throw_usage("the driver lost count of its statements");
    counts = counts.last(changed_.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 1) [[likely]]
            continue;
        const object_header& header = *changed_[i];
        if (counts[i] < 0) raise_uncounted(plan_of(header), link);
        raise_stale(plan_of(header), header.base, counts[i]);
    }
    changed_.clear();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
