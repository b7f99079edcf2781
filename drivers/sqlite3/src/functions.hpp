// The SQL functions that Koine's statements for SQLite call.
#pragma once

#include <sqlite3.h>

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

// Makes koine_like(text, pattern) and koine_ilike(text, pattern) known on a connection; answers
// SQLite's result code. They answer 1 or 0, or NULL if an argument is NULL. In a pattern % stands
// for any characters, _ for one, and a backslash takes its meaning from the character behind it; a
// pattern that ends in a lone backslash is an error, as on PostgreSQL. koine_like compares exactly,
// koine_ilike takes A to Z for a to z and every other character exactly. Patterns may
// be as long as any text; what a search costs grows with the sum of the lengths, but with their
// product where a long pattern has a _.
int add_functions(sqlite3* database) noexcept;

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
