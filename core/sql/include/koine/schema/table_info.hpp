// A table as the database sees it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <koine/schema/column_info.hpp>

namespace koine {
inline namespace v1 {

// A named or unnamed UNIQUE constraint over several columns.
struct unique_info {
    std::string_view name{};  // empty: made by the naming convention
    std::span<const std::uint16_t> columns{};
};

// A table. Its address is its identity: statements and caches keep pointers to it, so it must live
// as long as the program.
struct table_info {
    std::string_view name{};
    std::string_view schema{};  // empty: the connection's default schema
    std::span<const column_info> columns{};
    std::span<const std::uint16_t> primary_key{};
    std::span<const unique_info> uniques{};
};

}  // namespace v1
}  // namespace koine
