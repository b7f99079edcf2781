#include <koine/schema/entity_info.hpp>

namespace koine {
inline namespace v1 {

std::uint32_t give_number(const entity_info& entity) noexcept {
    static std::atomic<std::uint32_t> next{1};
    std::uint32_t expected = 0;
    const std::uint32_t mine = next.fetch_add(1, std::memory_order_relaxed);
    // Another thread may have been first; then this number stays unused.
    return entity.number->compare_exchange_strong(expected, mine, std::memory_order_relaxed) ? mine : expected;
}

}  // namespace v1
}  // namespace koine
