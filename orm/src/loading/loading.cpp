#include "loading/loading.hpp"

#include <string>
#include <utility>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

void* loading::load_by_values(class_slot& slot, const koine_value* cells) {
    const koine_value* const key = key_of_cells(slot, cells);
    return load_into(slot, slot.values.at({key, slot.plan->key.size()}), slot.values, cells);
}

// The bound form of a row's key. What drivers spell in different ways goes through an object.
const koine_value* loading::key_of_cells(class_slot& slot, const koine_value* cells) {
    const entity_plan& plan = *slot.plan;
    if (plan.keys == key_kind::canonical) return known_.key_of(plan, cells);
    const entity_info& entity = *plan.entity;
    void* const scratch = members_.pool_of(slot).place();
    entity.construct(scratch);
    bool fits = true;
    for (const std::uint16_t column : plan.key) fits = fits && entity.read_column(column, cells[column], scratch);
    snapshot copy;
    if (fits) {
        const koine_value* const values = tracked_.buffer().bind(plan, scratch);
        copy = make_snapshot(known_.key_of(plan, values), plan.key.size());
    }
    entity.destroy(scratch);
    if (!fits) raise_bad_row(*plan.entity, cells);
    scratch_key_ = std::move(copy);
    return scratch_key_.get();
}

// A row of an object that is known. It counts once in a transaction; columns that were assigned to
// keep what was assigned.
void loading::merge(const class_slot& slot, object_header& header, const koine_value* cells) {
    if (is_fresh(slot, header)) return;
    const entity_plan& plan = *slot.plan;
    void* const object = object_of(&header);
    if (header.state != object_state::persistent && header.state != object_state::deleting) return;
    if (header.base == nullptr) {
        if (!plan.entity->read(cells, object)) raise_bad_row(*plan.entity, cells);
        header.epoch = clock_;
        return;
    }
    bound_values& buffer = tracked_.buffer();
    const koine_value* const now = buffer.bind(plan, object);
    if (buffer.context().failed()) {
        // what cannot be bound could not be put back: the object stays as it is
        header.epoch = clock_;
        return;
    }
    column_set assigned;
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (!same_value(now[i], header.base[i])) assigned.set(i);
    // The base is the row as a whole: an assignment is compared with what the database has now.
    const snapshot mine = assigned.any() ? make_snapshot(now, plan.columns) : nullptr;
    snapshot base;
    const bool fits = plan.entity->read(cells, object);
    if (fits) base = make_snapshot(buffer.bind(plan, object), plan.columns);
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (assigned.test(i)) plan.entity->read_column(i, mine[i], object);
    if (!fits) raise_bad_row(*plan.entity, cells);
    replace_base(header, std::move(base));
    header.epoch = clock_;
}

// ---- By key ----

prepared& loading::statement_by_key(driver_connection& link, const entity_plan& plan) {
    return link.prepare(*plan.entity, entity_operation::get, [&plan](syntax::fragment& shape) {
        shape.push_table(syntax::op::select_entity, plan.table);
        for (std::size_t i = 0; i < plan.key.size(); ++i) {
            shape.push_table(syntax::op::column, plan.table, plan.key[i]);
            shape.push_parameter(tag_of(plan.table->columns[plan.key[i]].type));
            shape.push(syntax::op::eq);
            if (i != 0) shape.push(syntax::op::and_);
        }
        shape.push(syntax::op::where);
    });
}

// The row of a key is not there (any more).
void loading::row_is_gone(class_slot& slot, object_header& header) {
    if (header.state != object_state::persistent) return;
    undo_log& undo = transaction_.undo();
    undo.reserve(1);
    touch(object_of(&header));  // a rollback takes back what is assigned to it from now on, too
    known_.take_out(slot, header);
    header.state = object_state::deleted;
    undo.push({&header, nullptr, undo_entry::change::delete_});
}

void* loading::read(class_slot& slot, void* known, std::span<const koine_value> key) {
    const entity_plan& plan = *slot.plan;
    driver_connection& link = transaction_.on();
    prepared& statement = statement_by_key(link, plan);
    if (!plan.plain) {
        native_key_.assign(key.begin(), key.end());
        for (koine_value& value : native_key_) value = link.context().native_form(value);
        key = native_key_;
    }
    if (link.execute(statement, key) == 0) {
        if (known != nullptr) row_is_gone(slot, *header_of(known));
        return nullptr;
    }
    const result_guard guard{link, statement};
    void* const object = load(slot, statement.cells.get());
    link.finish(statement);
    return object;
}

void loading::refresh(object_header& header) {
    const entity_plan& plan = plan_of(header);
    if (!members_.owns(header) ||
        (header.state != object_state::persistent && header.state != object_state::deleting)) {
        throw_usage("only an object that the session holds and that has a row can be refreshed; this " +
                    std::string{plan.entity->class_name} + " is not one");
    }
    driver_connection& link = transaction_.on();
    prepared& statement = statement_by_key(link, plan);
    const bool had_base = header.base != nullptr;
    if (!had_base) take_base(header);
    native_key_.clear();
    for (const std::uint16_t column : plan.key) native_key_.push_back(link.context().native_form(header.base[column]));
    if (link.execute(statement, native_key_) == 0) {
        error_info info;
        info.code = errc::stale_object;
        info.table = std::string{plan.table->name};
        info.message = "the row of " + describe_object(plan, header.base) + " is gone";
        throw_error(std::move(info));
    }
    const result_guard guard{link, statement};
    void* const object = object_of(&header);
    if (!plan.entity->read(statement.cells.get(), object)) raise_bad_row(*plan.entity, statement.cells.get());
    replace_base(header, nullptr);
    if (had_base) take_base(header);
    header.epoch = clock_;
    link.finish(statement);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
