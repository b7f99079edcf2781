// Where a table stands among those that foreign keys tie together.
#pragma once

#include <cstdint>

#include <koine/schema/table_info.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Told by the mapped tables alone, so that it is the same for all sessions, and in every program
// with these classes.
struct table_place {
    // Tables that foreign keys refer to have a lower one than those that refer to them, unless they
    // are of one circle.
    std::uint32_t level = 0;
    // Of tables that refer to each other: the one that stands for all of them. Null: the table is
    // in no such circle.
    const table_info* circle = nullptr;
};

table_place place_of(const table_info& table);

// Negative, zero or positive, as the first comes before, is or comes behind the second one. Tables
// of one circle are neighbours.
int compare_places(const table_info& a, const table_place& place_of_a, const table_info& b,
                   const table_place& place_of_b) noexcept;

}  // namespace detail
}  // namespace v1
}  // namespace koine
