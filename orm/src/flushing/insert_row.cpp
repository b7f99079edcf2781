#include "flushing/insert_row.hpp"

#include <string>
#include <utility>

#include <koine/error.hpp>

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

std::int64_t generated_key(const entity_plan& plan, const koine_value& key) {
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
