#include "result.hpp"

#include <charconv>
#include <string_view>

namespace koine::libpq {

std::int64_t counted_rows(const char* tag) noexcept {
    const std::string_view text{tag};
    const auto last_word = text.rfind(' ') + 1;
    std::int64_t rows = -1;
    std::from_chars(text.data() + last_word, text.data() + text.size(), rows);
    return rows;
}

}  // namespace koine::libpq
