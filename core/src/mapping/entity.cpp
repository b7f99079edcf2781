#include <koine/mapping/entity.hpp>

namespace koine {
inline namespace v1 {

namespace detail {

void keep_all(koine_value* values, std::size_t count, bind_context& context) {
    for (std::size_t i = 0; i < count; ++i) values[i] = keep(values[i], context);
}

}  // namespace detail

std::uint32_t number_of(const entity_info& entity) noexcept {
    static std::atomic<std::uint32_t> last{0};
    std::uint32_t number = entity.number->load(std::memory_order_relaxed);
    if (number != 0) return number;
    // Two threads may take a number each; the one that stores first wins and the other number stays unused.
    const std::uint32_t fresh = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return entity.number->compare_exchange_strong(number, fresh, std::memory_order_relaxed) ? fresh : number;
}

}  // namespace v1
}  // namespace koine
