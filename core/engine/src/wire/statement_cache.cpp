#include "wire/statement_cache.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace koine {
inline namespace v1 {
namespace detail {

// Fewer would let a unit of work evict a statement that it is still using.
constexpr std::uint32_t least_capacity = 16;

statement_cache::statement_cache(std::uint32_t capacity)
    : entries_(std::bit_ceil(std::size_t{std::max(capacity, least_capacity)} * 2)),
      mask_{entries_.size() - 1},
      capacity_{std::max(capacity, least_capacity)} {}

std::unique_ptr<prepared> statement_cache::insert(std::uint64_t hash, std::string_view key,
                                                  std::unique_ptr<prepared> statement) {
    std::string owned_key{key};
    std::unique_ptr<prepared> evicted;
    if (size_ == capacity_) {
        std::size_t oldest = entries_.size();
        std::uint64_t oldest_tick = std::numeric_limits<std::uint64_t>::max();
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            const entry& e = entries_[i];
            if (e.statement && !e.statement->running && e.tick < oldest_tick) {
                oldest = i;
                oldest_tick = e.tick;
            }
        }
        if (oldest != entries_.size())
            evicted = take(oldest);
        else if (size_ + 1 >= entries_.size())
            throw_usage("every cached statement of the connection has an open result: finish some of them");
    }
    std::size_t i = hash & mask_;
    while (entries_[i].statement) i = (i + 1) & mask_;
    entries_[i] = entry{hash, ++tick_, std::move(owned_key), std::move(statement)};
    ++size_;
    return evicted;
}

std::unique_ptr<prepared> statement_cache::remove(const prepared& statement) noexcept {
    for (std::size_t i = 0; i < entries_.size(); ++i)
        if (entries_[i].statement.get() == &statement) return take(i);
    return nullptr;
}

prepared* statement_cache::least_used() noexcept {
    const entry* oldest = nullptr;
    for (const entry& e : entries_)
        if (e.statement && e.statement->handle != nullptr && !e.statement->running &&
            (oldest == nullptr || e.tick < oldest->tick))
            oldest = &e;
    return oldest != nullptr ? oldest->statement.get() : nullptr;
}

std::unique_ptr<prepared> statement_cache::take(std::size_t index) noexcept {
    std::unique_ptr<prepared> taken = std::move(entries_[index].statement);
    --size_;
    // Close the gap, so that no search stops before its entry.
    std::size_t gap = index;
    for (std::size_t i = (gap + 1) & mask_; entries_[i].statement; i = (i + 1) & mask_) {
        const std::size_t home = entries_[i].hash & mask_;
        const bool stays = gap < i ? (home > gap && home <= i) : (home > gap || home <= i);
        if (stays) continue;
        entries_[gap] = std::move(entries_[i]);
        gap = i;
    }
    entries_[gap] = entry{};
    return taken;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
