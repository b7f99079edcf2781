#include <koine/mapping/entity.hpp>

namespace koine {
inline namespace v1 {

namespace detail {

void keep_all(koine_value* values, std::size_t count, bind_context& context) {
    for (std::size_t i = 0; i < count; ++i) values[i] = keep(values[i], context);
}

}  // namespace detail

}  // namespace v1
}  // namespace koine
