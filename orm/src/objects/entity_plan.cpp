#include "objects/entity_plan.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include <koine/error.hpp>
#include <koine/mapping/entity.hpp>
#include <koine/orm/detail/object.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

bool holds_integers(sql_type type) noexcept {
    return type == sql_type::int16 || type == sql_type::int32 || type == sql_type::int64;
}

std::size_t round_up(std::size_t size, std::size_t alignment) noexcept {
    return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

std::uint8_t tag_of(sql_type type) noexcept {
    switch (type) {
        case sql_type::int16:
        case sql_type::int32:
        case sql_type::int64:
            return KOINE_INT64;
        case sql_type::boolean:
            return KOINE_BOOL;
        case sql_type::float64:
            return KOINE_FLOAT64;
        case sql_type::text:
        case sql_type::enumeration:
            return KOINE_TEXT;
        case sql_type::bytes:
            return KOINE_BLOB;
        case sql_type::date:
            return KOINE_DATE;
        case sql_type::time:
            return KOINE_TIME;
        case sql_type::timestamp:
            return KOINE_TIMESTAMP;
        case sql_type::instant:
            return KOINE_INSTANT;
        case sql_type::uuid:
            return KOINE_UUID;
    }
    return KOINE_NULL;
}

entity_plan::entity_plan(const entity_info& info)
    : entity{&info},
      table{info.table},
      number{number_of(info)},
      columns{static_cast<std::uint16_t>(info.table->columns.size())},
      place{place_of(*info.table)} {
    if (table->columns.size() > max_columns) {
        throw_usage(std::string{info.class_name} + " has more than " + std::to_string(max_columns) + " columns");
    }
    if (number > UINT16_MAX) throw_usage("more than 65535 mapped classes in one program");
    key.assign(table->primary_key.begin(), table->primary_key.end());
    for (std::uint16_t i = 0; i < columns; ++i) {
        const column_info& column = table->columns[i];
        all.set(i);
        if (column.version) version = i;
        if (column.generated) generated = i;
        if (!column.server_default.empty()) server_defaults.push_back(i);
        if (column.references != nullptr) take_reference(i);
        plain = plain && (holds_integers(column.type) || column.type == sql_type::float64 ||
                          column.type == sql_type::text || column.type == sql_type::bytes);
    }
    all_but_generated = all;
    if (generated >= 0) all_but_generated.reset(static_cast<std::size_t>(generated));
    const auto type_of = [this](std::uint16_t column) { return table->columns[column].type; };
    if (key.size() != 1 || !holds_integers(type_of(key[0]))) {
        const bool canonical = std::all_of(key.begin(), key.end(), [&](std::uint16_t k) {
            return holds_integers(type_of(k)) || type_of(k) == sql_type::text;
        });
        keys = canonical ? key_kind::canonical : key_kind::converted;
    }
    simple = plain && keys == key_kind::integer && server_defaults.empty() && version < 0 && generated <= 0;
    const std::size_t alignment = std::max(info.alignment, alignof(object_header));
    offset = round_up(sizeof(object_header), alignment);
    stride = round_up(offset + info.size, alignment);

    bind_context context;
    std::vector<koine_value> values(columns);
    info.bind_default(context, values.data());
    // What cannot be bound as it is made (an enumeration without a zero) is never equal to what an
    // object holds.
    if (context.failed()) std::fill(values.begin(), values.end(), koine_value{0, KOINE_OPAQUE, 0, 0, {0}});
    defaults = make_snapshot(values.data(), columns);
}

void entity_plan::take_reference(std::uint16_t number_of_column) {
    const column_info& column = table->columns[number_of_column];
    const table_info* const target = column.references().table;
    if (target == table) {
        refers_to_itself = true;
        if (column.nullable && column.on_delete != referential_action::cascade &&
            column.on_delete != referential_action::set_null)
            own_references.push_back(number_of_column);
    }
    if (column.on_delete == referential_action::cascade &&
        (target == table || (place.circle != nullptr && place_of(*target).circle == place.circle)))
        cascades.push_back(number_of_column);
}

const entity_plan& plan_of(const entity_info& entity) {
    static std::mutex mutex;
    // Never destroyed: sessions and objects with static storage use them at any time of the exit.
    static auto& plans = *new std::vector<std::unique_ptr<const entity_plan>>;
    const std::uint32_t number = number_of(entity);
    const std::lock_guard lock{mutex};
    if (number >= plans.size()) plans.resize(number + 1);
    if (!plans[number]) plans[number] = std::make_unique<const entity_plan>(entity);
    return *plans[number];
}

std::string describe_object(const entity_plan& plan, const koine_value* values) {
    std::string text = std::string{plan.entity->class_name} + " in table " + std::string{plan.table->name} + " (";
    for (std::size_t i = 0; i < plan.key.size(); ++i) {
        const koine_value* const value = values != nullptr ? &values[plan.key[i]] : nullptr;
        if (i != 0) text += ", ";
        text += plan.table->columns[plan.key[i]].name;
        if (value != nullptr && value->tag == KOINE_INT64) text += ' ' + std::to_string(value->u.i);
    }
    return text + ')';
}

koine_value* bound_values::many(std::size_t columns) {
    many_.resize(columns);
    return many_.data();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
