// Deletes of rows that the database may delete for each other, by way of rows that no flush knows.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "flushing/flush_order.hpp"
#include "flushing/flush_sender.hpp"
#include "loading/result_guard.hpp"
#include "objects/object_store.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Rows of one circle of tables: those that are going to be deleted, and what they refer to by keys
// that cascade.
class family {
public:
    family(driver_connection& link, const table_info* circle) : link_{link}, circle_{circle} {}

    void add(const object_header& header) { rows_.push_back({plan_of(header).table, header.base}); }
    const std::vector<ordered_row>& rows() const noexcept { return rows_; }
    // Reads what is missing, row by row up to where nothing is referred to any more.
    void complete() {
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const table_info& table = *rows_[i].table;
            for (std::size_t c = 0; c < table.columns.size(); ++c)
                if (cascades(table, table.columns[c])) follow(i, c);
        }
    }

private:
    bool cascades(const table_info& table, const column_info& column) const {
        if (column.references == nullptr || column.on_delete != referential_action::cascade) return false;
        const table_info* const target = column.references().table;
        return target == &table || (circle_ != nullptr && place_of(*target).circle == circle_);
    }

    void follow(std::size_t from, std::size_t column) {
        const koine_value value = rows_[from].values[column];
        // In their other forms, what drivers return for a value differs from what they take for it.
        if (value.tag != KOINE_INT64 && value.tag != KOINE_TEXT) return;
        const column_reference target = rows_[from].table->columns[column].references();
        const bool known = std::any_of(rows_.begin(), rows_.end(), [&](const ordered_row& one) {
            return one.table == target.table && same_value(one.values[target.column], value);
        });
        if (known) return;
        syntax::fragment shape;
        shape.push_table(syntax::op::select_entity, target.table);
        shape.push_table(syntax::op::column, target.table, target.column);
        shape.push_parameter(value.tag);
        shape.push(syntax::op::eq);
        shape.push(syntax::op::where);
        prepared& statement = link_.prepare(shape);
        if (link_.execute(statement, {&value, 1}) == 0) return;
        const result_guard guard{link_, statement};
        read_.push_back(make_snapshot(statement.cells.get(), target.table->columns.size()));
        link_.finish(statement);
        rows_.push_back({target.table, read_.back().get()});
    }

    driver_connection& link_;
    const table_info* circle_;
    std::vector<ordered_row> rows_{};
    std::vector<snapshot> read_{};
};

// Whether all rows hang together, so that what they refer to outside of them is behind all of them.
bool are_one_tree(const std::vector<ordered_row>& rows) {
    std::vector<std::size_t> tree(rows.size());
    for (std::size_t i = 0; i < tree.size(); ++i) tree[i] = i;
    const auto root = [&tree](std::size_t of) {
        while (tree[of] != of) of = tree[of] = tree[tree[of]];
        return of;
    };
    std::size_t trees = rows.size();
    for (const auto& [from, to] : references_among(rows)) {
        const std::size_t a = root(from);
        const std::size_t b = root(to);
        if (a == b) continue;
        tree[a] = b;
        --trees;
    }
    return trees == 1;
}

}  // namespace

// A row whose ancestor goes first would be deleted by the database before its own DELETE, which
// then finds nothing. Ancestors may be found by way of rows that stay out of the flush.
void flush_sender::order_cascades(driver_connection& link, std::span<object_header*> circle) {
    const auto may_be_deleted = [](const object_header* one) { return !plan_of(*one).cascades.empty(); };
    if (circle.size() < 2 || std::none_of(circle.begin(), circle.end(), may_be_deleted)) return;
    const entity_plan& plan = plan_of(*circle.front());
    family all{link, plan.place.circle};
    for (const object_header* const one : circle) all.add(*one);
    const bool one_parent = plan.place.circle == nullptr && plan.cascades.size() == 1;
    if (one_parent && are_one_tree(all.rows())) return;
    if (!changed_.empty()) check_changes(link);
    of_ = nullptr;
    all.complete();
    std::vector<object_header*> ordered;
    ordered.reserve(circle.size());
    for (const std::size_t i : order_rows(all.rows(), direction::referring_first))
        if (i < circle.size()) ordered.push_back(circle[i]);
    // Where rows outside of the flush close a circle, any order is as good.
    if (ordered.size() == circle.size()) std::copy(ordered.begin(), ordered.end(), circle.begin());
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
