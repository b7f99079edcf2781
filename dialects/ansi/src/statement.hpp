// A statement taken apart: its postfix nodes as terms that know where their operands are, and its
// clauses by kind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <koine/schema/table_info.hpp>
#include <koine/sql/fragment.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

// An operand or an operator with its operands. Operands stand directly before it, so `first` is all
// that is needed to find them.
struct term {
    syntax::op kind{};
    std::uint8_t tag = 0;      // of a bind
    std::uint16_t column = 0;  // of a column
    // of a bind: which bound value, from 0; of a list: the first of its values; of an integer:
    // itself
    std::uint32_t number = 0;
    std::uint32_t listed = 0;  // values of a list
    std::uint32_t operands = 0;
    std::uint32_t first = 0;  // the leftmost term below this one, or its own index
    std::uint32_t depth = 1;
    bool has_bind = false;
    const table_info* table = nullptr;
};

struct assignment {
    std::uint16_t column = 0;
    std::uint32_t term = 0;
};

struct ordering {
    std::uint32_t term = 0;
    bool descending = false;
};

// Clauses refer to terms by index.
struct statement {
    static constexpr std::uint32_t none = 0xffffffffU;

    syntax::op head{};
    const table_info* table = nullptr;
    std::vector<term> terms{};
    std::vector<std::uint32_t> wheres{};
    std::vector<ordering> orders{};
    std::vector<assignment> sets{};
    std::vector<assignment> values{};
    std::vector<std::uint16_t> returning{};
    std::uint32_t limit = none;
    std::uint32_t offset = none;
    bool distinct = false;
    std::uint32_t binds = 0;

    // The operands of terms[index], left to right.
    std::vector<std::uint32_t> operands(std::uint32_t index) const;
    // The operands of a chain of one associative operator (AND, OR), however it was nested; one
    // element if it is none.
    std::vector<std::uint32_t> chain(std::uint32_t index) const;
    const column_info& column(std::uint16_t index) const;
};

// Throws usage_error for a fragment that is not one whole statement.
statement take_apart(const syntax::fragment& fragment);

// errc::not_supported as a usage_error.
[[noreturn]] void throw_not_supported(std::string message);

}  // namespace dialects
}  // namespace v1
}  // namespace koine
