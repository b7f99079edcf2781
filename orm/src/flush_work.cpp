#include "flush_work.hpp"

#include <algorithm>
#include <utility>

#include <koine/error.hpp>

#include "flush_order.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

[[noreturn]] KOINE_COLD void raise_unbindable(const entity_plan& plan, const koine_value* base,
                                              const bind_context& context) {
    error_info info;
    info.code = context.code();
    info.outcome = outcome::not_sent;
    info.table = std::string{plan.table->name};
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

}  // namespace

// ---- Collecting ----

void flush_work::clear_lists() noexcept {
    // One large flush does not keep its memory for a life of small ones.
    constexpr std::size_t kept = 4096;
    if (values_.capacity() > kept) values_ = {};
    inserts_.clear();
    updates_.clear();
    deletes_.clear();
}

void flush_work::collect() {
    collect_inserts();
    collect_updates();
    deletes_ = session_.deleting_;
    if (deletes_.size() < 2) [[likely]]
        return;
    std::vector<const entity_plan*> classes;
    for (const object_header* const header : deletes_) {
        const entity_plan* const plan = &plan_of(*header);
        if (std::find(classes.begin(), classes.end(), plan) == classes.end()) classes.push_back(plan);
    }
    order_classes(classes);
    // Children first, in classes and in rows.
    std::vector<object_header*> ordered;
    ordered.reserve(deletes_.size());
    for (auto plan = classes.rbegin(); plan != classes.rend(); ++plan) {
        const std::size_t first = ordered.size();
        for (object_header* const header : deletes_)
            if (&plan_of(*header) == *plan) ordered.push_back(header);
        if (!(*plan)->refers_to_itself) continue;
        std::vector<const koine_value*> rows;
        for (std::size_t i = first; i < ordered.size(); ++i) rows.push_back(ordered[i]->base);
        const std::vector<std::size_t> order = order_rows(**plan, rows);
        const std::vector<object_header*> unordered(ordered.begin() + static_cast<std::ptrdiff_t>(first),
                                                    ordered.end());
        for (std::size_t i = 0; i < order.size(); ++i) ordered[first + i] = unordered[order[order.size() - 1 - i]];
    }
    deletes_ = std::move(ordered);
}

