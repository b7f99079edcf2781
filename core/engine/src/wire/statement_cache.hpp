// The prepared statements of one connection, found by the shape or the text of the statement.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <koine/wire/driver_connection.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Open addressing with a tick written on use: finding never moves anything. The least recently used
// statement gives way, never one whose result is open.
class statement_cache {
public:
    explicit statement_cache(std::uint32_t capacity);

    // The statement of this key, or null. `hash` must be the same function of the key each time.
    prepared* find(std::uint64_t hash, std::string_view key) noexcept {
        for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
            entry& e = entries_[i];
            if (e.statement == nullptr) return nullptr;
            if (e.hash == hash && e.key == key) {
                e.tick = ++tick_;
                return e.statement.get();
            }
        }
    }
    // Adds a statement under a key that is not there. Answers the statement that had to go, if any;
    // the caller closes it.
    std::unique_ptr<prepared> insert(std::uint64_t hash, std::string_view key, std::unique_ptr<prepared> statement);
    // Takes a statement out; the caller closes it.
    std::unique_ptr<prepared> remove(const prepared& statement) noexcept;

    // The least recently used statement that the driver has and that is not running, or null.
    prepared* least_used() noexcept;

    std::uint32_t size() const noexcept { return size_; }
    template <class Visitor>
    void for_each(Visitor visit) {
        for (entry& e : entries_)
            if (e.statement) visit(*e.statement);
    }

private:
    struct entry {
        std::uint64_t hash = 0;
        std::uint64_t tick = 0;
        std::string key{};
        std::unique_ptr<prepared> statement{};
    };
    std::unique_ptr<prepared> take(std::size_t index) noexcept;

    std::vector<entry> entries_;
    std::size_t mask_;
    std::uint32_t capacity_;
    std::uint32_t size_ = 0;
    std::uint64_t tick_ = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
