#include "renderer.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

using syntax::op;

namespace {

tightness tightness_of(op kind) {
    switch (kind) {
        case op::or_:
            return tightness::disjunction;
        case op::and_:
            return tightness::conjunction;
        case op::not_:
            return tightness::negation;
        case op::add:
        case op::subtract:
            return tightness::sum;
        case op::multiply:
            return tightness::product;
        case op::concat:
            return tightness::concatenation;
        case op::column:
        case op::bind:
        case op::null:
        case op::true_:
        case op::false_:
        case op::integer:
            return tightness::primary;
        default:
            return tightness::predicate;
    }
}

std::string_view word_of(op kind) {
    switch (kind) {
        case op::eq:
            return " = ";
        case op::ne:
            return " <> ";
        case op::lt:
            return " < ";
        case op::le:
            return " <= ";
        case op::gt:
            return " > ";
        case op::ge:
            return " >= ";
        case op::and_:
            return " AND ";
        case op::or_:
            return " OR ";
        case op::add:
            return " + ";
        case op::subtract:
            return " - ";
        case op::multiply:
            return " * ";
        default:
            return {};
    }
}

// Copies of one table's description (one a shared library) speak of the same table.
bool same_table(const table_info& a, const table_info& b) {
    return &a == &b || (a.name == b.name && a.schema == b.schema);
}

}  // namespace

compiled renderer::run(std::uint32_t rows) {
    switch (statement_.head) {
        case op::insert:
            insert(rows);
            break;
        case op::update:
            update();
            break;
        case op::delete_:
            delete_from();
            break;
        default:
            select();
            break;
    }
    if (!out_.lists.empty()) {
        out_.values = statement_.binds;
        return std::move(out_);
    }
    bool identity = true;
    for (std::size_t i = 0; i < out_.order.size(); ++i) identity = identity && out_.order[i] == i;
    if (identity) out_.order.clear();
    return std::move(out_);
}

void renderer::select() {
    const bool paged = statement_.limit != statement::none || statement_.offset != statement::none;
    // An order changes neither a number nor existence; one with bound values stays, because each
    // value that was given must have its place.
    const bool ordered = ordering_binds();
    switch (statement_.head) {
        case op::select_count:
            out_.columns = 1;
            if (!statement_.distinct && !paged && !ordered) {
                out_.text = "SELECT count(*) FROM " + dialect_.table_name(*statement_.table);
                where();
                return;
            }
            out_.text = "SELECT count(*) FROM (";
            select_body(true, ordered);
            out_.text += ") AS counted";
            return;
        case op::select_exists:
            out_.columns = 1;
            out_.text = "SELECT EXISTS (";
            select_body(statement_.distinct, ordered);
            out_.text += ')';
            return;
        default:
            out_.columns = static_cast<std::uint32_t>(statement_.table->columns.size());
            select_body(true, true);
            return;
    }
}

void renderer::select_body(bool all_columns, bool ordered) {
    out_.text += statement_.distinct ? "SELECT DISTINCT " : "SELECT ";
    if (all_columns)
        column_list();
    else
        out_.text += '1';
    out_.text += " FROM " + dialect_.table_name(*statement_.table);
    where();
    if (ordered) order_by();
    paging();
}

bool renderer::ordering_binds() const {
    return std::any_of(statement_.orders.begin(), statement_.orders.end(),
                       [&](const ordering& by) { return statement_.terms[by.term].has_bind; });
}

void renderer::column_list() {
    std::string_view separator;
    for (const auto& column : statement_.table->columns) {
        out_.text.append(separator).append(dialect_.quote(column.name));
        separator = ", ";
    }
}

void renderer::where() {
    if (statement_.wheres.empty()) return;
    const bool several = statement_.wheres.size() > 1;
    std::string_view separator = " WHERE ";
    for (const auto condition : statement_.wheres) {
        out_.text += separator;
        out_.text += expression(condition, several ? tightness::conjunction : tightness::disjunction);
        separator = " AND ";
    }
}

