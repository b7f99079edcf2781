// Memory of drivers for values that have to be rewritten on their way to the caller.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace koine {
inline namespace v1 {
namespace spi {

// Addresses stay until the next clear(). Not for several threads at once.
class arena {
public:
    // So many bytes, unaligned. Throws std::bad_alloc.
    char* take(std::size_t bytes) {
        if (bytes > left_) grow(bytes);
        char* const result = at_;
        at_ += bytes;
        left_ -= bytes;
        return result;
    }
    // Takes every byte back and keeps the memory for the next ones.
    void clear() noexcept {
        if (!blocks_.empty()) clear_blocks();
    }

private:
    struct block {
        std::unique_ptr<char[]> memory{};
        std::size_t size = 0;
    };

    void clear_blocks() noexcept {
        // The last block is the largest: one block serves a statement that is executed again and
        // again.
        blocks_.front() = std::move(blocks_.back());
        blocks_.resize(1);
        at_ = blocks_.front().memory.get();
        left_ = blocks_.front().size;
    }

    void grow(std::size_t bytes) {
        std::size_t size = blocks_.empty() ? 1024 : blocks_.back().size * 2;
        if (size < bytes) size = bytes;
        blocks_.push_back(block{std::make_unique_for_overwrite<char[]>(size), size});
        at_ = blocks_.back().memory.get();
        left_ = size;
    }

    std::vector<block> blocks_{};
    char* at_ = nullptr;
    std::size_t left_ = 0;
};

}  // namespace spi
}  // namespace v1
}  // namespace koine
