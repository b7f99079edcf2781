// From rows to objects: one object a row and session, made once and merged afterwards.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <koine/error.hpp>

#include "session_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

std::string_view word_for(std::uint8_t tag) noexcept {
    switch (tag) {
        case KOINE_NULL:
            return "NULL";
        case KOINE_INT64:
            return "an integer";
        case KOINE_FLOAT64:
            return "a floating-point number";
        case KOINE_TEXT:
            return "text";
        case KOINE_BLOB:
            return "bytes";
        default:
            return "a value of another type";
    }
}

// Ends a result when loading its rows fails.
class result_guard {
public:
    result_guard(driver_connection& link, prepared& statement) noexcept : link_{link}, statement_{statement} {}
    result_guard(const result_guard&) = delete;
    result_guard& operator=(const result_guard&) = delete;
    ~result_guard() {
        if (!statement_.running) return;
        try {
            link_.finish(statement_);
        } catch (...) {
            // The error that is on its way says more.
        }
    }

private:
    driver_connection& link_;
    prepared& statement_;
};

}  // namespace

void running_select::raise_bad_row(const entity_info& entity, const koine_value* cells) {
    error_info info;
    info.code = errc::type_mismatch;
    info.table = std::string{entity.table->name};
    info.message = "a row of " + info.table + " does not fit " + entity.class_name;
    const std::unique_ptr<char[]> memory{new char[entity.size + entity.alignment]};
    void* place = memory.get();
    std::size_t room = entity.size + entity.alignment;
    std::align(entity.alignment, entity.size, place, room);
    entity.construct(place);
    for (std::uint16_t i = 0; i < entity.table->columns.size(); ++i) {
        if (entity.read_column(i, cells[i], place)) continue;
        const column_info& column = entity.table->columns[i];
        if (cells[i].tag == KOINE_NULL)
            info.code = errc::unexpected_null;
        else if (cells[i].tag == tag_of(column.type))
            info.code = errc::out_of_range;
        info.column = std::string{column.name};
        info.message += ": column " + info.column + " holds " + std::string{word_for(cells[i].tag)};
        info.message += info.code == errc::out_of_range      ? " that its member cannot hold"
                        : info.code == errc::unexpected_null ? ", but its member is not std::optional"
                                                             : ", its member takes something else";
        break;
    }
    entity.destroy(place);
    throw_error(std::move(info));
}

void session_core::raise_bad_row(const entity_plan& plan, const koine_value* cells) {
    running_select::raise_bad_row(*plan.entity, cells);
}

// ---- One row ----

// A new object of a row, not yet known by its key.
void* session_core::create(class_slot& slot, const koine_value* cells) {
    if (slot.pool == nullptr) [[unlikely]]
        slot.pool = &store().pool(*slot.plan);
    const entity_info& entity = *slot.plan->entity;
    void* const object = slot.pool->place();
    entity.construct(object);
    bool fits = false;
    try {
        fits = entity.read(cells, object);
    } catch (...) {
        entity.destroy(object);
        throw;
    }
    if (!fits) [[unlikely]] {
        entity.destroy(object);
        raise_bad_row(*slot.plan, cells);
    }
    slot.pool->keep();
    header_of(object)->epoch = clock_;
    return object;
}

// The object of a row whose key has this entry.
template <class Entry, class Identities>
inline void* session_core::load_into(class_slot& slot, Entry& entry, Identities& identities, const koine_value* cells) {
    if (entry.object != nullptr) [[unlikely]] {
        merge(slot, *header_of(entry.object), cells);
        return entry.object;
    }
    void* const made = create(slot, cells);
    entry.object = made;
    identities.added();
    return made;
}

void* session_core::load(class_slot& slot, const koine_value* cells) {
    if (slot.plan->keys != key_kind::integer) [[unlikely]]
        return load_by_values(slot, cells);
    const koine_value& key = cells[slot.plan->key[0]];
    if (key.tag != KOINE_INT64) [[unlikely]]
        raise_bad_row(*slot.plan, cells);
    return load_into(slot, slot.integers.at(key.u.i), slot.integers, cells);
}

void* session_core::load_by_values(class_slot& slot, const koine_value* cells) {
    const koine_value* const key = key_of_cells(slot, cells);
    return load_into(slot, slot.values.at({key, slot.plan->key.size()}), slot.values, cells);
}