void renderer::order_by() {
    std::string_view separator = " ORDER BY ";
    for (const auto& by : statement_.orders) {
        // A bare number would be a column's position, not a value.
        const auto kind = statement_.terms[by.term].kind;
        const bool number = kind == op::integer || kind == op::bind;
        const auto text = expression(by.term, tightness::disjunction, false);
        out_.text.append(separator)
            .append(number ? dialect_.ordering_value(text) : text)
            .append(by.descending ? " DESC" : "");
        separator = ", ";
    }
}

void renderer::paging() {
    if (statement_.limit == statement::none && statement_.offset == statement::none) return;
    std::string limit;
    std::string offset;
    if (statement_.limit != statement::none) limit = expression(statement_.limit, tightness::primary);
    if (statement_.offset != statement::none) offset = expression(statement_.offset, tightness::primary);
    out_.text += ' ';
    out_.text += dialect_.paging(limit, offset);
}

void renderer::insert(std::uint32_t rows) {
    out_.writes = true;
    if (rows == 0) throw_usage("an INSERT of no rows");
    if (rows > 1 && !dialect_.features().multi_row_insert)
        throw_not_supported("the dialect has no INSERT of several rows");
    if (statement_.values.empty()) {
        if (rows > 1) throw_not_supported("several rows of default values cannot be inserted by one statement");
        if (!dialect_.features().default_values) throw_not_supported("the dialect has no INSERT without values");
        out_.text = dialect_.insert_defaults(*statement_.table);
        returning();
        return;
    }
    std::vector<std::uint16_t> columns;
    for (const auto& value : statement_.values) columns.push_back(value.column);
    std::vector<std::vector<std::string>> lists(rows);
    for (auto& list : lists) {
        for (const auto& value : statement_.values) list.push_back(expression(value.term, tightness::disjunction));
        shift_ += statement_.binds;
    }
    const bool key = std::any_of(statement_.returning.begin(), statement_.returning.end(),
                                 [&](std::uint16_t column) { return statement_.column(column).generated; });
    out_.text = dialect_.insert_rows(*statement_.table, columns, lists, key);
    returning();
}

void renderer::update() {
    out_.writes = true;
    out_.text = "UPDATE " + dialect_.table_name(*statement_.table);
    std::string_view separator = " SET ";
    for (const auto& set : statement_.sets) {
        out_.text.append(separator).append(dialect_.quote(statement_.column(set.column).name)).append(" = ");
        out_.text += expression(set.term, tightness::disjunction);
        separator = ", ";
    }
    where();
    returning();
}

void renderer::delete_from() {
    out_.writes = true;
    out_.text = "DELETE FROM " + dialect_.table_name(*statement_.table);
    where();
    returning();
}

void renderer::returning() {
    if (statement_.returning.empty()) return;
    if (!dialect_.takes_returning(statement_.head))
        throw_not_supported("the dialect takes no RETURNING in this kind of statement");
    std::string_view separator = " RETURNING ";
    for (const auto column : statement_.returning) {
        out_.text.append(separator).append(dialect_.quote(statement_.column(column).name));
        separator = ", ";
    }
    out_.columns = static_cast<std::uint32_t>(statement_.returning.size());
}

std::string renderer::expression(std::uint32_t index, tightness least, bool typed) {
    auto text = bare(index, typed);
    return tightness_of(statement_.terms[index].kind) < least ? '(' + text + ')' : text;
}

