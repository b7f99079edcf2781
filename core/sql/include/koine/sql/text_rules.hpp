// What texts by hand need to know of a database.
#pragma once

#include <string_view>

#include <koine/spi/sql_token.hpp>

namespace koine {
inline namespace v1 {

struct text_rules {
    // What is a string, a name, a comment, and a placeholder that would take a value.
    spi::sql_rules tokens{};
    // What stands for `in (:list)` and `not in (:list)` where the list is empty: false and true for
    // every value, NULL too.
    std::string_view in_nothing = "in (select null from (select 1) koine_nothing where 1 = 0)";
    std::string_view not_in_nothing = "not in (select null from (select 1) koine_nothing where 1 = 0)";
};

}  // namespace v1
}  // namespace koine
