#include <koine/dialects/mysql.hpp>

#include <algorithm>

#include <koine/error.hpp>
#include <koine/spi/server_rules.hpp>

#include "version.hpp"

namespace koine {
inline namespace v1 {
namespace dialects {

mysql::~mysql() = default;

std::string_view mysql::name() const noexcept {
    return "mysql";
}

const dialect_features& mysql::features() const noexcept {
    static constexpr dialect_features out{.multi_row_insert = true,
                                          .default_values = true,
                                          .savepoints = true,
                                          .read_only_transactions = true,
                                          .generated_keys_ascend = true,
                                          .max_identifier = 64,
                                          .max_identifier_characters = true,
                                          .own_reference_keeps_row = true};
    return out;
}

server_fit mysql::for_server(std::string_view product, std::string_view version) const {
    if (product == "mariadb")
        return {nullptr,
                "dialect mysql serves it without RETURNING, which costs a round trip for each generated key; write "
                "mariadb://"};
    if (const auto found = parse_version(version);
        product == "mysql" && found.major != 0 && found < server_version{8, 0, 19})
        return {nullptr,
                "Koine is written for MySQL 8.0.19 and later: here CHECK constraints and the collation of text are not "
                "sure"};
    return {};
}

// The level is of the next transaction alone, and has to be said in front of it.
begin_rule mysql::begin(const transaction_options& options) const {
    std::string level;
    switch (options.isolation) {
        case isolation::autocommit:
            return {};
        case isolation::default_:
            break;
        case isolation::read_uncommitted:
            level = "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED";
            break;
        case isolation::read_committed:
            level = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
            break;
        case isolation::repeatable_read:
            level = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
            break;
        case isolation::serializable:
            level = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
            break;
    }
    return {options.read_only ? "START TRANSACTION READ ONLY" : "START TRANSACTION", false, std::move(level)};
}

std::string_view mysql::text_collation() const noexcept {
    return "/*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */";
}

// The collation is said, so that case matters whatever the column's own collation is; where they
// are the same, an index serves still. The escape character is written in hexadecimal, because what
// a backslash in a string means is a setting of the session.
std::string mysql::like(syntax::op kind, std::string_view text, std::string_view pattern) const {
    const bool negated = kind == syntax::op::not_like || kind == syntax::op::not_ilike;
    const bool fold = kind == syntax::op::ilike || kind == syntax::op::not_ilike;
    const auto operand = [&](std::string_view value) {
        return fold ? std::string{"LOWER("}.append(value).append(")") : std::string{value};
    };
    return operand(text)
        .append(negated ? " NOT LIKE " : " LIKE ")
        .append(operand(pattern))
        .append(" COLLATE ")
        .append(text_collation())
        .append(" ESCAPE x'5C'");
}

// || is a disjunction unless the session says otherwise.
std::string mysql::concatenation(std::string_view left, std::string_view right) const {
    return std::string{"CONCAT("}.append(left).append(", ").append(right).append(")");
}

// Parentheses alone leave a number a position.
std::string mysql::ordering_value(std::string_view value) const {
    return std::string{"(SELECT "}.append(value).append(")");
}

std::string mysql::paging(std::string_view limit, std::string_view offset) const {
    std::string out = "LIMIT ";
    out += limit.empty() ? "18446744073709551615" : limit;  // no OFFSET without a LIMIT
    if (!offset.empty()) out.append(" OFFSET ").append(offset);
    return out;
}

bool mysql::takes_returning(syntax::op) const noexcept {
    return false;
}

std::string mysql::insert_defaults(const table_info& table) const {
    return "INSERT INTO " + table_name(table) + " () VALUES ()";
}

const text_rules& mysql::texts() const {
    static const text_rules rules{spi::mariadb_rules};
    return rules;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
