#include "objects/table_place.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

int compare_names(const table_info& a, const table_info& b) noexcept {
    const int schemas = a.schema.compare(b.schema);
    return schemas != 0 ? schemas : a.name.compare(b.name);
}

// Tarjan's search for circles. A circle is complete when all that it refers to is.
class finder {
public:
    table_place find(const table_info& table) {
        visit(table);
        return nodes_[&table].place;
    }

private:
    struct node {
        std::uint32_t number = 0;  // in the order of visits, from 1
        std::uint32_t lowest = 0;  // that can be reached
        bool open = false;
        table_place place{};
    };

    // As deep as the longest chain of classes is long.
    void visit(const table_info& table) {
        const std::uint32_t number = ++last_;
        nodes_[&table] = {number, number, true, {}};
        path_.push_back(&table);
        std::uint32_t lowest = number;
        for (const column_info& column : table.columns) {
            if (column.references == nullptr) continue;
            const table_info& to = *column.references().table;
            if (nodes_[&to].number == 0) visit(to);
            if (nodes_[&to].open) lowest = std::min(lowest, nodes_[&to].lowest);
        }
        nodes_[&table].lowest = lowest;
        if (lowest == number) close(table);
    }

    void close(const table_info& first) {
        const auto begin = std::find(path_.begin(), path_.end(), &first);
        table_place place;
        for (auto one = begin; one != path_.end(); ++one) nodes_[*one].open = false;
        for (auto one = begin; one != path_.end(); ++one) {
            for (const column_info& column : (*one)->columns) {
                const table_info* const to = column.references != nullptr ? column.references().table : nullptr;
                if (to != nullptr && std::find(begin, path_.end(), to) == path_.end())
                    place.level = std::max(place.level, nodes_[to].place.level + 1);
            }
        }
        if (path_.end() - begin > 1) {
            place.circle = *std::min_element(
                begin, path_.end(), [](const table_info* a, const table_info* b) { return compare_names(*a, *b) < 0; });
        }
        for (auto one = begin; one != path_.end(); ++one) nodes_[*one].place = place;
        path_.erase(begin, path_.end());
    }

    std::unordered_map<const table_info*, node> nodes_{};
    std::vector<const table_info*> path_{};
    std::uint32_t last_ = 0;
};

}  // namespace

table_place place_of(const table_info& table) {
    return finder{}.find(table);
}

int compare_places(const table_info& a, const table_place& place_of_a, const table_info& b,
                   const table_place& place_of_b) noexcept {
    if (place_of_a.level != place_of_b.level) return place_of_a.level < place_of_b.level ? -1 : 1;
    const table_info& group_of_a = place_of_a.circle != nullptr ? *place_of_a.circle : a;
    const table_info& group_of_b = place_of_b.circle != nullptr ? *place_of_b.circle : b;
    const int groups = compare_names(group_of_a, group_of_b);
    return groups != 0 ? groups : compare_names(a, b);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
