#include "flushing/flush_order.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include <koine/error.hpp>

#include "identities/identity_map.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Depth-first: what `at` needs goes first. Answers false when a circle is found, whose members are
// then on `path`.
class sorter {
public:
    explicit sorter(std::size_t count) : needs(count), marks_(count, mark::none) { order.reserve(count); }

    bool visit_all() {
        for (std::size_t i = 0; i < needs.size(); ++i)
            if (!visit(i)) return false;
        return true;
    }

    std::vector<std::vector<std::size_t>> needs;
    std::vector<std::size_t> order{};
    std::vector<std::size_t> path{};

private:
    enum class mark : std::uint8_t { none, open, done };

    // A stack of its own: chains of rows can be longer than the program's stack is deep.
    bool visit(std::size_t root) {
        if (marks_[root] == mark::done) return true;
        std::vector<std::pair<std::size_t, std::size_t>> stack{{root, 0}};
        marks_[root] = mark::open;
        path.push_back(root);
        while (!stack.empty()) {
            auto& [at, next] = stack.back();
            if (next == needs[at].size()) {
                marks_[at] = mark::done;
                order.push_back(at);
                path.pop_back();
                stack.pop_back();
                continue;
            }
            const std::size_t needed = needs[at][next++];
            if (marks_[needed] == mark::done) continue;
            if (marks_[needed] == mark::open) {
                path.erase(path.begin(), std::find(path.begin(), path.end(), needed));
                return false;
            }
            marks_[needed] = mark::open;
            path.push_back(needed);
            stack.emplace_back(needed, 0);
        }
        return true;
    }

    std::vector<mark> marks_;
};

}  // namespace

void order_classes(std::vector<const entity_plan*>& classes) {
    if (classes.size() < 2) return;
    sorter sort{classes.size()};
    for (std::size_t i = 0; i < classes.size(); ++i) {
        for (const column_info& column : classes[i]->table->columns) {
            if (column.references == nullptr) continue;
            const table_info* const parent = column.references().table;
            for (std::size_t j = 0; j < classes.size(); ++j)
                if (j != i && classes[j]->table == parent) sort.needs[i].push_back(j);
        }
    }
    if (!sort.visit_all()) {
        std::string names;
        for (const std::size_t i : sort.path) names += std::string{classes[i]->entity->class_name} + " -> ";
        names += classes[sort.path.front()]->entity->class_name;
        throw_usage("the foreign keys of the classes to be flushed form a circle (" + names +
                    "); flush them one after the other, or leave one key NULL at first");
    }
    std::vector<const entity_plan*> sorted;
    sorted.reserve(classes.size());
    for (const std::size_t i : sort.order) sorted.push_back(classes[i]);
    classes = std::move(sorted);
}

std::vector<std::size_t> order_rows(const entity_plan& plan, std::span<const koine_value* const> rows) {
    sorter sort{rows.size()};
    for (std::uint16_t c = 0; c < plan.columns; ++c) {
        const column_info& column = plan.table->columns[c];
        if (column.references == nullptr || column.references().table != plan.table) continue;
        const std::uint16_t target = column.references().column;
        std::unordered_multimap<std::uint64_t, std::size_t> by_value;
        for (std::size_t i = 0; i < rows.size(); ++i) by_value.emplace(hash_values({&rows[i][target], 1}), i);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i][c].tag == KOINE_NULL) continue;
            const auto [first, last] = by_value.equal_range(hash_values({&rows[i][c], 1}));
            for (auto at = first; at != last; ++at)
                if (at->second != i && same_value(rows[at->second][target], rows[i][c]))
                    sort.needs[i].push_back(at->second);
        }
    }
    if (!sort.visit_all()) {
        throw_usage("rows of " + std::string{plan.entity->class_name} + " refer to each other in a circle of " +
                    std::to_string(sort.path.size()) +
                    "; flush them one after the other, or leave one key NULL at first");
    }
    return std::move(sort.order);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