// The bound form of a row's key. What drivers spell in different ways goes through an object.
const koine_value* session_core::key_of_cells(class_slot& slot, const koine_value* cells) {
    const entity_plan& plan = *slot.plan;
    if (plan.keys == key_kind::canonical) return key_of(plan, cells);
    if (slot.pool == nullptr) slot.pool = &store().pool(plan);
    const entity_info& entity = *plan.entity;
    void* const scratch = slot.pool->place();
    entity.construct(scratch);
    bool fits = true;
    for (const std::uint16_t column : plan.key) fits = fits && entity.read_column(column, cells[column], scratch);
    snapshot copy;
    if (fits) {
        const koine_value* const values = buffer_.bind(plan, scratch);
        copy = make_snapshot(key_of(plan, values), plan.key.size());
    }
    entity.destroy(scratch);
    if (!fits) raise_bad_row(plan, cells);
    scratch_key_ = std::move(copy);
    return scratch_key_.get();
}

// A row of an object that is known. It counts once in a transaction; columns that were assigned to
// keep what was assigned.
void session_core::merge(const class_slot& slot, object_header& header, const koine_value* cells) {
    if (is_fresh(slot, header)) return;
    const entity_plan& plan = *slot.plan;
    void* const object = object_of(&header);
    if (header.state != object_state::persistent && header.state != object_state::deleting) return;
    if (header.base == nullptr) {
        if (!plan.entity->read(cells, object)) raise_bad_row(plan, cells);
        header.epoch = clock_;
        return;
    }
    const koine_value* const now = buffer_.bind(plan, object);
    if (buffer_.context().failed()) {
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
    if (fits) base = make_snapshot(buffer_.bind(plan, object), plan.columns);
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (assigned.test(i)) plan.entity->read_column(i, mine[i], object);
    if (!fits) raise_bad_row(plan, cells);
    replace_base(header, std::move(base));
    header.epoch = clock_;
}

// ---- get, refresh ----

prepared& session_core::get_statement(driver_connection& link, const entity_plan& plan) {
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
void session_core::row_is_gone(class_slot& slot, object_header& header) {
    if (header.state != object_state::persistent) return;
    undo_.reserve(1);
    touch(object_of(&header));  // a rollback takes back what is assigned to it from now on, too
    take_out(slot, header);
    header.state = object_state::deleted;
    undo_.push({&header, nullptr, undo_entry::change::delete_});
}

void* session_core::answer_get(class_slot& slot, void* known, std::span<const koine_value> key) {
    if (!pending_.empty() || !deleting_.empty()) {
        autoflush();
        known = find(slot, key.data());
        if (known != nullptr && is_fresh(slot, *header_of(known))) return known;
    }
    const entity_plan& plan = *slot.plan;
    driver_connection& link = on();
    prepared& statement = get_statement(link, plan);
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

void* session_core::get(const entity_info& entity, std::int64_t key) {
    check_usable();
    class_slot& slot = slot_of(entity);
    const entity_plan& plan = *slot.plan;
    if (plan.keys != key_kind::integer) [[unlikely]]
        throw_usage(std::string{entity.class_name} + " is not found by one integer");
    const koine_value value{0, KOINE_INT64, 0, 0, {key}};
    integer_identities::entry& entry = slot.integers.at(key);
    if (entry.object != nullptr || !pending_.empty() || !deleting_.empty()) {
        void* const known = entry.object;
        if (known != nullptr && is_fresh(slot, *header_of(known)) &&
            header_of(known)->state == object_state::persistent)
            return known;
        return answer_get(slot, known, {&value, 1});
    }
    // Nothing is known of the key, and nothing comes in between: its entry stays where it is until
    // the row is there.
    driver_connection& link = on();
    prepared& statement = get_statement(link, plan);
    if (link.execute(statement, {&value, 1}) == 0) return nullptr;
    const result_guard guard{link, statement};
    const koine_value* const cells = statement.cells.get();
    const koine_value& found = cells[plan.key[0]];
    void* const object =
        found.tag == KOINE_INT64 && found.u.i == key ? load_into(slot, entry, slot.integers, cells) : load(slot, cells);
    link.finish(statement);
    return object;
}

void* session_core::get(const entity_info& entity, std::span<const koine_value> key) {
    check_usable();
    class_slot& slot = slot_of(entity);
    const entity_plan& plan = *slot.plan;
    if (key.size() != plan.key.size()) {
        throw_usage(std::string{entity.class_name} + " has a primary key of " + std::to_string(plan.key.size()) +
                    " columns");
    }
    void* const known = find(slot, key.data());
    if (known != nullptr && is_fresh(slot, *header_of(known)) && header_of(known)->state == object_state::persistent)
        return known;
    return answer_get(slot, known, key);
}

void session_core::refresh(object_header& header) {
    check_usable();
    class_slot& slot = slot_of(header);
    const entity_plan& plan = *slot.plan;
    if (!owns(header) || (header.state != object_state::persistent && header.state != object_state::deleting)) {
        throw_usage("only an object that the session holds and that has a row can be refreshed; this " +
                    std::string{plan.entity->class_name} + " is not one");
    }
    driver_connection& link = on();
    prepared& statement = get_statement(link, plan);
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
    if (!plan.entity->read(statement.cells.get(), object)) raise_bad_row(plan, statement.cells.get());
    replace_base(header, nullptr);
    if (had_base) take_base(header);
    header.epoch = clock_;
    link.finish(statement);
}

// One step for all objects of the session's own store.
void session_core::retain_all(const std::vector<void*>& objects) const noexcept {
    if (objects.empty()) return;
    if (adopted_.empty()) return retain(objects.front(), objects.size());
    for (void* const object : objects) retain(object);
}

void session_core::distrust(const entity_info& entity) {
    slot_of(entity).fresh_from = ++clock_;
}

// ---- Many rows ----

namespace {

std::uint32_t execute_with_many(driver_connection& link, prepared& statement, const syntax::fragment& values) {
    std::vector<koine_value> bound(values.bind_count());
    values.values(link.context(), bound.data());
    return link.execute(statement, bound);
}

// Runs a statement with the values bound in it.
inline std::uint32_t execute_with(driver_connection& link, prepared& statement, const syntax::fragment& values) {
    koine_value bound[syntax::fragment::inline_binds];
    if (values.bind_count() > std::size(bound)) [[unlikely]]
        return execute_with_many(link, statement, values);
    values.values(link.context(), bound);
    return link.execute(statement, {bound, values.bind_count()});
}

}  // namespace

running_select::running_select(session_core& session, const syntax::fragment& statement) {
    session.check_usable();
    session.autoflush();
    link_ = &session.on();
    statement_ = &link_->prepare(statement);
    got_ = execute_with(*link_, *statement_, statement);
    cells_ = statement_->cells.get();
}

std::uint32_t running_select::expected() const noexcept {
    return statement_->expected_rows;
}

void running_select::next() {
    got_ = link_->fetch(*statement_);
    cells_ = statement_->cells.get();
}

void running_select::complete(std::size_t rows) noexcept {
    statement_->expected_rows = static_cast<std::uint32_t>(rows);
}

void running_select::stop() noexcept {
    got_ = 0;
    try {
        link_->finish(*statement_);
    } catch (...) {
        // Whoever uses the link next is told.
    }
}

selected_objects::selected_objects(session_core& session, const entity_info& entity, const syntax::fragment& statement)
    : session_{session} {
    running_select rows{session, statement};
    class_slot& slot = session.slot_of(entity);
    const std::uint32_t columns = slot.plan->columns;
    objects_.reserve(rows.expected());
    if (slot.plan->keys == key_kind::integer && slot.integers.size() == 0) slot.integers.reserve(rows.expected());
    for (; rows.got() != 0; rows.next()) {
        const koine_value* cells = rows.cells();
        for (std::uint32_t i = 0; i < rows.got(); ++i, cells += columns) objects_.push_back(session.load(slot, cells));
    }
    count_ = objects_.size();
    first_ = objects_.data();
    rows.complete(count_);
}

selected_objects::~selected_objects() = default;

void selected_objects::retain() const noexcept {
    session_.retain_all(objects_);
}

std::size_t select_few(session_core& session, const entity_info& entity, const syntax::fragment& statement,
                       std::size_t limit, void** out) {
    session.check_usable();
    session.autoflush();
    driver_connection& link = session.on();
    prepared& select = link.prepare(statement);
    std::uint32_t got = execute_with(link, select, statement);
    if (got == 0) return 0;
    const result_guard guard{link, select};
    class_slot& slot = session.slot_of(entity);
    std::size_t found = 0;
    // The rest of the result, if any, is not asked for.
    while (true) {
        const koine_value* cells = select.cells.get();
        for (std::uint32_t i = 0; i < got && found != limit; ++i, cells += slot.plan->columns)
            out[found++] = session.load(slot, cells);
        if (found == limit || (got = link.fetch(select)) == 0) break;
    }
    link.finish(select);
    for (std::size_t i = 0; i < found; ++i) retain(out[i]);
    return found;
}

std::int64_t select_number(session_core& session, const syntax::fragment& statement) {
    const running_select rows{session, statement};
    if (rows.got() == 0) throw_usage("a count gave no row");
    return rows.cells()->u.i;
}

std::int64_t execute_change(session_core& session, const entity_info& entity, const syntax::fragment& statement) {
    session.check_usable();
    session.autoflush();
    driver_connection& link = session.on();
    prepared& change = link.prepare(statement);
    session.distrust(entity);
    if (execute_with(link, change, statement) != 0) link.finish(change);
    return link.rows_affected(change);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
