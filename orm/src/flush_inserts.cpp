// Sending new rows, as few statements as the database allows, with every generated key going to its
// own object.
#include <algorithm>
#include <string>
#include <utility>

#include <koine/dialect.hpp>
#include <koine/error.hpp>

#include "flush_work.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Rows of one statement. In-process databases gain nothing beyond the first; on a network a
// statement is a round trip.
constexpr std::size_t rows_in_process = 50;
constexpr std::size_t rows_on_network = 1000;

bool has(const driver_connection& link, std::uint32_t capability) noexcept {
    return (link.driver().capabilities->flags & capability) != 0;
}

[[noreturn]] void raise_bad_answer(const entity_plan& plan, const char* what) {
    error_info info;
    info.code = errc::type_mismatch;
    info.poisons_transaction = true;
    info.table = std::string{plan.table->name};
    info.message = std::string{"the database answered an INSERT of "} + plan.entity->class_name + " with " + what;
    throw_error(std::move(info));
}

// The answer of a single-row INSERT is read to its end, so that nothing stays open.
void end_result(driver_connection& link, prepared& statement) {
    if (statement.running) link.finish(statement);
}

}  // namespace

void flush_work::push_insert(syntax::fragment& shape, const entity_plan& plan, const column_set& columns,
                             std::span<const std::uint16_t> back) {
    shape.push_table(syntax::op::insert, plan.table);
    for (std::uint16_t i = 0; i < plan.columns; ++i) {
        if (!columns.test(i)) continue;
        shape.push_parameter(tag_of(plan.table->columns[i].type));
        shape.push(syntax::op::value, i);
    }
    for (const std::uint16_t column : back) shape.push(syntax::op::returning, column);
}

bool flush_work::tells_key(const driver_connection& link) noexcept {
    return has(link, KOINE_CAP_LAST_INSERT_ID) && has(link, KOINE_CAP_IN_PROCESS);
}

void flush_work::send_inserts(driver_connection& link) {
    for (std::size_t first = 0; first < inserts_.size();) {
        const entity_plan& plan = *inserts_[first].plan;
        std::size_t last = first;
        while (last < inserts_.size() && inserts_[last].plan == &plan) ++last;
        const auto begin = inserts_.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = inserts_.begin() + static_cast<std::ptrdiff_t>(last);
        // Rows that give the same columns go together; rows that refer to each other keep their
        // order.
        if (!plan.refers_to_itself && !plan.server_defaults.empty()) {
            std::stable_sort(begin, end, [](const insert& a, const insert& b) {
                return a.columns != b.columns && a.columns.to_string() < b.columns.to_string();
            });
        } else if (!plan.refers_to_itself && plan.generated >= 0) {
            std::stable_partition(begin, end, [](const insert& one) { return !one.generated; });
        }
        while (first < last) {
            std::size_t next = first + 1;
            while (next < last && inserts_[next].columns == inserts_[first].columns) ++next;
            send_group(link, first, next);
            first = next;
        }
    }
}

// Rows of one class that give the same columns.
void flush_work::send_group(driver_connection& link, std::size_t first, std::size_t last) {
    const insert& example = inserts_[first];
    const entity_plan& plan = *example.plan;
    const dialect_features& features = link.dialect().features();
    back_.clear();
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (!example.columns.test(i) && i != plan.generated) back_.push_back(i);
    const bool defaults = !back_.empty();
    const bool integer_key = plan.keys == key_kind::integer;
    if (example.generated || defaults) {
        if (!features.insert_returning) return send_and_read_back(link, plan, first, last);
        if (example.generated && (defaults || !tells_key(link)))
            back_.insert(back_.begin(), plan.key[0]);
        else if (defaults && integer_key)
            back_.insert(back_.begin(), plan.key[0]);
    }
    // Answers to several rows at once are told apart by their order where the database promises
    // one, and by the key: generated keys ascend with the rows, given ones are known.
    const bool told_apart = back_.empty() ? !example.generated
                                          : features.returning_in_row_order ||
                                                (integer_key && (!example.generated || features.generated_keys_ascend));
    if (last - first > 1 && features.multi_row_insert && told_apart && example.columns.any())
        send_rows(link, plan, first, last);
    else
        send_each(link, plan, first, last);
}

prepared& flush_work::insert_statement(driver_connection& link, const entity_plan& plan, const column_set& columns,
                                       bool generated) {
    const auto build = [&](syntax::fragment& shape) { push_insert(shape, plan, columns, back_); };
    if (plan.server_defaults.empty())
        return link.prepare(*plan.entity, generated ? entity_operation::insert : entity_operation::insert_with_key,
                            build);
    syntax::fragment shape;
    build(shape);
    return link.prepare(shape);
}

void flush_work::append_values(driver_connection& link, const entity_plan& plan, const insert& one) {
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (one.columns.test(i))
            binds_.push_back(plan.plain ? one.values[i] : link.context().native_form(one.values[i]));
}

void flush_work::send_each(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last) {
    const bool all = plan.plain && inserts_[first].columns == plan.all;
    prepared& statement = insert_statement(link, plan, inserts_[first].columns, inserts_[first].generated);
    for (std::size_t i = first; i < last; ++i) {
        insert& one = inserts_[i];
        std::span<const koine_value> values{one.values, plan.columns};
        if (!all) {
            binds_.clear();
            append_values(link, plan, one);
            values = binds_;
        }
        if (back_.empty() && !one.generated) {
            link.enqueue(statement, values);
            continue;
        }
        const std::uint32_t got = link.execute(statement, values);
        if (back_.empty()) {
            one.key = generated_key(plan, koine_value{0, KOINE_INT64, 0, 0, {link.last_insert_id()}});
        } else {
            if (got == 0) raise_bad_answer(plan, "no row");
            take_returned(plan, one, statement.cells.get());
            end_result(link, statement);
        }
    }
}

