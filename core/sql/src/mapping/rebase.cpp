#include <koine/mapping/rebase.hpp>

#include <cstring>
#include <string>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

std::uint16_t column_of_member(const class_columns& columns, std::uint64_t member) {
    const std::uint16_t index = find_member(columns.columns, columns.count, member);
    if (index == no_column)
        throw_usage(std::string{"an expression names a member of a base class that is not a column of "} +
                    columns.class_name);
    return index;
}

syntax::fragment rebase_columns(const syntax::fragment& expression, const class_columns& to,
                                const class_columns& from) {
    syntax::fragment out;
    const auto nodes = expression.nodes();
    std::uint32_t bound = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const syntax::node& node = nodes[i];
        if (node.kind == syntax::op::column) {
            const table_info* table = nullptr;
            std::memcpy(&table, &nodes[++i], sizeof table);
            if (node.index == no_column) {
                out.push_table(syntax::op::column, to.table,
                               column_of_member(to, static_cast<const loose_member*>(table)->member));
            } else if (table == from.table) {
                out.push_table(syntax::op::column, to.table, column_of_member(to, from.columns[node.index].member));
            } else {
                out.push_table(syntax::op::column, table, node.index);
            }
        } else {
            out.push_from(expression, node, bound);
        }
    }
    return out;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