// `values` has room for the columns, as long as the flush.
void flush_work::collect_insert(const entity_plan& plan, void* object, koine_value* values) {
    plan.entity->bind(object, context_, values);
    if (context_.failed()) raise_unbindable(plan, nullptr, context_);
    insert& one = inserts_.emplace_back(insert{&plan, object, values, plan.all});
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

void flush_work::collect_inserts() {
    if (session_.pending_.empty()) return;
    inserts_.reserve(session_.pending_.size());
    std::size_t cells = 0;
    for (const object_header* const header : session_.pending_) cells += plan_of(*header).columns;
    if (values_.size() < cells) values_.resize(cells);
    koine_value* values = values_.data();
    for (object_header* const header : session_.pending_) {
        const entity_plan& plan = plan_of(*header);
        collect_insert(plan, object_of(header), values);
        values += plan.columns;
    }
    if (inserts_.size() < 2) return;
    std::vector<const entity_plan*> classes;
    for (const insert& one : inserts_) {
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
        std::stable_sort(inserts_.begin(), inserts_.end(),
                         [&](const insert& a, const insert& b) { return rank[a.plan->number] < rank[b.plan->number]; });
    }
    for (std::size_t first = 0, last = 0; first < inserts_.size(); first = last) {
        const entity_plan& plan = *inserts_[first].plan;
        while (last < inserts_.size() && inserts_[last].plan == &plan) ++last;
        if (!plan.refers_to_itself || last - first < 2) continue;
        std::vector<const koine_value*> rows;
        for (std::size_t i = first; i < last; ++i) rows.push_back(inserts_[i].values);
        const std::vector<std::size_t> order = order_rows(plan, rows);
        std::vector<insert> ordered;
        ordered.reserve(order.size());
        for (const std::size_t i : order) ordered.push_back(std::move(inserts_[first + i]));
        std::move(ordered.begin(), ordered.end(), inserts_.begin() + static_cast<std::ptrdiff_t>(first));
    }
}

void flush_work::sort_updates() {
    const auto less = [](const update& a, const update& b) { return a.header->entity < b.header->entity; };
    if (!std::is_sorted(updates_.begin(), updates_.end(), less))
        std::stable_sort(updates_.begin(), updates_.end(), less);
}

void flush_work::collect_updates() {
    for (object_header* const header : session_.touched_)
        if (header->state == object_state::persistent) collect_update(*header);
    if (updates_.size() > 1) sort_updates();
}

// By more than the vector itself would, since moving the entries costs more than their memory.
void flush_work::grow_updates() {
    updates_.reserve(updates_.size() * 4 + 1);
}

void flush_work::collect_update(object_header& header) {
    const entity_plan& plan = plan_of(header);
    const koine_value* const now = session_.buffer_.bind(plan, object_of(&header));
    if (session_.buffer_.context().failed()) raise_unbindable(plan, header.base, session_.buffer_.context());
    column_set changed;
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (!same_value(now[i], header.base[i])) changed.set(i);
    if (changed.none()) return;
    for (const std::uint16_t column : plan.key)
        if (changed.test(column)) raise_changed_key(plan, header.base);
    snapshot values = make_snapshot(now, plan.columns);
    if (updates_.size() == updates_.capacity()) grow_updates();
    update& one = updates_.emplace_back();
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

// Everything that apply() needs memory for.
void flush_work::prepare_memory() {
    session_.undo_.reserve(size());
    // reserve() alone would move everything with each small flush.
    auto& touched = session_.touched_;
    if (touched.capacity() - touched.size() < inserts_.size())
        touched.reserve(std::max(touched.capacity() * 2, touched.size() + inserts_.size()));
    std::size_t of_class = 0;
    for (std::size_t i = 0; i < inserts_.size(); ++i) {
        ++of_class;
        if (i + 1 < inserts_.size() && inserts_[i + 1].plan == inserts_[i].plan) continue;
        class_slot& slot = session_.slot_of(*header_of(inserts_[i].object));
        if (slot.plan->keys == key_kind::integer)
            slot.integers.reserve(of_class);
        else
            slot.values.reserve(of_class);
        of_class = 0;
    }
}

// ---- Sending ----

void flush_work::send(driver_connection& link, bool commit) {
    send_inserts(link);
    if (!inserts_.empty() && !(updates_.empty() && deletes_.empty())) check_taken_over(link);
    send_updates(link);
    send_deletes(link);
    // What has to find its row must be known to have found it before COMMIT; the rest of the queue
    // may ride with it.
    if (!updates_.empty() || !deletes_.empty())
        check_counts(link.flush());
    else if (!commit)
        link.flush();
}

namespace {

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

prepared& flush_work::prepare_update(driver_connection& link, const entity_plan& plan, const column_set& columns) {
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
void flush_work::check_taken_over(driver_connection& link) const {
    for (const insert& one : inserts_) {
        if (one.generated) continue;
        const entity_plan& plan = *one.plan;
        const void* const known =
            session_.find(session_.slot_of(*header_of(one.object)), session_.key_of(plan, one.values));
        if (known == nullptr) continue;
        const object_header* const header = header_of(known);
        const auto is_it = [header](const update& other) { return other.header == header; };
        if (header->state != object_state::deleting && std::none_of(updates_.begin(), updates_.end(), is_it)) continue;
        link.flush();  // fails if the row is there, which says more
        raise_stale(plan, header->base, 0);
    }
}

void flush_work::send_updates(driver_connection& link) {
    prepared* statement = nullptr;
    const entity_plan* of = nullptr;
    column_set columns;
    for (const update& one : updates_) {
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

void flush_work::send_deletes(driver_connection& link) {
    for (const object_header* const header : deletes_) {
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

const object_header& flush_work::counted(std::size_t index) const {
    return index < updates_.size() ? *updates_[index].header : *deletes_[index - updates_.size()];
}

// Inserts may have been counted in front of the others.
void flush_work::check_counts(std::span<const std::int64_t> counts) const {
    const std::size_t wanted = updates_.size() + deletes_.size();
    if (counts.size() < wanted) throw_usage("the driver lost count of its statements");
    counts = counts.last(wanted);
    for (std::size_t i = 0; i < wanted; ++i)
        if (counts[i] >= 0 && counts[i] != 1) raise_stale(plan_of(counted(i)), counted(i).base, counts[i]);
}

// ---- Taking over ----

inline void flush_work::apply_update(update& one) noexcept {
    object_header& header = *one.header;
    const entity_plan& plan = plan_of(header);
    if (plan.version >= 0)
        plan.entity->read_column(static_cast<std::uint16_t>(plan.version), one.values[plan.version],
                                 object_of(&header));
    session_.undo_.push({&header, snapshot{header.base}, undo_entry::change::update});
    header.base = one.values.release();
}

void flush_work::apply() {
    for (insert& one : inserts_) apply_insert(one);
    session_.pending_.clear();
    for (update& one : updates_) apply_update(one);
    for (object_header* const header : deletes_) {
        session_.take_out(session_.slot_of(*header), *header);
        header->state = object_state::deleted;
        session_.undo_.push({header, nullptr, undo_entry::change::delete_});
    }
    session_.deleting_.clear();
}

// What the database has made of the row comes to its object.
void flush_work::fill_in(insert& one) {
    const entity_plan& plan = *one.plan;
    if (one.generated) {
        koine_value& key = one.values[plan.generated];
        key = koine_value{0, KOINE_INT64, 0, 0, {one.key}};
        plan.entity->read_column(static_cast<std::uint16_t>(plan.generated), key, one.object);
    }
    if (plan.version >= 0)
        plan.entity->read_column(static_cast<std::uint16_t>(plan.version), one.values[plan.version], one.object);
    if (one.read_back)
        for (std::uint16_t i = 0; i < plan.columns; ++i)
            if (!one.columns.test(i)) plan.entity->read_column(i, one.values[i], one.object);
}

void flush_work::apply_insert(insert& one) {
    fill_in(one);
    const entity_plan& plan = *one.plan;
    object_header& header = *header_of(one.object);
    header.state = object_state::persistent;
    header.epoch = session_.clock_;
    // As long as nobody could write to the object it is what was sent, and needs no base.
    const bool touched = (header.flags & object_touched) != 0;
    header.base = touched ? make_snapshot(one.values, plan.columns).release() : one.values;
    session_.put(session_.slot_of(header), header);
    if (touched)
        session_.touched_.push_back(&header);
    else
        header.base = nullptr;
    session_.undo_.push({&header, nullptr, undo_entry::change::insert, one.generated});
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