std::string renderer::bare(std::uint32_t index, bool typed) {
    const term& of = statement_.terms[index];
    switch (of.kind) {
        case op::column:
            return column(of);
        case op::bind:
            return bind(of, typed);
        case op::null:
            return "NULL";
        case op::true_:
            return "TRUE";
        case op::false_:
            return "FALSE";
        case op::integer:
            return std::to_string(of.number);
        case op::and_:
        case op::or_: {
            std::string out;
            for (const auto operand : statement_.chain(index)) {
                if (!out.empty()) out += word_of(of.kind);
                out += expression(operand, of.kind == op::and_ ? tightness::negation : tightness::conjunction);
            }
            return out;
        }
        case op::not_:
            return "NOT " + expression(index - 1, tightness::primary);
        case op::is_null:
            return expression(index - 1, tightness::sum, false) + " IS NULL";
        case op::is_not_null:
            return expression(index - 1, tightness::sum, false) + " IS NOT NULL";
        case op::between: {
            const auto operands = statement_.operands(index);
            const bool known = leads_with_type(operands[0]);
            auto out = expression(operands[0], tightness::sum, false) + " BETWEEN ";
            const column_info* const forms = column_of_forms(operands[0]);
            const auto low = expression(operands[1], tightness::sum, known);
            out += forms != nullptr && is_moment(operands[1]) ? dialect_.first_form(forms->type, low) : low;
            out += " AND ";
            return out += expression(operands[2], tightness::sum, known);
        }
        case op::in:
        case op::not_in:
            return membership(index);
        case op::in_list:
        case op::not_in_list:
            return list_membership(index);
        case op::like:
        case op::not_like:
        case op::ilike:
        case op::not_ilike: {
            const auto operands = statement_.operands(index);
            const bool known = any_gives_type(operands);
            const auto text = expression(operands[0], tightness::sum, known);
            const auto pattern = expression(operands[1], tightness::sum, known);
            return dialect_.like(of.kind, text, pattern);
        }
        case op::add:
            return infix(index, word_of(of.kind), tightness::sum, tightness::product);
        case op::subtract:
            return infix(index, word_of(of.kind), tightness::sum, tightness::product);
        case op::multiply:
            return infix(index, word_of(of.kind), tightness::product, tightness::primary);
        case op::concat: {
            const auto operands = statement_.operands(index);
            const bool known = any_gives_type(operands);
            const auto left = expression(operands[0], tightness::concatenation, known);
            return dialect_.concatenation(left, expression(operands[1], tightness::primary, known));
        }
        default:
            return comparison(index);
    }
}

std::string renderer::infix(std::uint32_t index, std::string_view word, tightness left, tightness right) {
    const auto operands = statement_.operands(index);
    const bool known = any_gives_type(operands);
    const auto own = tightness_of(statement_.terms[index].kind);
    const bool arithmetic = own == tightness::sum || own == tightness::product;
    const auto least = [&](std::uint32_t operand, tightness side) {
        return arithmetic && statement_.terms[operand].kind == op::concat ? tightness::primary : side;
    };
    auto out = expression(operands[0], least(operands[0], left), known);
    out += word;
    return out += expression(operands[1], least(operands[1], right), known);
}

std::string renderer::membership(std::uint32_t index) {
    const bool negated = statement_.terms[index].kind == op::not_in;
    const auto operands = statement_.operands(index);
    if (operands.size() == 1) {
        // Nothing is in an empty list, not even NULL. The operand stays because its bound values
        // need their places.
        const auto operand = expression(operands[0], tightness::sum, false);
        return negated ? '(' + operand + " IS NULL OR 1 = 1)" : '(' + operand + " IS NULL AND 1 = 0)";
    }
    const bool known = leads_with_type(operands[0]);
    auto out = expression(operands[0], tightness::sum, false);
    if (const column_info* const forms = column_of_forms(operands[0])) {
        if (std::all_of(operands.begin() + 1, operands.end(), [&](std::uint32_t one) { return is_moment(one); })) {
            std::string tests;
            for (std::size_t i = 1; i < operands.size(); ++i) {
                if (i > 1) tests += negated ? " AND " : " OR ";
                tests += is_value(out, forms->type, operands[i], negated);
            }
            return operands.size() == 2 ? tests : '(' + tests + ')';
        }
    }
    out += negated ? " NOT IN (" : " IN (";
    for (std::size_t i = 1; i < operands.size(); ++i) {
        if (i > 1) out += ", ";
        out += expression(operands[i], tightness::disjunction, known);
    }
    return out += ')';
}

std::string renderer::list_membership(std::uint32_t index) {
    const term& of = statement_.terms[index];
    const bool negated = of.kind == op::not_in_list;
    auto out = expression(index - 1, tightness::sum, false);
    if (!dialect_.binds_lists(of.tag)) {
        out += negated ? " NOT IN (" : " IN (";
        for (std::uint32_t i = 0; i < of.listed; ++i) {
            if (i != 0) out += ", ";
            out += dialect_.listed_placeholder(place_of(of.number + i));
        }
        return out += ')';
    }
    out_.order.push_back(of.number);
    const auto list = static_cast<std::uint32_t>(out_.order.size());
    out_.lists.push_back({list - 1, of.number, of.listed});
    std::string example;
    if (dialect_.types_lists_by_example()) {
        out_.order.push_back(of.number);
        example = dialect_.placeholder(list + 1);
    }
    return dialect_.in_list(out, is_moment(index) ? column_of_forms(index - 1) : nullptr, dialect_.placeholder(list),
                            example, negated);
}

