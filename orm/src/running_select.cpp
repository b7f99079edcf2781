// Statements whose rows a session reads: the running result, and objects of all its rows.
#include <koine/orm/detail/unit_of_work.hpp>

#include <iterator>
#include <utility>
#include <vector>

#include <koine/error.hpp>

#include "loading/bad_row.hpp"
#include "loading/result_guard.hpp"
#include "session_core.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

std::uint32_t execute_with_many(driver_connection& link, prepared& statement, const syntax::fragment& values) {
    std::vector<koine_value> bound(values.bind_count());
    values.values(link.context(), bound.data());
    return link.execute(statement, bound);
}

// Runs a query's statement with the values bound in it.
inline std::uint32_t execute_with(const session_core& session, driver_connection& link, prepared& statement,
                                  const syntax::fragment& values) {
    session.tell_place(link);
    koine_value bound[syntax::fragment::inline_binds];
    if (values.bind_count() > std::size(bound)) [[unlikely]]
        return execute_with_many(link, statement, values);
    values.values(link.context(), bound);
    return link.execute(statement, {bound, values.bind_count()});
}

}  // namespace

void running_select::raise_bad_row(const entity_info& entity, const koine_value* cells) {
    detail::raise_bad_row(entity, cells);
}

running_select::running_select(session_core& session, const syntax::fragment& statement) {
    session.check_usable();
    session.autoflush();
    link_ = &session.on();
    statement_ = &link_->prepare(statement);
    got_ = execute_with(session, *link_, *statement_, statement);
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
        // Whoever uses the connection next is told.
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
    std::uint32_t got = execute_with(session, link, select, statement);
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
    if (execute_with(session, link, change, statement) != 0) link.finish(change);
    return link.rows_affected(change);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
