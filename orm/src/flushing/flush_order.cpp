#include "flushing/flush_order.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <unordered_map>

#include <koine/error.hpp>

#include "objects/object_store.hpp"

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

// Any order does that is the same everywhere.
int compare_values(const koine_value& a, const koine_value& b) noexcept {
    if (a.tag != b.tag) return a.tag < b.tag ? -1 : 1;
    if (has_content(a.tag)) {
        const std::uint32_t size_of_a = content_size(a);
        const std::uint32_t size_of_b = content_size(b);
        const std::uint32_t common = std::min(size_of_a, size_of_b);
        if (const int found = common == 0 ? 0 : std::memcmp(a.u.p, b.u.p, common); found != 0) return found;
        return size_of_a < size_of_b ? -1 : size_of_a > size_of_b ? 1 : 0;
    }
    return a.u.i < b.u.i ? -1 : a.u.i > b.u.i ? 1 : 0;
}

[[noreturn]] KOINE_COLD void raise_circle(std::span<const entity_plan* const> members) {
    const entity_plan* const first = members.front();
    const bool one_class =
        std::all_of(members.begin(), members.end(), [first](const entity_plan* one) { return one == first; });
    std::string who = "rows of " + std::string{first->entity->class_name};
    if (!one_class) {
        who = "rows of the classes ";
        for (const entity_plan* const one : members) who += std::string{one->entity->class_name} + " -> ";
        who += first->entity->class_name;
    }
    throw_usage(who + " refer to each other in a circle of " + std::to_string(members.size()) +
                "; flush them one after the other, or leave one key NULL at first");
}

// Puts [first, last) into the order of its references. `row_of` and `plan_of` tell what one is.
template <class Iterator, class RowOf, class PlanOf>
void order_circle(Iterator first, Iterator last, direction which, RowOf row_of, PlanOf plan_of_one) {
    if (last - first < 2) return;
    std::vector<ordered_row> rows;
    rows.reserve(static_cast<std::size_t>(last - first));
    for (Iterator one = first; one != last; ++one) rows.push_back(row_of(*one));
    std::vector<std::size_t> circle;
    const std::vector<std::size_t> order = order_rows(rows, which, &circle);
    if (order.empty()) {
        std::vector<const entity_plan*> members;
        for (const std::size_t i : circle) members.push_back(plan_of_one(first[static_cast<std::ptrdiff_t>(i)]));
        raise_circle(members);
    }
    std::vector<typename std::iterator_traits<Iterator>::value_type> ordered;
    ordered.reserve(order.size());
    for (const std::size_t i : order) ordered.push_back(std::move(first[static_cast<std::ptrdiff_t>(i)]));
    std::move(ordered.begin(), ordered.end(), first);
}

}  // namespace

bool key_is_less(const entity_plan& plan, const koine_value* a, const koine_value* b) noexcept {
    if (plan.keys == key_kind::integer) [[likely]]
        return a[plan.key[0]].u.i < b[plan.key[0]].u.i;
    for (const std::uint16_t column : plan.key)
        if (const int found = compare_values(a[column], b[column]); found != 0) return found < 0;
    return false;
}

bool is_changed_first(const object_header& a, const object_header& b) noexcept {
    const entity_plan& plan = plan_of(a);
    if (a.entity == b.entity) [[likely]]
        return key_is_less(plan, a.base, b.base);
    const entity_plan& other = plan_of(b);
    if (const int classes = compare_classes(plan, other); classes != 0) return classes > 0;
    // Two classes of one table.
    for (std::size_t i = 0; i < std::min(plan.key.size(), other.key.size()); ++i)
        if (const int found = compare_values(a.base[plan.key[i]], b.base[other.key[i]]); found != 0) return found < 0;
    return false;
}

std::vector<std::pair<std::size_t, std::size_t>> references_among(std::span<const ordered_row> rows) {
    std::vector<std::pair<std::size_t, std::size_t>> found;
    std::vector<const table_info*> tables;
    for (const ordered_row& row : rows)
        if (std::find(tables.begin(), tables.end(), row.table) == tables.end()) tables.push_back(row.table);
    for (const table_info* const table : tables) {
        for (std::size_t c = 0; c < table->columns.size(); ++c) {
            const column_info& column = table->columns[c];
            if (column.references == nullptr) continue;
            const column_reference target = column.references();
            if (std::find(tables.begin(), tables.end(), target.table) == tables.end()) continue;
            std::unordered_multimap<std::uint64_t, std::size_t> by_value;
            for (std::size_t i = 0; i < rows.size(); ++i)
                if (rows[i].table == target.table)
                    by_value.emplace(hash_values({&rows[i].values[target.column], 1}), i);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                if (rows[i].table != table || rows[i].values[c].tag == KOINE_NULL) continue;
                const auto [first, last] = by_value.equal_range(hash_values({&rows[i].values[c], 1}));
                for (auto at = first; at != last; ++at)
                    if (at->second != i && same_value(rows[at->second].values[target.column], rows[i].values[c]))
                        found.emplace_back(i, at->second);
            }
        }
    }
    return found;
}

