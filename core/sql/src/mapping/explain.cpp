#include <koine/mapping/explain.hpp>

#include <memory>
#include <new>
#include <string>

#include <koine/bind_context.hpp>
#include <koine/mapping/row_reader.hpp>
#include <koine/mapping/type_names.hpp>
#include <koine/types/enumeration.hpp>
#include <koine/types/stored_form.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Whether a cell suits a column, as far as the column's type tells: what a type's own traits refuse
// is not seen here.
bool suits(const column_info& column, const koine_value& cell) {
    switch (cell.tag) {
        case KOINE_NULL:
            return column.nullable;
        case KOINE_INT64:
            switch (column.type) {
                case sql_type::int16:
                    return cell.u.i >= INT16_MIN && cell.u.i <= INT16_MAX;
                case sql_type::int32:
                    return cell.u.i >= INT32_MIN && cell.u.i <= INT32_MAX;
                case sql_type::int64:
                    return true;
                case sql_type::boolean:
                    return cell.u.i == 0 || cell.u.i == 1;
                case sql_type::float64: {
                    double exact = 0;
                    return read_float(cell, exact);
                }
                default:
                    return false;
            }
        case KOINE_FLOAT64:
            return column.type == sql_type::float64;
        case KOINE_BLOB:
            return column.type == sql_type::bytes;
        case KOINE_BOOL:
            return column.type == sql_type::boolean;
        case KOINE_DATE:
            return column.type == sql_type::date;
        case KOINE_TIME:
            return column.type == sql_type::time;
        case KOINE_TIMESTAMP:
            return column.type == sql_type::timestamp;
        case KOINE_INSTANT:
            return column.type == sql_type::instant;
        case KOINE_UUID:
            return column.type == sql_type::uuid;
        case KOINE_TEXT:
        case KOINE_OPAQUE: {
            if (column.type == sql_type::text) return true;
            if (column.type != sql_type::enumeration) return false;
            return find_enumerator(cell, column.enumerators.data(), column.enumerators.size()) >= 0;
        }
        default:
            return column.type == sql_type::text;
    }
}

bool is_integer_column(sql_type type) {
    return type == sql_type::int16 || type == sql_type::int32 || type == sql_type::int64;
}

error_info explain_column(std::string place, sql_type expected, const koine_value& cell) {
    error_info info;
    if (cell.tag == KOINE_NULL) {
        info.code = errc::unexpected_null;
        info.message = place + " is NULL, but its type " + std::string{type_name(expected)} + " is not optional";
    } else if (cell.tag == KOINE_INT64 && (is_integer_column(expected) || expected == sql_type::float64)) {
        info.code = errc::unreadable_value;
        info.message = place + " holds an integer that " + std::string{type_name(expected)} + " cannot hold exactly";
    } else {
        info.code = errc::unreadable_value;
        info.message = place + " should be " + std::string{type_name(expected)} + ", but the database gave ";
        info.message += tag_name(cell.tag);
        const std::size_t before = info.message.size();
        explain_stored_form(expected, cell, info);
        if (cell.tag == KOINE_TEXT && expected != sql_type::text && info.message.size() == before)
            info.message += " that is none";
    }
    return info;
}

error_info explain_column(const table_info& table, const column_info& column, const koine_value& cell) {
    error_info info =
        explain_column("column " + std::string{table.name} + "." + std::string{column.name}, column.type, cell);
    if (info.hint.empty()) info.hint = "compare the mapped class with the table in the database";
    info.table = table.name;
    info.column = column.name;
    return info;
}

