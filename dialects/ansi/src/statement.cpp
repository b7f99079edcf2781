#include "statement.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

using syntax::op;

namespace {

// Far more than people write and far less than what a database's parser, or the stack, can take.
constexpr std::uint32_t max_depth = 500;

[[noreturn]] void malformed(std::string_view what) {
    throw_usage("this is not a whole SQL statement: " + std::string{what});
}

bool is_head(op kind) {
    return kind >= op::select_entity;
}

bool is_operand(op kind) {
    return kind < op::eq;
}

bool is_associative(op kind) {
    return kind == op::and_ || kind == op::or_;
}

std::uint32_t operand_count(const syntax::node& node) {
    switch (node.kind) {
        case op::eq:
        case op::ne:
        case op::lt:
        case op::le:
        case op::gt:
        case op::ge:
        case op::and_:
        case op::or_:
        case op::like:
        case op::not_like:
        case op::ilike:
        case op::not_ilike:
        case op::add:
        case op::subtract:
        case op::multiply:
        case op::concat:
            return 2;
        case op::not_:
        case op::is_null:
        case op::is_not_null:
        case op::in_list:
        case op::not_in_list:
            return 1;
        case op::between:
            return 3;
        case op::in:
        case op::not_in:
            return 1U + node.index;
        default:
            malformed("an unknown operator");
    }
}

class parser {
public:
    explicit parser(const syntax::fragment& fragment) : nodes_{fragment.nodes()} {}

    statement run() {
        if (nodes_.empty() || !is_head(nodes_[0].kind)) malformed("it does not begin with what it does");
        out_.head = nodes_[0].kind;
        if (out_.head > op::delete_) malformed("it begins with an unknown operation");
        out_.table = table_after(0);
        for (at_ = 2; at_ < nodes_.size(); ++at_) {
            const syntax::node& node = nodes_[at_];
            if (is_head(node.kind))
                malformed("it has two beginnings");
            else if (node.kind >= op::where)
                clause(node);
            else if (is_operand(node.kind))
                operand(node);
            else
                operation(node);
        }
        if (!stack_.empty()) malformed("an operand belongs to nothing");
        check();
        return std::move(out_);
    }

private:
    const table_info* table_after(std::size_t index) const {
        if (index + 1 >= nodes_.size()) malformed("a table is missing");
        const table_info* table = nullptr;
        std::memcpy(&table, &nodes_[index + 1], sizeof table);
        if (table == nullptr) malformed("a table is missing");
        return table;
    }

    void push(const term& made) {
        stack_.push_back(static_cast<std::uint32_t>(out_.terms.size()));
        out_.terms.push_back(made);
    }

    std::uint32_t pop() {
        if (stack_.empty()) malformed("an operand is missing");
        const auto index = stack_.back();
        stack_.pop_back();
        return index;
    }

    void operand(const syntax::node& node) {
        term made;
        made.kind = node.kind;
        made.first = static_cast<std::uint32_t>(out_.terms.size());
        switch (node.kind) {
            case op::column:
                made.table = table_after(at_++);
                made.column = node.index;
                if (made.column >= made.table->columns.size()) malformed("a column that its table does not have");
                break;
            case op::bind:
                made.tag = node.detail;
                made.number = out_.binds++;
                made.has_bind = true;
                break;
            case op::integer:
                made.number = node.size;
                break;
            case op::null:
            case op::true_:
            case op::false_:
                break;
            default:
                malformed("an unknown operand");
        }
        push(made);
    }

    void operation(const syntax::node& node) {
        term made;
        made.kind = node.kind;
        made.operands = operand_count(node);
        for (std::uint32_t i = 0; i < made.operands; ++i) {
            const term& below = out_.terms[pop()];
            made.first = below.first;
            made.has_bind = made.has_bind || below.has_bind;
            // A chain is written flat, however long it is.
            const bool flat = is_associative(made.kind) && below.kind == made.kind;
            made.depth = std::max(made.depth, below.depth + (flat ? 0U : 1U));
        }
        if (made.kind == op::in_list || made.kind == op::not_in_list) {
            if (node.size == 0) malformed("a list of no values");
            made.tag = node.detail;
            made.number = out_.binds;
            made.listed = node.size;
            made.has_bind = true;
            out_.binds += node.size;
        }
        if (made.depth > max_depth) throw_not_supported("an expression is nested deeper than 500 levels");
        push(made);
    }

