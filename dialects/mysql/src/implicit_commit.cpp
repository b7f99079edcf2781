// Statements that commit the transaction they run in. MariaDB Server Documentation, "SQL statements
// that cause an implicit commit"; MySQL 8.0 Reference Manual, 15.3.3.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include <koine/dialects/mysql.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

constexpr std::array<std::string_view, 25> first_words{
    "backup", "alter",    "analyze", "cache",    "change",   "check",  "create",   "drop",  "flush",
    "grant",  "import",   "install", "lock",     "optimize", "rename", "repair",   "reset", "revoke",
    "start",  "shutdown", "stop",    "truncate", "unlock",   "load",   "uninstall"};

bool is_blank(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Where the first word begins.
std::size_t behind_blanks(std::string_view text) noexcept {
    std::size_t at = text.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0;
    while (at < text.size()) {
        if (is_blank(text[at]) || text[at] == ';')
            ++at;
        else if (text[at] == '#' || text.substr(at, 2) == "--")
            at = std::min(text.find('\n', at), text.size());
        else if (text.substr(at, 2) == "/*" && text.substr(at, 3) != "/*!" && text.substr(at, 4) != "/*M!")
            at = std::min(text.find("*/", at + 2), text.size() - 2) + 2;
        else
            break;
    }
    return at;
}

}  // namespace

bool mysql::commits_by_itself(std::string_view text) const {
    std::string word;
    for (std::size_t at = behind_blanks(text); at < text.size(); ++at) {
        const char c = static_cast<char>(text[at] >= 'A' && text[at] <= 'Z' ? text[at] - 'A' + 'a' : text[at]);
        if (c < 'a' || c > 'z') break;
        word += c;
    }
    return std::find(first_words.begin(), first_words.end(), word) != first_words.end();
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