std::vector<std::size_t> order_rows(std::span<const ordered_row> rows, direction first,
                                    std::vector<std::size_t>* circle) {
    sorter sort{rows.size()};
    for (const auto& [from, to] : references_among(rows)) {
        if (first == direction::referred_first)
            sort.needs[from].push_back(to);
        else
            sort.needs[to].push_back(from);
    }
    if (sort.visit_all()) return std::move(sort.order);
    if (circle != nullptr) *circle = std::move(sort.path);
    return {};
}

void order_inserts(std::vector<new_row>& inserts) {
    const auto comes_first = [](const new_row& a, const new_row& b) { return compare_classes(*a.plan, *b.plan) < 0; };
    if (!std::is_sorted(inserts.begin(), inserts.end(), comes_first))
        std::stable_sort(inserts.begin(), inserts.end(), comes_first);
    for (auto first = inserts.begin(); first != inserts.end();) {
        const entity_plan& plan = *first->plan;
        const bool in_circle = of_one_circle(plan, plan);
        const auto last = std::find_if(first + 1, inserts.end(), [&plan, in_circle](const new_row& one) {
            return one.plan != &plan && !(in_circle && of_one_circle(plan, *one.plan));
        });
        if (in_circle) {
            order_circle(
                first, last, direction::referred_first,
                [](const new_row& one) {
                    return ordered_row{one.plan->table, one.values};
                },
                [](const new_row& one) { return one.plan; });
        }
        first = last;
    }
}

namespace {

// Digit by digit, the last one first: a few steps a row, where comparing takes some for each
// doubling of the rows. `least` and `most` are the bounds of the keys.
void sort_by_digits(std::vector<sorted_update>& order, std::int64_t least, std::int64_t most) {
    constexpr unsigned bits = 11;
    constexpr std::size_t values = std::size_t{1} << bits;
    const auto low = static_cast<std::uint64_t>(least);
    const std::uint64_t range = static_cast<std::uint64_t>(most) - low;
    std::vector<sorted_update> other(order.size());
    for (unsigned shift = 0; shift < 64 && range >> shift != 0; shift += bits) {
        std::uint32_t place[values]{};
        const auto digit = [=](const sorted_update& one) {
            return (static_cast<std::uint64_t>(one.key) - low) >> shift & (values - 1);
        };
        for (const sorted_update& one : order) ++place[digit(one)];
        std::uint32_t next = 0;
        for (std::uint32_t& one : place) next += std::exchange(one, next);
        for (const sorted_update& one : order) other[place[digit(one)]++] = one;
        order.swap(other);
    }
}

// Rows of one class with a key of one integer, as most are. False for others.
bool order_by_integer(flush_lists& lists) {
    const std::vector<changed_row>& updates = lists.updates;
    const entity_plan& plan = plan_of(*updates.front().header);
    if (plan.keys != key_kind::integer) return false;
    const std::uint16_t entity = updates.front().header->entity;
    const std::uint16_t key = plan.key[0];
    std::int64_t least = INT64_MAX;
    std::int64_t most = INT64_MIN;
    bool sorted = true;
    std::uint32_t row = 0;
    for (const changed_row& one : updates) {
        if (one.header->entity != entity) return false;
        const std::int64_t value = one.header->base[key].u.i;
        sorted = sorted && most <= value;
        least = std::min(least, value);
        most = std::max(most, value);
        lists.update_order[row] = {value, row};
        ++row;
    }
    constexpr std::size_t many = 256;
    constexpr std::uint64_t near = std::uint64_t{1} << 33U;  // three digits
    if (sorted) {
        lists.update_order.clear();
    } else if (row >= many && static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) < near) {
        sort_by_digits(lists.update_order, least, most);
    } else {
        std::sort(lists.update_order.begin(), lists.update_order.end(),
                  [](const sorted_update& a, const sorted_update& b) { return a.key < b.key; });
    }
    return true;
}

// The rows stay where they are: moving them costs more than their numbers do.
void order_updates(flush_lists& lists) {
    const std::vector<changed_row>& updates = lists.updates;
    std::vector<sorted_update>& order = lists.update_order;
    order.resize(updates.size());
    if (order_by_integer(lists)) return;
    for (std::size_t i = 0; i < updates.size(); ++i) order[i] = {0, static_cast<std::uint32_t>(i)};
    std::sort(order.begin(), order.end(), [&updates](const sorted_update& a, const sorted_update& b) {
        return is_changed_first(*updates[a.row].header, *updates[b.row].header);
    });
}

}  // namespace

void order_changes(flush_lists& lists) {
    if (lists.updates.size() > 1) order_updates(lists);
    if (lists.deletes.size() < 2) return;
    std::sort(lists.deletes.begin(), lists.deletes.end(),
              [](const object_header* a, const object_header* b) { return is_changed_first(*a, *b); });
    for (auto first = lists.deletes.begin(); first != lists.deletes.end();) {
        const entity_plan& plan = plan_of(**first);
        const auto last = std::find_if(first + 1, lists.deletes.end(), [&plan](const object_header* one) {
            return !of_one_circle(plan, plan_of(*one));
        });
        if (of_one_circle(plan, plan)) {
            order_circle(
                first, last, direction::referring_first,
                [](const object_header* one) {
                    return ordered_row{plan_of(*one).table, one->base};
                },
                [](const object_header* one) { return &plan_of(*one); });
        }
        first = last;
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
