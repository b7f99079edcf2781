// What a session has flushed and may have to take back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <koine/orm/detail/object.hpp>

#include "objects/snapshot.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// One flushed change, so that rollback can take it back.
struct undo_entry {
    enum class change : std::uint8_t { insert, update, delete_ };
    object_header* header;
    snapshot base;  // of an update: the one before
    change what;
    bool generated_key = false;  // of an insert: the database made the key
};

// The changes of one transaction, oldest first, in blocks: a long transaction never moves what it
// has.
class undo_log {
public:
    std::size_t size() const noexcept { return size_; }
    // Makes room for this many more entries, so that adding them does not fail.
    void reserve(std::size_t more) {
        while (blocks_.size() * block_size < size_ + more) [[unlikely]] add_block();
    }
    // Precondition: room was reserved.
    void push(undo_entry entry) noexcept {
        if (entry.what == undo_entry::change::delete_) deletes_ = true;
        at(size_++) = std::move(entry);
    }
    // Whether a delete was among the entries since the last clear().
    bool had_deletes() const noexcept { return deletes_; }
    undo_entry& back() noexcept { return at(size_ - 1); }
    void pop() noexcept { at(--size_).base = nullptr; }
    void clear() noexcept {
        while (size_ != 0) pop();
        deletes_ = false;
        // One long transaction does not keep its memory for a life of short ones.
        if (blocks_.size() > 1) [[unlikely]]
            keep_one_block();
    }

private:
    static constexpr std::size_t block_size = 64;
    undo_entry& at(std::size_t i) noexcept { return blocks_[i / block_size][i % block_size]; }
    // Seldom, so that clear() saves no registers for it.
    KOINE_COLD void keep_one_block() noexcept { blocks_.resize(1); }
    void add_block() { blocks_.push_back(std::make_unique<undo_entry[]>(block_size)); }

    std::vector<std::unique_ptr<undo_entry[]>> blocks_{};
    std::size_t size_ = 0;
    bool deletes_ = false;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
