#include "loading/bad_row.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <koine/error.hpp>
#include <koine/types/stored_form.hpp>

#include "objects/entity_plan.hpp"

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

}  // namespace

void raise_bad_row(const entity_info& entity, const koine_value* cells) {
    error_info info;
    info.code = errc::unreadable_value;
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
        if (cells[i].tag == KOINE_NULL) info.code = errc::unexpected_null;
        info.column = std::string{column.name};
        info.message += ": column " + info.column + " holds " + std::string{word_for(cells[i].tag)};
        info.message += info.code == errc::unexpected_null    ? ", but its member is not std::optional"
                        : cells[i].tag == tag_of(column.type) ? " that its member cannot hold"
                                                              : ", its member takes something else";
        explain_stored_form(column.type, cells[i], info);
        break;
    }
    entity.destroy(place);
    throw_error(std::move(info));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