void flush_work::send_rows(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last) {
    syntax::fragment shape;
    push_insert(shape, plan, inserts_[first].columns, back_);
    const std::size_t columns = inserts_[first].columns.count();
    const std::size_t most = std::max<std::size_t>(1, link.driver().capabilities->max_parameters / columns);
    const bool in_process = has(link, KOINE_CAP_IN_PROCESS);
    const std::size_t full = std::min(most, in_process ? rows_in_process : rows_on_network);
    std::vector<std::size_t> order;
    compiled text;
    std::size_t rendered = 0;
    while (first < last) {
        const std::size_t rows = std::min(full, last - first);
        // What does not fill a statement goes row by row where that costs no round trips: it saves
        // preparing one more text.
        if (rows == 1 || (in_process && rows < full)) return send_each(link, plan, first, last);
        if (rendered != rows) {
            text = link.dialect().compile_rows(shape, static_cast<std::uint32_t>(rows));
            rendered = rows;
        }
        prepared& statement = link.prepare(text.text, rows != full);
        binds_.clear();
        for (std::size_t i = first; i < first + rows; ++i) append_values(link, plan, inserts_[i]);
        if (!text.order.empty()) {
            std::vector<koine_value> ordered;
            ordered.reserve(text.order.size());
            for (const std::uint16_t i : text.order) ordered.push_back(binds_[i]);
            binds_ = std::move(ordered);
        }
        if (back_.empty()) {
            link.enqueue(statement, binds_);
            if (statement.once) link.flush();
        } else {
            // The rows come in the order of their keys, whatever order the database answers in.
            order.resize(rows);
            for (std::size_t i = 0; i < rows; ++i) order[i] = first + i;
            const bool by_order = link.dialect().features().returning_in_row_order;
            if (!by_order && !inserts_[first].generated) {
                std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                    return inserts_[a].values[plan.key[0]].u.i < inserts_[b].values[plan.key[0]].u.i;
                });
            }
            std::vector<snapshot> answers;
            answers.reserve(rows);
            for (std::uint32_t got = link.execute(statement, binds_); got != 0; got = link.fetch(statement)) {
                for (std::uint32_t i = 0; i < got; ++i)
                    answers.push_back(
                        make_snapshot(statement.cells.get() + std::size_t{i} * back_.size(), back_.size()));
            }
            if (answers.size() != rows) raise_bad_answer(plan, "another number of rows");
            if (!by_order) {
                std::sort(answers.begin(), answers.end(),
                          [](const snapshot& a, const snapshot& b) { return a[0].u.i < b[0].u.i; });
            }
            for (std::size_t i = 0; i < rows; ++i) take_returned(plan, inserts_[order[i]], answers[i].get());
        }
        link.discard(statement);
        first += rows;
    }
}

std::int64_t flush_work::generated_key(const entity_plan& plan, const koine_value& key) {
    const sql_type type = plan.table->columns[plan.key[0]].type;
    const std::int64_t most = type == sql_type::int16 ? INT16_MAX : type == sql_type::int32 ? INT32_MAX : INT64_MAX;
    if (key.tag != KOINE_INT64) raise_bad_answer(plan, "a key that is no integer");
    if (key.u.i > most || key.u.i < -most) raise_bad_answer(plan, "a key that its member cannot hold");
    return key.u.i;
}

// `cells` are those of back_. They are taken into the values that become the base; the object is
// left alone until all is done.
void flush_work::take_returned(const entity_plan& plan, insert& one, const koine_value* cells) {
    std::size_t cell = 0;
    if (one.generated) {
        one.key = generated_key(plan, cells[0]);
        cell = 1;
    } else if (back_.size() != 0 && back_[0] == plan.key[0] && one.columns.test(plan.key[0])) {
        if (!same_value(cells[0], one.values[plan.key[0]])) raise_bad_answer(plan, "the key of another row");
        cell = 1;
    }
    if (cell == back_.size()) return;
    const entity_info& entity = *plan.entity;
    const std::unique_ptr<char[]> memory{new char[entity.size + entity.alignment]};
    void* scratch = memory.get();
    std::size_t room = entity.size + entity.alignment;
    std::align(entity.alignment, entity.size, scratch, room);
    entity.copy_construct(scratch, one.object);
    bool fits = true;
    try {
        for (; cell < back_.size(); ++cell) fits = fits && entity.read_column(back_[cell], cells[cell], scratch);
        const koine_value* const values = session_.buffer_.bind(plan, scratch);
        std::vector<koine_value> merged(values, values + plan.columns);
        const auto version = static_cast<std::size_t>(plan.version);
        if (plan.version >= 0 && one.columns.test(version)) merged[version] = one.values[version];
        one.returned = make_snapshot(merged.data(), plan.columns);
        one.values = one.returned.get();
        one.read_back = true;
    } catch (...) {
        entity.destroy(scratch);
        throw;
    }
    entity.destroy(scratch);
    if (!fits) raise_bad_answer(plan, "a value that its member cannot hold");
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