// An object of a class known at run time only.
class scratch_object {
public:
    // A copy of `from`, or a fresh one.
    explicit scratch_object(const entity_info& entity, const void* from = nullptr)
        : entity_{entity}, memory_{::operator new (entity.size, std::align_val_t{entity.alignment})} {
        try {
            if (from != nullptr)
                entity_.copy_construct(memory_, from);
            else
                entity_.construct(memory_);
        } catch (...) {
            ::operator delete (memory_, std::align_val_t{entity_.alignment});
            throw;
        }
    }
    scratch_object(const scratch_object&) = delete;
    scratch_object& operator=(const scratch_object&) = delete;
    ~scratch_object() {
        entity_.destroy(memory_);
        ::operator delete (memory_, std::align_val_t{entity_.alignment});
    }
    void* get() noexcept { return memory_; }

private:
    const entity_info& entity_;
    void* memory_;
};

}  // namespace

std::string_view unbindable_column(const entity_info& entity, const void* object) {
    const auto columns = static_cast<std::uint16_t>(entity.table->columns.size());
    const auto values = std::make_unique<koine_value[]>(columns);
    // First as drivers take it that know all types, then as those that know few.
    for (const std::uint32_t tags : {~0U, 0U}) {
        for (std::uint16_t i = 0; i < columns; ++i) {
            scratch_object copy{entity, object};
            for (std::uint16_t other = 0; other < columns; ++other)
                if (other != i) entity.clear_column(other, copy.get());
            bind_context alone{tags};
            entity.bind(copy.get(), alone, values.get());
            entity.clear_column(i, copy.get());
            bind_context without{tags};
            entity.bind(copy.get(), without, values.get());
            if (alone.failed() && !without.failed()) return entity.table->columns[i].name;
        }
    }
    return {};
}

error_info explain_mismatch(const table_info& table, const koine_value* cells) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (!suits(table.columns[i], cells[i])) return explain_column(table, table.columns[i], cells[i]);
    }
    error_info info;
    info.code = errc::unreadable_value;
    info.table = table.name;
    info.message = "a row of table " + std::string{table.name} + " does not fit its class";
    return info;
}

error_info explain_mismatch(const entity_info& entity, const koine_value* cells) {
    scratch_object object{entity};
    const table_info& table = *entity.table;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (!entity.read_column(static_cast<std::uint16_t>(i), cells[i], object.get())) {
            return explain_column(table, table.columns[i], cells[i]);
        }
    }
    return explain_mismatch(table, cells);
}

error_info explain_cell(std::string_view name, std::size_t index, sql_type expected, const koine_value& cell) {
    error_info info = explain_column(
        "column " + (name.empty() ? std::to_string(index + 1) : std::string{name}) + " of the result", expected, cell);
    info.column = name;
    return info;
}

void throw_cell(std::size_t index, sql_type expected, const koine_value& cell) {
    throw_error(explain_cell({}, index, expected, cell));
}

void throw_row(const entity_info& entity, const koine_value* cells) {
    throw_error(explain_mismatch(entity, cells));
}

void check_width(std::size_t expected, std::size_t found) {
    if (expected == found) return;
    error_info info;
    info.code = errc::type_mismatch;
    info.message = "the result has " + std::to_string(found) + " columns, but the type it is read into has " +
                   std::to_string(expected);
    throw_error(std::move(info));
}

bool match_columns(const table_info& table, std::span<const std::string_view> names, std::uint16_t* positions) {
    bool in_order = true;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const std::string_view wanted = table.columns[i].name;
        std::size_t found = 0;
        std::size_t times = 0;
        for (std::size_t j = 0; j < names.size(); ++j) {
            if (names[j] != wanted) continue;
            if (times++ == 0) found = j;
        }
        if (times != 1) {
            error_info info;
            info.code = errc::undefined_column;
            info.table = table.name;
            info.column = wanted;
            info.message = "the result has " + std::string{times == 0 ? "no" : "more than one"} + " column " +
                           std::string{wanted} + ", which the class of table " + std::string{table.name} + " needs";
            throw_error(std::move(info));
        }
        positions[i] = static_cast<std::uint16_t>(found);
        if (found != i) in_order = false;
    }
    return in_order;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
