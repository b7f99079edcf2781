#include <koine/mapping/metadata.hpp>

#include <algorithm>
#include <cstddef>

namespace koine {
inline namespace v1 {

namespace {

// references[i]: the tables, by number, that table i refers to, itself aside.
std::vector<std::vector<std::size_t>> references_of(const std::vector<const table_info*>& tables) {
    std::vector<std::vector<std::size_t>> references(tables.size());
    for (std::size_t i = 0; i < tables.size(); ++i) {
        for (const column_info& column : tables[i]->columns) {
            if (column.references == nullptr) continue;
            const auto target = std::find(tables.begin(), tables.end(), column.references().table);
            if (target == tables.end() || *target == tables[i]) continue;
            references[i].push_back(static_cast<std::size_t>(target - tables.begin()));
        }
    }
    return references;
}

// Whether `to` can be reached from `from` by one reference or more.
bool reaches(const std::vector<std::vector<std::size_t>>& references, std::size_t from, std::size_t to) {
    std::vector<bool> seen(references.size(), false);
    std::vector<std::size_t> open{from};
    while (!open.empty()) {
        const std::size_t at = open.back();
        open.pop_back();
        for (const std::size_t next : references[at]) {
            if (next == to) return true;
            if (!seen[next]) {
                seen[next] = true;
                open.push_back(next);
            }
        }
    }
    return false;
}

}  // namespace

metadata::metadata() = default;
metadata::metadata(const metadata&) = default;
metadata::metadata(metadata&&) noexcept = default;
metadata& metadata::operator=(const metadata&) = default;
metadata& metadata::operator=(metadata&&) noexcept = default;
metadata::~metadata() = default;

std::span<const table_info* const> metadata::tables() const& noexcept {
    return tables_;
}
std::span<const table_info* const> metadata::cyclic() const& noexcept {
    return cyclic_;
}

metadata& metadata::add(const table_info* table) {
    if (std::find(added_.begin(), added_.end(), table) != added_.end()) return *this;
    added_.push_back(table);
    sort();
    return *this;
}

void metadata::sort() {
    const auto references = references_of(added_);
    std::vector<bool> cyclic(added_.size());
    for (std::size_t i = 0; i < added_.size(); ++i) cyclic[i] = reaches(references, i, i);

    std::vector<const table_info*> sorted;
    std::vector<bool> placed(added_.size(), false);
    while (sorted.size() < added_.size()) {
        std::size_t next = added_.size();
        for (std::size_t i = 0; i < added_.size() && next == added_.size(); ++i) {
            if (placed[i]) continue;
            // Inside a circle the order is free: its references are added afterwards.
            const bool ready = std::all_of(references[i].begin(), references[i].end(), [&](std::size_t target) {
                return placed[target] || (cyclic[i] && cyclic[target] && reaches(references, target, i));
            });
            if (ready) next = i;
        }
        placed[next] = true;
        sorted.push_back(added_[next]);
    }
    tables_ = std::move(sorted);
    cyclic_.clear();
    for (std::size_t i = 0; i < added_.size(); ++i) {
        if (cyclic[i]) cyclic_.push_back(added_[i]);
    }
}

}  // namespace v1
}  // namespace koine
