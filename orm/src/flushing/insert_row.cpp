#include "flushing/insert_row.hpp"

#include <string>
#include <utility>

#include <koine/dialect.hpp>
#include <koine/error.hpp>

#include "loading/result_guard.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

void push_insert(syntax::fragment& shape, const entity_plan& plan, const column_set& columns,
                 std::span<const std::uint16_t> back) {
    shape.push_table(syntax::op::insert, plan.table);
    for (std::uint16_t i = 0; i < plan.columns; ++i) {
        if (!columns.test(i)) continue;
        shape.push_parameter(tag_of(plan.table->columns[i].type));
        shape.push(syntax::op::value, i);
    }
    for (const std::uint16_t column : back) shape.push(syntax::op::returning, column);
}

namespace {

enum class key_source : std::uint8_t { last_insert_id, returning, nobody };

// What the database says of the table's key.
key_source source_of_key(driver_connection& link, const entity_plan& plan) {
    const std::string query =
        link.dialect().key_is_last_insert_id(*plan.table, static_cast<std::uint16_t>(plan.generated));
    if (query.empty()) return key_source::last_insert_id;
    prepared& statement = link.prepare(query, true);
    struct ending {
        driver_connection& link;
        prepared& statement;
        ~ending() { link.discard(statement); }
    };
    const ending after{link, statement};
    const result_guard guard{link, statement};
    if (link.execute(statement, {}) == 0) return key_source::returning;
    const koine_value answer = statement.cells[0];
    link.finish(statement);
    return answer.tag == KOINE_INT64 && answer.u.i == 0 ? key_source::nobody : key_source::last_insert_id;
}

}  // namespace

void push_generated_insert(syntax::fragment& shape, const entity_plan& plan, driver_connection& link) {
    const key_source source = source_of_key(link, plan);
    const bool returns = source == key_source::returning;
    if (source == key_source::nobody || (returns && !link.dialect().features().insert_returning))
        raise_no_key(plan, false);
    push_insert(shape, plan, plan.all_but_generated, {plan.key.data(), returns ? std::size_t{1} : 0});
}

std::int64_t returned_key(driver_connection& link, const entity_plan& plan, prepared& statement) {
    const result_guard guard{link, statement};
    const std::int64_t key = generated_key(plan, statement.cells[0]);
    if (statement.running) link.finish(statement);
    return key;
}

std::int64_t generated_key(const entity_plan& plan, const koine_value& key) {
    if (key.tag == KOINE_NULL) raise_no_key(plan, true);
    const sql_type type = plan.table->columns[plan.key[0]].type;
    const std::int64_t most = type == sql_type::int16 ? INT16_MAX : type == sql_type::int32 ? INT32_MAX : INT64_MAX;
    if (key.tag != KOINE_INT64) raise_bad_answer(plan, "a key that is no integer");
    if (key.u.i > most || key.u.i < -most) raise_bad_answer(plan, "a key that its member cannot hold");
    return key.u.i;
}

void fill_in(new_row& one) {
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

void raise_no_key(const entity_plan& plan, bool sent) {
    error_info info;
    info.code = errc::unexpected_null;
    info.outcome = sent ? outcome::rejected : outcome::not_sent;
    info.poisons_transaction = sent;
    info.table = std::string{plan.table->name};
    info.column = std::string{plan.table->columns[plan.key[0]].name};
    info.message = "the table \"" + info.table + "\" makes no key that can be had for a new " +
                   plan.entity->class_name + ": its column \"" + info.column +
                   "\" is no AUTO_INCREMENT, INTEGER PRIMARY KEY or identity column, and no default is known";
    info.hint = "give the object its key before it is added, or change the table";
    throw_error(std::move(info));
}

void raise_bad_answer(const entity_plan& plan, const char* what) {
    error_info info;
    info.code = errc::unreadable_value;
    info.poisons_transaction = true;
    info.table = std::string{plan.table->name};
    info.message = std::string{"the database answered an INSERT of "} + plan.entity->class_name + " with " + what;
    throw_error(std::move(info));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
