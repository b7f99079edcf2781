// SQL as MariaDB (10.2 and later) takes it: that of MySQL, and RETURNING. docs/dialects.md says how
// types are stored.
#pragma once

#include <string_view>

#include <koine/api.hpp>
#include <koine/dialects/mysql.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

// Immutable; one object serves all threads.
class KOINE_API mariadb final : public mysql {
public:
    // `returning`: whether the server knows INSERT ... RETURNING, which MariaDB does since 10.5.
    explicit mariadb(bool returning = true) noexcept : returning_{returning} {}
    ~mariadb() override;

    std::string_view name() const noexcept override;
    const dialect_features& features() const noexcept override;
    // Without RETURNING for MariaDB before 10.5; the dialect mysql for MySQL.
    server_fit for_server(std::string_view product, std::string_view version) const override;

    bool takes_returning(syntax::op head) const noexcept override;
    std::string_view table_suffix() const noexcept override;
    std::string_view text_collation() const noexcept override;

private:
    bool returning_;
};

}  // namespace dialects
}  // namespace v1
}  // namespace koine