std::string renderer::comparison(std::uint32_t index) {
    const op kind = statement_.terms[index].kind;
    const auto operands = statement_.operands(index);
    const column_info* const forms = column_of_forms(operands[0]);
    const bool columns = forms != nullptr && column_of_forms(operands[1]) != nullptr;
    if (forms == nullptr || !(columns || is_moment(operands[1])))
        return infix(index, word_of(kind), tightness::sum, tightness::sum);
    const auto left = bare(operands[0], true);
    if (columns)
        return dialect_.first_form(forms->type, left)
            .append(word_of(kind))
            .append(dialect_.first_form(forms->type, bare(operands[1], true)));
    if (kind == op::eq || kind == op::ne) return is_value(left, forms->type, operands[1], kind == op::ne);
    const auto value = bare(operands[1], true);
    const bool from_first = kind == op::lt || kind == op::ge;
    return (left + std::string{word_of(kind)}).append(from_first ? dialect_.first_form(forms->type, value) : value);
}

std::string renderer::is_value(std::string_view column, sql_type type, std::uint32_t bound, bool negated) {
    const auto value = bare(bound, true);
    return std::string{column}
        .append(negated ? " NOT BETWEEN " : " BETWEEN ")
        .append(dialect_.first_form(type, value))
        .append(" AND ")
        .append(value);
}

const column_info* renderer::column_of_forms(std::uint32_t index) const {
    const term& of = statement_.terms[index];
    if (of.kind != op::column) return nullptr;
    const column_info& column = of.table->columns[of.column];
    return dialect_.has_forms(column.type) ? &column : nullptr;
}

bool renderer::is_moment(std::uint32_t index) const {
    const term& of = statement_.terms[index];
    const bool valued = of.kind == op::bind || of.listed != 0;
    return valued && (of.tag == KOINE_TIME || of.tag == KOINE_TIMESTAMP || of.tag == KOINE_INSTANT);
}

// The number of the next placeholder, which takes this bound value.
std::uint32_t renderer::place_of(std::uint32_t bound) {
    if (out_.order.size() == std::numeric_limits<std::uint16_t>::max())
        throw_not_supported("a statement takes at most 65535 values, each with a placeholder: make several of it");
    out_.order.push_back(bound);
    return static_cast<std::uint32_t>(out_.order.size());
}

std::string renderer::bind(const term& of, bool typed) {
    const auto place = place_of(of.number + shift_);
    return typed ? dialect_.placeholder(place) : dialect_.typed_placeholder(place, of.tag);
}

// Unqualified: there is one table, whose columns nothing else can mean, and SET and RETURNING take
// no qualified names.
std::string renderer::column(const term& of) const {
    if (!same_table(*of.table, *statement_.table))
        throw_usage("column \"" + std::string{of.table->columns[of.column].name} + "\" of table \"" +
                    std::string{of.table->name} + "\" in a statement on table \"" +
                    std::string{statement_.table->name} + '"');
    if (statement_.head == op::insert) throw_usage("a value of an INSERT refers to a column");
    return dialect_.quote(of.table->columns[of.column].name);
}

bool renderer::gives_type(std::uint32_t index) const {
    const auto kind = statement_.terms[index].kind;
    // A literal number is small where the value beside it may not be.
    return kind != op::bind && kind != op::null && kind != op::integer;
}

// In BETWEEN and IN the first operand meets each of the others by itself, so it must have a type of
// its own.
bool renderer::leads_with_type(std::uint32_t index) const {
    return gives_type(index) || statement_.terms[index].kind == op::bind;
}

bool renderer::any_gives_type(const std::vector<std::uint32_t>& operands) const {
    return std::any_of(operands.begin(), operands.end(), [&](std::uint32_t operand) { return gives_type(operand); });
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
