#include "identities/identity_map.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Entries for this many objects at a load of at most 5/8.
std::size_t capacity_for(std::size_t objects) noexcept {
    const std::size_t needed = objects + objects * 3 / 5 + 1;
    return std::bit_ceil(needed < 16 ? std::size_t{16} : needed);
}

// Whether the entry at `at`, whose probing began at `home`, may move back to `hole`.
bool may_move(std::size_t home, std::size_t hole, std::size_t at, std::size_t mask) noexcept {
    return ((at - home) & mask) >= ((at - hole) & mask);
}

}  // namespace

void integer_identities::grow(std::size_t wanted) {
    const std::size_t old_capacity = capacity_;
    // While it is small it grows by more, which saves moving entries.
    constexpr std::size_t small = 4096;
    const std::size_t ahead = size_ * (size_ <= small ? 4 : 2);
    const std::size_t capacity = capacity_for(std::max(wanted, ahead));
    const std::unique_ptr<entry[]> old = std::exchange(entries_, std::make_unique<entry[]>(capacity));
    capacity_ = capacity;
    most_ = capacity * 5 / 8;
    const auto groups = static_cast<unsigned>(std::countr_zero(capacity)) - 4U;
    shift_ = groups == 0 ? 63U : 64U - groups;
    for (std::size_t i = 0; i < old_capacity; ++i)
        if (old[i].object != nullptr) entries_[position(old[i].key)] = old[i];
}

void integer_identities::erase(std::int64_t key) noexcept {
    if (capacity_ == 0) return;
    const std::size_t mask = capacity_ - 1;
    std::size_t hole = position(key);
    if (entries_[hole].object == nullptr) return;
    // Entries behind the hole that were pushed past it move back, so that probing never needs marks
    // for erased entries.
    for (std::size_t at = (hole + 1) & mask; entries_[at].object != nullptr; at = (at + 1) & mask) {
        if (!may_move(home(entries_[at].key), hole, at, mask)) continue;
        entries_[hole] = entries_[at];
        hole = at;
    }
    entries_[hole].object = nullptr;
    --size_;
}

std::size_t value_identities::position(std::uint64_t hash, std::span<const koine_value> key) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        const entry& e = entries_[at];
        if (e.object == nullptr) return at;
        if (e.hash != hash) continue;
        std::size_t same = 0;
        while (same < key.size() && same_value(e.key[same], key[same])) ++same;
        if (same == key.size()) return at;
    }
}

value_identities::entry& value_identities::at(std::span<const koine_value> key) {
    reserve(1);
    const std::uint64_t hash = hash_values(key);
    entry& found = entries_[position(hash, key)];
    if (found.object == nullptr) {
        found.key = make_snapshot(key.data(), key.size());
        found.hash = hash;
    }
    return found;
}

void value_identities::grow(std::size_t wanted) {
    std::vector<entry> old(capacity_for(wanted > size_ * 2 ? wanted : size_ * 2));
    old.swap(entries_);
    const std::size_t mask = entries_.size() - 1;
    for (entry& e : old) {
        if (e.object == nullptr) continue;
        std::size_t at = e.hash & mask;
        while (entries_[at].object != nullptr) at = (at + 1) & mask;
        entries_[at] = std::move(e);
    }
}

void value_identities::erase(std::span<const koine_value> key) noexcept {
    if (entries_.empty()) return;
    const std::size_t mask = entries_.size() - 1;
    std::size_t hole = position(hash_values(key), key);
    if (entries_[hole].object == nullptr) return;
    for (std::size_t at = (hole + 1) & mask; entries_[at].object != nullptr; at = (at + 1) & mask) {
        if (!may_move(entries_[at].hash & mask, hole, at, mask)) continue;
        entries_[hole] = std::move(entries_[at]);
        hole = at;
    }
    entries_[hole] = entry{};
    --size_;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
