#include "result.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

namespace koine::libpq {

std::int64_t affected_rows(PGresult* result) noexcept {
    const char* const tag = PQcmdStatus(result);
    if (tag == nullptr || std::strncmp(tag, "SELECT", 6) == 0) return -1;
    const std::string_view text = PQcmdTuples(result);
    std::int64_t rows = -1;
    std::from_chars(text.data(), text.data() + text.size(), rows);
    return rows;
}

}  // namespace koine::libpq
