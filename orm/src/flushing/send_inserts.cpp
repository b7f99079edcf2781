// Sending new rows, as few statements as the database allows, with every generated key going to its
// own object.
#include <algorithm>
#include <string>
#include <utility>

#include <koine/dialect.hpp>
#include <koine/error.hpp>

#include "flushing/flush_sender.hpp"
#include "flushing/insert_row.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Rows of one statement. In-process databases gain nothing beyond the first; on a network a
// statement is a round trip.
constexpr std::size_t rows_in_process = 50;
constexpr std::size_t rows_on_network = 1000;

// The answer of a single-row INSERT is read to its end, so that nothing stays open.
void end_result(driver_connection& link, prepared& statement) {
    if (statement.running) link.finish(statement);
}

}  // namespace

void flush_sender::send_inserts(driver_connection& link) {
    for (std::size_t first = 0; first < lists_.inserts.size();) {
        const entity_plan& plan = *lists_.inserts[first].plan;
        std::size_t last = first;
        while (last < lists_.inserts.size() && lists_.inserts[last].plan == &plan) ++last;
        const auto begin = lists_.inserts.begin() + static_cast<std::ptrdiff_t>(first);
        const auto end = lists_.inserts.begin() + static_cast<std::ptrdiff_t>(last);
        // Rows that give the same columns go together; rows that refer to each other keep their
        // order.
        if (!plan.refers_to_itself && !plan.server_defaults.empty()) {
            std::stable_sort(begin, end, [](const new_row& a, const new_row& b) {
                return a.columns != b.columns && a.columns.to_string() < b.columns.to_string();
            });
        } else if (!plan.refers_to_itself && plan.generated >= 0) {
            std::stable_partition(begin, end, [](const new_row& one) { return !one.generated; });
        }
        while (first < last) {
            std::size_t next = first + 1;
            while (next < last && lists_.inserts[next].columns == lists_.inserts[first].columns) ++next;
            send_group(link, first, next);
            first = next;
        }
    }
}

// Rows of one class that give the same columns.
void flush_sender::send_group(driver_connection& link, std::size_t first, std::size_t last) {
    const new_row& example = lists_.inserts[first];
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
    // one, and by the key: generated keys ascend with the rows, given ones are known. Keys that a
    // driver would tell and that are no rowids, say of a default, come in any order.
    const bool any_order = example.generated && tells_key(link) && generated_insert(link, plan).columns != 0;
    const bool told_apart =
        back_.empty() ? !example.generated
                      : features.returning_in_row_order ||
                            (integer_key && (!example.generated || (features.generated_keys_ascend && !any_order)));
    if (last - first > 1 && features.multi_row_insert && told_apart && example.columns.any())
        send_rows(link, plan, first, last);
    else
        send_each(link, plan, first, last);
}

prepared& flush_sender::insert_statement(driver_connection& link, const entity_plan& plan, const column_set& columns,
                                         bool generated) {
    if (generated && back_.empty() && plan.server_defaults.empty()) return generated_insert(link, plan);
    const auto build = [&](syntax::fragment& shape) { push_insert(shape, plan, columns, back_); };
    if (plan.server_defaults.empty())
        return link.prepare(*plan.entity, generated ? entity_operation::insert : entity_operation::insert_with_key,
                            build);
    syntax::fragment shape;
    build(shape);
    return link.prepare(shape);
}

void flush_sender::append_values(driver_connection& link, const entity_plan& plan, const new_row& one) {
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (one.columns.test(i))
            binds_.push_back(plan.plain ? one.values[i] : link.context().native_form(one.values[i]));
}

void flush_sender::send_each(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last) {
    const bool all = plan.plain && lists_.inserts[first].columns == plan.all;
    prepared& statement = insert_statement(link, plan, lists_.inserts[first].columns, lists_.inserts[first].generated);
    for (std::size_t i = first; i < last; ++i) {
        new_row& one = lists_.inserts[i];
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
            one.key = inserted_key(link, plan, statement, got);
        } else {
            if (got == 0) raise_bad_answer(plan, "no row");
            take_returned(plan, one, statement.cells.get());
            end_result(link, statement);
        }
    }
}

void flush_sender::send_rows(driver_connection& link, const entity_plan& plan, std::size_t first, std::size_t last) {
    syntax::fragment shape;
    push_insert(shape, plan, lists_.inserts[first].columns, back_);
    const std::size_t columns = lists_.inserts[first].columns.count();
    const std::size_t most = std::max<std::size_t>(1, link.driver().capabilities->max_parameters / columns);
    const bool in_process = has_capability(link, KOINE_CAP_IN_PROCESS);
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
        for (std::size_t i = first; i < first + rows; ++i) append_values(link, plan, lists_.inserts[i]);
        if (!text.order.empty()) {
            std::vector<koine_value> ordered;
            ordered.reserve(text.order.size());
            for (const std::uint32_t i : text.order) ordered.push_back(binds_[i]);
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
            if (!by_order && !lists_.inserts[first].generated) {
                std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                    return lists_.inserts[a].values[plan.key[0]].u.i < lists_.inserts[b].values[plan.key[0]].u.i;
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
            for (std::size_t i = 0; i < rows; ++i) take_returned(plan, lists_.inserts[order[i]], answers[i].get());
        }
        link.discard(statement);
        first += rows;
    }
}

// `cells` are those of back_. They are taken into the values that become the base; the object is
// left alone until all is done.
void flush_sender::take_returned(const entity_plan& plan, new_row& one, const koine_value* cells) {
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
        const koine_value* const values = buffer_.bind(plan, scratch);
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
