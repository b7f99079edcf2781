// Statements that commit the transaction they run in. MariaDB Server Documentation, "SQL statements
// that cause an implicit commit"; MySQL 8.0 Reference Manual, 15.3.3.
#include <array>
#include <string_view>

#include <koine/dialects/mysql.hpp>
#include <koine/spi/sql_lexer.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

constexpr std::array<std::string_view, 25> first_words{
    "backup", "alter",    "analyze", "cache",    "change",   "check",  "create",   "drop",  "flush",
    "grant",  "import",   "install", "lock",     "optimize", "rename", "repair",   "reset", "revoke",
    "start",  "shutdown", "stop",    "truncate", "unlock",   "load",   "uninstall"};

constexpr spi::sql_rules rules{.hash_comments = true, .spaced_dashes = true, .order_mark_is_blank = true};

}  // namespace

bool mysql::commits_by_itself(std::string_view text) const {
    spi::sql_lexer<rules> in{text};
    spi::sql_token first = in.next();
    while (first.is(';')) first = in.next();
    return first.is_any(first_words);
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
