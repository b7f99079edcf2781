// The objects of one class by their primary key. Open addressing; an object is found or its place
// prepared in one probe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "objects/snapshot.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Keys that are one integer. The key stands in the entry, and 16 neighbouring keys are neighbours
// in the table, so that objects loaded in key order fill whole cache lines.
class integer_identities {
public:
    struct entry {
        std::int64_t key;
        void* object;  // null: free
    };

    void* find(std::int64_t key) const noexcept {
        if (capacity_ == 0) return nullptr;
        return entries_[position(key)].object;
    }
    // The entry of a key. A new one has no object: set it and call added(), or leave it alone.
    // Valid until the next call.
    entry& at(std::int64_t key) {
        if (size_ == most_) [[unlikely]]
            grow(size_ + 1);
        entry& found = entries_[position(key)];
        found.key = key;
        return found;
    }
    void added() noexcept { ++size_; }
    void erase(std::int64_t key) noexcept;
    // Makes room for this many more objects, so that adding them does not fail.
    void reserve(std::size_t more) {
        if (size_ + more > most_) grow(size_ + more);
    }
    void clear() noexcept {
        entries_.reset();
        capacity_ = size_ = most_ = 0;
    }
    std::size_t size() const noexcept { return size_; }

private:
    std::size_t home(std::int64_t key) const noexcept {
        const auto word = static_cast<std::uint64_t>(key);
        return ((((word >> 4U) * 0x9e3779b97f4a7c15U) >> shift_) << 4U | (word & 15U)) & (capacity_ - 1);
    }
    std::size_t position(std::int64_t key) const noexcept {
        std::size_t at = home(key);
        while (entries_[at].object != nullptr && entries_[at].key != key) at = (at + 1) & (capacity_ - 1);
        return at;
    }
    void grow(std::size_t wanted);

    std::unique_ptr<entry[]> entries_{};
    std::size_t capacity_ = 0;  // a power of two, at least 16
    std::size_t size_ = 0;
    std::size_t most_ = 0;      // entries at which the table grows: 5/8 of it
    std::uint32_t shift_ = 63;  // leaves as many bits as there are groups of 16
};

// All other keys: by hash, compared in bound form. The entries own copies of the keys.
class value_identities {
public:
    struct entry {
        std::uint64_t hash = 0;
        void* object = nullptr;
        snapshot key{};
    };

    void* find(std::span<const koine_value> key) const noexcept {
        if (entries_.empty()) return nullptr;
        return entries_[position(hash_values(key), key)].object;
    }
    // As integer_identities::at; what is needed of the key is copied.
    entry& at(std::span<const koine_value> key);
    void added() noexcept { ++size_; }
    void erase(std::span<const koine_value> key) noexcept;
    void reserve(std::size_t more) {
        if ((size_ + more) * 8 > entries_.size() * 5) grow(size_ + more);
    }
    void clear() noexcept {
        entries_.clear();
        size_ = 0;
    }
    std::size_t size() const noexcept { return size_; }

private:
    std::size_t position(std::uint64_t hash, std::span<const koine_value> key) const noexcept;
    void grow(std::size_t wanted);

    std::vector<entry> entries_{};
    std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