    void clause(const syntax::node& node) {
        switch (node.kind) {
            case op::where:
                out_.wheres.push_back(pop());
                break;
            case op::order_asc:
                out_.orders.push_back({pop(), false});
                break;
            case op::order_desc:
                out_.orders.push_back({pop(), true});
                break;
            case op::limit:
                once(out_.limit, "LIMIT");
                break;
            case op::offset:
                once(out_.offset, "OFFSET");
                break;
            case op::distinct:
                out_.distinct = true;
                break;
            case op::set:
                assign(out_.sets, node.index);
                break;
            case op::value:
                assign(out_.values, node.index);
                break;
            case op::returning:
                static_cast<void>(out_.column(node.index));
                out_.returning.push_back(node.index);
                break;
            default:
                malformed("an unknown clause");
        }
    }

    void once(std::uint32_t& slot, std::string_view word) {
        if (slot != statement::none) throw_usage(std::string{word} + " is given twice");
        slot = pop();
    }

    void assign(std::vector<assignment>& list, std::uint16_t column) {
        const auto& info = out_.column(column);
        if (std::any_of(list.begin(), list.end(), [&](const assignment& other) { return other.column == column; }))
            throw_usage("column \"" + std::string{info.name} + "\" gets two values in one statement");
        list.push_back({column, pop()});
    }

    // What a clause means for a statement that cannot have it would be lost in silence otherwise.
    void check() const {
        const bool select = out_.head <= op::select_exists;
        const bool changes = !select;
        if (changes &&
            (!out_.orders.empty() || out_.limit != statement::none || out_.offset != statement::none || out_.distinct))
            throw_not_supported("INSERT, UPDATE and DELETE take no ORDER BY, LIMIT, OFFSET or DISTINCT");
        if (!out_.sets.empty() && out_.head != op::update) throw_usage("only UPDATE takes SET");
        if (!out_.values.empty() && out_.head != op::insert) throw_usage("only INSERT takes values");
        if (!out_.wheres.empty() && out_.head == op::insert) throw_usage("INSERT takes no WHERE");
        if (!out_.returning.empty() && select) throw_usage("a query takes no RETURNING");
        if (out_.sets.empty() && out_.head == op::update) throw_usage("an UPDATE sets nothing");
    }

    std::span<const syntax::node> nodes_;
    std::size_t at_ = 0;
    statement out_{};
    std::vector<std::uint32_t> stack_{};
};

}  // namespace

std::vector<std::uint32_t> statement::operands(std::uint32_t index) const {
    std::vector<std::uint32_t> out(terms[index].operands);
    auto at = index;
    for (auto i = out.size(); i-- > 0;) {
        out[i] = at - 1;
        at = terms[at - 1].first;
    }
    return out;
}

std::vector<std::uint32_t> statement::chain(std::uint32_t index) const {
    if (!is_associative(terms[index].kind)) return {index};
    std::vector<std::uint32_t> out;
    std::vector<std::uint32_t> open{index};
    while (!open.empty()) {
        const auto at = open.back();
        open.pop_back();
        if (terms[at].kind != terms[index].kind) {
            out.push_back(at);
            continue;
        }
        const auto below = operands(at);
        open.push_back(below[1]);
        open.push_back(below[0]);
    }
    return out;
}

const column_info& statement::column(std::uint16_t index) const {
    if (index >= table->columns.size()) malformed("a column that its table does not have");
    return table->columns[index];
}

statement take_apart(const syntax::fragment& fragment) {
    return parser{fragment}.run();
}

void throw_not_supported(std::string message) {
    error_info info;
    info.code = errc::not_supported;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    throw usage_error{std::move(info)};
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
