// Rows as a relay hands them out.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <koine/driver_abi.h>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

// Rows in memory of their own, each text in a piece of exactly its size, so that no byte after it
// and no moment after its life goes unseen.
class row_copies {
public:
    void add(std::span<const koine_value> row);
    std::size_t cells() const noexcept { return cells_.size(); }
    // Views of the cells, in order; valid until clear().
    void show(koine_value* to) const noexcept;
    void clear() noexcept;

private:
    struct cell {
        koine_value what{};
        std::unique_ptr<char[]> bytes{};
    };
    std::vector<cell> cells_{};
};

// What is read from cells that nobody wrote to.
void spoil(koine_value* cells, std::size_t count) noexcept;

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
