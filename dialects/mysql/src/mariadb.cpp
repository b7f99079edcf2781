#include <koine/dialects/mariadb.hpp>

#include <memory>
#include <string>

#include "version.hpp"

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

constexpr dialect_features with_returning(bool returning) {
    return {.insert_returning = returning,
            .multi_row_insert = true,
            .default_values = true,
            .savepoints = true,
            .read_only_transactions = true,
            .generated_keys_ascend = true,
            .max_identifier = 64,
            .max_identifier_characters = true,
            .own_reference_keeps_row = true};
}

}  // namespace

mariadb::~mariadb() = default;

std::string_view mariadb::name() const noexcept {
    return "mariadb";
}

const dialect_features& mariadb::features() const noexcept {
    static constexpr dialect_features full = with_returning(true);
    static constexpr dialect_features old = with_returning(false);
    return returning_ ? full : old;
}

server_fit mariadb::for_server(std::string_view product, std::string_view version) const {
    if (product == "mysql") return {std::make_shared<const mysql>(), "it is spoken to as dialect mysql"};
    if (product != "mariadb") return {};
    if (const auto found = parse_version(version); !returning_ || found.major == 0 || found >= server_version{10, 5})
        return {};
    return {std::make_shared<const mariadb>(false), {}};
}

bool mariadb::takes_returning(syntax::op head) const noexcept {
    return returning_ && head != syntax::op::update;
}

std::string_view mariadb::table_suffix() const noexcept {
    return " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin";
}

std::string_view mariadb::text_collation() const noexcept {
    return "utf8mb4_nopad_bin";
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
